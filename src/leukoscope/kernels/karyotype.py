"""Weighted medians of genes by chromosome arm."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit


@njit
def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the least value at which half of the weight is reached.

    Parameters
    ----------
    values, weights : float64[n]
        NaN values carry no weight.

    Returns
    -------
    float64
        NaN if there is no weight.
    """
    order = np.argsort(values, kind="mergesort")
    total = 0.0
    for i in range(values.size):
        if not np.isnan(values[i]):
            total += weights[i]
    if total <= 0.0:
        return np.nan
    reached = 0.0
    for i in order:
        if np.isnan(values[i]):
            continue
        reached += weights[i]
        if reached >= 0.5 * total:
            return values[i]
    return np.nan


@parallel_njit
def segment_medians(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    segment: NDArray[np.int64],
    n_segments: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the weighted median of the genes of each segment, for every sample.

    Parameters
    ----------
    values : float64[n_samples, n_genes]
        NaN where a gene says nothing.
    weights : float64[n_genes]
        Weight of each gene.
    segment : int64[n_genes]
        Segment of each gene; -1 for none.
    n_segments
        How many there are.

    Returns
    -------
    medians : float64[n_samples, n_segments]
        NaN where no gene says anything.
    n_used : int64[n_samples, n_segments]
        Genes that did.
    """
    n_samples, n_genes = values.shape
    medians = np.empty((n_samples, n_segments), np.float64)
    n_used = np.zeros((n_samples, n_segments), np.int64)
    for s in numba.prange(n_samples):
        for k in range(n_segments):
            inside = np.flatnonzero(segment == k)
            medians[s, k] = weighted_median(values[s][inside], weights[inside])
            for g in inside:
                if not np.isnan(values[s, g]):
                    n_used[s, k] += 1
    return medians, n_used
