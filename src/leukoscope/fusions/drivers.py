"""Which fusions define a class of B-ALL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from leukoscope.formats.fusion_names import genes_at, locus_name
from leukoscope.formats.fusion_names import is_immunoglobulin as is_immunoglobulin  # for those who ask here

if TYPE_CHECKING:
    import pandas as pd

NEIGHBOURHOOD = 100_000  # base pairs: how far from a breakpoint between genes its target may lie

OLD_SYMBOLS = {
    "MLL": "KMT2A",
    "AF4": "AFF1",
    "MLLT2": "AFF1",
    "AF9": "MLLT3",
    "ENL": "MLLT1",
    "AF10": "MLLT10",
    "MLLT4": "AFDN",
    "AF6": "AFDN",
    "E2A": "TCF3",
    "TEL": "ETV6",
    "AML1": "RUNX1",
    "NUT": "NUTM1",
    "C15orf55": "NUTM1",
    "CXorf21": "TASL",
}
"""Symbols of older tables and their present ones (HGNC)."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A row of the driver table that a fusion matches, and how well it does."""

    driver_class: str
    who_haem5: str
    icc_2022: str
    verified: bool  #: False: from memory, never for a clinical list
    source: str
    grade: Literal["pair", "gene"]  #: both genes are named, or one with any partner
    genes: tuple[str, str]  #: of the call, 5' first, that matched: among the neighbours of a breakpoint, say

    @property
    def label(self) -> str:
        """The class, marked if it is for research only."""
        return self.driver_class if self.verified else f"{self.driver_class} (research)"


def match_driver(gene5: str, gene3: str, kind: str, frame: str, drivers: pd.DataFrame) -> Driver | None:
    """Return the driver that a fusion is, or None.

    Parameters
    ----------
    gene5, gene3
        Gene columns of the call; between genes every neighbour within 100 kb is tried, the nearest first.
    kind
        Event type.
    frame
        Reading frame; empty if unknown.
    drivers
        :data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`.

    Notes
    -----
    A row that names one gene only is not enough for a possible read-through, an event within one gene, a
    breakpoint beside the gene, genes joined against their strands, or a 3' gene that is not translated
    in its frame: a neighbour of ABL1 is not yet a kinase fusion.
    """
    return find_driver(gene5, gene3, kind, frame, driver_rows(drivers))


def driver_rows(drivers: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the driver table as rows, for :func:`find_driver`: made once for many fusions."""
    return [{str(k): v for k, v in row.items()} for row in drivers.to_dict("records")]


def find_driver(
    gene5: str, gene3: str, kind: str, frame: str, rows: Sequence[Mapping[str, Any]]
) -> Driver | None:
    """Return the driver that a fusion is, or None; see :func:`match_driver`."""
    sides = [[OLD_SYMBOLS.get(s, s) for s in genes_at(gene, within=NEIGHBOURHOOD)] for gene in (gene5, gene3)]
    for first, second in product(*sides):
        found = _first(
            row for row in rows if "*" not in (row["gene5"], row["gene3"]) and _is(row, first, second)
        )
        if found is not None:
            return _driver(found, "pair", (first, second))
    spoiled = any(mark in kind for mark in ("read-through", "5'-5'", "3'-3'"))
    if spoiled or frame in {"out-of-frame", "stop-codon"}:
        return None
    between = "(" in gene5 or "(" in gene3
    if between or not all(sides) or sides[0] == sides[1]:
        return None
    found = _first(
        row for row in rows if "*" in (row["gene5"], row["gene3"]) and _is(row, sides[0][0], sides[1][0])
    )
    return _driver(found, "gene", (sides[0][0], sides[1][0])) if found is not None else None


def _first(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the row to prefer: verified ones first, a 3' partner (the kinase) before a 5' one."""
    return min(rows, key=lambda row: (row["evidence"] != "verified", row["gene5"] != "*"), default=None)


def _is(row: Mapping[str, Any], gene5: str, gene3: str) -> bool:
    straight = _fits(row["gene5"], gene5) and _fits(row["gene3"], gene3)
    return straight or bool(row["either_order"] and _fits(row["gene5"], gene3) and _fits(row["gene3"], gene5))


def _fits(pattern: str, symbol: str) -> bool:
    if pattern == "*":
        return True
    if pattern == "IG@":
        return is_immunoglobulin(symbol)
    if pattern == "DUX4":
        return locus_name(symbol) == "DUX4"
    return pattern == symbol


def _driver(row: Mapping[str, Any], grade: Literal["pair", "gene"], genes: tuple[str, str]) -> Driver:
    return Driver(
        driver_class=row["driver_class"],
        who_haem5=row["who_haem5"],
        icc_2022=row["icc_2022"],
        verified=row["evidence"] == "verified",
        source=row["source"],
        grade=grade,
        genes=genes,
    )
