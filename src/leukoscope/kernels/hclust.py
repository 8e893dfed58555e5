"""Agglomerative clustering in R's order of merges: nearest-neighbour lists with strict comparison [1]_.

.. [1] Murtagh, COMPSTAT Lectures 4 (1985); the order of ties is that of R's ``hclust``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LINKAGES = ("ward.D", "single", "complete", "average", "mcquitty", "median", "centroid", "ward.D2")


@njit
def agglomerate(distance: Floats, linkage: int) -> tuple[Indices, Floats]:
    """Merge items until one cluster is left.

    Parameters
    ----------
    distance : float64[n, n]
        Symmetric distances without NaN; overwritten.
    linkage
        Position in :data:`LINKAGES`.

    Returns
    -------
    merges : int64[n - 1, 2]
        The two clusters of each merge, each named by its smallest item, smaller first.
    heights : float64[n - 1]
        Distance at which they merge.
    """
    n = distance.shape[0]
    merges, heights = np.empty((max(n - 1, 0), 2), np.int64), np.empty(max(n - 1, 0))
    if linkage == 7:
        for i in range(n):
            for j in range(n):
                distance[i, j] *= distance[i, j]
    active, size = np.arange(n), np.ones(n)
    nearest, at = np.empty(n), np.empty(n, np.int64)
    for i in range(n):
        nearest[i], at[i] = np.inf, -1
        for j in range(i + 1, n):
            if distance[i, j] < nearest[i]:
                nearest[i], at[i] = distance[i, j], j
    for step in range(n - 1):
        left = n - step
        best, kept = np.inf, active[0]
        for p in range(left):
            if nearest[active[p]] < best:
                kept = active[p]
                best = nearest[kept]
        gone = at[kept]
        merges[step, 0], merges[step, 1] = kept, gone
        heights[step] = np.sqrt(best) if linkage == 7 else best
        _drop(active, left, gone)
        _join(distance, linkage, size, active, left - 1, kept, gone, nearest, at)
    return merges, heights


@njit
def _drop(active: Indices, left: int, gone: int) -> None:
    found = False
    for p in range(left - 1):
        found = found or active[p] == gone
        if found:
            active[p] = active[p + 1]


@njit
def _join(
    distance: Floats,
    linkage: int,
    size: Floats,
    active: Indices,
    left: int,
    kept: int,
    gone: int,
    nearest: Floats,
    at: Indices,
) -> None:
    """Give `kept` the distances of the joint cluster, and mend the nearest neighbours."""
    between, best, nearest_of_kept = distance[kept, gone], np.inf, -1
    row, n_kept, n_gone = distance[kept], size[kept], size[gone]
    if linkage == 3:
        _average(row, distance[gone], n_kept, n_gone)
    else:
        for p in range(left):
            k = active[p]
            row[k] = _joint_distance(linkage, row[k], distance[gone, k], between, n_kept, n_gone, size[k])
    for p in range(left):
        k = active[p]
        if k == kept:
            continue
        new = row[k]
        distance[k, kept] = new
        if kept < k:
            if new < best:
                best, nearest_of_kept = new, k
        elif new < nearest[k]:
            nearest[k], at[k] = new, kept
    size[kept] += size[gone]
    nearest[kept], at[kept] = best, nearest_of_kept
    for p in range(left):
        i = active[p]
        if at[i] == kept or at[i] == gone:
            best, found = np.inf, at[i]
            for q in range(p + 1, left):
                if distance[i, active[q]] < best:
                    found = active[q]
                    best = distance[i, found]
            nearest[i], at[i] = best, found


@njit
def _average(row: Floats, other: Floats, n: float, n_other: float) -> None:
    """Put the average-linkage distances of two joined clusters into `row`."""
    total = n + n_other
    for k in range(row.size):
        row[k] = (n * row[k] + n_other * other[k]) / total


@njit
def _joint_distance(
    linkage: int, a: float, b: float, between: float, n_a: float, n_b: float, n: float
) -> float:
    """Lance–Williams distance of a third cluster of `n` items to the union of two."""
    if linkage == 0 or linkage == 7:
        return ((n_a + n) * a + (n_b + n) * b - n * between) / (n_a + n_b + n)
    if linkage == 1:
        return min(a, b)
    if linkage == 2:
        return max(a, b)
    if linkage == 4:
        return (a + b) / 2.0
    if linkage == 5:
        return ((a + b) - between / 2.0) / 2.0
    return (n_a * a + n_b * b - n_a * n_b * between / (n_a + n_b)) / (n_a + n_b)


@njit
def cut(merges: Indices, n_clusters: int) -> Indices:
    """Cut the tree into clusters, as R's ``cutree``: int64[n], 0-based by first appearance."""
    n = merges.shape[0] + 1
    parent, cluster, seen = np.arange(n), np.empty(n, np.int64), 0
    for step in range(n - n_clusters):
        parent[merges[step, 1]] = merges[step, 0]
    for i in range(n):  # a cluster is named by its smallest item, so a parent stands before its child
        if parent[i] == i:
            cluster[i] = seen
            seen += 1
        else:
            cluster[i] = cluster[parent[i]]
    return cluster


@njit
def leaf_order(merges: Indices) -> Indices:
    """Return the items from left to right, as R's ``hclust(…)$order``: int64[n], 0-based.

    In a merge a single item stands left of a cluster, a cluster made earlier left of a later
    one, and of two single items the smaller.
    """
    n = merges.shape[0] + 1
    made = np.full(n, -1)  # step at which the cluster of this smallest item was last enlarged
    first, second = np.empty(max(n - 1, 1), np.int64), np.empty(max(n - 1, 1), np.int64)
    for step in range(n - 1):
        a, b = merges[step]
        left, right = made[a], made[b]  # -1: a single item
        if left < 0 and right < 0:
            first[step], second[step] = -a - 1, -b - 1
        elif left < 0:
            first[step], second[step] = -a - 1, right
        elif right < 0:
            first[step], second[step] = -b - 1, left
        else:
            first[step], second[step] = min(left, right), max(left, right)
        made[a] = step
    order, stack = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    stack[0], depth, placed = n - 2, 1, 0
    if n == 1:
        order[0] = 0
        return order
    while depth:
        depth -= 1
        node = stack[depth]
        if node < 0:
            order[placed] = -node - 1
            placed += 1
        else:
            stack[depth], stack[depth + 1] = second[node], first[node]
            depth += 2
    return order
