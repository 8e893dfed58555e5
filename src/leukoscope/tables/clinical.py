"""Contracts of the clinical side of a cohort."""

from __future__ import annotations

from leukoscope.tables.contract import Column, Table

PATIENTS = Table(
    "patients",
    1,
    ("patient",),
    (
        Column("patient", "str", "", "Patient"),
        Column(
            "day8_blasts", "float64", "10⁹/L", "Blasts in blood after 7 days of prednisone", optional=True
        ),
        Column(
            "prednisone_response",
            "str",
            "",
            "poor (PPR), good (PGR) or missing; counts where day8_blasts is missing",
            optional=True,
        ),
        Column("mrd_day15", "float64", "%", "Minimal residual disease on day 15", optional=True),
        Column("mrd_day33", "float64", "%", "Minimal residual disease on day 33", optional=True),
        Column("relapse", "str", "", "yes, no or missing", optional=True),
    ),
    open=True,
)
"""Patients with their response to induction; other columns are kept."""

RISK = Table(
    "risk",
    1,
    ("patient",),
    (
        Column("patient", "str", "", "Patient"),
        Column("prednisone_response", "str", "", "poor, good, or missing"),
        Column("risk", "str", "", "high, non-high, or not assessable"),
        Column("criteria_met", "str", "", "Criteria of high risk that are met, comma-separated"),
        Column("criteria_missing", "str", "", "Criteria that could not be assessed, comma-separated"),
    ),
)
"""Risk group of each patient, with the reason."""

BASELINE = Table(
    "baseline",
    1,
    (),
    (
        Column("variable", "str", "", "Variable"),
        Column("level", "str", "", "Level of a categorical variable; missing for a number"),
        Column("overall", "str", "", "n (%), or median (lower quartile–upper quartile)"),
        Column("test", "str", "", "Test between the groups, on the first row of a variable"),
        Column("p_value", "float64", "", "Two-sided p-value"),
    ),
    open=True,
)
"""Baseline characteristics; one further column per group, in the order given."""
