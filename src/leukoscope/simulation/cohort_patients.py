"""Patients of a simulated cohort: who responds, and what goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

N_PATIENTS, N_HIGH, N_REMISSION, N_RELAPSE = 45, 17, 25, 6
HIGH_BY_GROUP = {"group1": (15, 9), "group2": (16, 6), "group3": (14, 2)}
"""Expression groups: patients, and how many of them are at high risk; group 1 is the resistant one."""


def draw_patients(rng: np.random.Generator) -> pd.DataFrame:
    """Draw 45 patients, 17 of them at high risk for at least one reason each.

    The numbers follow Li et al. 2024 where the paper prints them: 17 high and 28 non-high risk;
    KRAS mutated in 12, NRAS in 5, FLT3 in 5, together in 14 patients, 4 of them at high risk;
    CDKN2A deleted in 8; hyperdiploid 9.  Deletion of IKZF1 is made commoner at high risk (6 of 17
    against 2 of 28), and so is membership of expression group 1: these are the planted causes.

    Returns
    -------
    pandas.DataFrame
        One row per patient, in random order of risk: patient, group, risk, sex, age, wbc,
        day8_blasts, mrd_day15, mrd_day33, relapse, kras, nras, flt3, ras, cdkn2a, ikzf1,
        hyperdiploid, karyotype.
    """
    import pandas as pd

    group = np.repeat(list(HIGH_BY_GROUP), [n for n, _ in HIGH_BY_GROUP.values()])
    high = np.concatenate([np.arange(n) < bad for n, bad in HIGH_BY_GROUP.values()])
    order = rng.permutation(N_PATIENTS)
    group, high = group[order], high[order]
    ras = _marked(rng, high, 4, 10)
    kras, nras, flt3 = _ras_genes(rng, ras)
    hyperdiploid = _marked(rng, high, 2, 7)
    table = pd.DataFrame(
        {
            "patient": [f"P{number:02d}" for number in range(1, N_PATIENTS + 1)],
            "group": group,
            "risk": np.where(high, "high", "non-high"),
            "sex": np.where(rng.random(N_PATIENTS) < 0.58, "male", "female"),
            "age": np.clip(rng.lognormal(np.log(5.0), 0.55, N_PATIENTS), 1.0, 17.9).round(1),
            "wbc": np.clip(rng.lognormal(np.log(14.0), 1.1, N_PATIENTS), 0.8, 400).round(1),
            **_response(rng, high),
            "kras": _yes(kras),
            "nras": _yes(nras),
            "flt3": _yes(flt3),
            "ras": _yes(ras),
            "cdkn2a": _yes(_marked(rng, high, 4, 4)),
            "ikzf1": _yes(_marked(rng, high, 6, 2)),
            "hyperdiploid": _yes(hyperdiploid),
        }
    )
    return table.assign(karyotype=np.where(hyperdiploid, "55,XX,+4,+10,+17,+21", "46,XX"))


def _marked(
    rng: np.random.Generator, high: NDArray[np.bool_], in_high: int, in_others: int
) -> NDArray[np.bool_]:
    """Mark so many patients at high risk and so many others."""
    marks = np.zeros(high.size, dtype=bool)
    marks[rng.choice(np.flatnonzero(high), in_high, replace=False)] = True
    marks[rng.choice(np.flatnonzero(~high), in_others, replace=False)] = True
    return marks


def _ras_genes(rng: np.random.Generator, ras: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], ...]:
    """Mutate KRAS in 12, NRAS in 5, FLT3 in 5 of the 14 patients, so that each has one at least."""
    who = rng.permutation(np.flatnonzero(ras))
    genes = [np.zeros(ras.size, dtype=bool) for _ in range(3)]
    for gene, carriers in zip(genes, (who[:12], np.r_[who[12:14], who[:3]], who[3:8]), strict=True):
        gene[carriers] = True
    return tuple(genes)


def _response(rng: np.random.Generator, high: NDArray[np.bool_]) -> dict[str, NDArray[np.generic]]:
    """Draw the course of induction; every patient at high risk meets one criterion at least."""
    n = high.size
    blasts = rng.uniform(0.0, 0.8, n)
    day15 = rng.lognormal(np.log(0.4), 1.2, n).clip(0, 9.0)
    day33 = rng.uniform(0.0, 0.08, n)
    relapse = np.zeros(n, dtype=bool)
    who = rng.permutation(np.flatnonzero(high))
    poor, slow, positive, relapsed = who[:9], who[5:13], who[9:], who[11:][-N_RELAPSE:]
    blasts[poor] = rng.lognormal(np.log(4.0), 0.7, poor.size).clip(1.0, 60)
    day15[slow] = rng.uniform(10, 60, slow.size)
    day33[positive] = rng.lognormal(np.log(0.5), 0.9, positive.size).clip(0.1, 20)
    relapse[relapsed] = True
    return {
        "day8_blasts": blasts.round(2),
        "mrd_day15": day15.round(2),
        "mrd_day33": day33.round(3),
        "relapse": _yes(relapse),
    }


def _yes(marks: NDArray[np.bool_]) -> NDArray[np.str_]:
    return np.where(marks, "yes", "no")


def draw_samples(rng: np.random.Generator, patients: pd.DataFrame) -> pd.DataFrame:
    """Draw who was sampled when: all at onset, 25 in remission, the relapsed ones at relapse.

    Returns
    -------
    pandas.DataFrame
        The patients' columns, with sample, timepoint, blast_percent, tissue and batch.
    """
    import pandas as pd

    relapsed = (patients["relapse"] == "yes").to_numpy()
    remission = np.sort(rng.choice(len(patients), N_REMISSION, replace=False))
    parts = []
    for timepoint, rows in (
        ("onset", np.arange(len(patients))),
        ("remission", remission),
        ("relapse", np.flatnonzero(relapsed)),
    ):
        part = patients.iloc[rows].assign(timepoint=timepoint)
        percent = {"onset": (60, 6), "remission": (1, 80), "relapse": (40, 8)}[timepoint]
        part["blast_percent"] = (100 * rng.beta(*percent, size=len(rows))).round(1)
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "sample", table["patient"] + "_" + table["timepoint"])
    table["tissue"] = "bone marrow"
    table["batch"] = rng.choice(["batch1", "batch2"], len(table))
    return table
