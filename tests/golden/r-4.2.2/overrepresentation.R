# Over-representation by the rules of DOSE 3.29, written anew in base R.
#
# Rscript overrepresentation.R < overrepresentation.txt > overrepresentation.expected.txt
#
# One set a line, its name first; the lines QUERY and UNIVERSE (which may be missing) are the gene lists.
options(digits = 17)
lines <- strsplit(readLines(file("stdin")), " ")
genes <- setNames(lapply(lines, function(l) l[-1]), sapply(lines, `[`, 1))
query <- unique(genes$QUERY); universe <- genes$UNIVERSE; sets <- genes[!names(genes) %in% c("QUERY", "UNIVERSE")]
annotated <- unique(unlist(sets))
ids <- if (is.null(universe)) annotated else intersect(annotated, universe)
n <- length(intersect(query, annotated))            # before the universe
entered <- names(sets)[sapply(sets, function(s) any(query %in% s))]
inside <- lapply(sets[entered], intersect, ids)
size <- sapply(inside, length)
inside <- inside[size >= 10 & size <= 500]
k <- sapply(inside, function(s) length(intersect(intersect(query, ids), s)))
M <- sapply(inside, length); N <- length(ids)
p <- phyper(k - 1, M, N - M, n, lower.tail = FALSE)
adjusted <- p.adjust(p, "BH")
q <- min(1, mean(p >= 0.05) / 0.95) * adjusted      # qvalue(p, lambda = 0.05)
for (i in seq_along(p)) cat(names(inside)[i], k[i], M[i], N, n, p[i], adjusted[i], q[i], "\n")
