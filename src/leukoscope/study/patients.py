"""Patients of a cohort: risk groups and the baseline tables (the paper's Tables 1 and 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from leukoscope.association import describe_baseline
from leukoscope.clinical import HIGH, NON_HIGH, RiskCriteria, assign_risk
from leukoscope.tables.clinical import PATIENTS

#: Columns of a sample sheet that describe the patient, in the order of the baseline table.
BASELINE_VARIABLES = (
    *(
        "sex",
        "age",
        "wbc",
        "prednisone_response",
        "day8_blasts",
        "mrd_day15",
        "mrd_day19",
        "mrd_day33",
        "mrd_day46",
    ),
    *("relapse", "hyperdiploid", "kras", "nras", "flt3", "ras", "cdkn2a", "ikzf1"),
)
#: Columns that are about a sample, never about its patient.
_OF_SAMPLES = {
    "sample",
    "timepoint",
    "counts",
    "fusions",
    "bam",
    "vcf",
    "strandedness",
    "blast_percent",
    "batch",
}


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
    own = [name for name in samples.columns if name not in _OF_SAMPLES]
    patients = PATIENTS.check(samples[own].drop_duplicates("patient"), source="samples")
    risk = assign_risk(patients, criteria)
    by_patient = risk.set_index("patient")
    stated = patients["risk"] if "risk" in patients else pd.Series("", index=patients.index)
    found = patients["patient"].map(by_patient["risk"])
    disagreeing = patients.loc[
        stated.isin([HIGH, NON_HIGH]) & (found != "not assessable") & (stated != found)
    ]
    patients = patients.assign(
        risk=found.to_numpy(),
        prednisone_response=patients["patient"].map(by_patient["prednisone_response"]).to_numpy(),
    )
    variables = [
        name for name in BASELINE_VARIABLES if name in patients and (patients[name].astype(str) != "").any()
    ]
    compared = patients.assign(risk=patients["risk"].where(patients["risk"].isin([HIGH, NON_HIGH]), ""))
    return Patients(
        table=patients,
        risk=risk,
        baseline=describe_baseline(patients, variables=variables),
        baseline_by_risk=describe_baseline(compared, variables=variables, by="risk"),
        disagreements=tuple(disagreeing["patient"]),
        notes=_notes(risk, variables),
    )


def with_risk(samples: pd.DataFrame, patients: Patients) -> pd.DataFrame:
    """Return the sample sheet with the risk and the prednisone response of each sample's patient."""
    known = patients.table.set_index("patient")
    return samples.assign(
        risk=samples["patient"].map(known["risk"]),
        prednisone_response=samples["patient"].map(known["prednisone_response"]),
    )


def _notes(risk: pd.DataFrame, variables: Sequence[str]) -> tuple[str, ...]:
    counted = risk["risk"].value_counts()
    notes = [
        f"{counted.get(HIGH, 0)} of {len(risk)} patients are high risk, {counted.get(NON_HIGH, 0)} are not, "
        f"{counted.get('not assessable', 0)} cannot be assessed because a criterion is missing and none is met."
    ]
    if absent := [name for name in BASELINE_VARIABLES if name not in variables]:
        notes.append(f"Not in the sample sheet, and so not described: {', '.join(absent)}.")
    return tuple(notes)
