"""`GeneSets`: named sets of genes as one sparse table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class GeneSets:
    """Gene sets; the genes of set i are ``genes[members[begins[i]:begins[i + 1]]]``.

    Raises
    ------
    InputError
        If a name repeats.
    """

    name: str  #: of the collection
    names: tuple[str, ...]  #: of the sets
    descriptions: tuple[str, ...]
    genes: tuple[str, ...]  #: every gene of any set, once
    begins: Indices  #: int64[sets + 1]
    members: Indices  #: int64[…], positions in `genes`, ascending within a set
    empty: tuple[str, ...] = ()  #: sets without a gene, left out

    def __post_init__(self) -> None:
        """Check the names."""
        if len(set(self.names)) < len(self.names):
            seen: set[str] = set()
            twice = sorted({name for name in self.names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]
            raise InputError(f"{self.name}: {len(twice)} gene set name(s) repeat: {quote_some(twice)}.")

    def __len__(self) -> int:
        """Return the number of sets."""
        return len(self.names)

    def members_of(self, position: int) -> list[str]:
        """Return the genes of one set."""
        return [self.genes[i] for i in self.members[self.begins[position] : self.begins[position + 1]]]

    def marks(self, genes: Iterable[str]) -> NDArray[np.bool_]:
        """Return which of the collection's genes are among `genes`, bool[genes]."""
        wanted = set(genes)
        return np.array([gene in wanted for gene in self.genes], dtype=np.bool_)


def gather_gene_sets(name: str, rows: Iterable[tuple[str, str, Sequence[str]]]) -> GeneSets:
    """Build a collection from (name, description, genes) rows.

    A gene that stands twice in a set counts once; a set without genes is left out and named; sets of
    one name are told apart by their description.
    """
    code: defaultdict[str, int] = defaultdict(count().__next__)
    kept: list[tuple[str, str]] = []
    empty: list[str] = []
    parts: list[list[int]] = []
    for set_name, description, genes in rows:
        if members := list(map(code.__getitem__, filter(None, genes))):
            kept.append((set_name, description))
            parts.append(members)
        else:
            empty.append(set_name)
    flat = np.fromiter(chain.from_iterable(parts), dtype=np.int64, count=sum(map(len, parts)))
    of_set = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    placed = np.sort(of_set * len(code) + flat)
    placed = placed[np.diff(placed, prepend=-1) > 0]
    of_set, members_of_sets = np.divmod(placed, max(len(code), 1))
    return GeneSets(
        name=name,
        names=_told_apart([row[0] for row in kept], [row[1] for row in kept]),
        descriptions=tuple(row[1] for row in kept),
        genes=tuple(code),
        begins=np.searchsorted(of_set, np.arange(len(kept) + 1)).astype(np.int64),
        members=members_of_sets,
        empty=tuple(empty),
    )


def _told_apart(names: list[str], descriptions: list[str]) -> tuple[str, ...]:
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    pairs = zip(names, descriptions, strict=True)
    return tuple(f"{name} ({text})" if name in repeated else name for name, text in pairs)


def join_gene_sets(collections: Sequence[GeneSets]) -> GeneSets:
    """Join collections; sets of one name are told apart by their description."""
    rows = [(c.names[i], c.descriptions[i], c.members_of(i)) for c in collections for i in range(len(c))]
    return gather_gene_sets(" + ".join(c.name for c in collections), rows)
