"""Subtype calls as JSON: one object per sample, with all of its evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from leukoscope.publishing import publish_text


def write_subtypes(
    table: pd.DataFrame, evidence: pd.DataFrame, probabilities: pd.DataFrame, path: Path
) -> None:
    """Write calls, evidence and probabilities; a missing value is null.

    Parameters
    ----------
    table, evidence, probabilities
        :data:`~leukoscope.tables.subtyping.SUBTYPE_CALLS`, ``SUBTYPE_EVIDENCE`` and
        ``SUBTYPE_PROBABILITIES``.
    path
        The file.
    """
    samples = []
    for call in table.to_dict("records"):
        own = evidence[evidence["sample"] == call["sample"]].drop(columns="sample")
        likely = probabilities[probabilities["sample"] == call["sample"]].drop(columns="sample")
        record = _plain({str(key): value for key, value in call.items()})
        for column in ("evidence", "conflicts", "notes", "second_drivers", "outliers"):
            record[column] = [part for part in str(call[column]).split("; ") if part]
        record["findings"] = [_plain(row) for row in own.to_dict("records")]
        record["probabilities"] = [_plain(row) for row in likely.to_dict("records")]
        samples.append(record)
    publish_text(
        path, json.dumps({"subtypes": samples}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): None if value != value or value == "" else value for key, value in row.items()}
