"""Patients of a cohort: risk groups and the baseline tables (the paper's Tables 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leukoscope.association import describe_baseline
from leukoscope.association.categories import is_known
from leukoscope.clinical import (
    HIGH,
    NON_HIGH,
    NOT_ASSESSABLE,
    RiskCriteria,
    assign_risk,
    contradicted_responses,
)
from leukoscope.tables.clinical import PATIENTS

#: Columns of a sample sheet that describe the patient, first in the baseline table and missed if they are not there.
BASELINE_VARIABLES = (
    *("sex", "age", "wbc", "prednisone_response", "day8_blasts"),
    *("mrd_day15", "mrd_day19", "mrd_day33", "mrd_day46", "relapse"),
    *("hyperdiploid", "kras", "nras", "flt3", "ras", "cdkn2a", "ikzf1"),
)
#: Columns that are about a sample, never about its patient.
OF_SAMPLES = frozenset(
    ("sample", "timepoint", "counts", "fusions", "bam", "vcf", "strandedness", "blast_percent", "batch")
)
MOST_LEVELS = 20  #: different words of a described column; beyond, most patients have one of their own


@dataclass(frozen=True, slots=True)
class Patients:
    """The patients, their risk and how they differ by it."""

    table: pd.DataFrame  #: :data:`~leukoscope.tables.clinical.PATIENTS`, with ``risk``
    risk: pd.DataFrame  #: :data:`~leukoscope.tables.clinical.RISK`
    baseline: pd.DataFrame  #: :data:`~leukoscope.tables.clinical.BASELINE`, overall
    baseline_by_risk: pd.DataFrame  #: the same by risk group
    disagreements: tuple[str, ...]  #: patients whose sheet states another risk than the criteria give
    notes: tuple[str, ...]


def describe_patients(samples: pd.DataFrame, criteria: RiskCriteria | None = None) -> Patients:
    """Gather one row a patient from the sample sheet, assign risk and describe the cohort.

    A patient's first sample in the sheet speaks for the patient.  A risk that the sheet states
    is compared with the criteria, never used instead of them.

    Parameters
    ----------
    samples
        The sample sheet, with columns ``sample`` and ``patient``.
    criteria
        Limits of high risk.
    """
    own = [name for name in samples.columns if name not in OF_SAMPLES]
    patients = PATIENTS.check(samples[own].drop_duplicates("patient"), source="samples")
    risk = assign_risk(patients, criteria)
    by_patient = risk.set_index("patient")
    stated = patients["risk"] if "risk" in patients else pd.Series("", index=patients.index)
    found = patients["patient"].map(by_patient["risk"])
    disagreeing = patients.loc[
        stated.isin([HIGH, NON_HIGH]) & (found != "not assessable") & (stated != found)
    ]
    contradicted = contradicted_responses(patients, risk)
    patients = patients.assign(
        risk=found.to_numpy(),
        prednisone_response=patients["patient"].map(by_patient["prednisone_response"]).to_numpy(),
    )
    variables, too_varied = _described(samples, patients)
    compared = patients.assign(risk=patients["risk"].where(patients["risk"].isin([HIGH, NON_HIGH]), ""))
    return Patients(
        table=patients,
        risk=risk,
        baseline=describe_baseline(patients, variables=variables),
        baseline_by_risk=describe_baseline(compared, variables=variables, by="risk"),
        disagreements=tuple(disagreeing["patient"]),
        notes=(*_notes(risk, variables, too_varied), *_contradictions(contradicted)),
    )


def with_risk(samples: pd.DataFrame, patients: Patients) -> pd.DataFrame:
    """Return the sample sheet with the risk and the prednisone response of each sample's patient."""
    known = patients.table.set_index("patient")
    return samples.assign(
        risk=samples["patient"].map(known["risk"]),
        prednisone_response=samples["patient"].map(known["prednisone_response"]),
    )


def _described(samples: pd.DataFrame, patients: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the columns that the baseline tables show, and those of too many different words.

    Columns of the user's own follow the known ones; a column that differs between the samples of a patient is about
    samples.
    """
    known = [name for name in BASELINE_VARIABLES if name in patients and is_known(patients[name]).any()]
    shown, too_varied = list(known), list[str]()
    per_patient = samples.groupby("patient")
    for name in patients.columns:
        if name in {"patient", "risk", *BASELINE_VARIABLES} or not is_known(patients[name]).any():
            continue
        if (per_patient[name].nunique() > 1).any():
            continue
        values = patients.loc[is_known(patients[name]), name]
        is_number = pd.to_numeric(values, errors="coerce").notna().all()
        (shown if is_number or values.nunique() <= MOST_LEVELS else too_varied).append(str(name))
    return shown, too_varied


def _notes(risk: pd.DataFrame, variables: Sequence[str], too_varied: Sequence[str]) -> tuple[str, ...]:
    counted = risk["risk"].value_counts()
    high, rest = counted.get(HIGH, 0), counted.get(NON_HIGH, 0)
    unknown = counted.get(NOT_ASSESSABLE, 0)
    if unknown == len(risk):
        notes = [
            f"No patient's risk can be told: none meets a criterion, and each lacks some ({_lacking(risk)})."
        ]
    else:
        of = f"{len(risk)} patient{'s' * (len(risk) > 1)}"
        notes = [f"Of {of}, {high} of high risk and {rest} not of high risk."]
        if unknown:
            notes.append(f"{unknown} cannot be assessed: a criterion is missing and none is met.")
    if not high or not rest:
        notes.append("Patients are not compared by risk: there are no two groups.")
    if absent := [name for name in BASELINE_VARIABLES if name not in variables]:
        notes.append(f"Not in the sample sheet, and so not described: {', '.join(absent)}.")
    if too_varied:
        notes.append(
            f"Not described, because they have more than {MOST_LEVELS} different values: {', '.join(too_varied)}."
        )
    return tuple(notes)


def _contradictions(patients: Sequence[str]) -> tuple[str, ...]:
    if not patients:
        return ()
    return (
        f"The stated prednisone response contradicts the blasts of day 8 in {len(patients)} "
        f"patient{'s' * (len(patients) > 1)}, e.g. {patients[0]}; the blasts count.",
    )


def _lacking(risk: pd.DataFrame) -> str:
    criteria = [name for names in risk["criteria_missing"] for name in names.split(",")]
    return ", ".join(dict.fromkeys(criteria))
