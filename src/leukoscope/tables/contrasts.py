"""Contracts of what a cohort analysis compares."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

CONTRASTS = Table(
    "contrasts",
    1,
    (),
    (
        Column("id", "str", "", "Name of the contrast: letters, digits, dot, hyphen, underscore"),
        Column("variable", "str", "", "Column of the sample sheet that is compared"),
        Column("reference", "str", "", "Its level that is compared with"),
        Column("target", "str", "", "Its level that is asked about: target over reference"),
        Column("blocking", "str", "", "Column whose levels are compared within, e.g. patient", optional=True),
        Column(
            "subset",
            "str",
            "",
            "Samples it is limited to: column=value, |-separated values, ;-separated terms",
            True,
        ),
        Column(
            "covariates",
            "str",
            "",
            "Columns to adjust for, ;-separated, such as batch or blast_fraction",
            optional=True,
        ),
    ),
)
"""Contrasts of a cohort analysis, in the order of the report."""

CONTRAST_PLAN = Table(
    "contrast-plan",
    1,
    (),
    (
        Column("id", "str", "", "Name of the contrast"),
        Column("design", "str", "", "Design formula"),
        Column("n_reference", "int64", "samples", "Samples at the reference level that are compared"),
        Column("n_target", "int64", "samples", "Samples at the target level that are compared"),
        Column(
            "n_blocks", "int64", "blocks", "Blocks (such as patients) with both levels; 0 without blocking"
        ),
        Column(
            "n_unpaired", "int64", "samples", "Samples left out because their block lacks the other level"
        ),
        Column(
            "n_missing",
            "int64",
            "samples",
            "Samples of the subset left out because the variable or a covariate is missing",
        ),
        Column("reason", "str", "", "Why the contrast cannot be computed; missing if it can"),
    ),
)
"""What each contrast has in it."""
