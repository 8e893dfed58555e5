"""The sample sheet of a cohort analysis, and the files that it names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError, quote_some
from leukoscope.textfiles import open_text

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.cohort import Cohort

TIMEPOINTS = ("onset", "remission", "relapse")


def read_cohort_sheet(path: Path) -> pd.DataFrame:
    """Read a CSV or TSV with one row a sample; every cell stays text, ``NA`` is missing.

    The folder of a finished ``leukoscope run`` may be given instead: its samples, with their counts
    and fusion tables.

    Returns
    -------
    pandas.DataFrame
        Columns ``sample``, ``patient`` and ``timepoint`` (``onset`` where the sheet has none), then its own.

    Raises
    ------
    InputError
        If it is no table, lacks ``sample`` or ``patient``, names a sample twice, or has an unknown timepoint.
    """
    sheet = _read_run(path) if path.is_dir() else _read_text(path)
    sheet = sheet.replace("NA", "")
    absent = [name for name in ("sample", "patient") if name not in sheet]
    if absent:
        raise InputError(
            f"{path.name}: lacks the column(s) {', '.join(absent)}; found {', '.join(sheet.columns[:8])}."
        )
    if "timepoint" not in sheet:
        sheet.insert(2, "timepoint", "onset")
    if (sheet["timepoint"] == "").all():
        sheet = sheet.assign(timepoint="onset")
    repeated = sheet.loc[sheet["sample"].duplicated(), "sample"].unique().tolist()
    if repeated:
        raise InputError(f"{path.name}: {len(repeated)} sample(s) stand there twice: {quote_some(repeated)}.")
    unknown = sheet.loc[~sheet["timepoint"].isin(TIMEPOINTS), "timepoint"].unique().tolist()
    if unknown:
        raise InputError(
            f"{path.name}: {len(unknown)} unknown timepoint(s): {quote_some(unknown)}. Use {', '.join(TIMEPOINTS)}."
        )
    return sheet


def _read_run(folder: Path) -> pd.DataFrame:
    """Return the samples of a finished run, with the files that it left of each."""
    sheet = _read_text(folder / "samples.tsv")
    files = {"counts": "expression/counts.tsv.gz", "fusions": "samples/{}/fusions.tsv"}
    for column, name in files.items():
        places = [name.format(sample) for sample in sheet["sample"]]
        sheet[column] = [place if (folder / place).is_file() else "" for place in places]
    if "counts" in sheet and (sheet["counts"] != "").any():
        with open_text(folder / files["counts"]) as source:
            present = set(source.readline().rstrip("\n").split("\t"))
        sheet["counts"] = sheet["counts"].where(sheet["sample"].isin(present), "")
    return sheet


def read_contrast_sheet(path: Path) -> pd.DataFrame:
    """Read contrasts from CSV or TSV (:data:`~leukoscope.tables.contrasts.CONTRASTS`).

    Raises
    ------
    InputError
        If it is no table or lacks a column.
    """
    from leukoscope.tables.contrasts import CONTRASTS

    return CONTRASTS.check(_read_text(path), source=path.name)


def _read_text(path: Path) -> pd.DataFrame:
    """Read a table whose cells stay text; the header line tells comma from tab."""
    from io import StringIO

    import pandas as pd

    try:
        text = path.read_text(encoding="utf-8-sig")
        separator = "\t" if "\t" in text.split("\n", 1)[0] else ","
        return pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name}: not a text table. Save it as CSV.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path.name}: not a table ({' '.join(str(error).split())}).") from None


def read_sheet_counts(sheet: pd.DataFrame, folder: Path) -> Cohort | None:
    """Read the count matrices that the column ``counts`` names, and return the samples of the sheet.

    A matrix may hold many samples; genes that some matrix lacks are left out.  None if the sheet
    names no counts.

    Raises
    ------
    InputError
        If a matrix lacks a sample of the sheet.
    """
    from leukoscope.formats.counts import read_counts

    named = _named(sheet, "counts")
    if named.empty:
        return None
    parts = []
    for name, rows in named.groupby("counts", sort=False):
        cohort = read_counts(folder / str(name)).cohort
        absent = sorted(set(rows["sample"]) - set(cohort.sample_names))
        if absent:
            raise InputError(
                f"{name}: {len(absent)} sample(s) of the sheet have no column there: {quote_some(absent)}."
            )
        parts.append(cohort.select(samples=rows["sample"].tolist()))
    return parts[0] if len(parts) == 1 else _joined(parts)


def read_sheet_fusions(sheet: pd.DataFrame, folder: Path) -> dict[str, pd.DataFrame] | None:
    """Read the fusion table of each sample from the column ``fusions``; None if the sheet names none."""
    from leukoscope.formats.fusion_tables import read_fusions

    named = _named(sheet, "fusions")
    if named.empty:
        return None
    return {str(row.sample): read_fusions(folder / str(row.fusions)) for row in named.itertuples()}


def _named(sheet: pd.DataFrame, column: str) -> pd.DataFrame:
    return sheet[sheet[column] != ""] if column in sheet else sheet.iloc[:0]


def _joined(parts: list[Cohort]) -> Cohort:
    """Return the samples of all parts with the genes that all of them have, in the order of the first."""
    import numpy as np
    import pandas as pd

    from leukoscope.cohort import Cohort

    common: set[Any] = set(parts[0].gene_ids)
    for part in parts[1:]:
        common &= set(part.gene_ids)
    genes = [gene for gene in parts[0].gene_ids if gene in common]
    if not genes:
        raise InputError("counts: the matrices have no gene in common. Do all use the same identifiers?")
    chosen = [part.select(genes=genes) for part in parts]
    return Cohort(
        np.concatenate([part.counts for part in chosen], axis=1),
        chosen[0].genes,
        pd.concat([part.samples for part in chosen], ignore_index=True),
    )
