"""Contracts of gene-set enrichment."""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.tables.contract import Column, Table

_SET = Column("set", "str", "", "Gene set")
_DESCRIPTION = Column("description", "str", "", "What it is")

ENRICHMENT = Table(
    "enrichment",
    1,
    (),
    (
        _SET,
        _DESCRIPTION,
        Column("count", "int64", "genes", "Query genes in the set (k)"),
        Column("query", "int64", "genes", "Query genes with any annotation (n)"),
        Column("size", "int64", "genes", "Genes of the set in the universe (M)"),
        Column("universe", "int64", "genes", "Annotated genes of the universe (N)"),
        Column("fold", "float64", "", "(k / n) / (M / N)"),
        Column("p_value", "float64", "", "Hypergeometric probability of as many genes or more"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the tested sets"),
        Column("q_value", "float64", "", "Storey's q, λ = 0.05"),
        Column("family", "str", "", "Gene family that gives most of the genes, if at least half"),
        Column("family_count", "int64", "genes", "Genes of that family"),
        Column("family_p", "float64", "", "The p-value if each family counts as one gene"),
        Column("genes", "str", "", "The query genes, comma-separated"),
    ),
)
"""Over-represented gene sets, best first."""

TERM_GROUPS = Table(
    "term_groups",
    1,
    (),
    (
        Column("group", "int64", "", "Group of similar sets, best first"),
        Column("representative", "bool", "", "Whether this is the best set of its group"),
        _SET,
        _DESCRIPTION,
        Column("p_value", "float64", "", "Hypergeometric p-value"),
        Column("q_value", "float64", "", "Benjamini–Hochberg over all tested sets"),
        Column("count", "int64", "genes", "Query genes in the set"),
        Column("fold", "float64", "", "Enrichment"),
    ),
)
"""Enriched sets in groups of similar membership, in the manner of Metascape."""

RANKED_GENES = Table(
    "ranked_genes",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "Gene, named as in the gene sets"),
        Column("score", "float64", "", "Signed ranking statistic, e.g. Wald's"),
    ),
)
"""Genes with a signed statistic."""

RANKED_ENRICHMENT = Table(
    "ranked_enrichment",
    1,
    (),
    (
        _SET,
        _DESCRIPTION,
        Column("size", "int64", "genes", "Genes of the set that were ranked"),
        Column("enrichment_score", "float64", "", "Peak of the running sum, in [-1, 1]"),
        Column("normalised_score", "float64", "", "Score over the mean of random sets of that size and sign"),
        Column("p_value", "float64", "", "Probability of as high a score, among random sets of its sign"),
        Column("log2_error", "float64", "", "Standard error of log2 p"),
        Column("p_adjusted", "float64", "", "Benjamini–Hochberg over the tested sets"),
        Column("peak", "int64", "rank", "Rank (from 1) at the peak"),
        Column("leading_edge", "str", "", "Genes up to the peak (from it, for negative scores), best first"),
    ),
)
"""Gene sets scored by where their genes fall in a ranked list, best first."""

FAMILIES = Table(
    "gene_families",
    1,
    ("family",),
    (
        Column("family", "str", "", "Name of a family of paralogous genes"),
        Column("pattern", "str", "", "Regular expression for its symbols"),
        Column("note", "str", "", "Why it misleads enrichment"),
    ),
)
"""Families whose many similar members make terms look enriched."""


def sample_scores(samples: Sequence[str]) -> Table:
    """Return the contract of the scores of gene sets in these samples, in their order."""
    scores = [Column(name, "float64", "", f"Score of the set in {name}") for name in samples]
    return Table("sample_scores", 1, (), (_SET, _DESCRIPTION, *scores))
