# Makes the table that stands beside it: Rscript make.R OUTPUT ALGORITHM RESAMPLINGS SEED LINKAGE DISTANCE GENE_SHARE MAX_K [N_GENES]
# The data are Chiaretti's 128 ALL patients (package ALL), as in the vignette of ConsensusClusterPlus.
# OUTPUT.bin holds doubles: per K the consensus matrix, classes, tree order; then CDF areas, then the
# cluster consensus and the item consensus of calcICL (k, cluster, item, value by column).
# OUTPUT.colours.tsv holds the tracking colours; OUTPUT.data.bin the data (genes × samples, by column).
suppressMessages({library(ConsensusClusterPlus); library(ALL)})
a <- commandArgs(TRUE); out <- a[1]; maxK <- as.integer(a[8]); n_genes <- if (length(a) > 8) as.integer(a[9]) else 5000
data(ALL); d <- exprs(ALL)
d <- d[rev(order(apply(d, 1, mad)))[1:n_genes], ]
d <- sweep(d, 1, apply(d, 1, median, na.rm = TRUE))
pdf(NULL)
r <- suppressMessages(ConsensusClusterPlus(d, maxK = maxK, reps = as.integer(a[3]), pItem = 0.8,
  pFeature = as.numeric(a[7]), clusterAlg = a[2], innerLinkage = a[5], finalLinkage = "average", distance = a[6],
  seed = as.integer(a[4])))
icl <- calcICL(r)
area <- sapply(2:maxK, function(k) {
  m <- r[[k]]$consensusMatrix
  h <- hist(m[lower.tri(m)], plot = FALSE, breaks = seq(0, 1, by = 1 / 100))
  sum(cumsum(h$counts) / sum(h$counts) * diff(h$breaks))
})
f <- file(paste0(out, ".bin"), "wb")
for (k in 2:maxK) {
  writeBin(as.vector(r[[k]]$consensusMatrix), f)
  writeBin(as.numeric(r[[k]]$consensusClass), f)
  writeBin(as.numeric(r[[k]]$consensusTree$order), f)
}
writeBin(area, f)
writeBin(as.numeric(icl$clusterConsensus[, 3]), f)
item <- icl$itemConsensus
writeBin(c(item$k, item$cluster, match(item$item, colnames(d)), item$itemConsensus), f)
close(f)
write.table(r[[1]], paste0(out, ".colours.tsv"), sep = "\t", row.names = FALSE, col.names = FALSE, quote = FALSE)
f <- file(paste0(out, ".data.bin"), "wb"); writeBin(as.vector(d), f); close(f)
