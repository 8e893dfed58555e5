"""Fusions as BEDPE, JSON and MultiQC content."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.publishing import publish_text
from leukoscope.tables.fusions import ARRIBA_COLUMNS, FUSIONS, OWN_COLUMNS
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    import pandas as pd

BEDPE_COLUMNS = (
    "chrom1", "start1", "end1", "chrom2", "start2", "end2", "name", "score", "strand1", "strand2",
    "type", "confidence", "reading_frame", "split_reads", "discordant_mates", "driver_class",
)  # fmt: skip


def write_bedpe(calls: pd.DataFrame, path: Path | str) -> None:
    """Write one line per fusion: both breakpoints as one base each, 0-based half-open.

    The score is the number of supporting fragments; the strands are those that are transcribed.
    """
    lines = ["#" + "\t".join(BEDPE_COLUMNS)]
    for call in _records(calls):
        fields: list[str] = []
        for side in (1, 2):
            contig, _, position = str(call[f"breakpoint{side}"]).rpartition(":")
            fields += [contig, str(int(position) - 1), position]
        split = int(call["split_reads1"]) + int(call["split_reads2"])
        fields += [str(call.get("fusion") or "."), str(split + int(call["discordant_mates"]))]
        fields += [str(call[f"strand{side}(gene/fusion)"]).rpartition("/")[2] or "." for side in (1, 2)]
        fields += [str(call[name]) or "." for name in ("type", "confidence", "reading_frame")]
        fields += [str(split), str(call["discordant_mates"]), str(call.get("driver_class") or ".")]
        lines.append("\t".join(fields))
    publish_text(Path(path), "\n".join(lines) + "\n")


def write_fusions_json(calls: pd.DataFrame, path: Path | str, *, sample: str) -> None:
    """Write the table as JSON: one object per fusion, a missing value null, lists where the table has commas."""
    content = {
        "format": "leukoscope-fusions",
        "version": FUSIONS.version,
        "sample": sample,
        "fusions": [_object(call) for call in _records(calls)],
    }
    publish_text(Path(path), json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _object(call: dict[str, Any]) -> dict[str, Any]:
    lists = {"tags", "filters", "read_identifiers", "plausibility", "rejected_by"}
    found: dict[str, Any] = {}
    for column in ARRIBA_COLUMNS + OWN_COLUMNS:
        value = call.get(column.name)
        if column.name in lists:
            found[column.name] = [item for item in str(value or "").split(",") if item]
        elif value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            found[column.name] = None
        else:
            found[column.name] = value
    return found


def fusions_content(sample: str, calls: pd.DataFrame) -> str:
    """Return MultiQC content (``…_mqc.json``): fusions by confidence, drivers and warnings of one sample.

    The files of several samples share one section, so that MultiQC joins them in one table.
    """
    records = _records(calls)
    graded = [str(call["confidence"]) for call in records]
    drivers = [f"{call['fusion']} ({call['driver_class']})" for call in records if call.get("driver_class")]
    row: dict[str, Any] = {grade: graded.count(grade) for grade in ("high", "medium", "low")}
    row["doubtful"] = sum(1 for call in records if call.get("plausibility"))
    row["drivers"] = ", ".join(dict.fromkeys(drivers)) or "none found"
    content = {
        "id": "leukoscope_fusions",
        "section_name": "leukoscope: gene fusions",
        "description": f"Fusion calls of each sample. {RESEARCH_USE}",
        "plot_type": "table",
        "pconfig": {
            "id": "leukoscope_fusions_table",
            "title": "leukoscope: gene fusions",
            "namespace": "leukoscope",
        },
        "headers": {
            "high": {"title": "High", "description": "Fusions of high confidence", "format": "{:,d}"},
            "medium": {"title": "Medium", "description": "Fusions of medium confidence", "format": "{:,d}"},
            "low": {"title": "Low", "description": "Fusions of low confidence", "format": "{:,d}"},
            "doubtful": {"title": "Doubtful", "description": "Fusions with a warning", "format": "{:,d}"},
            "drivers": {"title": "Known drivers", "description": "Fusions that define a class of B-ALL"},
        },
        "data": {sample: row},
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _records(calls: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in call.items()} for call in FUSIONS.check(calls).to_dict("records")]
