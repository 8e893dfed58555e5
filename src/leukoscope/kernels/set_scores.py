"""Kernels of single-sample scores: where the genes of every set stand among all genes of one sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, scratch_njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

REACH = 10.0  #: bandwidths beyond which a kernel's distribution is 0 or 1
STEPS = 10_000  #: to which the distances within the reach are cut


@scratch_njit
def rank_sums(
    column: Floats,
    order: Indices,
    begins: Indices,
    members: Indices,
    exponent: float,
    room: Floats,
    score: Floats,
) -> None:
    """Difference of two areas: under the weighted distribution of a set's genes, and under that of all others.

    Parameters
    ----------
    column : float64[genes]
        Values of one sample.
    order : int64[genes]
        Places of the values, the largest first; of equal ones the first.
    begins : int64[sets + 1]
    members : int64[…]
        Place of each gene of the sets.
    exponent
        Of the rank (from the lowest value; the mean of ties, cut to a whole number) that weighs a gene.
    room : float64[2, genes]
        Scratch.
    score : float64[sets]
        Written; NaN for a set of no gene or of all.
    """
    n, weight, place = column.size, room[0], room[1]
    first = 0
    while first < n:
        last = _last_of_tie(column, order, first)
        for i in range(first, last + 1):
            weight[order[i]] = float((2 * n - first - last) // 2) ** exponent
            place[order[i]] = n - i
        first = last + 1
    for s in range(score.size):
        k, weights, weighted, places = begins[s + 1] - begins[s], 0.0, 0.0, 0.0
        for i in range(begins[s], begins[s + 1]):
            gene = members[i]
            weights += weight[gene]
            weighted += weight[gene] * place[gene]
            places += place[gene]
        above = n * (n + 1) / 2.0 - places
        score[s] = weighted / weights - above / (n - k) if 0 < k < n else math.nan


@inner_njit
def _last_of_tie(column: Floats, order: Indices, first: int) -> int:
    last = first
    while last + 1 < order.size and column[order[last + 1]] == column[order[first]]:
        last += 1
    return last


@scratch_njit
def kernel_distribution(values: Floats, normal: Floats, log_odds: Floats) -> None:
    """Log-odds of every value in the smoothed distribution of its gene over the samples.

    Parameters
    ----------
    values : float64[genes, samples]
        Two samples at least, and genes that vary.
    normal : float64[STEPS + 1]
        Distribution function of the normal at ``REACH * i / STEPS``.
    log_odds : float64[genes, samples]
        Written; the bandwidth is a quarter of the gene's standard deviation.
    """
    for g in range(values.shape[0]):
        _smooth(values[g], normal, log_odds[g])


@inner_njit
def _smooth(x: Floats, normal: Floats, log_odds: Floats) -> None:
    """Sum over pairs of samples in their order; the two directions of a pair share one look-up."""
    n, mean, squares = x.size, 0.0, 0.0
    for i in range(n):
        mean += x[i]
    mean /= n
    for i in range(n):
        squares += (x[i] - mean) * (x[i] - mean)
    width = math.sqrt(squares / (n - 1)) / 4.0
    for i in range(n):
        log_odds[i] = 0.0
    for i in range(n):
        own = log_odds[i] + 0.5
        for j in range(i + 1, n):
            distance = (x[j] - x[i]) / width
            below = 1.0
            if abs(distance) <= REACH:
                below = normal[int(abs(distance) / REACH * STEPS)]
            if distance < 0.0:
                below = 1.0 - below
            log_odds[j] += below
            own += 1.0 - below
        log_odds[i] = own
    for i in range(n):
        share = log_odds[i] / n
        log_odds[i] = -math.log((1.0 - share) / share)


@scratch_njit
def walk_peaks(
    order: Indices, gene_begins: Indices, sets_of_gene: Indices, sizes: Indices, state: Floats, score: Floats
) -> None:
    """Highest plus lowest value of the running sum of every set in one sample.

    The sum rises at genes of the set in proportion to how far their rank is from the middle, and falls evenly at
    the others.  All sets are walked at once along the sample's ranking, so that only their own genes cost time.

    Parameters
    ----------
    order
        As in :func:`rank_sums`.
    gene_begins : int64[genes + 1]
    sets_of_gene : int64[…]
        The sets that each gene belongs to.
    sizes : int64[sets]
    state : float64[sets, 6]
        Scratch: weight of all genes; and so far weight, genes, highest, lowest.
    score : float64[sets]
        Written; NaN for a set of no gene or of all, or with one gene that is the middle one.
    """
    n = order.size
    for s in range(sizes.size):
        for field in range(6):
            state[s, field] = 0.0
    for i in range(n):
        weight = abs(n - i - n / 2.0)
        for e in range(gene_begins[order[i]], gene_begins[order[i] + 1]):
            state[sets_of_gene[e], 0] += weight
    for i in range(n):
        weight = abs(n - i - n / 2.0)
        for e in range(gene_begins[order[i]], gene_begins[order[i] + 1]):
            s = sets_of_gene[e]
            misses = (i - state[s, 2]) / (n - sizes[s])
            state[s, 4] = min(state[s, 4], state[s, 1] / state[s, 0] - misses)
            state[s, 1] += weight
            state[s, 2] += 1.0
            state[s, 3] = max(state[s, 3], state[s, 1] / state[s, 0] - misses)
    for s in range(sizes.size):
        score[s] = state[s, 3] + state[s, 4] if 0 < sizes[s] < n and state[s, 0] > 0.0 else math.nan
