"""Any matrix of expression: counts, TPM, FPKM or their logarithms, of whatever shape a laboratory sends.

:func:`leukoscope.formats.counts.read_counts` is strict, because counting statistics must be; here one row
of a class of leukaemia is wanted from what there is, so that empty cells are genes not measured.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.counts import SUMMARY_ROW
from leukoscope.textfiles import open_text

_ENSEMBL = re.compile(r"^ENSG\d{11}")
#: Genes that nearly every human matrix with symbols has.
_ANCHORS = {
    "ACTB", "B2M", "CD19", "CD74", "CD79A", "CD3E", "EEF1A1", "ETV6", "GAPDH", "MME", "PAX5", "PTPRC", "RPLP0",
    "RUNX1", "TP53", "UBC", "VIM", "ABL1", "KMT2A", "DNTT",
}  # fmt: skip
#: Columns that describe genes by numbers (featureCounts, RSEM, annotation tables).
_DESCRIBING = {
    "chr", "chrom", "chromosome", "seqname", "start", "end", "strand", "length", "gene_length", "width",
    "effective_length", "entrez", "entrezid", "entrez_id", "ncbi_id", "gc", "transcript_count",
}  # fmt: skip
_MISSING = ["", "NA", "NaN", "nan", "NULL", "null", "N/A", "n/a", "-", ".", "None"]


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionMatrix:
    """A matrix as it was read."""

    values: NDArray[np.float64]  #: [gene, sample]; NaN where not measured
    genes: tuple[str, ...]
    samples: tuple[str, ...]
    orientation: str  #: genes-in-rows or samples-in-rows
    left_out: tuple[str, ...]  #: columns that hold no expression, and rows of counting programs


def read_expression(path: Path | str) -> ExpressionMatrix:
    """Read a matrix of expression.

    Tab, comma or semicolon, plain or gzipped, genes in rows or in columns, with comment lines, row numbers or
    columns that describe genes.  The column that looks most like gene identifiers names the genes.

    Raises
    ------
    InputError
        If the file is missing, no table, holds no numbers, or a sample repeats.
    """
    path = Path(path)
    frame = _read(path)
    texts = [column for column in frame.columns if not _is_numeric(frame[column])]
    best = max(texts, key=lambda column: _likeness(list(frame[column])), default=frame.columns[0])
    if _likeness([_plain(c) for c in frame.columns]) > _likeness(list(frame[best])):
        return _samples_in_rows(frame, path)
    if _likeness(list(frame[best])) == 0:
        best = frame.columns[0]
    rest = [column for column in frame.columns if column != best]
    numeric = [c for c in rest if c not in texts and _plain(c).lower() not in _DESCRIBING]
    names = [str(value) for value in frame[best].fillna("")]
    kept = np.array([name != "" and not SUMMARY_ROW.match(name) for name in names], dtype=bool)
    left_out = [str(c) for c in rest if c not in numeric] + [
        n for n, ok in zip(names, kept, strict=True) if not ok and n
    ]
    values = _numbers(frame[kept], numeric, best, path)
    genes = tuple(name for name, ok in zip(names, kept, strict=True) if ok)
    return _checked(ExpressionMatrix(
        values, genes, tuple(map(_plain, numeric)), "genes-in-rows", tuple(left_out)
    ), path)  # fmt: skip


def _samples_in_rows(frame: pd.DataFrame, path: Path) -> ExpressionMatrix:
    first = frame.columns[0]
    columns = [c for c in frame.columns[1:] if _is_numeric(frame[c])]
    left_out = tuple(str(c) for c in frame.columns[1:].difference(columns, sort=False))
    values = _numbers(frame, list(columns), first, path)
    samples = tuple(str(value).strip() for value in frame[first])
    return _checked(
        ExpressionMatrix(values.T, tuple(map(_plain, columns)), samples, "samples-in-rows", left_out), path
    )


def _checked(matrix: ExpressionMatrix, path: Path) -> ExpressionMatrix:
    if not matrix.samples or not matrix.genes:
        raise InputError(
            f"{path.name}: no column of numbers was found: an expression matrix has genes and samples."
        )
    repeated = _repeated(matrix.samples)
    if repeated:
        raise InputError(f"{path.name}: {len(repeated)} sample name(s) repeat: {quote_some(repeated)}.")
    return matrix


def _read(path: Path) -> pd.DataFrame:
    """Return every column as parsed; the first may have been without a name."""
    with open_text(path, "expression matrix") as source:
        skipped, header, delimiter = _header(source, path)
        decimal = _decimal(source, delimiter)
        source.seek(0)
        for _ in range(skipped):
            source.readline()
        frame = pd.read_csv(
            source, sep=delimiter, header=None, names=header, index_col=False, keep_default_na=False,
            na_values=_MISSING, low_memory=False, decimal=decimal,
        )  # fmt: skip
        if frame.iloc[:, -1].isna().any():
            _refuse_short_rows(source, skipped, delimiter, len(header), path)
        return frame


def _decimal(source: IO[str], delimiter: str) -> str:
    """Return the decimal mark: spreadsheets of many countries write 1,5 and part columns by semicolons."""
    if delimiter != ";":
        return "."
    source.seek(0)
    return "," if any(re.search(r";-?\d+,\d", line) for line in source) else "."


def _refuse_short_rows(source: IO[str], skipped: int, delimiter: str, n_fields: int, path: Path) -> None:
    """Raise InputError if a row has fewer fields than the header, as where a copy broke off."""
    source.seek(0)
    for number, line in enumerate(source, start=1):
        found = line.count(delimiter) + 1
        if number > skipped and found < n_fields and line.strip() and '"' not in line:
            raise InputError(
                f"{path.name}: line {number} has {found} of {n_fields} fields: {line.strip()[:40]!r}. "
                "Is the file whole?"
            )


def _header(source: Iterable[str], path: Path) -> tuple[int, list[str], str]:
    """Return lines before the first row of numbers, column names, and the delimiter."""
    lines: list[str] = []
    for line in source:
        lines.append(line)
        if len(lines) >= 12:
            break
    start = 0
    while start < len(lines) - 1 and (
        not lines[start].strip() or _is_comment(lines[start], lines[start + 1])
    ):
        start += 1
    if len(lines) < start + 2:
        raise InputError(f"{path.name}: an expression matrix needs a header and at least one row.")
    delimiter = max("\t,;", key=lines[start + 1].count)
    if delimiter not in lines[start + 1]:
        raise InputError(
            f"{path.name}: no tab, comma or semicolon in the first row {lines[start + 1].strip()[:60]!r}."
        )
    header, row = csv.reader([lines[start], lines[start + 1]], delimiter=delimiter)
    header = [name.strip().lstrip("#") for name in header]
    if len(header) == len(row) - 1:  # as written by R's write.table
        header = ["", *header]
    if len(header) != len(row):
        raise InputError(f"{path.name}: the header has {len(header)} columns, the first row {len(row)}.")
    return start + 1, _told_apart(header), delimiter


def _told_apart(header: list[str]) -> list[str]:
    """Return names that differ: a repeated one gets a tab and a number, which :func:`_plain` removes."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        names.append(f"{name}\t{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names


def _plain(name: object) -> str:
    return str(name).partition("\t")[0].strip()


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted(name for name, n in Counter(names).items() if n > 1)


def _is_comment(line: str, following: str) -> bool:
    """Whether a line that begins with # is a comment, not a header."""
    return line.startswith("#") and max(map(line.count, "\t,;")) < max(map(following.count, "\t,;"))


def _is_numeric(column: pd.Series) -> bool:
    return column.dtype.kind in "iuf" or bool(pd.to_numeric(column, errors="coerce").notna().mean() > 0.9)


def _numbers(frame: pd.DataFrame, columns: list[str], names: str, path: Path) -> NDArray[np.float64]:
    """Return columns as numbers, NaN where empty; column `names` names the rows in the error for other text."""
    chosen = frame[columns]
    if all(dtype.kind in "iuf" for dtype in chosen.dtypes):
        values = chosen.to_numpy(np.float64)
    else:
        values = chosen.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = np.argwhere(np.isposinf(values) | (np.isnan(values) & chosen.notna().to_numpy(bool)))
    if wrong.size:
        row, column = wrong[0]
        raise InputError(
            f"{path.name}: {len(wrong)} cell(s) are no number, e.g. {str(chosen.iat[row, column])!r} of "
            f"'{frame[names].iat[row]}' in column '{_plain(columns[column])}'. Leave empty what was not measured."
        )
    return np.asarray(values)


def _likeness(names: Sequence[object]) -> int:
    """Return how many names look like Ensembl genes or well-known symbols."""
    return sum(bool(_ENSEMBL.match(name)) or name.upper() in _ANCHORS for name in map(str, names))
