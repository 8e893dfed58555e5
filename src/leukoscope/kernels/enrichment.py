"""Kernels of gene-set enrichment: counting members, the running sum, and its rare values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, njit, scratch_njit
from leukoscope.kernels.r_random import State, index_below, uniform

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


@scratch_njit
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


@scratch_njit
def find_peaks(
    weight: Floats, ranks: Indices, begins: Indices, sets: Indices, scores: Floats, at: Indices
) -> None:
    """Write score and place of the :func:`peak` of some sets, whose ranks lie one set after the other."""
    for i in range(sets.size):
        own = ranks[begins[sets[i]] : begins[sets[i] + 1]]
        scores[i], at[i] = peak(weight, own, weight.size)


@inner_njit
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


@scratch_njit
def draw_sets(state: State, pool: Indices, drawn: Indices) -> None:
    """Draw random sets of genes.

    Parameters
    ----------
    state : uint32[625]
        Random state.
    pool : int64[genes]
        The genes in any order; scratch.
    drawn : int64[sets, size]
        Written: the genes of each set in the order drawn.
    """
    n = pool.size
    for draw in range(drawn.shape[0]):
        for i in range(drawn.shape[1]):
            j = i + int(uniform(state) * (n - i))
            pool[i], pool[j] = pool[j], pool[i]
        for i in range(drawn.shape[1]):
            drawn[draw, i] = pool[i]


@scratch_njit
def score_parts(
    weight: Floats, genes: Indices, turn: Indices, total: Floats, sizes: Indices, scores: Floats
) -> None:
    """Score random sets and parts of them: the genes that were drawn first.

    Parameters
    ----------
    weight : float64[genes]
        As in :func:`peak`.
    genes, turn : int64[sets, largest]
        Ranks of the genes of each set, ascending, and when each was drawn; scratch.
    total : float64[sets, largest]
        Weight of the genes drawn so far.
    sizes : int64[sizes]
        Ascending, different, below the number of genes.
    scores : float64[sizes, sets]
        Written.
    """
    for draw in range(genes.shape[0]):
        for s in range(sizes.size - 1, -1, -1):
            scores[s, draw] = _thin(weight, genes[draw], turn[draw], sizes[s], total[draw, sizes[s] - 1])


@inner_njit
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


@scratch_njit
def find_heights(weight: Floats, chains: Indices, heights: Floats) -> None:
    """Write the positive peak of every set; arguments as :func:`raise_sets`."""
    for c in range(heights.size):
        heights[c] = _highest(weight, chains[c])[0]


@scratch_njit
def raise_sets(
    level: float,
    weight: Floats,
    upper: Indices,
    chains: Indices,
    heights: Floats,
    marks: Floats,
    state: State,
) -> None:
    """Replace the sets at or below a level, then shake all of them above it by swaps of genes.

    Parameters
    ----------
    level
        Positive peak of the running sum.
    weight : float64[genes]
        As in :func:`peak`.
    upper : int64[…]
        The sets above the level, or at it if none is above.
    chains : int64[sets, size]
        Ranks of the genes of each set, ascending; changed.
    heights : float64[sets]
        Their peaks; changed.
    marks : float64[sets, 4]
        Scratch: rank of the peak; weight and genes up to it; weight of all.
    state : uint32[625]
        Random state.
    """
    n_chains, size = chains.shape
    for c in range(n_chains):
        if heights[c] < level or (heights[c] == level and upper.size < n_chains):
            source = upper[index_below(state, upper.size)]
            heights[c] = heights[source]
            for i in range(size):
                chains[c, i] = chains[source, i]
    accepted, tries = 0, 0
    for c in range(n_chains):
        _mark(weight, chains[c], marks[c])
    while accepted < n_chains * size // 2 and tries < 20 * size:
        for c in range(n_chains):
            accepted += _swap_one(level, weight, chains[c], marks[c], state)
        tries += 1
    for c in range(n_chains):
        heights[c] = _highest(weight, chains[c])[0]


@inner_njit
def _mark(weight: Floats, chain: Indices, mark: Floats) -> None:
    mark[0] = _highest(weight, chain)[1]
    mark[1] = mark[2] = mark[3] = 0.0
    for i in range(chain.size):
        if chain[i] <= mark[0]:
            mark[1] += weight[chain[i]]
            mark[2] += 1.0
        mark[3] += weight[chain[i]]


@inner_njit
def _swap_one(level: float, weight: Floats, chain: Indices, mark: Floats, state: State) -> int:
    """Try to put a random gene in the place of a random member; return whether it stays above the level.

    Most often the running sum at the old peak tells at once; else it is walked again.
    """
    n, size = weight.size, chain.size
    out, gene = index_below(state, size), index_below(state, n)
    if _holds(chain, gene):
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


@inner_njit
def _holds(chain: Indices, gene: int) -> bool:
    low, high = 0, chain.size
    while low < high:
        middle = (low + high) // 2
        if chain[middle] < gene:
            low = middle + 1
        else:
            high = middle
    return low < chain.size and chain[low] == gene


@inner_njit
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
