"""Where an aligner leaves the evidence of planted events: the ceiling of any caller that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError
from leukoscope.tables.simulation import EVIDENCE

if TYPE_CHECKING:
    import pandas as pd

LONGEST_SHIFT = 20  #: bases by which STAR may move an intron whose ends repeat


def locate_evidence(truth: Mapping[str, Any], folder: Path) -> pd.DataFrame:
    """Count, per class of event, in which of STAR's files its supporting fragments stand.

    Parameters
    ----------
    truth
        Document read by :func:`leukoscope.simulation.truth.read_truth`.
    folder
        STAR's output with ``Chimeric.out.junction`` and ``SJ.out.tab`` of the same sample.

    Returns
    -------
    pandas.DataFrame
        :data:`leukoscope.tables.simulation.EVIDENCE`.

    Raises
    ------
    InputError
        If a file is missing.
    """
    import pandas as pd

    split, chimeric = _chimeric_names(_lines(folder / "Chimeric.out.junction"))
    introns = {(f[0], int(f[1]), int(f[2])) for f in map(str.split, _lines(folder / "SJ.out.tab"))}
    rows: dict[str, dict[str, object]] = {}
    for event in truth["events"]:
        row = rows.setdefault(
            event["class"], {"class": event["class"]} | dict.fromkeys(EVIDENCE.names[1:], 0)
        )
        counts = {
            "events": 1,
            "junction_fragments": len(event["junction_fragments"]),
            "in_split_reads": len(split & set(event["junction_fragments"])),
            "spanning_fragments": len(event["spanning_fragments"]),
            "in_chimeric_pairs": len(chimeric & set(event["spanning_fragments"])),
            "events_in_introns": int(_is_intron(event, introns)),
        }
        row.update({name: int(str(row[name])) + count for name, count in counts.items()})
    return EVIDENCE.check(pd.DataFrame(rows.values())) if rows else EVIDENCE.empty()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; it is part of STAR's output.") from error


def _chimeric_names(lines: list[str]) -> tuple[set[str], set[str]]:
    """Return the names of fragments with a split read, and of all chimeric fragments."""
    split, chimeric = set(), set()
    for fields in (line.split("\t") for line in lines if not line.startswith(("#", "chr_donorA"))):
        if len(fields) > 9:
            chimeric.add(fields[9])
            if int(fields[6]) >= 0:
                split.add(fields[9])
    return split, chimeric


def _is_intron(event: Mapping[str, Any], introns: set[tuple[str, int, int]]) -> bool:
    """Return whether an event is in the table of introns, at any place that its sequence allows."""
    if event["contig1"] != event["contig2"]:
        return False
    low, high = sorted((event["breakpoint1"], event["breakpoint2"]))
    moves = range(-LONGEST_SHIFT, LONGEST_SHIFT + 1)
    return any((event["contig1"], low + 1 + m, high - 1 + m) in introns for m in moves)
