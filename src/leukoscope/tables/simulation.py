"""Contracts of scores against simulated truth."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

SCORES = Table(
    "scores",
    1,
    (),
    (
        Column(
            "measure",
            "str",
            "",
            "recall, exact_breakpoints, frame, precision, precision_recall, average_precision, "
            "false_positives_per_10m_pairs or false_positive_cause",
        ),
        Column("group", "str", "", "Class of event, confidence, cause, or all"),
        Column(
            "threshold",
            "float64",
            "",
            "Least number of junction fragments (recall), or rank of the call (precision_recall)",
        ),
        Column("hits", "int64", "", "Events found, or calls that are true"),
        Column("total", "int64", "", "Events planted, or calls made"),
        Column("value", "float64", "", "The measure; missing if nothing was planted or called"),
        Column("recall", "float64", "", "Recall at this rank (precision_recall only)", optional=True),
    ),
)
"""How well calls agree with the truth of a simulated sample."""

MATCHES = Table(
    "truth-matches",
    1,
    ("id",),
    (
        Column("id", "str", "", "Event of the truth"),
        Column("class", "str", "", "Class of event"),
        Column("genes", "str", "", "Gene 1::gene 2"),
        Column("breakpoint1", "str", "", "Planted, contig:position, first base 1"),
        Column("breakpoint2", "str", "", "Planted, contig:position, first base 1"),
        Column(
            "junction_fragments", "int64", "fragments", "Unique fragments with a read across the junction"
        ),
        Column(
            "spanning_fragments", "int64", "fragments", "Unique fragments whose mates lie on the two sides"
        ),
        Column("found", "bool", "", "Whether a call names this event"),
        Column("exact", "bool", "", "Whether a call has both breakpoints within 2 bases"),
        Column("confidence", "str", "", "Best confidence of such a call; missing if not found"),
        Column("reading_frame", "str", "", "Frame of the planted event"),
        Column("called_frame", "str", "", "Frame of the best matching call"),
    ),
)
"""What became of every planted event."""

EVIDENCE = Table(
    "evidence",
    1,
    (),
    (
        Column("class", "str", "", "Class of event"),
        Column("events", "int64", "", "Planted events"),
        Column(
            "junction_fragments", "int64", "fragments", "Unique fragments with a read across the junction"
        ),
        Column(
            "in_split_reads", "int64", "fragments", "Of them, split reads in STAR's Chimeric.out.junction"
        ),
        Column(
            "spanning_fragments", "int64", "fragments", "Unique fragments whose mates lie on the two sides"
        ),
        Column("in_chimeric_pairs", "int64", "fragments", "Of them, in Chimeric.out.junction"),
        Column("events_in_introns", "int64", "", "Events whose junction is an intron of SJ.out.tab"),
    ),
)
"""In which files an aligner left the evidence of planted events."""
