"""Means, variances and linear fits of normalised counts, in plain array arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.layout import LaidOut


def summarise(
    counts: NDArray[np.int64], laid: LaidOut, moments: NDArray[np.float64], cell_means: NDArray[np.float64]
) -> None:
    """Describe the normalised counts of some genes.

    Parameters
    ----------
    counts
        int64[genes, samples].
    laid
        Design.
    moments
        float64[genes, 3], written: mean, variance, and rough dispersion around the linear
        fit (not below 0).
    cell_means
        float64[genes, cells], written.
    """
    layout = laid.layout
    normal = counts[:, layout.order] / layout.size
    n = normal.shape[1]
    moments[:, 0] = normal.mean(axis=1)
    moments[:, 1] = ((normal - moments[:, :1]) ** 2).sum(axis=1) / (n - 1)
    starts = np.concatenate([[0], layout.end[:-1]])
    sizes = np.diff(layout.end, prepend=0)
    cell_means[:] = np.add.reduceat(normal, starts, axis=1) / sizes
    if laid.basis.shape[1]:
        fitted = np.zeros_like(normal)
        for column in laid.basis.T:
            fitted += (normal * column).sum(axis=1)[:, None] * column
    else:
        fitted = np.repeat(cell_means, sizes, axis=1)
    mu = np.maximum(fitted, 1.0)
    rough = (((normal - mu) ** 2 - mu) / mu**2).sum(axis=1) / (n - laid.n_coefficients)
    moments[:, 2] = np.maximum(rough, 0.0)


def start_parameters(counts: NDArray[np.int64], laid: LaidOut, found: NDArray[np.float64]) -> None:
    """Write the least-squares fit to log(normalised count + 0.1), float64[genes, parameters]."""
    layout = laid.layout
    logs = np.log(counts[:, layout.order] / layout.size + 0.1)
    for k, column in enumerate(laid.projection.T):
        found[:, k] = (logs * column).sum(axis=1)
