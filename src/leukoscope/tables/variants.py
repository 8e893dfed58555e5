"""Contracts of mutations at known hot spots."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

HOTSPOTS = Table(
    "hotspots",
    1,
    ("gene", "codon"),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("codon", "int64", "", "Codon of the protein, first codon 1"),
        Column(
            "reference",
            "str",
            "",
            "Amino acid of the reference, one letter; the transcript must agree with it",
        ),
        Column(
            "alternatives",
            "str",
            "",
            "Amino acids that count as this hot spot, one letter each; missing: any other",
        ),
        Column("significance", "str", "", "subtype, RAS, JAK-STAT, kinase, TP53, epigenetic or resistance"),
        Column("meaning", "str", "", "What a mutation here says"),
        Column("evidence", "str", "", "codon: the source names this codon; gene: it names the gene"),
        Column("source", "str", "", "PMID, PMC or DOI of a publication that was read"),
    ),
)
"""Codons that are asked about in every sample."""

CODON_READS = Table(
    "codon-reads",
    1,
    ("codon_id", "bases"),
    (
        Column("codon_id", "int64", "", "Row of the located codon"),
        Column("bases", "str", "", "The three bases a fragment shows, in the direction of transcription"),
        Column("fragments", "int64", "fragments", "Fragments that show them"),
        Column("forward", "int64", "fragments", "Of these, with the deciding read on the forward strand"),
    ),
)
"""What the fragments of a sample show at each codon."""

VARIANTS = Table(
    "variants",
    1,
    ("gene", "codon", "protein_change"),
    (
        Column("gene", "str", "", "HGNC symbol"),
        Column("codon", "int64", "", "Codon of the protein, first codon 1"),
        Column("protein_change", "str", "", "p.G12D; p.G12= where only the reference is seen"),
        Column("status", "str", "", "detected, not detected or not assessable"),
        Column("reason", "str", "", "Why it could not be assessed"),
        Column("transcript_id", "str", "", "Transcript whose codons are counted"),
        Column("contig", "str", "", "Contig"),
        Column(
            "position", "str", "", "First base of the codon in the direction of transcription, first base 1"
        ),
        Column("reference_codon", "str", "", "Codon of the reference"),
        Column("alternative_codon", "str", "", "Codon of the mutation"),
        Column("depth", "int64", "fragments", "Fragments that show the whole codon"),
        Column("alternative_fragments", "int64", "fragments", "Fragments that show the mutation"),
        Column(
            "fraction",
            "float64",
            "",
            "Share of fragments with the mutation; of expressed alleles, not of cells",
        ),
        Column("forward", "int64", "fragments", "Fragments of the mutation whose deciding read is forward"),
        Column("significance", "str", "", "Class of the hot spot"),
        Column("meaning", "str", "", "What a mutation here says"),
        Column("evidence", "str", "", "codon: the source names this codon; gene: it names the gene"),
        Column("source", "str", "", "PMID, PMC or DOI"),
    ),
)
"""Each hot spot with what was seen there: a mutation, the reference, or too little."""
