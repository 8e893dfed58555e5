"""Contracts of a cohort: its genes, its samples, and how gene identifiers lead to each other."""

from __future__ import annotations

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
