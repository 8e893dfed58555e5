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
    coverage that Arriba could not tell (``.``) becomes 0.  Filters that discarded an event as a whole
    stand without a number of reads; these, or the filters that removed all its reads, become ``rejected_by``.

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
        found["rejected_by"] = _reasons(row)
    if not found.get("fusion"):
        found.pop("fusion", None)
    return found


def _reasons(row: ToolRow) -> str:
    filters = [name for name in row.text("filters").split(",") if name]
    of_event = [name for name in filters if "(" not in name]
    reads = sum(row.count(name) for name in ("split_reads1", "split_reads2", "discordant_mates"))
    of_reads = [name.partition("(")[0] for name in filters] if reads == 0 else []
    return ",".join(of_event or of_reads)
