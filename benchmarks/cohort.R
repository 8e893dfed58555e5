# The work of `leukoscope cohort` in R: Rscript cohort.R FOLDER SETS.gmt K OUT overrepresentation.R
# consensus with its plots, contrasts of contrasts.csv and between the K groups, their tables, over-representation of
# rising and falling genes, volcano, MA, PCA and heat map of each; prints the CPU seconds of each part.
suppressPackageStartupMessages({library(DESeq2); library(ConsensusClusterPlus)})
a <- commandArgs(TRUE)
folder <- a[1]; k <- as.integer(a[3]); out <- a[4]
source(a[5])
spent <- c()
timed <- function(part, code) {
  before <- sum(proc.time()[c(1, 2, 4, 5)])
  value <- force(code)
  spent[part] <<- sum(spent[part], sum(proc.time()[c(1, 2, 4, 5)]) - before, na.rm = TRUE)
  invisible(value)
}

timed("reading", {
  samples <- read.csv(file.path(folder, "samples.csv"))
  table <- read.delim(file.path(folder, "counts.tsv.gz"), row.names = 1, check.names = FALSE)
  symbol <- if ("symbol" %in% names(table)) ifelse(table$symbol == "", rownames(table), table$symbol) else rownames(table)
  counts <- as.matrix(table[, samples$sample])
  contrasts <- read.csv(file.path(folder, "contrasts.csv"), colClasses = "character", na.strings = character())
  sets <- read_sets(a[2])
})

onset <- counts[, samples$sample[samples$timepoint == "onset"]]
groups <- timed("consensus", {
  values <- log2(t(t(onset) / colSums(onset)) * 1e6 + 1)
  values <- values[order(-apply(values, 1, mad))[1:5000], ]
  values <- sweep(values, 1, apply(values, 1, median))
  found <- suppressMessages(ConsensusClusterPlus(values, maxK = 10, reps = 1000, pItem = 0.8, clusterAlg = "hc",
    distance = "pearson", innerLinkage = "average", finalLinkage = "average", seed = 1, plot = "pdf",
    title = file.path(out, "consensus")))
  found[[k]]$consensusClass
})

draw <- function(path, done, data, chosen, variable, called) {
  pdf(path)
  colours <- ifelse(called & done$log2FoldChange > 0, "red", ifelse(called, "blue", "grey"))
  plot(done$log2FoldChange, -log10(done$padj), pch = 20, cex = 0.5, col = colours)
  strongest <- head(order(done$padj), 10)
  text(done$log2FoldChange[strongest], -log10(done$padj[strongest]), symbol[strongest], cex = 0.6)
  plotMA(done)
  values <- log2(counts(data, normalized = TRUE) + 1)
  variable_genes <- head(order(-rowVars(values)), 500)
  scores <- prcomp(t(values[variable_genes, ]))$x
  plot(scores[, 1:2], pch = 19, col = as.integer(chosen[[variable]]))
  legend("topright", levels(chosen[[variable]]), col = 1:2, pch = 19)
  shown <- head(order(done$padj)[called[order(done$padj)]], 50)
  if (length(shown) > 1) heatmap(values[shown, ], labRow = symbol[shown])
  dev.off()
}

compare <- function(id, chosen, variable, reference, target, blocking = "") {
  chosen[[variable]] <- factor(chosen[[variable]], c(reference, target))
  if (blocking != "") chosen[[blocking]] <- factor(chosen[[blocking]])
  design <- reformulate(c(if (blocking != "") blocking, variable))
  timed("contrasts", {
    data <- suppressMessages(DESeqDataSetFromMatrix(round(counts[, chosen$sample]), chosen, design))
    data <- suppressMessages(DESeq(data, quiet = TRUE))
    done <- results(data)
  })
  called <- !is.na(done$padj) & done$padj < 0.05 & abs(done$log2FoldChange) >= 1
  tested <- unique(symbol[!is.na(done$padj)])
  timed("over-representation", for (side in c(1, -1)) {
    query <- symbol[called & sign(done$log2FoldChange) == side]
    terms <- if (length(query)) over_represented(query, sets, tested)
    if (!is.null(terms)) write.table(terms, file.path(out, paste0(id, side, ".tsv")), sep = "\t", quote = FALSE)
  })
  timed("tables", {
    write.table(as.data.frame(done), file.path(out, paste0(id, ".tsv")), sep = "\t", quote = FALSE)
    ranks <- data.frame(gene = symbol, score = done$stat)[!is.na(done$padj), ]
    ranks <- ranks[order(-abs(ranks$score)), ]
    ranks <- ranks[!duplicated(ranks$gene), ]
    write.table(ranks[order(-ranks$score), ], file.path(out, paste0(id, ".rnk")), sep = "\t", quote = FALSE, row.names = FALSE)
  })
  timed("figures of contrasts", draw(file.path(out, paste0(id, ".pdf")), done, data, chosen, variable, called))
  message(id, ": ", nrow(chosen), " samples, ", sum(called), " genes")
}

for (i in seq_len(nrow(contrasts))) {
  one <- contrasts[i, ]; chosen <- samples
  for (rule in strsplit(one$subset, ";")[[1]]) {
    parts <- strsplit(rule, "=")[[1]]; chosen <- chosen[chosen[[parts[1]]] == parts[2], ]
  }
  chosen <- chosen[chosen[[one$variable]] %in% c(one$reference, one$target), ]
  if (one$blocking != "") {
    pairs <- table(chosen[[one$blocking]]); chosen <- chosen[chosen[[one$blocking]] %in% names(pairs)[pairs == 2], ]
  }
  if (nrow(chosen) < 3 || length(unique(chosen[[one$variable]])) < 2) next
  compare(one$id, chosen, one$variable, one$reference, one$target, one$blocking)
}
grouped <- samples[match(names(groups), samples$sample), ]
grouped$group <- paste0("g", groups)
pairs <- combn(paste0("g", seq_len(k)), 2)
for (i in seq_len(ncol(pairs))) {
  inside <- grouped[grouped$group %in% pairs[, i], ]
  compare(paste0("group_", i), inside, "group", pairs[1, i], pairs[2, i])
}
for (part in names(spent)) cat(part, spent[part], sep = "\t", fill = TRUE)
