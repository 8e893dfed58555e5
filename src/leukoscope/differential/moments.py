"""Means, variances and linear fits of normalised counts, in plain array arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.equations import multiply
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
    normal = laid.take(counts) / laid.size
    n = normal.shape[1]
    moments[:, 0] = normal.mean(axis=1)
    moments[:, 1] = ((normal - moments[:, :1]) ** 2).sum(axis=1) / (n - 1)
    cell_means[:] = laid.sums(normal) / laid.cell_sizes
    fitted = cell_means if laid.is_saturated else multiply(laid.least_squares(normal), laid.rows)
    mu = np.maximum(fitted.take(laid.cell, axis=1), 1.0)
    rough = (((normal - mu) ** 2 - mu) / mu**2).sum(axis=1) / (n - laid.n_coefficients)
    moments[:, 2] = np.maximum(rough, 0.0)


def start_parameters(counts: NDArray[np.int64], laid: LaidOut, found: NDArray[np.float64]) -> None:
    """Write the least-squares fit to log(normalised count + 0.1), float64[genes, parameters]."""
    found[:] = laid.least_squares(np.log(laid.take(counts) / laid.size + 0.1))
