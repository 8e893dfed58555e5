"""Distances between samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DISTANCES = ("pearson", "spearman", "euclidean")


def sample_distance(values: Floats, kind: str) -> Floats:
    """Return the distances between columns, float64[samples, samples].

    Parameters
    ----------
    values : float64[genes, samples]
        Expression without NaN.
    kind
        ``pearson`` or ``spearman``: 1 - correlation; ``euclidean``.  NaN for a sample that does
        not vary under a correlation.
    """
    if kind == "euclidean":
        return _euclidean(values)
    if kind == "spearman":
        from scipy.stats import rankdata

        values = rankdata(values, axis=0)
    centred = values - values.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = centred / np.sqrt((centred**2).sum(axis=0))
    distance: Floats = 1.0 - np.clip(_products(scaled), -1.0, 1.0)
    np.fill_diagonal(distance, 0.0)
    return distance


def _euclidean(values: Floats) -> Floats:
    """Sum the squared differences block by block: the short formula loses digits between close samples."""
    squared = np.zeros((values.shape[1], values.shape[1]))
    for begin in range(0, len(values), 64):
        block = values[begin : begin + 64]
        for i in range(1, block.shape[1]):
            difference = block[:, :i] - block[:, i : i + 1]
            squared[i, :i] += np.einsum("gs,gs->s", difference, difference)
    distance: Floats = np.sqrt(squared + squared.T)
    return distance


def scalar_products(values: Floats) -> Floats:
    """Return the scalar products of the columns about their mean, float64[samples, samples].

    k-means sees nothing but these, and they are far smaller than the data.
    """
    return _products(values - values.mean(axis=1, keepdims=True))


def _products(columns: Floats) -> Floats:
    """Return the scalar products of the columns, the same bits on any number of threads.

    BLAS gives each thread some columns and sums those of an incomplete tile in another order; with whole
    tiles only, made by empty columns, there is one order.
    """
    n = columns.shape[1]
    padded = np.zeros((len(columns), -(-n // 64) * 64))
    padded[:, :n] = columns
    return np.ascontiguousarray((padded.T @ padded)[:n, :n])
