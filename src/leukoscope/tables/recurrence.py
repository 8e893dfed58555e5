"""Contracts of fusions over a cohort."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

FUSION_EVENTS = Table(
    "fusion-events",
    1,
    ("sample", "pair", "type"),
    (
        Column("sample", "str", "", "Sample"),
        Column("patient", "str", "", "Patient"),
        Column("timepoint", "str", "", "onset, remission, relapse, or missing"),
        Column("pair", "str", "", "The two loci, one name for both orders and for overlapping genes"),
        Column("locus_a", "str", "", "First locus of the pair"),
        Column("locus_b", "str", "", "Second locus of the pair"),
        Column("type", "str", "", "translocation, deletion, duplication or inversion, with its marks"),
        Column("contig_a", "str", "", "Contig of the first locus"),
        Column("position_a", "int64", "bp", "Breakpoint there, first base 1"),
        Column("contig_b", "str", "", "Contig of the second locus"),
        Column("position_b", "int64", "bp", "Breakpoint there, first base 1"),
        Column("fragments", "int64", "fragments", "Supporting fragments of all breakpoints of the event"),
        Column("names", "str", "", "Fusions that were called, as they were called"),
        Column("driver_class", "str", "", "Class of B-ALL that one of them defines"),
        Column("plausibility", "str", "", "Warnings, joined by commas"),
    ),
)
"""What was found in each sample: one row per pair of loci and type of event."""

RANKED_PAIRS = Table(
    "ranked-pairs",
    1,
    (),
    (
        Column("group", "str", "", "Group of samples"),
        Column("rank", "int64", "", "1 for the pair in most patients; pairs in equally many share a rank"),
        Column("pair", "str", "", "Pair of loci"),
        Column("patients", "int64", "patients", "Patients of the group with the pair"),
        Column("total", "int64", "patients", "Patients of the group"),
        Column("types", "str", "", "Types of event seen"),
        Column("fragments", "float64", "fragments", "Median of the supporting fragments"),
        Column("normal_patients", "int64", "patients", "Patients with the pair in remission"),
        Column("driver_class", "str", "", "Class of B-ALL that it defines"),
        Column("plausibility", "str", "", "Warnings seen, joined by commas"),
    ),
)
"""Pairs of each group, those of most patients first."""

EVENT_DISTRIBUTION = Table(
    "event-distribution",
    1,
    ("group", "contig", "type"),
    (
        Column("group", "str", "", "Group of samples"),
        Column("contig", "str", "", "Contig of a breakpoint"),
        Column("type", "str", "", "translocation, deletion, duplication or inversion, with its marks"),
        Column("events", "int64", "events", "Events with a breakpoint there"),
        Column("patients", "int64", "patients", "Patients with such an event"),
    ),
)
"""Events by type over the chromosomes; an event on two chromosomes counts on both."""
