"""Correlations of all gene pairs, block by block, and the modules of the network they make."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import special

from leukoscope.kernels._jit import njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

BINS = 1 << 16


def standardise(values: Floats, *, ranks: bool) -> Floats:
    """Return rows centred and of length 1, so that products of rows are correlations.

    Parameters
    ----------
    values : float64[genes, samples]
        Rows that vary.
    ranks
        Use ranks (ties share the mean): Spearman's correlation.
    """
    if ranks:
        from scipy.stats import rankdata

        values = rankdata(values, axis=1)
    centred = values - values.mean(axis=1, keepdims=True)
    scaled: Floats = centred / np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return scaled


def correlation_blocks(rows: Floats, block: int) -> Iterator[tuple[int, int, Floats]]:
    """Yield the correlations of all pairs of rows in square blocks on and above the diagonal.

    Yields
    ------
    first, second : int
        Row and column at which the block begins; if they are equal, only what lies above the
        block's own diagonal are pairs.
    correlations : float64[…, …]
        Up to rounding within [-1, 1]; the next block is written over it.
    """
    space = np.empty((min(block, len(rows)),) * 2)
    for first in range(0, len(rows), block):
        for second in range(first, len(rows), block):
            above, beside = rows[first : first + block], rows[second : second + block]
            found = space[: len(above), : len(beside)]
            yield first, second, np.matmul(above, beside.T, out=found)


@njit
def add_to_histogram(correlations: Floats, is_square: bool, counts: Indices) -> None:
    """Count |r| in equal bins of [0, 1]; of a square on the diagonal only what is above it."""
    n = counts.size
    for i in range(correlations.shape[0]):
        for j in range(i + 1 if is_square else 0, correlations.shape[1]):
            counts[min(int(abs(correlations[i, j]) * n), n - 1)] += 1


@njit
def select(
    correlations: Floats, is_square: bool, low: float, high: float, least: float
) -> tuple[Indices, Indices, Floats]:
    """Return places and values with low ≤ |r| < high, or with least ≤ |r|, row by row, clipped to [-1, 1]."""
    n = 0
    for i in range(correlations.shape[0]):
        for j in range(i + 1 if is_square else 0, correlations.shape[1]):
            size = abs(correlations[i, j])
            n += (size >= least) | ((size >= low) & (size < high))
    rows, columns, values = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    n = 0
    for i in range(correlations.shape[0]):
        for j in range(i + 1 if is_square else 0, correlations.shape[1]):
            size = abs(correlations[i, j])
            if (size >= least) | ((size >= low) & (size < high)):
                rows[n], columns[n] = i, j
                values[n] = min(max(correlations[i, j], -1.0), 1.0)
                n += 1
    return rows, columns, values


def correlation_p(correlation: Floats, n_samples: int) -> Floats:
    """Two-sided p-value of a correlation by Student's t; NaN below three samples."""
    if n_samples < 3:
        return np.full(np.shape(correlation), np.nan)
    squared = np.asarray(correlation, dtype=np.float64) ** 2
    p_values: Floats = special.betainc((n_samples - 2) / 2.0, 0.5, 1.0 - squared)
    return p_values


@njit
def find_modules(begins: Indices, neighbours: Indices, weight: Floats) -> Indices:
    """Group nodes so that modularity cannot rise by moving one node (Louvain's first phase [1]_).

    Nodes are visited in order, so that the result depends on nothing else.

    Parameters
    ----------
    begins : int64[nodes + 1]
    neighbours : int64[2 × edges]
        Neighbours of each node; a self-loop stands once, with its weight doubled.
    weight : float64[2 × edges]
        Positive weights.

    Returns
    -------
    module : int64[nodes]

    References
    ----------
    .. [1] Blondel et al., J Stat Mech (2008) P10008, doi:10.1088/1742-5468/2008/10/P10008
    """
    n = begins.size - 1
    module, strength = np.arange(n), np.zeros(n)
    for i in range(n):
        for e in range(begins[i], begins[i + 1]):
            strength[i] += weight[e]
    total, of_module, towards = strength.sum(), strength.copy(), np.zeros(n)
    moved, rounds = True, 0
    while moved and rounds < 100:
        moved = False
        rounds += 1
        for i in range(n):
            for e in range(begins[i], begins[i + 1]):
                if neighbours[e] != i:
                    towards[module[neighbours[e]]] += weight[e]
            old = module[i]
            of_module[old] -= strength[i]
            best, gain = old, towards[old] - strength[i] * of_module[old] / total
            for e in range(begins[i], begins[i + 1]):
                other = module[neighbours[e]]
                tried = towards[other] - strength[i] * of_module[other] / total
                if tried > gain + 1e-12:
                    best, gain = other, tried
            for e in range(begins[i], begins[i + 1]):
                towards[module[neighbours[e]]] = 0.0
            of_module[best] += strength[i]
            module[i] = best
            moved = moved or best != old
    return module
