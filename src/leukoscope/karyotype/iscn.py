"""Karyotypes as cytogeneticists write them (ISCN), held against the chromosomes that the RNA shows.

Read are the chromosome number and whole chromosomes gained or lost, of the clone that differs most from 46;
everything else, doubtful parts (``?``) and markers included, is left to a human reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_CLONES = re.compile(r"(?:^|[/\]])(\d{2})(?:[-~](\d{2}))?(?:<\dn>)?,([^/\[]*)")
_WHOLE = re.compile(r"^([+-])(\d{1,2}|X|Y)(?:x(\d))?$")
HYPERDIPLOID, HYPODIPLOID = 51, 44  #: chromosomes from which, and below which, a class is told by number
NEAR_DIPLOID = (45, 48)
MIN_GAINS = 3  #: whole gains told, before their absence in the RNA contradicts


@dataclass(frozen=True, slots=True)
class Karyotype:
    """What is read of a karyotype."""

    least: int
    most: int
    gained: frozenset[str]
    lost: frozenset[str]

    @property
    def number(self) -> str:
        """The number of chromosomes as a reader writes it."""
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


def read_karyotype(text: str) -> Karyotype | None:
    """Return what is told of whole chromosomes; None where the text is no karyotype.

    Examples
    --------
    >>> found = read_karyotype("54,XY,+X,+14,+?17,+21,+21[13]/46,XY[7]")
    >>> found.number, sorted(found.gained)
    ('54', ['14', '21', 'X'])
    >>> read_karyotype("failed") is None
    True
    """
    clones = [_clone(*match.groups()) for match in _CLONES.finditer(text.replace(" ", ""))]
    return max(clones, key=lambda clone: abs((clone.least + clone.most) / 2 - 46), default=None)


def _clone(least: str, most: str | None, rest: str) -> Karyotype:
    parts = [_WHOLE.match(part) for part in rest.split(",")]
    changes = {"+": set[str](), "-": set[str]()}
    for found in parts:
        if found:
            changes[found[1]].add(found[2])
    numbers = int(least), int(most or least)
    return Karyotype(min(numbers), max(numbers), frozenset(changes["+"]), frozenset(changes["-"]))


def karyotype_conflicts(text: str, ploidy: Mapping[Any, Any], calls: Mapping[str, str]) -> list[str]:
    """Return how a karyotype of the sample sheet and the RNA contradict each other.

    Parameters
    ----------
    text
        The karyotype as written; nothing is said of one that cannot be read.
    ploidy
        A row of :data:`~leukoscope.tables.karyotype.PLOIDY`.
    calls
        ``gain``, ``high gain``, ``loss``, ``none`` or ``not assessable`` by chromosome
        (:data:`~leukoscope.tables.karyotype.KARYOTYPE`).
    """
    told = read_karyotype(text)
    if told is None or ploidy["status"] == "not assessable":
        return []
    seen, number = str(ploidy["ploidy"]), str(ploidy["chromosome_number"])
    low, high = NEAR_DIPLOID
    says = f"The karyotype of the sample sheet has {told.number} chromosomes, the RNA"
    if told.least >= HYPERDIPLOID and number.isdigit() and low <= int(number) <= high:
        return [f"{says} about {number}"]
    if told.most < HYPODIPLOID and seen in {"hyperdiploid", "diploid"}:
        doubled = "; a doubled clone looks hyperdiploid" if seen == "hyperdiploid" else ""
        return [f"{says} looks {seen}{doubled}"]
    if (
        low <= told.least
        and told.most <= high
        and seen in {"hyperdiploid", "low hypodiploid", "near haploid"}
    ):
        return [f"{says} looks {seen} (about {number}); the cells that divided may not be the leukaemia"]
    found = [
        f"The karyotype of the sample sheet has {sign}{name}, the RNA a {calls[name]} of it"
        for sign, names, opposite in (("+", told.gained, ("loss",)), ("-", told.lost, ("gain", "high gain")))
        for name in sorted(names, key=lambda name: (len(name), name))
        if calls.get(name) in opposite
    ]
    known = {name for name in told.gained if calls.get(name) in {"none", "loss", "gain", "high gain"}}
    if len(known) >= MIN_GAINS and not any("gain" in calls[name] for name in known):
        names = " ".join(f"+{name}" for name in sorted(known, key=lambda name: (len(name), name)))
        found.append(f"The karyotype of the sample sheet has {names}, the RNA none of these gains")
    return found
