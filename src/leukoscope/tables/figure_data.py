"""Contracts of what the figures of a cohort show and no other table holds."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

_GENE = Column("gene_id", "str", "", "Gene")
_SYMBOL = Column("symbol", "str", "", "Gene symbol, or the gene where it has none")

SHOWN_EXPRESSION = Table(
    "shown-expression",
    1,
    (),
    (
        _GENE,
        _SYMBOL,
        Column("chosen_as", "str", "", "variable, differential or both: why the report shows the gene"),
    ),
    open=True,
)
"""Expression of the genes that the report shows, one further column a sample; variable genes first."""

SAMPLE_SCORES = Table(
    "sample-scores",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Sample"),
        Column("level", "str", "", "Level of the variable that is compared"),
        Column("pc1", "float64", "log2", "Score on the first principal component"),
        Column("pc2", "float64", "log2", "Score on the second"),
        Column("share1", "float64", "", "Share of the variance of the first, the same in every row"),
        Column("share2", "float64", "", "Share of the variance of the second"),
    ),
)
"""Principal components of the samples of a contrast."""

HEAT_MAP = Table("heat-map", 1, (), (_GENE, _SYMBOL), open=True)
"""Standardised expression (z), genes and samples in the order drawn; one further column a sample."""

RUNNING_SUMS = Table(
    "running-sums",
    1,
    (),
    (
        Column("set", "str", "", "Gene set"),
        Column("rank", "int64", "rank", "Rank of a gene, from 1"),
        Column("running_sum", "float64", "", "Running sum after that gene"),
        Column("in_set", "bool", "", "Whether the gene is in the set"),
        Column("ranked", "int64", "genes", "Genes that were ranked, the same in every row"),
    ),
)
"""Running sums of ranked enrichment at the corners of the curve: each gene of the set and the one before it."""

CONSENSUS_CURVES = Table(
    "consensus-curves",
    1,
    ("k", "consensus"),
    (
        Column("k", "int64", "clusters", "Number of clusters"),
        Column("consensus", "float64", "", "Upper edge of a bin of the consensus"),
        Column("share", "float64", "", "Share of sample pairs up to there"),
    ),
)
"""Cumulative distribution of the consensus."""

CONSENSUS_VALUES = Table("consensus-values", 1, (), (Column("sample", "str", "", "Sample"),), open=True)
"""A consensus matrix, samples in the order of its tree; one further column a sample."""
