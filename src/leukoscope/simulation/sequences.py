"""DNA as arrays of ASCII letters: random, complementary, coding, mutated."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Bases = NDArray[np.uint8]

LETTERS: Bases = np.frombuffer(b"ACGT", dtype=np.uint8)
STOP_CODONS = (b"TAA", b"TAG", b"TGA")

_COMPLEMENT = np.arange(256, dtype=np.uint8)
_COMPLEMENT[np.frombuffer(b"ACGTN", dtype=np.uint8)] = np.frombuffer(b"TGCAN", dtype=np.uint8)
_CODE = np.zeros(256, dtype=np.uint8)
_CODE[LETTERS] = np.arange(4)


def as_bases(text: str | bytes) -> Bases:
    """Return the letters of `text` as an array (uint8[n])."""
    return np.frombuffer(text.encode() if isinstance(text, str) else text, dtype=np.uint8)


def as_text(bases: Bases) -> str:
    """Return an array of letters as text."""
    return bases.tobytes().decode()


def reverse_complement(bases: Bases) -> Bases:
    """Return the opposite strand, read in its own direction.

    Examples
    --------
    >>> as_text(reverse_complement(as_bases("AACGN")))
    'NCGTT'
    """
    return _COMPLEMENT[bases[::-1]]


def random_bases(rng: np.random.Generator, length: int, gc: float = 0.42) -> Bases:
    """Draw `length` independent bases with an expected G+C share of `gc`."""
    at = (1.0 - gc) / 2
    return LETTERS[np.searchsorted(np.cumsum([at, gc / 2, gc / 2]), rng.random(length), side="right")]


def isochores(rng: np.random.Generator, length: int, mean_size: int = 60_000) -> Bases:
    """Draw a sequence whose G+C share changes every `mean_size` bases or so (0.36 to 0.56)."""
    parts: list[Bases] = []
    done = 0
    while done < length:
        size = min(length - done, 1 + int(rng.exponential(mean_size)))
        parts.append(random_bases(rng, size, float(rng.uniform(0.36, 0.56))))
        done += size
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint8)


def mutate(rng: np.random.Generator, bases: Bases, rate: float) -> Bases:
    """Return a copy in which each base is replaced by another one with probability `rate`."""
    changed = bases.copy()
    at = np.flatnonzero((rng.random(bases.size) < rate) & (bases != ord("N")))
    changed[at] = substitute(rng, bases[at])
    return changed


def substitute(rng: np.random.Generator, bases: Bases) -> Bases:
    """Return, for each base, one of the three others."""
    changed: Bases = LETTERS[(_CODE[bases] + rng.integers(1, 4, bases.size, dtype=np.uint8)) % 4]
    return changed


@cache
def _sense_codons() -> Bases:
    codons = (bytes(c) for c in product(b"ACGT", repeat=3))
    return np.frombuffer(b"".join(c for c in codons if c not in STOP_CODONS), dtype=np.uint8).reshape(-1, 3)


def coding_sequence(rng: np.random.Generator, codons: int) -> Bases:
    """Draw an open reading frame of `codons` codons: ATG, sense codons, a stop.

    Raises
    ------
    ValueError
        If there is no room for a start and a stop codon.
    """
    if codons < 2:
        raise ValueError(f"a reading frame needs 2 codons, not {codons}")
    sense = _sense_codons()
    gc = (sense == ord("G")).sum(axis=1) + (sense == ord("C")).sum(axis=1)
    weight = 1.0 + 0.12 * gc  # human coding sequence is richer in G and C than chance
    body = sense[rng.choice(len(sense), codons - 2, p=weight / weight.sum())]
    stop = as_bases(STOP_CODONS[int(rng.integers(3))])
    return np.concatenate([as_bases("ATG"), body.ravel(), stop])
