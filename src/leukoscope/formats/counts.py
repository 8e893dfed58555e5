"""Plain count matrices: text tables of genes and samples, in either orientation."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.errors import InputError, quote_some
from leukoscope.expression import GREATEST_LOGARITHM
from leukoscope.formats.identifiers import ENSEMBL, IdentifierKind, identifier_kind, sum_rows, without_version
from leukoscope.textfiles import open_text

Orientation = Literal["genes-in-rows", "samples-in-rows"]

#: Rows that counting programs append: not genes.
SUMMARY_ROW = re.compile(r"^(__\w+|N_(unmapped|multimapping|noFeature|ambiguous))$")

#: Expressed in every blood sample, so that a matrix with symbols has most of them.
_ANCHORS = {
    "ACTB", "B2M", "CD19", "CD74", "CD79A", "EEF1A1", "ETV6", "FTL", "GAPDH", "HBB", "PAX5", "PTPRC", "RPLP0",
    "RPS6", "RUNX1", "TMSB4X", "TUBA1B", "UBC", "VIM",
}  # fmt: skip
_DESCRIPTIONS = {
    "symbol": "symbol", "gene_name": "symbol", "gene_symbol": "symbol", "genename": "symbol",
    "hgnc_symbol": "symbol", "external_gene_name": "symbol", "entrez": "entrez", "entrezid": "entrez",
    "entrez_id": "entrez", "gene_id": "other_id", "geneid": "other_id", "ensembl_id": "other_id",
    "biotype": "biotype", "gene_biotype": "biotype", "gene_type": "biotype", "description": "description",
    "gene_description": "description",
}  # fmt: skip

#: A matrix of so many genes has sums and a maximum that tell its scale.
MANY_GENES = 1_000


@dataclass(frozen=True, slots=True)
class CountsRead:
    """A count matrix as it was read, and what reading changed."""

    cohort: Cohort
    kind: IdentifierKind  #: of the gene identifiers
    orientation: Orientation  #: of the file
    summary_rows: tuple[str, ...]  #: rows of counting programs (``__no_feature`` …), left out
    repeated_genes: tuple[str, ...]  #: genes on several rows; their counts were summed

    def summary(self) -> str:
        """Return one line for the reader."""
        kind = {"ensembl": "Ensembl", "entrez": "Entrez", "symbol": "symbol"}[self.kind]
        whole = "whole" if self.cohort.is_whole else "fractional"
        return (
            f"{len(self.cohort.genes)} genes ({kind} identifiers) × {len(self.cohort.samples)} samples, {whole} "
            f"counts; {len(self.summary_rows)} summary row(s) left out, {len(self.repeated_genes)} repeated "
            "gene(s) summed."
        )


def read_counts(path: Path | str, *, orientation: Orientation | Literal["auto"] = "auto") -> CountsRead:
    """Read a matrix of counts.

    Comma, tab or semicolon, plain or gzipped, with or without a name above the first column
    are all recognised.  Ensembl versions are removed; text columns that describe genes
    (symbol, biotype, …) are kept in the gene table.

    Parameters
    ----------
    path
        The file.
    orientation
        Which way it lies; by default told from the identifiers, and by the longer side if
        they do not tell.

    Raises
    ------
    InputError
        If the file is missing, a cell is no count, the numbers are TPM or logarithms, or a sample repeats.
    """
    path = Path(path)
    frame = _read_text_table(path)
    if orientation == "auto":
        orientation = _orientation(str(frame.index.name), list(frame.index), list(frame.columns))
    if orientation == "samples-in-rows":
        numbers, described = _numbers(frame, path).T, pd.DataFrame(index=frame.columns)
        genes, samples = list(frame.columns), list(frame.index)
    else:
        described, frame = _describing_columns(frame)
        numbers = _numbers(frame, path)
        genes, samples = list(frame.index), list(frame.columns)
    _refuse_other_scales(numbers, path)
    return assemble(numbers, genes, samples, described, orientation=orientation, source=path.name)


def _refuse_other_scales(numbers: NDArray[np.generic], path: Path) -> None:
    """Raise InputError for fractional numbers that are no expected counts: TPM and CPM, or logarithms."""
    if numbers.dtype.kind != "f" or len(numbers) < MANY_GENES or np.array_equal(numbers, np.rint(numbers)):
        return
    totals = numbers.sum(axis=0)
    if np.all(np.abs(totals / 1e6 - 1.0) < 1e-3):
        raise InputError(f"{path.name}: every sample sums to a million: these are TPM or CPM. Give counts.")
    if float(np.max(numbers)) <= GREATEST_LOGARITHM:
        raise InputError(
            f"{path.name}: no value of {len(numbers)} genes is above {np.max(numbers):.1f}: these are logarithms. "
            "Give counts."
        )


def assemble(
    numbers: NDArray[np.generic],
    genes: list[str],
    samples: list[str],
    described: pd.DataFrame,
    *,
    orientation: Orientation = "genes-in-rows",
    source: str = "counts",
) -> CountsRead:
    """Make a cohort of what a reader found: leave out summary rows, sum repeated genes.

    Parameters
    ----------
    numbers
        ``[gene, sample]``, as in the file.
    genes, samples
        Names as in the file.
    described
        Further columns of the gene table, one row per gene.
    orientation
        How the file lay; only reported.
    source
        Name of the file, for error texts.
    """
    repeated = sorted({name for name in samples if samples.count(name) > 1})
    if repeated:
        raise InputError(f"{source}: {len(repeated)} sample name(s) repeat: {quote_some(repeated)}.")
    is_summary = np.array([bool(SUMMARY_ROW.match(name)) for name in genes], dtype=bool)
    kept = np.flatnonzero(~is_summary)
    ids = np.array([without_version(genes[i]) for i in kept], dtype=object)
    unique, first, group = np.unique(ids.astype(str), return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # the file's own order
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    counts = numbers[kept] if unique.size == ids.size else sum_rows(numbers[kept], rank[group], unique.size)
    kind = identifier_kind(ids.tolist())
    table = described.iloc[kept[first[order]]].reset_index(drop=True)
    table.insert(0, "gene_id", ids[first[order]])
    if kind != "ensembl" and kind not in table:
        table[kind] = table["gene_id"]
    cohort = Cohort(counts, table, pd.DataFrame({"sample": samples}, dtype=object))
    often = np.bincount(group, minlength=unique.size) > 1
    return CountsRead(
        cohort,
        kind,
        orientation,
        tuple(np.array(genes, dtype=object)[is_summary]),
        tuple(unique[often].tolist()),
    )


def write_counts(cohort: Cohort, path: Path | str) -> None:
    """Write a matrix that :func:`read_counts` reads: gene_id, symbol if known, samples."""
    from leukoscope.tables.contract import Column, Table

    names = ["gene_id"] + (["symbol"] if "symbol" in cohort.genes else [])
    kind: Literal["int64", "float64"] = "int64" if cohort.counts.dtype.kind == "i" else "float64"
    columns = [Column(name, "str", "", name) for name in names]
    columns += [Column(name, kind, "reads", f"Counts of {name}") for name in cohort.sample_names]
    matrix = pd.DataFrame(cohort.counts, columns=cohort.sample_names)
    Table("count", 1, ("gene_id",), tuple(columns)).write(
        pd.concat([cohort.genes[names], matrix], axis=1), path
    )


def _read_text_table(path: Path) -> pd.DataFrame:
    """Return the table with its first column as index of texts; other columns as parsed."""
    with open_text(path, "count matrix") as source:
        header, delimiter, shifted = _sniff(source, path)
        frame = pd.read_csv(
            source, sep=delimiter, header=None, names=["", *header] if shifted else header,
            index_col=0, dtype={0: str}, keep_default_na=False, na_values=["", "NA", "NaN", "nan"],
            low_memory=False,
        )  # fmt: skip
    names = ["" if name != name else str(name) for name in frame.index]
    frame.index = pd.Index(names, dtype=object, name=frame.index.name)
    return frame


def _sniff(source: IO[str], path: Path) -> tuple[list[str], str, bool]:
    """Return column names, delimiter, and whether the first column has no name; rewind to row 1."""
    lines = [line for line in (source.readline() for _ in range(2)) if line.strip()]
    if len(lines) < 2:
        raise InputError(f"{path.name}: a count matrix needs a header and at least one row.")
    delimiter = max("\t,;", key=lines[1].count)
    if delimiter not in lines[1]:
        raise InputError(f"{path.name}: no tab, comma or semicolon in the first row {lines[1].strip()!r}.")
    header, row = csv.reader(lines, delimiter=delimiter)
    shifted = len(header) == len(row) - 1  # as written by R's write.table
    if not shifted and len(header) != len(row):
        raise InputError(f"{path.name}: the header has {len(header)} columns, the first row {len(row)}.")
    source.seek(0)
    source.readline()
    return _checked_names([name.strip() for name in header], path), delimiter, shifted


def _checked_names(header: list[str], path: Path) -> list[str]:
    names = header[1:]
    repeated = sorted(name for name, times in Counter(header).items() if times > 1)
    if repeated:
        raise InputError(f"{path.name}: {len(repeated)} column name(s) repeat: {quote_some(repeated)}.")
    if "" in names:
        raise InputError(f"{path.name}: column {header.index('', 1) + 1} has no name.")
    return header


def _orientation(corner: str, rows: list[str], columns: list[str]) -> Orientation:
    in_rows, in_columns = _gene_likeness(rows), _gene_likeness(columns)
    if in_rows == in_columns:
        in_rows, in_columns = len(rows), len(columns)
        if corner.lower() in {"gene", "genes", *_DESCRIPTIONS}:
            return "genes-in-rows"
    return "genes-in-rows" if in_rows >= in_columns else "samples-in-rows"


def _gene_likeness(names: list[str]) -> int:
    return sum(bool(ENSEMBL.match(name)) or name.upper() in _ANCHORS for name in names)


def _describing_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the columns that describe genes, under the names of the gene table, and the others."""
    known = {name: _DESCRIPTIONS[name.lower()] for name in frame.columns if name.lower() in _DESCRIPTIONS}
    described = frame[list(known)].rename(columns=known).fillna("").astype(str)
    return described.loc[:, ~described.columns.duplicated()], frame.drop(columns=list(known))


def _numbers(frame: pd.DataFrame, path: Path) -> NDArray[np.generic]:
    """Return the cells as int64, or float64 if any is fractional."""
    for name in frame.columns:
        if frame[name].dtype.kind not in "if":
            as_number = pd.to_numeric(frame[name], errors="coerce")
            wrong = np.flatnonzero(as_number.isna())
            cell = frame[name].iloc[wrong[0]] if wrong.size else frame[name].iloc[0]
            at = frame.index[wrong[0]] if wrong.size else frame.index[0]
            raise InputError(
                f"{path.name}: column '{name}' holds {cell!r} at '{at}', not a count. Columns that describe genes "
                f"are recognised by name (symbol, gene_name, biotype, description)."
            )
    numbers = frame.to_numpy()
    if numbers.dtype.kind == "f":
        missing = np.argwhere(np.isnan(numbers))
        if missing.size:
            row, column = missing[0]
            raise InputError(
                f"{path.name}: {len(missing)} cell(s) are empty or NA, e.g. '{frame.index[row]}' in "
                f"'{frame.columns[column]}'. A gene that was not counted is 0."
            )
    return numbers
