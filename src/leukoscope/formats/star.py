"""STAR's junction files: ``SJ.out.tab`` and ``Chimeric.out.junction`` (STAR 2.7.10b, 2.7.11)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from leukoscope.errors import InputError
from leukoscope.tables.fusions import CHIMERIC_JUNCTIONS, SPLICE_JUNCTIONS
from leukoscope.textfiles import open_text

_SPLICE_COLUMNS = ["contig", "start", "end", "strand", "motif", "annotated", "unique", "multiple", "overhang"]
_STRANDS = {"0": ".", "1": "+", "2": "-"}
_CHIMERIC_COLUMNS = ["chr_donorA", "brkpt_donorA", "strand_donorA", "chr_acceptorB", "brkpt_acceptorB"]
_CHIMERIC_COLUMNS += ["strand_acceptorB", "junction_type", "read_name", "start_alnA", "cigar_alnA"]
_CHIMERIC_COLUMNS += ["start_alnB", "cigar_alnB"]
_BLOCK = re.compile(r"(\d+)([MIDNSHp=X])|(-\d+p)")


def read_splice_junctions(path: Path | str) -> pd.DataFrame:
    """Read ``SJ.out.tab`` (:data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`).

    STAR counts from 1 and gives the first and last base of the intron; the table is 0-based and
    half-open.  Its column "annotated" is left out: after two passes STAR says so of novel introns too.

    Raises
    ------
    InputError
        If the file is missing or is no such table.
    """
    path = Path(path)
    frame = _read(path, names=_SPLICE_COLUMNS, header=None)
    unknown = ~frame["strand"].isin(_STRANDS.keys())
    if unknown.any():
        raise InputError(
            f"{path.name}: the strand '{frame.loc[unknown, 'strand'].iloc[0]}' is none of STAR's 0, 1, 2."
        )
    checked = SPLICE_JUNCTIONS.check(frame.assign(strand=frame["strand"].map(_STRANDS)), source=path.name)
    return checked.assign(start=checked["start"] - 1)


def read_chimeric_junctions(path: Path | str) -> pd.DataFrame:
    """Read ``Chimeric.out.junction`` (:data:`~leukoscope.tables.fusions.CHIMERIC_JUNCTIONS`).

    STAR names the first base of the intron beside donor and acceptor, counted from 1; the table has
    the outermost exonic bases, from 0, and their directions (+1 if the partner is attached
    downstream).  Lines that begin with ``#`` are comments of STAR.

    Raises
    ------
    InputError
        If the file is missing or is no such table: STAR writes a header (with ``--chimMultimapNmax`` above 0)
        even where no read is chimeric.
    """
    path = Path(path)
    frame = _read(path, header=0)
    if frame.columns.empty:
        raise InputError(
            f"{path.name}: empty, without even the header of STAR's Chimeric.out.junction; was STAR stopped, or run "
            "without --chimMultimapNmax 50?"
        )
    missing = [name for name in _CHIMERIC_COLUMNS if name not in frame.columns]
    if missing:
        raise InputError(f"{path.name}: no Chimeric.out.junction of STAR (no column {missing[0]}).")
    return CHIMERIC_JUNCTIONS.check(_sides(frame, path.name), source=path.name)


def _read(path: Path, *, header: int | None, names: list[str] | None = None) -> pd.DataFrame:
    with open_text(path, "table of STAR") as source:
        try:
            return pd.read_csv(
                source, sep="\t", dtype=str, header=header, names=names, comment="#", keep_default_na=False
            )
        except pd.errors.EmptyDataError:
            return pd.DataFrame(columns=names, dtype=str)


def _sides(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return donor and acceptor as sides, with the aligned bases next to the junction."""
    numbers = frame[["brkpt_donorA", "brkpt_acceptorB", "start_alnA", "start_alnB", "junction_type"]]
    wrong = ~numbers.apply(lambda column: column.str.fullmatch(r"-?\d+")).all(axis=1)
    strands = frame[["strand_donorA", "strand_acceptorB"]]
    wrong |= ~strands.isin({"+", "-"}).all(axis=1)
    if wrong.any():
        raise InputError(f"{source}: {int(wrong.sum())} line(s) hold no number or strand where one belongs.")
    sides: dict[str, object] = {
        "read_name": frame["read_name"],
        "junction_type": frame["junction_type"],
        "alternatives": frame.get("num_chim_aln", "1"),
    }
    for side, role, sign in (("a", "donorA", 1), ("b", "acceptorB", -1)):
        strand = np.where(frame[f"strand_{role}"] == "+", 1, -1)
        direction = sign * strand
        blocks = [
            _blocks(cigar, int(start) - 1, int(towards))
            for cigar, start, towards in zip(
                frame[f"cigar_aln{side.upper()}"], frame[f"start_aln{side.upper()}"], direction, strict=True
            )
        ]
        sides |= {
            f"contig_{side}": frame[f"chr_{role}"],
            f"position_{side}": frame[f"brkpt_{role}"].astype(np.int64) - 1 - direction,
            f"direction_{side}": direction,
            f"length_{side}": [length for length, _ in blocks],
            f"far_{side}": [far for _, far in blocks],
        }
    return pd.DataFrame(sides)


def _blocks(cigar: str, start: int, direction: int) -> tuple[int, int]:
    """Return the aligned bases next to the junction, and the other end of the alignment."""
    position, block, first, last = start, 0, 0, 0
    for length, operation, gap in _BLOCK.findall(cigar):
        n = int(length or gap[:-1])
        if operation in {"M", "=", "X"}:
            block += n
            last = block
        elif operation in {"N", "p", ""}:
            first, block = first or block, 0
        if operation in {"M", "=", "X", "N", "D", "p", ""}:
            position += n
    return (last, start) if direction > 0 else (first or block, position - 1)
