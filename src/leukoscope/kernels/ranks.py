"""Ranks of the genes of a sample."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit


@njit
def _rank_one(values: NDArray[np.float64], average: bool, ranks: NDArray[np.float64]) -> int:
    """Write ranks of one sample; NaN stays NaN.  Return how many values were ranked."""
    n = 0
    for i in range(values.size):
        if not np.isnan(values[i]):
            n += 1
    measured = np.empty(n, np.int64)
    kept = np.empty(n, np.float64)
    k = 0
    for i in range(values.size):
        ranks[i] = np.nan
        if not np.isnan(values[i]):
            measured[k] = i
            kept[k] = values[i]
            k += 1
    order = np.argsort(kept, kind="mergesort")
    first = 0
    while first < n:
        last = first
        while last + 1 < n and kept[order[last + 1]] == kept[order[first]]:
            last += 1
        rank = 0.5 * (first + last) + 1.0 if average else first + 1.0
        for j in range(first, last + 1):
            ranks[measured[order[j]]] = rank
        first = last + 1
    return n


@parallel_njit
def rank_samples(values: NDArray[np.float64], average: bool) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Rank the genes of every sample, lowest first.

    Parameters
    ----------
    values : float64[n_samples, n_genes]
        Expression in any unit; NaN where not measured.
    average : bool
        Whether ties get their mean rank; otherwise the least one.

    Returns
    -------
    ranks : float64[n_samples, n_genes]
        1 for the least value; NaN where not measured.
    n_ranked : int64[n_samples]
        Genes ranked in each sample.
    """
    n_samples, n_genes = values.shape
    ranks = np.empty((n_samples, n_genes), np.float64)
    n_ranked = np.zeros(n_samples, np.int64)
    for s in numba.prange(n_samples):
        n_ranked[s] = _rank_one(values[s], average, ranks[s])
    return ranks, n_ranked
