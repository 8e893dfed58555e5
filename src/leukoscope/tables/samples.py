"""Contract of the samples of a run: the sample sheet without its file names."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

TIMEPOINTS = ("onset", "remission", "relapse")
STRANDEDNESS = ("auto", "unstranded", "forward", "reverse")

RUN_SAMPLES = Table(
    "run-sample",
    1,
    ("sample",),
    (
        Column("sample", "str", "", "Name of the sample"),
        Column("patient", "str", "", "Name of the patient; the sample's where the sheet names none"),
        Column(
            "timepoint", "str", "", "onset, remission or relapse; missing where the sheet has no such column"
        ),
        Column("strandedness", "str", "", "As stated: auto, unstranded, forward or reverse"),
        Column("entry", "str", "", "What the sample entered with: fastq, bam or tables"),
        Column("lanes", "int64", "", "Pairs of FASTQ files"),
        Column("sex", "str", "", "female or male", optional=True),
        Column("age", "float64", "years", "Age at the first diagnosis", optional=True),
        Column("tissue", "str", "", "Bone marrow, blood, ...", optional=True),
        Column("batch", "str", "", "Library batch", optional=True),
    ),
    open=True,
)
"""Samples of a run, in ``samples.tsv`` of its folder; further columns of the sheet are kept."""
