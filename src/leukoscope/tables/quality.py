"""Contracts of the quality gate: its thresholds and its result."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

QUALITY_THRESHOLDS = Table(
    "quality-thresholds",
    1,
    (),
    (
        Column("metric", "str", "", "What is measured"),
        Column("label", "str", "", "Its name for a reader"),
        Column("unit", "str", "", "Unit of the value and of both thresholds"),
        Column("better", "str", "", "Which side is good: higher or lower"),
        Column("warn", "float64", "", "Beyond this value the check warns; missing if it never does"),
        Column("fail", "float64", "", "Beyond this value the check fails; missing if it never does"),
        Column("warn_consequence", "str", "", "What a warning means for the report"),
        Column("fail_consequence", "str", "", "What a failure means for the report"),
        Column("source", "str", "", "Where the thresholds come from"),
    ),
)
"""Thresholds of the quality gate, in the order in which a report shows them."""

QUALITY = Table(
    "quality",
    1,
    (),
    (
        Column("sample", "str", "", "Sample"),
        Column("metric", "str", "", "What was measured"),
        Column("label", "str", "", "Its name for a reader"),
        Column("value", "float64", "", "Measured value; missing if it could not be assessed"),
        Column("unit", "str", "", "Unit of the value and of both thresholds"),
        Column("better", "str", "", "Which side is good: higher or lower"),
        Column("warn", "float64", "", "Threshold of a warning"),
        Column("fail", "float64", "", "Threshold of a failure"),
        Column("verdict", "str", "", "PASS, WARN, FAIL or NOT ASSESSABLE"),
        Column("consequence", "str", "", "What the verdict means for the report, or why there is none"),
        Column("source", "str", "", "Where the thresholds come from"),
    ),
)
"""The quality gate of one sample, one check a row, in the order of the thresholds."""

GENE_EXPRESSION = Table(
    "gene-expression",
    1,
    (),
    (
        Column("gene_id", "str", "", "Gene identifier, without version"),
        Column("symbol", "str", "", "Gene symbol"),
        Column("tpm", "float64", "TPM", "Transcripts per million"),
        Column("count", "float64", "fragments", "Expected fragments of the gene", optional=True),
    ),
)
"""Expression of the genes of one sample: the columns that quality and diagnosis need."""
