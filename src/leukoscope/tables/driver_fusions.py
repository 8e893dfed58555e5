"""Contracts of what fusions are compared with: known drivers, protein domains, panels, cytobands."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

DRIVER_FUSIONS = Table(
    "driver-fusions",
    1,
    ("gene5", "gene3"),
    (
        Column("gene5", "str", "", "5' gene; * any other gene, IG@ any immunoglobulin gene"),
        Column("gene3", "str", "", "3' gene, written as gene5"),
        Column("either_order", "bool", "", "Whether the reciprocal fusion means the same"),
        Column("driver_class", "str", "", "Class of B-ALL that the fusion defines"),
        Column("who_haem5", "str", "", "Name in the WHO classification, 5th edition (2022)"),
        Column("icc_2022", "str", "", "Name in the International Consensus Classification (2022)"),
        Column("evidence", "str", "", "verified: the source was read; remembered: research only"),
        Column("source", "str", "", "Identifier or citation of the source"),
        Column("note", "str", "", "What a reader should know"),
    ),
)
"""Fusions that define a class of B-ALL.  A row for two named genes is stronger than one with ``*``."""

PROTEIN_DOMAINS = Table(
    "protein-domains",
    1,
    (),
    (
        Column("contig", "str", "", "Contig"),
        Column("start", "int64", "bp", "First base, from 0"),
        Column("end", "int64", "bp", "Base after the last"),
        Column("strand", "str", "", "+ or -"),
        Column("domain", "str", "", "Name of the domain"),
        Column("gene_id", "str", "", "Gene identifier without version"),
        Column("symbol", "str", "", "Gene symbol"),
    ),
)
"""Protein domains on the genome; a domain over several exons has several rows."""

FUSION_PANEL = Table(
    "fusion-panel",
    1,
    ("fusion", "breakpoint1", "breakpoint2"),
    (
        Column("fusion", "str", "", "Name of the fusion: A::B"),
        Column("breakpoint1", "str", "", "contig:position, first base 1"),
        Column("breakpoint2", "str", "", "contig:position, first base 1"),
        Column("samples", "int64", "samples", "Normal samples with this event"),
        Column("frequency", "float64", "", "Share of the normal samples of the panel"),
    ),
)
"""Fusions seen in samples that have no leukaemia, such as a laboratory's own remissions."""

CYTOBANDS = Table(
    "cytobands",
    1,
    (),
    (
        Column("contig", "str", "", "Contig, with or without chr"),
        Column("start", "int64", "bp", "First base, from 0"),
        Column("end", "int64", "bp", "Base after the last"),
        Column("name", "str", "", "Band: p36.33"),
        Column("giemsa", "str", "", "Stain: gneg, gpos25 ... gpos100, acen, gvar, stalk"),
    ),
)
"""Cytogenetic bands; supplied by the user, never shipped."""

FUSION_PROBABILITY = Table(
    "fusion-probability",
    1,
    ("feature",),
    (
        Column("feature", "str", "", "Feature of leukoscope.fusions.probability, or intercept"),
        Column(
            "coefficient", "float64", "", "Change of the log odds of a true event per unit of the feature"
        ),
    ),
)
"""The logistic model of the fusion caller's column `probability`."""
