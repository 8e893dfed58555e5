"""Rows of other callers' tables on their way into the fusion contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.errors import InputError, quote_some
from leukoscope.formats.fusion_names import fusion_name
from leukoscope.tables.fusions import ARRIBA_COLUMNS, FUSIONS, OWN_COLUMNS
from leukoscope.textfiles import open_text

if TYPE_CHECKING:
    import pandas as pd

READ_THROUGH_DISTANCE = 400_000  # base pairs; Arriba's limit, the longest intron it expects


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One line of a caller's table, and where it stood."""

    where: str  #: file name and line number, for error texts
    values: dict[str, str]

    def text(self, column: str) -> str:
        """Return the text of a column; empty if it is absent, ``.`` or ``NA``."""
        value = self.values.get(column, "")
        return "" if value in {".", "NA", "nan", "None"} else value

    def count(self, column: str) -> int:
        """Return a number of fragments; 0 if it is missing, the nearest whole number of an estimate.

        Raises
        ------
        InputError
            If the text is not a number from 0 upwards.
        """
        value = self.text(column)
        try:
            number = float(value or 0)
        except ValueError:
            number = -1.0
        if not 0 <= number < 1e15:
            raise InputError(f"{self.where}: column {column} holds '{value}', not a number of reads.")
        return round(number)

    def breakpoint(self, column: str) -> tuple[str, int, str]:
        """Return contig, position (first base 1) and strand (may be empty) of ``contig:position[:strand]``.

        Raises
        ------
        InputError
            If the text is anything else.
        """
        value = self.text(column)
        parts = value.split(":")
        strand = parts.pop() if len(parts) > 2 and parts[-1] in {"+", "-"} else ""
        contig, position = ":".join(parts[:-1]), parts[-1]
        if not contig or not position.isascii() or not position.isdigit() or int(position) == 0:
            raise InputError(f"{self.where}: column {column} holds '{value}', not contig:position.")
        return contig, int(position), strand


def read_tool_rows(path: Path | str, *, tool: str, required: tuple[str, ...]) -> list[ToolRow]:
    """Read a caller's tab-separated table; a ``#`` before the header is dropped.

    Raises
    ------
    InputError
        If the file is missing, empty, not text, lacks a required column, or has a line with another
        number of fields than the header, as a truncated file has; the text names the line.
    """
    path = Path(path)
    lines = read_lines(path, tool)
    if not lines:
        raise InputError(f"{path.name}: the file is empty; a {tool} table has a header even without fusions.")
    header = lines[0].removeprefix("#").split("\t")
    absent = [name for name in required if name not in header]
    if absent:
        raise InputError(
            f"{path.name} line 1: a {tool} table needs the column(s) {', '.join(absent)}; "
            f"found {quote_some(header)}."
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split("\t")
        if not line:
            continue
        if len(fields) != len(header):
            raise InputError(
                f"{path.name} line {number}: {len(fields)} field(s) where the header names {len(header)}; "
                "was the file cut off?"
            )
        rows.append(ToolRow(f"{path.name} line {number}", dict(zip(header, fields, strict=True))))
    return rows


def read_header(path: Path | str) -> list[str]:
    """Return the column names of a tab-separated table; a ``#`` before the first is dropped.

    Raises
    ------
    InputError
        If the file is missing, empty or not text.
    """
    lines = read_lines(Path(path), "fusion")
    if not lines:
        raise InputError(f"{Path(path).name}: the file is empty.")
    return lines[0].removeprefix("#").split("\t")


def read_lines(path: Path, tool: str) -> list[str]:
    """Return the lines of a text file, plain or gzipped.

    Raises
    ------
    InputError
        If it is missing, not text, or a gzip file that was cut off.
    """
    with open_text(path, f"{tool} table") as source:
        return source.read().splitlines()


def fusion_table(rows: list[dict[str, object]], *, source: str) -> pd.DataFrame:
    """Return the rows as a fusion table; what a row lacks is missing, or 0 for a count."""
    import pandas as pd

    columns = ARRIBA_COLUMNS + OWN_COLUMNS
    blank = {c.name: 0 if c.kind == "int64" else float("nan") if c.kind == "float64" else "" for c in columns}
    filled = [
        blank | {"fusion": fusion_name(str(r.get("gene1", "")), str(r.get("gene2", "")))} | r for r in rows
    ]
    return FUSIONS.check(pd.DataFrame(filled, columns=[c.name for c in columns]), source=source)


def grade(junction_reads: int, *, doubted: bool = False) -> str:
    """Return the confidence of a call whose caller filters its calls but grades none.

    Three junction reads, the least that stand for more than one molecule switched by chance, make it medium;
    high is never given.

    Examples
    --------
    >>> grade(3), grade(2), grade(30, doubted=True)
    ('medium', 'low', 'low')
    """
    return "medium" if junction_reads >= 3 and not doubted else "low"


def directions(strand5: str, strand3: str) -> tuple[str, str]:
    """Return where the partners are attached, from the strands that are transcribed.

    Examples
    --------
    >>> directions("+", "-")
    ('downstream', 'downstream')
    """
    first = {"+": "downstream", "-": "upstream"}
    second = {"+": "upstream", "-": "downstream"}
    return first.get(strand5, ""), second.get(strand3, "")


def event_type(
    breakpoint1: tuple[str, int],
    breakpoint2: tuple[str, int],
    direction1: str,
    direction2: str,
    *,
    same_gene: bool,
) -> str:
    """Return Arriba's word for the event, from where it lies and how the parts are joined.

    A deletion between two genes within 400 kb may be a read-through.  Marks that need more
    than coordinates (ITD, 5'-5', non-canonical splicing) are not given here.

    Examples
    --------
    >>> event_type(("chr1", 100), ("chr1", 900), "downstream", "upstream", same_gene=False)
    'deletion/read-through'
    """
    if breakpoint1[0] != breakpoint2[0]:
        return "translocation"
    if not direction1 or not direction2:
        return ""
    if direction1 == direction2:
        return "inversion"
    left, right = breakpoint1[1], breakpoint2[1]
    if direction1 == "upstream":
        left, right = right, left
    if left > right:
        return "duplication"
    near = right - left < READ_THROUGH_DISTANCE and not same_gene
    return "deletion/read-through" if near else "deletion"
