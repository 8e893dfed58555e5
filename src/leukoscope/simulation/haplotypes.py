"""The two copies of a person's genome: reference pieces with SNPs and short indels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.simulation.sequences import Bases, as_bases, random_bases, reverse_complement, substitute
from leukoscope.simulation.structures import Piece


@dataclass(frozen=True, slots=True)
class Variants:
    """Differences of one haplotype from one contig, sorted by position."""

    snp_at: NDArray[np.int64]  #: (s,)
    snp_base: Bases  #: (s,)
    indel_at: NDArray[np.int64]  #: (i,)
    deleted: NDArray[np.int64]  #: (i,) bases removed from here on; 0 for an insertion
    inserted: tuple[Bases, ...]  #: (i,) bases put in before this one


@dataclass(frozen=True)
class Haplotype:
    """One copy of the genome; without variants it is the reference."""

    contigs: Mapping[str, Bases]
    variants: Mapping[str, Variants]

    def read(self, pieces: Iterable[Piece]) -> tuple[Bases, NDArray[np.int64]]:
        """Return the sequence of the pieces and the offset at which each ends.

        Returns
        -------
        bases : uint8[n]
            The pieces, one after the other.
        ends : int64[pieces]
            Where each piece ends in `bases`; ``ends[-1] == n``.
        """
        parts = [self._read_one(piece) for piece in pieces]
        sizes = np.array([part.size for part in parts], dtype=np.int64)
        return np.concatenate([np.empty(0, dtype=np.uint8), *parts]), np.cumsum(sizes)

    def _read_one(self, piece: Piece) -> Bases:
        if piece.literal:
            return as_bases(piece.literal)
        bases = self.contigs[piece.contig][piece.start : piece.end]
        variants = self.variants.get(piece.contig)
        if variants is not None:
            bases = _apply(bases, piece.start, piece.end, variants)
        return bases if piece.strand > 0 else reverse_complement(bases)


def draw_haplotypes(
    rng: np.random.Generator,
    contigs: Mapping[str, Bases],
    *,
    snp_rate: float = 1 / 1_500,
    indel_rate: float = 1 / 15_000,
) -> tuple[Haplotype, Haplotype]:
    """Draw two independent haplotypes.

    Parameters
    ----------
    rng
        Source of chance.
    contigs
        The reference.
    snp_rate, indel_rate
        Variants per base of one haplotype; indels are 1 to 6 bases long.
    """
    pair = (
        Haplotype(contigs, {n: _draw(rng, b, snp_rate, indel_rate) for n, b in contigs.items()})
        for _ in range(2)
    )
    first, second = pair
    return first, second


def _draw(rng: np.random.Generator, bases: Bases, snp_rate: float, indel_rate: float) -> Variants:
    snps = _positions(rng, bases, snp_rate)
    indels = _positions(rng, bases, indel_rate)
    size = 1 + np.minimum(rng.geometric(0.5, indels.size), 6)
    is_insertion = rng.random(indels.size) < 0.5
    inserted = tuple(
        random_bases(rng, int(n)) if new else np.empty(0, dtype=np.uint8)
        for n, new in zip(size, is_insertion, strict=True)
    )
    return Variants(
        snps, substitute(rng, bases[snps]), indels, np.where(is_insertion, 0, size).astype(np.int64), inserted
    )


def _positions(rng: np.random.Generator, bases: Bases, rate: float) -> NDArray[np.int64]:
    drawn = rng.integers(0, max(1, bases.size), int(rng.poisson(bases.size * rate)))
    at: NDArray[np.int64] = np.unique(drawn).astype(np.int64)
    known: NDArray[np.bool_] = bases[at] != ord("N")
    return at[known]


def _apply(bases: Bases, start: int, end: int, variants: Variants) -> Bases:
    """Return a slice of a contig with the variants that stand in it."""
    lo, hi = np.searchsorted(variants.snp_at, [start, end])
    if hi > lo:
        bases = bases.copy()
        bases[variants.snp_at[lo:hi] - start] = variants.snp_base[lo:hi]
    lo, hi = np.searchsorted(variants.indel_at, [start + 1, end - 8])
    if hi <= lo:
        return bases
    parts, done = [], 0
    for i in range(lo, hi):
        at = int(variants.indel_at[i]) - start
        if at < done:
            continue
        parts += [bases[done:at], variants.inserted[i]]
        done = at + int(variants.deleted[i])
    return np.concatenate([*parts, bases[done:]])
