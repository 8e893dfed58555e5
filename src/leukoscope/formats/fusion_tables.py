"""Fusion tables of any caller, told apart by their headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.arriba import read_arriba
from leukoscope.formats.cicero import read_cicero
from leukoscope.formats.fusion_rows import read_header
from leukoscope.formats.fusioncatcher import read_fusioncatcher
from leukoscope.formats.starfusion import read_starfusion

if TYPE_CHECKING:
    import pandas as pd

CALLERS = {
    "arriba": ("split_reads1", read_arriba),
    "starfusion": ("JunctionReadCount", read_starfusion),
    "fusioncatcher": ("Gene_1_symbol(5end_fusion_partner)", read_fusioncatcher),
    "cicero": ("ortA", read_cicero),
}
"""Readers by caller, each with a column that only its tables have; leukoscope's own are Arriba's and more."""


def read_fusions(path: Path | str, *, caller: str = "") -> pd.DataFrame:
    """Read a fusion table of leukoscope, Arriba, STAR-Fusion, FusionCatcher or CICERO.

    Parameters
    ----------
    path
        Table, plain or gzipped.
    caller
        A key of :data:`CALLERS`; empty to tell by the header.

    Raises
    ------
    InputError
        If no caller's columns are found, or the table is broken.
    """
    if not caller:
        header = read_header(path)
        caller = next((name for name, (column, _) in CALLERS.items() if column in header), "")
        if not caller:
            raise InputError(
                f"{Path(path).name} line 1: a table of none of {', '.join(CALLERS)}; found {quote_some(header)}."
            )
    if caller not in CALLERS:
        raise InputError(f"'{caller}' is no caller that is read here: {', '.join(CALLERS)}.")
    return CALLERS[caller][1](path)
