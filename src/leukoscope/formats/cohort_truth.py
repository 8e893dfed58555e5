"""The truth of a simulated cohort, and the tables of a report that are compared with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


def read_truth_of_cohort(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return ``truth.json`` and the true change of every gene in every contrast.

    Raises
    ------
    InputError
        If the folder is not one of ``leukoscope simulate cohort``.
    """
    import pandas as pd

    try:
        truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        genes = pd.read_csv(folder / "truth_genes.tsv.gz", sep="\t", keep_default_na=False)
    except (FileNotFoundError, json.JSONDecodeError):
        raise InputError(f"{folder}: holds no truth; give a folder of leukoscope simulate cohort.") from None
    if truth.get("format") != "leukoscope-cohort-truth":
        raise InputError(f"{folder}: truth.json is not the truth of a cohort.")
    return truth, genes


def read_report_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a cohort report that have a contract of their own, by path without ending.

    Raises
    ------
    InputError
        If the folder is not one of ``leukoscope cohort``.
    """
    from leukoscope.tables import contracts

    try:
        named = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))["tables"]
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        raise InputError(f"{folder}: holds no cohort.json; give the --outdir of leukoscope cohort.") from None
    known = {table.name: table for table in contracts()}
    return {
        path: known[name].read(folder / "tables" / f"{path}.tsv")
        for path, name in named.items()
        if name in known
    }
