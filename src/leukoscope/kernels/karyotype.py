"""Medians of genes by segment, and the likelihood of copy levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit


@njit
def segment_medians(
    values: NDArray[np.float64],
    order: NDArray[np.int64],
    weights: NDArray[np.float64],
    segment: NDArray[np.int64],
    n_segments: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the weighted median of the genes of each segment in one sample.

    Parameters
    ----------
    values : float64[n_genes]
        NaN where a gene says nothing.
    order : int64[n_genes]
        Genes by ascending value.
    weights : float64[n_genes]
        Weight of each gene, positive.
    segment : int64[n_genes]
        Segment of each gene; -1 for none.
    n_segments
        How many there are.

    Returns
    -------
    medians : float64[n_segments]
        The least value at which half of the segment's weight is reached; NaN without genes.
    n_used : int64[n_segments]
        Genes that say something.
    """
    total = np.zeros(n_segments)
    n_used = np.zeros(n_segments, np.int64)
    for g in range(values.size):
        if segment[g] >= 0 and not np.isnan(values[g]):
            total[segment[g]] += weights[g]
            n_used[segment[g]] += 1
    medians = np.full(n_segments, np.nan)
    reached = np.zeros(n_segments)
    for g in order:
        k = segment[g]
        if k < 0 or np.isnan(values[g]) or not np.isnan(medians[k]):
            continue
        reached[k] += weights[g]
        if reached[k] >= 0.5 * total[k]:
            medians[k] = values[g]
    return medians, n_used


@njit
def level_likelihoods(
    ratios: NDArray[np.float64],
    noise: NDArray[np.float64],
    tilt: NDArray[np.float64],
    size: NDArray[np.float64],
    log_weight: NDArray[np.float64],
    points: NDArray[np.float64],
    outlier: float,
    outlier_density: float,
) -> NDArray[np.float64]:
    """Return the log-likelihood of chromosomes on a few levels, at many points.

    Parameters
    ----------
    ratios, noise, tilt : float64[n_chromosomes]
        Log2 ratio, its standard deviation, and its loading on the technical axis.
    size : float64[n_levels]
        Height of each level in units of the distance between levels.
    log_weight : float64[n_chromosomes, n_levels]
        Log probability of each level, with any other evidence for it.
    points : float64[n_points, 3]
        Height of the zero level, position on the technical axis, distance between levels.
    outlier, outlier_density
        Share and density of chromosomes that follow nothing.

    Returns
    -------
    float64[n_points]
    """
    found = np.zeros(points.shape[0])
    for p in range(points.shape[0]):
        for c in range(ratios.size):
            centred = ratios[c] - points[p, 0] - points[p, 1] * tilt[c]
            density = 0.0
            for k in range(size.size):
                z = (centred - points[p, 2] * size[k]) / noise[c]
                density += np.exp(log_weight[c, k] - 0.5 * z * z)
            density /= noise[c] * np.sqrt(2.0 * np.pi)
            found[p] += np.log((1.0 - outlier) * density + outlier * outlier_density)
    return found
