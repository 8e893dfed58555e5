"""What looks like a rearrangement and is none: made in the cell, at the bench, or in the machine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from leukoscope.simulation.fragments import Fragments, IntArray, Library, Pool, draw_flips
from leukoscope.simulation.sequences import Bases, mutate, reverse_complement
from leukoscope.simulation.structures import Gene, Genome, Piece

ARM = 350  #: bases kept on each side of a switch
COPIES = 6  #: a chimera is amplified up to so many times
ANTISENSE = 0.3  #: share of switches onto the opposite strand

BENCH_SHARES = {"CHIM": 0.80, "TSPL": 0.03, "HAIR": 0.09, "POLY": 0.05, "SNPC": 0.03}
"""Artefacts that arise once: template switch, trans-splicing, hairpin, poly-A run, cluster of mismatches."""

LASTING = {"CIRC": "back-splice", "RTHR": "read-through", "HOPP": "index hopping"}
"""Artefacts that a sample has throughout, as molecules of its own."""


def draw_bench_artefacts(
    rng: np.random.Generator,
    pool: Pool,
    weight: NDArray[np.float64],
    exon_ends: Sequence[IntArray],
    count: int,
    library: Library,
    tags: dict[str, int],
) -> tuple[list[Bases], Fragments]:
    """Draw `count` fragments of molecules that were joined at the bench.

    Templates are drawn in proportion to `weight` on both sides, so that a pair of genes is hit
    in proportion to the product of their expression.  Every molecule gives 1 to 6 fragments;
    half of them are copies of one fragment, as after amplification, the others have ends of
    their own.

    Parameters
    ----------
    rng
        Source of chance.
    pool, weight
        Molecules of the sample, and how often each is hit.
    exon_ends
        For every molecule, the offsets of its exon junctions (empty if unspliced).
    count
        Fragments wanted.
    library
        Fragment lengths.
    tags
        Number of each kind's tag.

    Returns
    -------
    molecules : list of uint8 arrays
    fragments : Fragments
        Their `molecule` counts within `molecules`.
    """
    molecules: list[Bases] = []
    rows: list[tuple[int, int, int, int]] = []
    kinds = list(BENCH_SHARES)
    shares = np.array([BENCH_SHARES[kind] for kind in kinds])
    cumulated = np.cumsum(weight)
    while len(rows) < count:
        kind = kinds[int(rng.choice(len(kinds), p=shares / shares.sum()))]
        lot = np.minimum(np.searchsorted(cumulated, rng.random(2) * cumulated[-1]), weight.size - 1)
        bases, junction = _join(rng, kind, pool, exon_ends, int(lot[0]), int(lot[1]))
        for start, length in _copies(rng, bases.size, junction, library):
            rows.append((len(molecules), start, length, tags[kind]))
        molecules.append(bases)
    table = np.array(rows[:count], dtype=np.int64).reshape(-1, 4)
    flipped = draw_flips(rng, len(table), library.strandedness)
    return molecules, Fragments(table[:, 0], table[:, 1], table[:, 2], flipped, table[:, 3])


def _copies(rng: np.random.Generator, size: int, junction: int, library: Library) -> list[tuple[int, int]]:
    """Return start and length of 1 to 6 fragments across the junction."""
    found: list[tuple[int, int]] = []
    for _ in range(int(rng.integers(1, COPIES + 1))):
        if found and rng.random() < 0.5:
            found.append(found[0])
            continue
        length = min(size, max(60, int(rng.normal(library.fragment_mean, library.fragment_sd))))
        low, high = max(0, junction - length + 12), min(size - length, junction - 12)
        start = int(rng.integers(low, high + 1)) if high >= low else max(0, min(size - length, junction))
        found.append((start, length))
    return found


def _join(
    rng: np.random.Generator, kind: str, pool: Pool, exon_ends: Sequence[IntArray], a: int, b: int
) -> tuple[Bases, int]:
    """Return one artefact molecule and where it was joined."""
    first, second = _bases(pool, a), _bases(pool, b)
    if kind == "CHIM":
        if rng.random() < ANTISENSE:
            second = reverse_complement(second)
        return _switch(rng, first, second)
    if kind == "TSPL" and exon_ends[a].size and exon_ends[b].size:
        left = int(rng.choice(exon_ends[a]))
        right = int(rng.choice(exon_ends[b]))
        return _glue(first[max(0, left - ARM) : left], second[right : right + ARM])
    at = int(rng.integers(first.size // 4, max(first.size // 4 + 1, first.size)))
    left_arm = first[max(0, at - ARM) : at]
    if kind == "HAIR":
        loop = int(rng.integers(0, 30))
        return _glue(left_arm, reverse_complement(left_arm[: max(1, left_arm.size - loop)]))
    if kind == "POLY":
        run = np.full(int(rng.integers(12, 60)), ord("A"), dtype=np.uint8)
        return _glue(left_arm, np.concatenate([run, second[:ARM]]))
    return _glue(left_arm, mutate(rng, first[at : at + ARM], 0.08))


def _bases(pool: Pool, molecule: int) -> Bases:
    start = int(pool.start[molecule])
    return pool.forward[start : start + int(pool.length[molecule])]


def _glue(left: Bases, right: Bases) -> tuple[Bases, int]:
    return np.concatenate([left, right]), left.size


def _switch(rng: np.random.Generator, first: Bases, second: Bases) -> tuple[Bases, int]:
    """Switch templates where 8 to 3 bases agree: the longest agreement within reach wins."""
    at = int(rng.integers(min(20, first.size - 1), first.size))
    text = second.tobytes()
    for agreement in range(int(rng.integers(3, 9)), 2, -1):
        word = first[max(0, at - agreement) : at].tobytes()
        offset = int(rng.integers(len(text)))
        found = text.find(word, offset)
        found = found if found >= 0 else text.find(word)
        if found >= 0 and found + agreement < len(text):
            landing = found + len(word)
            return _glue(first[max(0, at - ARM) : at], second[landing : landing + ARM])
    return _glue(first[max(0, at - ARM) : at], second[-ARM:])


def lasting_molecules(
    rng: np.random.Generator, genome: Genome, expression: NDArray[np.float64], taken: set[str]
) -> list[tuple[str, tuple[Piece, ...], float]]:
    """Draw the back-splices, read-throughs and hopped fusions of one sample.

    Parameters
    ----------
    rng
        Source of chance.
    genome
        Genes.
    expression
        Transcripts of each gene, any unit.
    taken
        Genes of planted events; they take part in nothing else.

    Returns
    -------
    list of (kind, pieces, weight)
        `weight` is transcripts × length, in the unit of `expression`.
    """
    free = [(i, g) for i, g in enumerate(genome.genes) if g.id not in taken and not g.family]
    found: list[tuple[str, tuple[Piece, ...], float]] = []
    for number, gene in free:
        pieces = gene.pieces()
        if len(pieces) >= 4 and rng.random() < 0.3:
            first = int(rng.integers(1, len(pieces) - 2))
            circle = pieces[first : min(len(pieces) - 1, first + int(rng.integers(1, 4)))]
            amount = expression[number] * float(rng.uniform(0.002, 0.01))
            found.append(("CIRC", (*circle, *circle), amount * 2 * _length(circle)))
    for (first, a), (second, b) in pairwise(free):
        upstream, downstream = (a, b) if a.strand > 0 else (b, a)
        if _may_read_through(a, b) and rng.random() < 0.4:
            donor = first if a.strand > 0 else second
            chain = (*upstream.pieces()[:-1], *downstream.pieces()[1:])
            amount = expression[donor] * float(rng.uniform(0.0005, 0.004))
            found.append(("RTHR", chain, amount * _length(chain)))
    return found + _hopped(rng, [g for _, g in free])


def _may_read_through(a: Gene, b: Gene) -> bool:
    near = a.contig == b.contig and a.strand == b.strand and 0 < b.start - a.end < 30_000
    return near and min(len(a.transcripts[0].exons), len(b.transcripts[0].exons)) >= 2


def _hopped(rng: np.random.Generator, free: Sequence[Gene]) -> list[tuple[str, tuple[Piece, ...], float]]:
    """Return a fusion of another sample of the flow cell; how many reads hop is not a matter of expression."""
    spliced = [g for g in free if len(g.transcripts[0].exons) >= 3]
    if len(spliced) < 2:
        return []
    one, two = rng.choice(len(spliced), 2, replace=False)
    a, b = spliced[int(one)].pieces(), spliced[int(two)].pieces()
    return [("HOPP", (*a[: len(a) // 2], *b[len(b) // 2 :]), 0.0)]


def _length(pieces: Sequence[Piece]) -> int:
    return sum(piece.end - piece.start for piece in pieces)
