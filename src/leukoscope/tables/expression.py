"""Contracts of genes: of a reference, and of one sample's expression."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

REFERENCE_GENES = Table(
    "reference-gene",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Identifier of the gene, without version"),
        Column("symbol", "str", "", "Gene symbol; the identifier where the annotation names none"),
        Column("biotype", "str", "", "Biotype of the annotation; missing if it states none"),
        Column("contig", "str", "", "Contig of the genome"),
        Column("start", "int64", "bases", "First base, 0-based"),
        Column("end", "int64", "bases", "End, exclusive"),
        Column("strand", "str", "", "+ or -"),
        Column("length", "int64", "bases", "Bases covered by an exon of any transcript"),
    ),
)
"""Genes of a reference, in ``genes.tsv`` of its folder."""

SAMPLE_GENES = Table(
    "sample-gene",
    1,
    ("gene_id",),
    (
        Column("gene_id", "str", "", "Identifier of the gene, without version"),
        Column("symbol", "str", "", "Gene symbol"),
        Column("effective_length", "float64", "bases", "Mean length less that of the fragments"),
        Column("count", "float64", "fragments", "Expected fragments of the gene"),
        Column("tpm", "float64", "", "Transcripts per million"),
        Column("fpkm", "float64", "", "Fragments per kilobase of transcript and million"),
    ),
)
"""Expression of one sample, in ``samples/<sample>/genes.tsv`` of a run."""
