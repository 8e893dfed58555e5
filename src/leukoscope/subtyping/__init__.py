"""Which leukaemia it is, how sure, and why.

Two experts read expression: a linear model over ranks of a gene panel, and one over the scores of
published signatures.  Lineage, karyotype, marker genes, fusions and variants are weighed with them.
"""
