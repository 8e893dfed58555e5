"""`GeneSets`: named sets of genes as one sparse table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
    kept: list[tuple[str, str, list[str]]] = []
    empty: list[tuple[str, str, list[str]]] = []
    for set_name, description, genes in rows:
        unique = [gene for gene in dict.fromkeys(genes) if gene]
        (kept if unique else empty).append((set_name, description, unique))
    names = _told_apart([row[0] for row in kept], [row[1] for row in kept])
    order = {gene: i for i, gene in enumerate(dict.fromkeys(gene for row in kept for gene in row[2]))}
    parts = [np.sort(np.array([order[gene] for gene in row[2]], dtype=np.int64)) for row in kept]
    sizes = np.array([part.size for part in parts], dtype=np.int64)
    return GeneSets(
        name=name,
        names=names,
        descriptions=tuple(row[1] for row in kept),
        genes=tuple(order),
        begins=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        members=np.concatenate(parts) if parts else np.empty(0, dtype=np.int64),
        empty=tuple(row[0] for row in empty),
    )


def _told_apart(names: list[str], descriptions: list[str]) -> tuple[str, ...]:
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    pairs = zip(names, descriptions, strict=True)
    return tuple(f"{name} ({text})" if name in repeated else name for name, text in pairs)


def join_gene_sets(collections: Sequence[GeneSets]) -> GeneSets:
    """Join collections; sets of one name are told apart by their description."""
    rows = [(c.names[i], c.descriptions[i], c.members_of(i)) for c in collections for i in range(len(c))]
    return gather_gene_sets(" + ".join(c.name for c in collections), rows)
