# What DESeq2 makes beside the result table: shrunken fold changes, rlog, variance stabilisation.
#
# Rscript moderated.R COUNTS SAMPLES DESIGN CONTRAST OUTDIR
#
# Arguments as of reference.R.  A contrast of levels is shrunk as lfcShrink(contrast = ) does it, a
# coefficient as lfcShrink(coef = ).  apeglm needs the coefficient: the denominator becomes the reference.
# Columns of apeglm are written where that package (1.20.0) is installed.  Of small tables every third gene is
# kept.  "moderated_parameters" has CPU seconds and the width of the priors.
suppressPackageStartupMessages(library(DESeq2))
argument <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.delim(argument[1], row.names = 1, check.names = FALSE))
samples <- read.delim(argument[2], row.names = 1, stringsAsFactors = TRUE)
counts <- round(counts[, rownames(samples)])
contrast <- strsplit(argument[4], ",")[[1]]
model <- function(samples) DESeq(suppressMessages(
  DESeqDataSetFromMatrix(counts, samples, as.formula(argument[3]))), quiet = TRUE)
dds <- model(samples)
found <- list(gene_id = rownames(dds))
cpu <- c()
timed <- function(name, expression) {
  start <- proc.time()
  value <- suppressMessages(expression)
  cpu[[name]] <<- sum((proc.time() - start)[1:2])
  value
}
if (!any(attr(terms(design(dds)), "order") > 1)) {
  normal <- timed("normal", if (length(contrast) == 3) lfcShrink(dds, contrast = contrast, type = "normal") else
    lfcShrink(dds, coef = contrast, type = "normal"))
  found <- c(found, list(normal = normal$log2FoldChange, normal_error = normal$lfcSE))
}
if (requireNamespace("apeglm", quietly = TRUE)) {
  again <- dds
  coefficient <- contrast
  if (length(contrast) == 3) {
    if (contrast[3] != levels(samples[[contrast[1]]])[1]) {
      colData(again)[[contrast[1]]] <- relevel(colData(again)[[contrast[1]]], contrast[3])
      again <- nbinomWaldTest(again, quiet = TRUE)
    }
    coefficient <- paste0(contrast[1], "_", contrast[2], "_vs_", contrast[3])
  }
  ape <- timed("apeglm", lfcShrink(again, coef = coefficient, type = "apeglm", returnList = TRUE))
  small <- suppressMessages(lfcShrink(again, coef = coefficient, type = "apeglm", lfcThreshold = 0.5))
  found <- c(found, list(apeglm = ape$res$log2FoldChange, apeglm_sd = ape$res$lfcSE,
                         s_value = as.numeric(ape$fit$svalue), s_value_small = small$svalue))
  cpu[["prior_scale"]] <- ape$fit$prior.control$prior.scale
}
if (ncol(dds) < 100) {
  blind <- timed("rlog", rlog(dds))
  found <- c(found, list(rlog = assay(blind)[, 1:2], rlog_design = assay(rlog(dds, blind = FALSE))[, 1:2]))
  cpu[["rlog_variance"]] <- attr(blind, "betaPriorVar")
}
for (kind in c("parametric", "local", "mean")) {
  stabilised <- tryCatch(assay(varianceStabilizingTransformation(dds, fitType = kind))[, 1:2], error = function(e) NULL)
  found[[paste0("vst_", kind)]] <- stabilised
}
found[["vst_design"]] <- assay(varianceStabilizingTransformation(dds, blind = FALSE))[, 1:2]
exact <- function(x) if (is.numeric(x)) trimws(formatC(x, digits = 12, format = "g")) else x
save_table <- function(x, name) {
  sink <- gzfile(file.path(argument[5], paste0(name, ".tsv.gz")), "w")
  write.table(as.data.frame(lapply(x, exact), check.names = FALSE), sink, sep = "\t", quote = FALSE, row.names = FALSE)
  close(sink)
}
dir.create(argument[5], showWarnings = FALSE, recursive = TRUE)
kept <- if (nrow(dds) <= 2000) seq(1, nrow(dds), 3) else seq_len(nrow(dds))
save_table(data.frame(found, check.names = FALSE)[kept, ], "moderated")
save_table(data.frame(parameter = names(cpu), value = unlist(cpu)), "moderated_parameters")
