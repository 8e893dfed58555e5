# What DOSE's enricher_internal computes, restated in base R: counts by intersect() over lists, phyper(), p.adjust(), and
# qvalue's formula; its objects and tables of descriptions are left out, so it is quicker than DOSE.
read_sets <- function(path) {
  lines <- strsplit(readLines(path), "\t")
  setNames(lapply(lines, `[`, -(1:2)), sapply(lines, `[`, 1))
}

over_represented <- function(query, sets, universe = unlist(sets, use.names = FALSE)) {
  annotated <- intersect(unique(unlist(sets, use.names = FALSE)), universe)
  query <- intersect(unique(query), annotated)
  member <- data.frame(set = rep(names(sets), lengths(sets)), gene = unlist(sets, use.names = FALSE))
  entered <- unique(member$set[member$gene %in% query])
  inside <- lapply(sets[entered], intersect, annotated)
  inside <- inside[lengths(inside) >= 10 & lengths(inside) <= 500]
  if (!length(inside)) return(NULL)
  k <- sapply(inside, function(s) length(intersect(s, query)))
  M <- lengths(inside)
  p <- phyper(k - 1, M, length(annotated) - M, length(query), lower.tail = FALSE)
  bh <- p.adjust(p, "BH")
  q <- min(1, mean(p >= 0.05) / 0.95) * bh
  genes <- sapply(inside, function(s) paste(intersect(s, query), collapse = "/"))
  data.frame(set = names(inside), count = k, size = M, p_value = p, p_adjusted = bh, q_value = q, genes = genes)
}
