"""Contracts of a cohort: its genes, its samples, and how gene identifiers lead to each other."""

from __future__ import annotations

from collections.abc import Sequence

from leukoscope.tables.contract import Column, Table

GENES = Table(
    "gene",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Identifier of the gene; Ensembl without version where known"),
        Column("symbol", "str", "", "Gene symbol", optional=True),
        Column("entrez", "str", "", "NCBI Gene identifier", optional=True),
    ),
    open=True,
)

SAMPLES = Table(
    "sample",
    1,
    ("sample",),
    (Column("sample", "str", "", "Name of the sample, a column of the count matrix"),),
    open=True,
)

GENE_IDENTIFIERS = Table(
    "gene-identifier",
    1,
    (),
    (
        Column("gene_id", "str", "", "Ensembl gene identifier without version"),
        Column("symbol", "str", "", "Current gene symbol"),
        Column("entrez", "str", "", "NCBI Gene identifier", optional=True),
        Column("aliases", "str", "", "Former symbols and synonyms, joined by |", optional=True),
    ),
)

GENE_LENGTHS = Table(
    "gene-length",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Identifier, as in the counts"),
        Column("length", "float64", "bases", "Bases of its exons, or its effective length"),
    ),
)
"""Lengths of genes, for TPM."""

SIZE_FACTORS = Table(
    "size-factor",
    1,
    (),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("size_factor", "float64", "", "Its depth, relative to a sample of the middle"),
    ),
)
"""Size factors, in the order of the samples."""


def expression_matrix(samples: Sequence[str], has_symbols: bool = False) -> Table:
    """Return the contract of a matrix of expression of these samples, in their order."""
    symbol = [Column("symbol", "str", "", "Gene symbol")] if has_symbols else []
    values = [Column(name, "float64", "", f"Expression in {name}") for name in samples]
    return Table("expression_matrix", 1, (), (Column("gene_id", "str", "", "Identifier"), *symbol, *values))
