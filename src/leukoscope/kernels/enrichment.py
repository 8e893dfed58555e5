"""Kernels of gene-set enrichment: counting members, the running sum, and its rare values."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit
from leukoscope.kernels.r_random import State, index_below, sample, uniform

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


@njit
def count_members(begins: Indices, members: Indices, first: Flags, second: Flags) -> Indices:
    """Count the genes of every set that are marked by `first`, by `second` and by both: int64[sets, 3]."""
    code = (
        first.astype(np.int64) + (second.astype(np.int64) << 20) + ((first & second).astype(np.int64) << 40)
    )
    counts = np.empty((begins.size - 1, 3), np.int64)
    for s in range(begins.size - 1):
        total = 0
        for i in range(begins[s], begins[s + 1]):
            total += code[members[i]]
        counts[s, 0], counts[s, 1], counts[s, 2] = total & 0xFFFFF, (total >> 20) & 0xFFFFF, total >> 40
    return counts


@njit
def list_members(begins: Indices, members: Indices, marked: Flags, sets: Indices, counts: Indices) -> Indices:
    """List the marked genes of some sets, one set after the other; `counts` says how many each has."""
    genes, n = np.empty(counts.sum(), np.int64), 0
    for s in sets:
        for i in range(begins[s], begins[s + 1]):
            if marked[members[i]]:
                genes[n] = members[i]
                n += 1
    return genes


@njit
def count_units(begins: Indices, members: Indices, marked: Flags, unit: Indices, sets: Indices) -> Indices:
    """Count the different units (gene families, or single genes) of the marked genes of some sets."""
    counts = np.zeros(sets.size, np.int64)
    seen = np.full(unit.max() + 1 if unit.size else 0, -1)
    for row in range(sets.size):
        for i in range(begins[sets[row]], begins[sets[row] + 1]):
            gene = members[i]
            if marked[gene] and seen[unit[gene]] != row:
                seen[unit[gene]] = row
                counts[row] += 1
    return counts


@njit
def peak(weight: Floats, positions: Indices, n: int) -> tuple[float, int]:
    """Largest deviation from zero of the weighted running sum.

    Parameters
    ----------
    weight : float64[genes]
        Non-negative weight of each gene, best-ranked first.
    positions : int64[k]
        Ranks of the set's genes, ascending.
    n
        Genes ranked.

    Returns
    -------
    score, at
        Score in [-1, 1] and the index into `positions` at the peak; of equal deviations the negative
        one.  NaN and -1 if the set holds no gene, every gene, or no weight.
    """
    k = positions.size
    total = 0.0
    for i in range(k):
        total += weight[positions[i]]
    if k == 0 or k == n or total == 0.0:
        return np.nan, -1
    step, hits = 1.0 / (n - k), 0.0
    highest, lowest, at_highest, at_lowest = 0.0, 0.0, 0, 0
    for i in range(k):
        misses = (positions[i] - i) * step
        before = hits / total - misses
        if before < lowest:
            lowest, at_lowest = before, i
        hits += weight[positions[i]]
        after = hits / total - misses
        if after > highest:
            highest, at_highest = after, i
    if highest > -lowest:
        return highest, at_highest
    return lowest, at_lowest


@njit
def _highest(weight: Floats, positions: Indices) -> tuple[float, int]:
    """Largest positive deviation, and the rank at which it is reached."""
    n, total, hits, best, rank = weight.size, 0.0, 0.0, 0.0, 0
    for i in range(positions.size):
        total += weight[positions[i]]
    step = 1.0 / (n - positions.size)
    for i in range(positions.size):
        hits += weight[positions[i]]
        height = hits / total - (positions[i] - i) * step
        if height > best:
            best, rank = height, positions[i]
    return best, rank


@parallel_njit
def null_peaks(weight: Floats, sizes: Indices, states: NDArray[np.uint32], n_each: int) -> Floats:
    """Scores of random sets of every size; within a draw the smaller set is part of the larger.

    Parameters
    ----------
    weight : float64[genes]
        As in :func:`peak`.
    sizes : int64[sizes]
        Ascending, different, below the number of genes.
    states : uint32[streams, 625]
        Random states; each makes `n_each` draws.

    Returns
    -------
    scores : float64[sizes, streams * n_each]
    """
    n, most, streams = weight.size, sizes[sizes.size - 1], states.shape[0]
    scores = np.empty((sizes.size, streams * n_each))
    for stream in numba.prange(streams):
        state, pool = states[stream].copy(), np.arange(n)
        for draw in range(n_each):
            for i in range(most):
                j = i + int(uniform(state) * (n - i))
                pool[i], pool[j] = pool[j], pool[i]
            turn = np.argsort(pool[:most])  # when each gene was drawn, in the order of their ranks
            genes, total = pool[turn], np.cumsum(weight[pool[:most]])
            for s in range(sizes.size - 1, -1, -1):
                scores[s, stream * n_each + draw] = _thin(weight, genes, turn, sizes[s], total[sizes[s] - 1])
    return scores


@njit
def _thin(weight: Floats, genes: Indices, turn: Indices, size: int, total: float) -> float:
    """Keep the `size` genes that were drawn first, at the front, and return their score."""
    step, left, hits, highest, lowest = 1.0 / (weight.size - size), 0, 0.0, 0.0, 0.0
    place = 0
    while left < size:
        if turn[place] < size:
            gene = genes[place]
            genes[left], turn[left] = gene, turn[place]
            misses = (gene - left) * step
            lowest = min(lowest, hits - misses)
            hits += weight[gene] / total
            highest = max(highest, hits - misses)
            left += 1
        place += 1
    return highest if highest > -lowest else lowest


@parallel_njit
def rare_peaks(
    weight: Floats, sizes: Indices, scores: Floats, states: NDArray[np.uint32], n_chains: int, least: float
) -> tuple[Floats, Floats]:
    """Probability that a random set's positive peak reaches a score, by multilevel splitting.

    A population of random sets is raised level by level: the lower half is replaced by copies of
    the upper, and every set is shaken by swaps of genes that keep it above the level.

    Parameters
    ----------
    sizes, scores : [sets]
        Size and positive score of each set.
    states : uint32[sets, 625]
        A random state for each set.
    n_chains
        Sets in the population; odd.
    least
        Probability below which a set is given up.

    Returns
    -------
    log_p : float64[sets]
        Natural logarithm of the probability.
    variance : float64[sets]
        Its variance, from the spread of order statistics; the dependence of chains is not in it.
    """
    log_p, variance = np.empty(sizes.size), np.empty(sizes.size)
    for s in numba.prange(sizes.size):
        log_p[s], variance[s] = _split(weight, sizes[s], scores[s], states[s].copy(), n_chains, least)
    return log_p, variance


@njit
def _split(
    weight: Floats, size: int, score: float, state: State, n_chains: int, least: float
) -> tuple[float, float]:
    n, half = weight.size, n_chains // 2
    chains, heights = np.empty((n_chains, size), np.int64), np.empty(n_chains)
    for c in range(n_chains):
        chains[c] = np.sort(sample(state, n, size))
        heights[c] = _highest(weight, chains[c])[0]
    log_p, variance = 0.0, 0.0
    # the level is the middle of n_chains values: log of a Beta(half + 1, half + 1) share stays above it
    share, spread = _harmonic(half, n_chains), _harmonic_squares(half, n_chains)
    while True:
        level = np.sort(heights)[half]
        if level >= score or log_p < np.log(least):
            break
        log_p -= share
        variance += spread
        _raise_to(level, weight, chains, heights, state)
    reaching = 0
    for c in range(n_chains):
        reaching += heights[c] >= score
    reaching = max(reaching, 1)
    log_p += np.log(reaching / n_chains)
    variance += 1.0 / reaching - 1.0 / n_chains
    return log_p, variance


@njit
def _harmonic(half: int, n: int) -> float:
    total = 0.0
    for i in range(half + 1, n + 1):
        total += 1.0 / i
    return total


@njit
def _harmonic_squares(half: int, n: int) -> float:
    total = 0.0
    for i in range(half + 1, n + 1):
        total += 1.0 / (i * i)
    return total


@njit
def _raise_to(level: float, weight: Floats, chains: Indices, heights: Floats, state: State) -> None:
    """Replace the sets at or below the level, then shake all of them above it."""
    n_chains, size = chains.shape
    upper = np.flatnonzero(heights > level)
    if upper.size == 0:  # all tie at the level
        upper = np.flatnonzero(heights >= level)
    for c in range(n_chains):
        if heights[c] < level or (heights[c] == level and upper.size < n_chains):
            source = upper[index_below(state, upper.size)]
            chains[c], heights[c] = chains[source], heights[source]
    accepted, tries = 0, 0
    marks = np.empty((n_chains, 4))  # rank of the peak; weight and genes up to it; weight of all
    for c in range(n_chains):
        _mark(weight, chains[c], marks[c])
    while accepted < n_chains * size // 2 and tries < 20 * size:
        for c in range(n_chains):
            accepted += _swap_one(level, weight, chains[c], marks[c], state)
        tries += 1
    for c in range(n_chains):
        heights[c] = _highest(weight, chains[c])[0]


@njit
def _mark(weight: Floats, chain: Indices, mark: Floats) -> None:
    mark[0] = _highest(weight, chain)[1]
    mark[1:] = 0.0
    for i in range(chain.size):
        if chain[i] <= mark[0]:
            mark[1] += weight[chain[i]]
            mark[2] += 1.0
        mark[3] += weight[chain[i]]


@njit
def _swap_one(level: float, weight: Floats, chain: Indices, mark: Floats, state: State) -> int:
    """Try to put a random gene in the place of a random member; return whether it stays above the level.

    Most often the running sum at the old peak tells at once; else it is walked again.
    """
    n, size = weight.size, chain.size
    out, gene = index_below(state, size), index_below(state, n)
    at = np.searchsorted(chain, gene)
    if at < size and chain[at] == gene:
        return 0
    old = chain[out]
    hits = mark[1] + (weight[gene] if gene <= mark[0] else 0.0) - (weight[old] if old <= mark[0] else 0.0)
    count = mark[2] + (gene <= mark[0]) - (old <= mark[0])
    total = mark[3] + weight[gene] - weight[old]
    still_above = hits / total - (mark[0] + 1.0 - count) / (n - size) > level
    now = _replace(chain, out, gene)
    if still_above:
        mark[1], mark[2], mark[3] = hits, count, total
        return 1
    if _highest(weight, chain)[0] > level:
        _mark(weight, chain, mark)
        return 1
    _replace(chain, now, old)
    return 0


@njit
def _replace(chain: Indices, out: int, gene: int) -> int:
    """Put `gene` in the place of the member at `out`, keep the order, return where it stands."""
    at = out
    while at + 1 < chain.size and chain[at + 1] < gene:
        chain[at] = chain[at + 1]
        at += 1
    while at > 0 and chain[at - 1] > gene:
        chain[at] = chain[at - 1]
        at -= 1
    chain[at] = gene
    return at
