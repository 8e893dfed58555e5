"""Which fusions of a sample bear on its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from leukoscope.fusions.drivers import driver_rows, find_driver
from leukoscope.tables.subtyping import DRIVER_EVIDENCE

_READS = ("split_reads1", "split_reads2", "discordant_mates")


def driver_evidence(fusions: Mapping[str, pd.DataFrame], drivers: pd.DataFrame) -> pd.DataFrame:
    """Return the driver fusions of every sample (:data:`~leukoscope.tables.subtyping.DRIVER_EVIDENCE`).

    Parameters
    ----------
    fusions
        Calls of each sample (:data:`~leukoscope.tables.fusions.FUSIONS`); where no ``driver_class``
        is given, the table of drivers tells it.
    drivers
        :data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`
    """
    rows, known = [], driver_rows(drivers)
    for sample, calls in fusions.items():
        for call in calls.to_dict("records"):
            row = {str(key): value for key, value in call.items()}
            name = _driver_class(row, known)
            if name:
                reads = [int(row[column]) for column in _READS if column in row]
                fragments = sum(reads) if reads else 3  # stated without reads: neither few nor many
                fusion = f"{_first_gene(row['gene1'])}::{_first_gene(row['gene2'])}"
                rows.append([sample, fusion, name, fragments, _doubt(row)])
    return DRIVER_EVIDENCE.check(pd.DataFrame(rows, columns=DRIVER_EVIDENCE.names))


def _driver_class(row: dict[str, Any], drivers: list[dict[str, Any]]) -> str:
    if row.get("rejected_by"):
        return ""
    if row.get("driver_class"):
        return str(row["driver_class"])
    found = find_driver(
        str(row["gene1"]),
        str(row["gene2"]),
        str(row.get("type", "")),
        str(row.get("reading_frame", "")),
        drivers,
    )
    return "" if found is None else found.label


def _doubt(row: dict[str, Any]) -> str:
    doubts = []
    if row.get("plausibility"):
        doubts.append(str(row["plausibility"]))
    if row.get("confidence") == "low":
        doubts.append("low confidence")
    return ", ".join(doubts)


def _first_gene(text: str) -> str:
    return str(text).split(",")[0].split("(")[0]
