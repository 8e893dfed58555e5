# P-values of contingency tables, one table a line: rows, columns, then the counts row by row.
#
# Rscript tables.R < tables.txt > tables.expected.txt
#
# Fisher (Freeman-Halton), chi-squared without and with correction, McNemar's exact test of the off-diagonal
# counts (2 x 2), trend of the first row (two rows), odds ratio with its limits (2 x 2).
options(digits = 17, warn = -1)
for (line in readLines(file("stdin"))) {
  v <- as.numeric(strsplit(line, " ")[[1]])
  m <- matrix(v[-(1:2)], v[1], byrow = TRUE)
  square <- all(dim(m) == 2)
  exact <- fisher.test(m, workspace = 2e7)
  cat(exact$p.value, chisq.test(m, correct = FALSE)$p.value, chisq.test(m)$p.value,
      if (square) binom.test(m[1, 2], max(1, m[1, 2] + m[2, 1]))$p.value else NaN,
      if (nrow(m) == 2) prop.trend.test(m[1, ], colSums(m))$p.value else NaN,
      if (square) c(exact$estimate, exact$conf.int) else c(NaN, NaN, NaN), "\n")
}
