"""Consensus clustering [1]_: draw, cluster every resample for every K, count who stays together.

.. [1] Monti et al., Machine Learning 52 (2003) 91, doi:10.1023/A:1023949509487
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit
from leukoscope.kernels.hclust import agglomerate, cut
from leukoscope.kernels.kmeans import hartigan_wong
from leukoscope.kernels.pam import assign, build, swap
from leukoscope.kernels.r_random import State, sample

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = NDArray[np.uint8]


@njit
def draw(
    state: State, n_items: int, n_drawn: int, n_features: int, n_features_drawn: int, n_resamplings: int
) -> tuple[Indices, Indices]:
    """Draw the items, and the features if fewer than all, of each resample, in R's order.

    Returns
    -------
    items : int64[n_resamplings, n_drawn]
        Ascending.
    features : int64[n_resamplings, n_features_drawn]
        Ascending; not drawn (and all zero) if `n_features_drawn` is not below `n_features`.
    """
    items = np.empty((n_resamplings, n_drawn), np.int64)
    features = np.zeros((n_resamplings, n_features_drawn if n_features_drawn < n_features else 0), np.int64)
    for r in range(n_resamplings):
        items[r] = np.sort(sample(state, n_items, n_drawn))
        if n_features_drawn < n_features:
            features[r] = np.sort(sample(state, n_features, n_features_drawn))
    return items, features


@njit
def draw_with_centres(
    state: State, n_drawn: int, n_resamplings: int, max_k: int, twin: Indices
) -> tuple[Indices, Indices]:
    """Draw items, and for each K the items that start as centres, as ``kmeans`` does.

    Parameters
    ----------
    twin : int64[n_items]
        First item with the same values; equal centres are drawn again among the distinct ones.

    Returns
    -------
    items : int64[n_resamplings, n_drawn]
        Ascending.
    centres : int64[n_resamplings, max_k - 1, max_k]
        Positions within the drawn items; -1 in the first place if there are too few distinct ones.
    """
    items = np.empty((n_resamplings, n_drawn), np.int64)
    centres = np.full((n_resamplings, max_k - 1, max_k), -1)
    for r in range(n_resamplings):
        items[r] = np.sort(sample(state, twin.size, n_drawn))
        for k in range(2, max_k + 1):
            start = sample(state, n_drawn, k)
            if _has_twins(twin[items[r][start]]):
                distinct = _first_of_twins(twin[items[r]])
                if distinct.size < k:
                    continue
                start = distinct[sample(state, distinct.size, k)]
            centres[r, k - 2, :k] = start
    return items, centres


@njit
def _has_twins(values: Indices) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] == ordered[:-1]).any())


@njit
def _first_of_twins(values: Indices) -> Indices:
    kept, n = np.empty(values.size, np.int64), 0
    for i in range(values.size):
        if not (values[:i] == values[i]).any():
            kept[n] = i
            n += 1
    return kept[:n]


@njit
def _within(distance: Floats, items: Indices) -> Floats:
    part = np.empty((items.size, items.size))
    for i in range(items.size):
        for j in range(items.size):
            part[i, j] = distance[items[i], items[j]]
    return part


@parallel_njit
def label_trees(distance: Floats, items: Indices, max_k: int, linkage: int) -> Labels:
    """Cluster each resample hierarchically and cut it at each K.

    Parameters
    ----------
    distance : float64[n, n]
        Symmetric distances without NaN.
    items : int64[n_resamplings, n_drawn]
        Items of each resample, ascending.

    Returns
    -------
    labels : uint8[max_k - 1, n, n_resamplings]
        1-based cluster, 0 where an item was not drawn.
    """
    labels = np.zeros((max_k - 1, distance.shape[0], items.shape[0]), np.uint8)
    for r in numba.prange(items.shape[0]):
        merges, _ = agglomerate(_within(distance, items[r]), linkage)
        for k in range(2, max_k + 1):
            _put(labels, k, r, items[r], cut(merges, k))
    return labels


@njit
def _put(labels: Labels, k: int, r: int, items: Indices, cluster: Indices) -> None:
    for i in range(items.size):
        labels[k - 2, items[i], r] = cluster[i] + 1


@parallel_njit
def label_medoids(distance: Floats, items: Indices, max_k: int) -> Labels:
    """As :func:`label_trees`, by partitioning around medoids."""
    labels = np.zeros((max_k - 1, distance.shape[0], items.shape[0]), np.uint8)
    for r in numba.prange(items.shape[0]):
        part = _within(distance, items[r])
        chosen = build(part, max_k)
        for k in range(2, max_k + 1):
            _put(labels, k, r, items[r], assign(part, swap(part, chosen[:k])))
    return labels


@parallel_njit
def label_means(products: Floats, items: Indices, centres: Indices, max_rounds: int) -> Labels:
    """As :func:`label_trees`, by k-means on the scalar products of the items, float64[n, n].

    All labels of a resample and K are 255 if a cluster was empty at the start.
    """
    max_k = centres.shape[2]
    labels = np.zeros((max_k - 1, products.shape[0], items.shape[0]), np.uint8)
    for r in numba.prange(items.shape[0]):
        part = _within(products, items[r])
        for k in range(2, max_k + 1):
            cluster = hartigan_wong(part, centres[r, k - 2, :k], max_rounds)
            if cluster[0] < 0:
                cluster[:] = 254
            _put(labels, k, r, items[r], cluster)
    return labels


@parallel_njit
def count_together(labels: Labels) -> Floats:
    """Share of the resamples with both items in which they were clustered together.

    Parameters
    ----------
    labels : uint8[n, n_resamplings]
        1-based cluster below 32, 0 where an item was not drawn.

    Returns
    -------
    consensus : float64[n, n]
        0 for items that were never drawn together.
    """
    n, n_resamplings = labels.shape
    words = (n_resamplings + 63) // 64
    planes, drawn = np.zeros((n, words, 5), np.uint64), np.zeros((n, words), np.uint64)
    for i in numba.prange(n):
        for r in range(n_resamplings):
            bit = np.uint64(r & 63)
            label = np.uint64(labels[i, r])
            if label:
                drawn[i, r >> 6] |= np.uint64(1) << bit
            for p in range(5):
                planes[i, r >> 6, p] |= ((label >> np.uint64(p)) & np.uint64(1)) << bit
    consensus = np.zeros((n, n))
    for i in numba.prange(n):
        for j in range(i + 1):
            both, together = 0, 0
            for w in range(words):
                shared = drawn[i, w] & drawn[j, w]
                differ = planes[i, w, 0] ^ planes[j, w, 0]
                for p in range(1, 5):
                    differ |= planes[i, w, p] ^ planes[j, w, p]
                both += _ones(shared)
                together += _ones(shared & ~differ)
            if both:
                consensus[i, j] = together / both
    for i in range(n):
        for j in range(i):
            consensus[j, i] = consensus[i, j]
    return consensus


@njit
def _ones(word: int) -> int:
    """Count the set bits of a uint64."""
    w = np.uint64(word)
    w -= (w >> np.uint64(1)) & np.uint64(0x5555555555555555)
    w = (w & np.uint64(0x3333333333333333)) + ((w >> np.uint64(2)) & np.uint64(0x3333333333333333))
    w = (w + (w >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((w * np.uint64(0x0101010101010101)) >> np.uint64(56))
