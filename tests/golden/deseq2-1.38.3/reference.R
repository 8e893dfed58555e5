# Every number DESeq2 makes on the way to a result table, at full precision.
#
# Rscript reference.R COUNTS SAMPLES DESIGN CONTRAST OUTDIR [REDUCED]
#
# COUNTS    TSV, first column gene_id, one column per sample
# SAMPLES   TSV with a column sample; other columns are covariates
# DESIGN    e.g. '~ patient + timepoint'
# CONTRAST  factor,numerator,denominator, or the name of a coefficient
# REDUCED   design of the likelihood-ratio test; Wald test without it
suppressPackageStartupMessages(library(DESeq2))
argument <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.delim(argument[1], row.names = 1, check.names = FALSE))
samples <- read.delim(argument[2], row.names = 1, stringsAsFactors = TRUE)
counts <- round(counts[, rownames(samples)])
dds <- suppressMessages(DESeqDataSetFromMatrix(counts, samples, as.formula(argument[3])))
seconds <- proc.time()
if (length(argument) > 5) {
  dds <- DESeq(dds, test = "LRT", reduced = as.formula(argument[6]), quiet = TRUE)
} else {
  dds <- DESeq(dds, quiet = TRUE)
}
contrast <- strsplit(argument[4], ",")[[1]]
found <- if (length(contrast) == 3) results(dds, contrast = contrast) else results(dds, name = contrast)
seconds <- proc.time() - seconds

columns <- mcols(dds)
wanted <- intersect(
  c("baseMean", "baseVar", "dispGeneEst", "dispGeneIter", "dispFit", "dispMAP", "dispIter", "dispOutlier",
    "dispersion", "betaConv", "betaIter", "fullBetaConv", "maxCooks", "replace"), names(columns))
coefficients <- coef(dds)
colnames(coefficients) <- paste0("beta:", colnames(coefficients))
table <- data.frame(
  gene_id = rownames(dds), as.data.frame(columns)[wanted], coefficients, as.data.frame(found)[-1],
  check.names = FALSE)
exact <- function(x) if (is.numeric(x)) trimws(formatC(x, digits = 17, format = "g")) else x
dir.create(argument[5], showWarnings = FALSE, recursive = TRUE)
save_table <- function(x, name) {
  sink <- gzfile(file.path(argument[5], paste0(name, ".tsv.gz")), "w")
  write.table(as.data.frame(lapply(x, exact), check.names = FALSE), sink, sep = "\t", quote = FALSE, row.names = FALSE)
  close(sink)
}
trend <- dispersionFunction(dds)
coefs <- attr(trend, "coefficients")
parameter <- c(
  asymptDisp = unname(coefs["asymptDisp"]), extraPois = unname(coefs["extraPois"]),
  varLogDispEsts = attr(trend, "varLogDispEsts"), dispPriorVar = attr(trend, "dispPriorVar"),
  filterThreshold = unname(metadata(found)$filterThreshold), cpu = unname(seconds["user.self"]))
save_table(table, "genes")
save_table(data.frame(sample = colnames(dds), size_factor = unname(sizeFactors(dds))), "samples")
save_table(data.frame(parameter = names(parameter), value = unname(parameter)), "parameters")
if (nrow(dds) <= 2000) {
  alternatives <- c("greaterAbs", "lessAbs", "greater", "less")
  threshold <- sapply(alternatives, function(a)
    results(dds, if (length(contrast) == 3) contrast else list(contrast), lfcThreshold = 0.5,
            altHypothesis = a, test = "Wald")$pvalue)
  stabilised <- tryCatch(assay(varianceStabilizingTransformation(dds))[, 1:3], error = function(e) NULL)
  poscounts <- unname(sizeFactors(estimateSizeFactors(dds, type = "poscounts")))
  save_table(data.frame(gene_id = rownames(dds), threshold, vst = stabilised, check.names = FALSE), "extras")
  save_table(data.frame(sample = colnames(dds), poscounts = poscounts), "poscounts")
  iterate <- unname(sizeFactors(estimateSizeFactors(dds, type = "iterate", quiet = TRUE)))
  save_table(data.frame(sample = colnames(dds), iterate = iterate), "iterate")
}
cat(attr(trend, "fitType"), R.version.string, "DESeq2", as.character(packageVersion("DESeq2")), seconds["user.self"], "s\n")
