"""Risk groups from the response to induction (SCCLG-ALL-2016 as Li et al. 2024 state it [1]_).

.. [1] Li et al., BMC Med Genomics 17 (2024) 149, doi:10.1186/s12920-024-01892-w
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.errors import InputError, quote_some
from leukoscope.tables.clinical import PATIENTS, RISK

HIGH, NON_HIGH, NOT_ASSESSABLE = "high", "non-high", "not assessable"
#: What ``relapse`` may say, and whether the criterion is met.
YES_NO = {"yes": 1.0, "true": 1.0, "1": 1.0, "no": 0.0, "false": 0.0, "0": 0.0}
#: What ``prednisone_response`` may say; it stands for blasts that were not counted.
PREDNISONE_RESPONSES = {"poor": 1.0, "ppr": 1.0, "good": 0.0, "pgr": 0.0}
_RESPONSE = {1.0: "poor", 0.0: "good"}


@dataclass(frozen=True, slots=True)
class RiskCriteria:
    """Any one of these makes a patient high risk; a limit itself counts as reached."""

    day8_blasts: float = 1.0  #: 10⁹/L in blood after seven days of prednisone: poor response
    mrd_day15: float = 10.0  #: %
    mrd_day33: float = 0.1  #: %


def assign_risk(patients: pd.DataFrame, criteria: RiskCriteria | None = None) -> pd.DataFrame:
    """Assign each patient a risk group.

    High risk needs one criterion that is met.  Non-high risk needs every criterion assessed and
    none met: a missing value stays missing, so that a patient without day-33 MRD and no other
    criterion met is *not assessable*.  Where blasts were not counted on day 8, a stated
    ``prednisone_response`` (poor or PPR, good or PGR) stands for the count.

    Parameters
    ----------
    patients
        :data:`~leukoscope.tables.clinical.PATIENTS`; an absent column is missing for everybody.
    criteria
        Limits; default is those of the paper.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.clinical.RISK`.

    Raises
    ------
    InputError
        If ``relapse`` or ``prednisone_response`` holds another word, or a measurement is negative.
    """
    criteria = criteria or RiskCriteria()
    patients = PATIENTS.check(patients)
    met = pd.DataFrame(index=patients.index)
    for name in ("day8_blasts", "mrd_day15", "mrd_day33"):
        met[name] = _reaches(patients, name, getattr(criteria, name))
    met["day8_blasts"] = met["day8_blasts"].fillna(
        _stated(patients, "prednisone_response", PREDNISONE_RESPONSES)
    )
    met["relapse"] = _stated(patients, "relapse", YES_NO)
    high, unknown = (met == 1.0).any(axis=1), met.isna()
    risk = np.where(high, HIGH, np.where(unknown.any(axis=1), NOT_ASSESSABLE, NON_HIGH))
    table = pd.DataFrame(
        {
            "patient": patients["patient"],
            "prednisone_response": met["day8_blasts"].map(_RESPONSE),
            "risk": risk,
            "criteria_met": [",".join(row.index[row == 1.0]) for _, row in met.iterrows()],
            "criteria_missing": [",".join(row.index[row]) for _, row in unknown.iterrows()],
        },
        columns=RISK.names,
    )
    return RISK.check(table)


def _reaches(patients: pd.DataFrame, name: str, limit: float) -> pd.Series:
    """Return 1.0 where the value reaches the limit, 0.0 where it does not, NaN where it is missing."""
    if name not in patients.columns:
        return pd.Series(np.nan, index=patients.index)
    values = patients[name]
    negative = patients.loc[values < 0, "patient"]
    if len(negative):
        raise InputError(
            f"patients: {name} is negative in {len(negative)} patient(s), e.g. {quote_some(list(negative[:1]))}."
        )
    return (values >= limit).astype(np.float64).where(values.notna())


def contradicted_responses(patients: pd.DataFrame, risk: pd.DataFrame) -> list[str]:
    """Return the patients whose stated response to prednisone is not that of their blasts on day 8.

    Parameters
    ----------
    patients
        What :func:`assign_risk` was given.
    risk
        What it returned.
    """
    stated = _stated(patients, "prednisone_response", PREDNISONE_RESPONSES).map(_RESPONSE)
    counted = patients["patient"].map(risk.set_index("patient")["prednisone_response"])
    return patients.loc[stated.notna() & (stated != counted), "patient"].tolist()


def _stated(patients: pd.DataFrame, name: str, words: dict[str, float]) -> pd.Series:
    """Return 1.0 or 0.0 for what a column says in words, NaN where it says nothing."""
    if name not in patients.columns:
        return pd.Series(np.nan, index=patients.index)
    given = patients[name].str.strip().str.lower()
    strange = patients[name][~given.isin(["", *words])]
    if len(strange):
        known = ", ".join(dict.fromkeys(word for word in words if word.isalpha()))
        raise InputError(
            f"patients: {name} holds {quote_some(list(strange[:1]))} in {len(strange)} patient(s), "
            f"not {known} or nothing."
        )
    return given.map(words).astype(np.float64)
