"""Arriba's ``fusions.tsv`` and ``fusions.discarded.tsv``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.formats.fusion_rows import ToolRow, fusion_table, read_tool_rows
from leukoscope.tables.fusions import ARRIBA_COLUMNS, OWN_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = ("gene1", "gene2", "breakpoint1", "breakpoint2", "type", "split_reads1", "split_reads2")


def read_arriba(path: Path | str) -> pd.DataFrame:
    """Read a table of Arriba 1.0 to 2.5 (or of leukoscope, which has the same columns and more).

    Arriba counts from 1: ``breakpoint1`` is the last base of the 5' part, ``breakpoint2`` the first of
    the 3' part; the contract keeps that text.  Columns that an older version lacks are missing; a
    coverage that Arriba could not tell (``.``) becomes 0.  A discarded event has its filters without
    a number of reads; these become ``rejected_by``.

    Raises
    ------
    InputError
        If the file is no such table or was cut off; the text names the line.
    """
    rows = read_tool_rows(path, tool="Arriba", required=REQUIRED)
    return fusion_table([_fusion(row) for row in rows], source=Path(path).name)


def _fusion(row: ToolRow) -> dict[str, object]:
    row.breakpoint("breakpoint1")
    row.breakpoint("breakpoint2")
    found: dict[str, object] = {}
    for column in ARRIBA_COLUMNS + OWN_COLUMNS:
        if column.name in row.values:
            found[column.name] = row.count(column.name) if column.kind == "int64" else row.text(column.name)
    if "rejected_by" not in row.values:
        found["rejected_by"] = ",".join(
            name for name in row.text("filters").split(",") if name and "(" not in name
        )
    if not found.get("fusion"):
        found.pop("fusion", None)
    return found
