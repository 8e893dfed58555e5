# Single-sample scores of GSVA, and of singscore where a folder of its sources is given.
#
#   Rscript make.R OUTDIR SEED [SINGSCORE/R]
#
# The data have ties, a constant gene, two equal genes, sets of one gene and sets with unknown genes.
suppressMessages(library(GSVA))
argument <- commandArgs(trailingOnly = TRUE)
set.seed(as.integer(argument[2]))
n_genes <- 300; n_samples <- 12
x <- matrix(round(rnorm(n_genes * n_samples, 5, 2), 1), n_genes,
            dimnames = list(paste0("g", seq_len(n_genes)), paste0("S", seq_len(n_samples))))
x[7, ] <- 3; x[8, 1:11] <- 3; x[9, ] <- x[10, ]
sets <- lapply(1:25, function(i) paste0("g", sample(n_genes, sample(40, 1))))
names(sets) <- paste0("s", seq_along(sets))
sets$with_constant <- c("g7", "g8", "g9", "g10"); sets$partly_known <- c("g20", "g21", "g22", "unknown")
sets$unknown <- c("unknown", "stranger")

save_table <- function(values, name) {
  exact <- trimws(formatC(values, digits = 17, format = "g"))
  sink <- gzfile(file.path(argument[1], paste0(name, ".tsv.gz")), "w")
  write.table(data.frame(name = rownames(values), exact, check.names = FALSE), sink, sep = "\t", quote = FALSE,
              row.names = FALSE)
  close(sink)
}
save_table(x, "expression")
writeLines(mapply(function(name, genes) paste(c(name, "", genes), collapse = "\t"), names(sets), sets),
           file.path(argument[1], "sets.gmt"))
score <- function(...) suppressWarnings(gsva(x, sets, verbose = FALSE, ...))
save_table(score(method = "gsva"), "gsva")
quiet <- capture.output({
  scaled <- score(method = "ssgsea"); raw <- score(method = "ssgsea", ssgsea.norm = FALSE)
})
save_table(scaled, "ssgsea"); save_table(raw, "ssgsea_raw")

if (length(argument) > 2) {
  suppressMessages({library(GSEABase); library(SummarizedExperiment)})
  for (file in c("singscore.R", "rankAndScoring.R", "rankGenesGeneric.R", "simpleScoreGeneric.R"))
    suppressMessages(source(file.path(argument[3], file)))
  ranks <- rankGenes(x)
  total <- function(up) suppressWarnings(simpleScore(ranks, upSet = up)$TotalScore)
  found <- t(sapply(sets[names(sets) != "unknown"], total))
  save_table(matrix(found, nrow(found), dimnames = list(rownames(found), colnames(x))), "singscore")
  pair <- simpleScore(ranks, upSet = sets$s1, downSet = setdiff(sets$s2, sets$s1))$TotalScore
  save_table(matrix(pair, 1, dimnames = list("s1 up, s2 without s1 down", colnames(x))), "singscore_pair")
}
