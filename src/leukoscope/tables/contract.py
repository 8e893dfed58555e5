"""`Column` and `Table`: what a table must hold, checked where it enters and leaves."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from leukoscope.errors import InputError, quote_some
from leukoscope.publishing import published
from leukoscope.textfiles import open_text

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["str", "int64", "float64", "bool"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, kind, unit (empty if none) and meaning.

    A missing text is the empty string, a missing number NaN; an ``int64`` or ``bool``
    is never missing.  An `optional` column may be absent.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table contract; see :meth:`check`, :meth:`read` and :meth:`write`.

    Columns that the contract does not name are dropped, unless the table is `open`.
    """

    name: str
    version: int
    key: tuple[str, ...]  #: unique, and the sort order on disk; empty if the given order matters
    columns: tuple[Column, ...]
    missing: str = "NA"  #: how a missing value is written
    open: bool = False  #: columns of the user's own are kept
    header_prefix: str = ""  #: before the first column name, as in Arriba's ``#gene1``

    @property
    def names(self) -> list[str]:
        """Column names in contract order."""
        return [column.name for column in self.columns]

    def check(self, frame: pd.DataFrame, *, source: str = "") -> pd.DataFrame:
        """Return the table with its columns in contract order and of the contract's kinds.

        Columns that are right already are shared with the given table, not copied.

        Parameters
        ----------
        frame
            Any table.
        source
            Where it came from, for the error text; default is the contract's name.

        Raises
        ------
        InputError
            If a column is missing or holds what its kind does not allow, or a key repeats.
        """
        import pandas as pd

        source = source or self.name
        absent = [c.name for c in self.columns if c.name not in frame.columns and not c.optional]
        if absent:
            found = ", ".join([str(name) for name in frame.columns][:8]) or "no column"
            raise InputError(
                f"{source}: a {self.name} table needs the column(s) {_some(absent)}; found {found}."
            )
        present = [c for c in self.columns if c.name in frame.columns]
        data = {c.name: _convert(frame[c.name], c, source) for c in present}
        if self.open:
            data |= {name: frame[name] for name in frame.columns if name not in data}
        checked = pd.DataFrame(data, copy=False)
        checked.index = pd.RangeIndex(len(checked))
        if self.key:
            repeated = checked.duplicated(list(self.key))
            if repeated.any():
                example = " ".join(str(v) for v in checked.loc[repeated, list(self.key)].iloc[0])
                raise InputError(
                    f"{source}: {int(repeated.sum())} row(s) repeat the key {', '.join(self.key)}, e.g. '{example}'."
                )
        return checked

    def empty(self) -> pd.DataFrame:
        """Return a table of no rows."""
        import numpy as np
        import pandas as pd

        return pd.DataFrame({c.name: np.empty(0, dtype=_DTYPES[c.kind]) for c in self.columns})

    def read(self, path: Path | str) -> pd.DataFrame:
        """Read a TSV (plain or gzipped) and check it; a header without tabs is taken for one of CSV.

        Raises
        ------
        InputError
            If the file is missing, not a table, or breaks the contract.
        """
        from io import StringIO

        import pandas as pd

        path = Path(path)
        with open_text(path, f"{self.name} table") as source:
            text = source.read()
            header = text.partition("\n")[0]
            mark = "\t" if "\t" in header else max("\t,;", key=header.count)
            frame = pd.read_csv(StringIO(text), sep=mark, dtype=str, keep_default_na=False, na_values=[])
        if self.header_prefix and len(frame.columns):
            frame = frame.rename(
                columns={frame.columns[0]: frame.columns[0].removeprefix(self.header_prefix)}
            )
        return self.check(frame.replace(self.missing, ""), source=path.name)

    def write(self, frame: pd.DataFrame, path: Path | str) -> None:
        """Check the table and write it as TSV, sorted by its key, by rename.

        Equal tables give equal bytes; a path that ends in ``.gz`` is compressed without a date.
        """
        checked = self.check(frame)
        if self.key:
            checked = checked.sort_values(list(self.key), kind="stable")
        cells = [_cells(checked[name], self.missing) for name in checked.columns]
        with (
            published(Path(path)) as part,
            _open_for_text(part, compressed=str(path).endswith(".gz")) as sink,
        ):
            sink.write(self.header_prefix)
            writer = csv.writer(sink, delimiter="\t", lineterminator="\n")
            writer.writerow(checked.columns)
            writer.writerows(zip(*cells, strict=True))


def _some(names: Sequence[str], limit: int = 6) -> str:
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def _cells(values: pd.Series, missing: str) -> list[object]:
    return [missing if value is None or value != value or value == "" else value for value in values.tolist()]


@contextmanager
def _open_for_text(path: Path, *, compressed: bool) -> Iterator[IO[str]]:
    import io

    with path.open("wb") as raw:
        if not compressed:
            with io.TextIOWrapper(raw, encoding="utf-8", newline="") as sink:
                yield sink
        else:
            with (
                gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="") as sink,
            ):
                yield sink


_DTYPES = {"str": object, "bool": bool, "int64": "int64", "float64": "float64"}
_TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def _convert(values: pd.Series, column: Column, source: str) -> pd.Series:
    import numpy as np
    from pandas.api.types import infer_dtype

    if column.kind == "str":
        if values.dtype == object and infer_dtype(values, skipna=False) in ("string", "empty"):
            return values
        return values.where(values.notna(), "").astype(str).astype(object)
    if values.dtype == _DTYPES[column.kind]:
        return values
    if column.kind == "bool":
        as_bool = values.astype(str).str.lower().map(_TRUTH)
        _refuse(values, as_bool.isna(), column, source, "true or false")
        return as_bool.astype(bool)
    numbers = _as_numbers(values)
    if column.kind == "float64":
        _refuse(values, numbers.isna() & values.notna() & (values != ""), column, source, "a number")
        return numbers
    _refuse(values, ~((numbers % 1 == 0) & (numbers.abs() < 2.0**63)), column, source, "a whole number")
    try:
        return values.astype(np.int64)
    except ValueError:  # whole, but written as 12.0 or 1e6
        return numbers.astype(np.int64)


def _as_numbers(values: pd.Series) -> pd.Series:
    """Return float64 with every digit kept; NaN where the text is empty or no number."""
    import numpy as np
    import pandas as pd

    if values.dtype == np.float64:
        return values
    filled = values
    if values.dtype == object:
        filled = pd.Series(np.where(values == "", np.nan, values), index=values.index, dtype=object)
    try:
        return filled.astype(np.float64)
    except (ValueError, TypeError):
        return pd.to_numeric(filled, errors="coerce").astype(np.float64)


def _refuse(values: pd.Series, wrong: pd.Series, column: Column, source: str, wanted: str) -> None:
    if not wrong.any():
        return
    rows = [row + 1 for row, bad in enumerate(wrong) if bad]
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    example = values.iloc[rows[0] - 1]
    held = quote_some(["" if example != example else example])
    raise InputError(
        f"{source}: column {column.name} holds {held} at row {rows[0]}{more}, not {wanted} ({column.meaning})."
    )
