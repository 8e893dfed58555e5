"""Contracts of the co-expression network."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

NETWORK_EDGES = Table(
    "network_edges",
    1,
    ("gene1", "gene2"),
    (
        Column("gene1", "str", "", "Gene that stands first in the matrix"),
        Column("gene2", "str", "", "The other gene"),
        Column("correlation", "float64", "", "Correlation of the two over the samples"),
        Column("p_value", "float64", "", "Two-sided, by Student's t"),
        Column(
            "p_adjusted",
            "float64",
            "",
            "Benjamini–Hochberg over all pairs; an upper bound if weaker pairs were cut",
        ),
    ),
)
"""Gene pairs that are expressed together."""

NETWORK_GENES = Table(
    "network_genes",
    1,
    ("gene",),
    (
        Column("gene", "str", "", "Gene with at least one edge"),
        Column("degree", "int64", "edges", "Its edges"),
        Column("positive", "int64", "edges", "Those of positive correlation"),
        Column("strength", "float64", "", "Sum of |r| over its edges"),
        Column("module", "int64", "", "Module, 1 the largest"),
        Column("module_degree", "int64", "edges", "Edges within the module"),
        Column("hub", "bool", "", "Whether it is among the best connected of its module"),
    ),
)
"""Genes of the network with their modules; hubs are marked."""
