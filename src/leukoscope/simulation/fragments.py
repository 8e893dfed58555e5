"""Molecules as one pool of sequence, and fragments as places in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.simulation.sequences import Bases, reverse_complement

IntArray = NDArray[np.int64]

SHORTEST = 35  #: bases of the shortest fragment that survives library preparation


@dataclass(frozen=True)
class Pool:
    """The sequences of all molecules in sense, end to end.

    `forward` and `backward` (its reverse complement) are padded by `margin` bases, so that a read
    may run over the end of a fragment without leaving the array.
    """

    forward: Bases
    backward: Bases
    start: IntArray  #: (molecules,) where each begins in `forward`
    length: IntArray  #: (molecules,)


def pool_molecules(molecules: Sequence[Bases], *, margin: int) -> Pool:
    """Put molecules into one pool; `margin` is the longest read."""
    length = np.array([m.size for m in molecules], dtype=np.int64)
    pad = np.full(margin, ord("N"), dtype=np.uint8)
    forward = np.concatenate([*molecules, pad])
    backward = np.concatenate([reverse_complement(forward[: forward.size - margin]), pad])
    return Pool(forward, backward, np.cumsum(length) - length, length)


@dataclass(frozen=True, slots=True)
class Fragments:
    """Fragments of molecules, one entry each."""

    molecule: IntArray  #: index into the pool
    start: IntArray  #: first base, in the molecule
    length: IntArray
    flipped: NDArray[np.bool_]  #: whether the first mate reads the sense strand
    tag: IntArray  #: what it comes from: 0 background, else see :mod:`leukoscope.simulation.reads`

    def take(self, chosen: NDArray[np.generic]) -> Fragments:
        """Return the chosen fragments."""
        return Fragments(
            self.molecule[chosen],
            self.start[chosen],
            self.length[chosen],
            self.flipped[chosen],
            self.tag[chosen],
        )

    @property
    def size(self) -> int:
        """Number of fragments."""
        return self.molecule.size


def join(parts: Sequence[Fragments]) -> Fragments:
    """Return all fragments of `parts`, in order."""
    return Fragments(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("molecule", "start", "length", "flipped", "tag")
        )
    )


@dataclass(frozen=True, slots=True)
class Library:
    """How the sequencing library was made."""

    read_length: int = 101
    fragment_mean: float = 250.0
    fragment_sd: float = 60.0
    strandedness: str = "reverse"  #: reverse (dUTP), forward or unstranded
    three_prime_bias: float = 0.3  #: 0 for even coverage; starts are drawn as U^(1 / (1 + bias))
    duplicates: float = 0.15  #: share of pairs that copy another one
    unspliced: float = 0.06  #: share of a gene's fragments that come from unspliced RNA
    genomic: float = 0.005  #: share of fragments that come from DNA


def draw_fragments(
    rng: np.random.Generator, pool: Pool, molecule: IntArray, library: Library, tag: int
) -> Fragments:
    """Draw one fragment of each given molecule (repeats are further fragments of it)."""
    room = pool.length[molecule]
    wanted = np.rint(rng.normal(library.fragment_mean, library.fragment_sd, molecule.size)).astype(np.int64)
    length = np.minimum(np.maximum(wanted, SHORTEST), room)
    lot = rng.random(molecule.size) ** (1.0 / (1.0 + library.three_prime_bias))
    start = np.minimum((lot * (room - length + 1)).astype(np.int64), room - length)
    return Fragments(
        molecule,
        start,
        length,
        draw_flips(rng, molecule.size, library.strandedness),
        np.full(molecule.size, tag, dtype=np.int64),
    )


def draw_flips(rng: np.random.Generator, count: int, strandedness: str) -> NDArray[np.bool_]:
    """Draw for which fragments the first mate reads the sense strand."""
    if strandedness == "reverse":
        return rng.random(count) < 0.01  # dUTP leaves about 1 % of the wrong strand
    if strandedness == "forward":
        return rng.random(count) >= 0.01
    return rng.random(count) < 0.5
