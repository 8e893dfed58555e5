"""Kernels of single-sample scores: where the genes of every set stand among all genes of one sample."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

REACH = 10.0  #: bandwidths beyond which a kernel's distribution is 0 or 1
STEPS = 10_000  #: to which the distances within the reach are cut


@parallel_njit
def rank_sums(values: Floats, begins: Indices, members: Indices, exponent: float) -> Floats:
    """Difference of two areas: under the weighted distribution of a set's genes, and under that of all others.

    Parameters
    ----------
    values : float64[genes, samples]
    begins : int64[sets + 1]
    members : int64[…]
        Row of each gene of the sets.
    exponent
        Of the rank (from the lowest value; the mean of ties, cut to a whole number) that weighs a gene.

    Returns
    -------
    scores : float64[sets, samples]
        NaN for a set of no gene or of all.
    """
    scores = np.empty((begins.size - 1, values.shape[1]))
    for j in numba.prange(values.shape[1]):
        _rank_sums(values[:, j], begins, members, exponent, scores[:, j])
    return scores


@njit
def _rank_sums(column: Floats, begins: Indices, members: Indices, exponent: float, score: Floats) -> None:
    n, order = column.size, _descending(column)
    weight, place = np.empty(n), np.empty(n)
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
        score[s] = weighted / weights - above / (n - k) if 0 < k < n else np.nan


@njit
def _descending(column: Floats) -> Indices:
    """Places of the values, the largest first; of equal ones the first."""
    return np.argsort(-column, kind="mergesort")


@njit
def _last_of_tie(column: Floats, order: Indices, first: int) -> int:
    last = first
    while last + 1 < order.size and column[order[last + 1]] == column[order[first]]:
        last += 1
    return last


@parallel_njit
def kernel_distribution(values: Floats, normal: Floats) -> Floats:
    """Log-odds of every value in the smoothed distribution of its gene over the samples.

    Parameters
    ----------
    values : float64[genes, samples]
        Two samples at least, and genes that vary.
    normal : float64[STEPS + 1]
        Distribution function of the normal at ``REACH * i / STEPS``.

    Returns
    -------
    log_odds : float64[genes, samples]
        The bandwidth is a quarter of the gene's standard deviation.
    """
    log_odds = np.empty_like(values)
    for g in numba.prange(values.shape[0]):
        _smooth(values[g], normal, log_odds[g])
    return log_odds


@njit
def _smooth(x: Floats, normal: Floats, log_odds: Floats) -> None:
    """Sum over pairs of samples in their order; the two directions of a pair share one look-up."""
    n, mean, squares = x.size, 0.0, 0.0
    for i in range(n):
        mean += x[i]
    mean /= n
    for i in range(n):
        squares += (x[i] - mean) * (x[i] - mean)
    width = np.sqrt(squares / (n - 1)) / 4.0
    log_odds[:] = 0.0
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
        log_odds[i] = -np.log((1.0 - share) / share)


@parallel_njit
def walk_peaks(values: Floats, gene_begins: Indices, sets_of_gene: Indices, sizes: Indices) -> Floats:
    """Highest plus lowest value of the running sum of every set in every sample.

    The sum rises at genes of the set in proportion to how far their rank is from the middle, and falls evenly at
    the others.  All sets are walked at once along the sample's ranking, so that only their own genes cost time.

    Parameters
    ----------
    values : float64[genes, samples]
    gene_begins : int64[genes + 1]
    sets_of_gene : int64[…]
        The sets that each gene belongs to.
    sizes : int64[sets]

    Returns
    -------
    scores : float64[sets, samples]
        NaN for a set of no gene or of all, or with one gene that is the middle one.
    """
    scores = np.empty((sizes.size, values.shape[1]))
    for j in numba.prange(values.shape[1]):
        _walk(_descending(values[:, j]), gene_begins, sets_of_gene, sizes, scores[:, j])
    return scores


@njit
def _walk(order: Indices, gene_begins: Indices, sets_of_gene: Indices, sizes: Indices, score: Floats) -> None:
    n = order.size
    state = np.zeros((sizes.size, 6))  # weight of all genes; and so far: weight, genes, highest, lowest
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
        score[s] = state[s, 3] + state[s, 4] if 0 < sizes[s] < n and state[s, 0] > 0.0 else np.nan
