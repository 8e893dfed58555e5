# How log dispersions scatter in small designs: what DESeq2 simulates to find the variance of their prior.
#
#     Rscript curation/dispersion_scatter.R src/leukoscope/knowledge/dispersion_scatter.tsv.gz
#
# For 1 to 3 residual degrees of freedom and 200 variances of a normal prior: how many of 10,000 draws fall
# into bins half a unit wide from -10 to 10.  R's generator is seeded as DESeq2 seeds it, so that the counts never change.
edges <- seq(-10, 10, 0.5)
variance <- seq(0, 8, length.out = 200)
one <- function(degrees, spread) {
  sampled <- log(rchisq(1e4, df = degrees)) + rnorm(1e4, 0, sqrt(spread)) - log(degrees)
  hist(sampled[sampled > -10 & sampled < 10], breaks = edges, plot = FALSE)$counts
}
table <- do.call(rbind, lapply(1:3, function(degrees) {
  set.seed(2)
  counts <- sapply(variance, function(spread) one(degrees, spread))
  data.frame(degrees, step = as.vector(col(counts)) - 1L, bin = as.vector(row(counts)) - 1L, draws = as.vector(counts))
}))
plain <- tempfile()
write.table(table[table$draws > 0, ], plain, sep = "\t", quote = FALSE, row.names = FALSE)
system2("gzip", c("-9", "-n", "-c", plain), stdout = commandArgs(trailingOnly = TRUE)[1])
