"""k-means by Hartigan and Wong's transfers (AS 136 [1]_), step for step as R's ``kmeans``.

A point's distance to a centre is read from scalar products: |x - c|² = x·x - 2 x·c + c·c with c the
mean of its members.  A comparison then costs one step whatever the number of genes, a move one row.

.. [1] Hartigan & Wong, Appl Stat 28 (1979) 100, doi:10.2307/2346830
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Clusters(NamedTuple):
    """Clusters and their scalar products; arrays are changed in place."""

    mine: Indices  #: int64[m], cluster of each point
    next: Indices  #: int64[m], the cluster it would rather go to
    size: Indices  #: int64[k]
    towards: Floats  #: float64[k, m], sum over the members of the scalar products with each point
    within: Floats  #: float64[k], sum of the scalar products of all pairs of members
    changed_at: Indices  #: int64[k], step of the last change
    loss: Floats  #: float64[m], what a point's leaving would save
    updated: Flags  #: bool[k], changed in the last quick-transfer stage
    live: Indices  #: int64[k], last step at which the cluster is looked at


@njit
def hartigan_wong(products: Floats, start: Indices, max_rounds: int) -> Indices:
    """Assign points to clusters.

    Parameters
    ----------
    products : float64[m, m]
        Scalar products of the points, without NaN.
    start : int64[k]
        Points that are the first centres, all different; 2 ≤ k < m.
    max_rounds
        Optimal-transfer stages at most.

    Returns
    -------
    cluster : int64[m]
        Cluster of each point, 0-based; -1 throughout if a cluster was empty at the start.
    """
    m, k = products.shape[0], start.size
    state = _start(products, start)
    for c in range(k):
        if state.size[c] == 0:
            return np.full(m, -1)
    quiet = 0
    for _ in range(max_rounds):
        quiet = _optimal_transfer(products, state, quiet)
        if quiet == m:
            break
        settled, moved = _quick_transfer(products, state)
        if moved:
            quiet = 0
        if k == 2 or not settled:
            break
        state.changed_at[:] = 0
    return state.mine


@njit
def _start(products: Floats, start: Indices) -> Clusters:
    m, k = products.shape[0], start.size
    mine, following, size = np.zeros(m, np.int64), np.ones(m, np.int64), np.zeros(k, np.int64)
    for i in range(m):
        near, far = np.inf, np.inf
        for c in range(k):
            s = start[c]
            distance = products[i, i] - 2.0 * products[i, s] + products[s, s]
            if c == 1 and distance < near:
                following[i], far, mine[i], near = 0, near, 1, distance
            elif c == 1:
                following[i], far = 1, distance
            elif distance < near:
                following[i], far, mine[i], near = mine[i], near, c, distance
            elif distance < far:
                following[i], far = c, distance
        size[mine[i]] += 1
    towards, within = np.zeros((k, m)), np.zeros(k)
    for i in range(m):
        for j in range(m):
            towards[mine[i], j] += products[i, j]
    for i in range(m):
        within[mine[i]] += towards[mine[i], i]
    changed_at, live = np.full(k, -1), np.zeros(k, np.int64)
    updated = np.ones(k, np.bool_)
    return Clusters(mine, following, size, towards, within, changed_at, np.zeros(m), updated, live)


@njit
def _squared(products: Floats, state: Clusters, i: int, c: int) -> float:
    n = float(state.size[c])
    squared: float = products[i, i] - 2.0 * state.towards[c, i] / n + state.within[c] / (n * n)
    return squared


@njit
def _saved(products: Floats, state: Clusters, i: int) -> float:
    """What the sum of squares loses if point `i` leaves its cluster."""
    n = float(state.size[state.mine[i]])
    return _squared(products, state, i, state.mine[i]) * (n / (n - 1.0))


@njit
def _joining(state: Clusters, c: int) -> float:
    n = float(state.size[c])
    return n / (n + 1.0)


@njit
def _move(products: Floats, state: Clusters, i: int, target: int, step: int) -> None:
    source = state.mine[i]
    own = products[i, i]
    state.within[source] += own - 2.0 * state.towards[source, i]
    state.within[target] += own + 2.0 * state.towards[target, i]
    for j in range(products.shape[0]):
        state.towards[source, j] -= products[i, j]
        state.towards[target, j] += products[i, j]
    state.size[source] -= 1
    state.size[target] += 1
    state.changed_at[source] = state.changed_at[target] = step
    state.mine[i], state.next[i] = target, source


@njit
def _optimal_transfer(products: Floats, state: Clusters, quiet: int) -> int:
    """Move each point to the cluster that gains most; return the steps since the last move."""
    m, k = products.shape[0], state.size.size
    for c in range(k):
        if state.updated[c]:
            state.live[c] = m + 1
    for i in range(m):
        quiet += 1
        source = state.mine[i]
        if state.size[source] > 1:
            if state.changed_at[source] != 0:
                state.loss[i] = _saved(products, state, i)
            target, gain = _best_target(products, state, i)
            if gain >= state.loss[i]:
                state.next[i] = target
            else:
                quiet = 0
                state.live[source] = state.live[target] = m + i + 1
                _move(products, state, i, target, i + 1)
        if quiet == m:
            return quiet
    for c in range(k):
        state.updated[c] = False
        state.live[c] -= m
    return quiet


@njit
def _best_target(products: Floats, state: Clusters, i: int) -> tuple[int, float]:
    """Find the cluster that costs least to join, among those that changed of late."""
    source, target = state.mine[i], state.next[i]
    gain = _squared(products, state, i, target) * _joining(state, target)
    everywhere = i + 1 < state.live[source]
    for c in range(state.size.size):
        if c == source or c == state.next[i] or not (everywhere or i + 1 < state.live[c]):
            continue
        cost = _squared(products, state, i, c) * _joining(state, c)
        if cost < gain:
            gain, target = cost, c
    return target, gain


@njit
def _quick_transfer(products: Floats, state: Clusters) -> tuple[bool, bool]:
    """Swap points between their two closest clusters; return whether it settled, and moved any."""
    m = products.shape[0]
    quiet, step, moved = 0, 0, False
    while True:
        for i in range(m):
            quiet += 1
            step += 1
            if step >= 50 * m:
                return False, moved
            source, target = state.mine[i], state.next[i]
            if state.size[source] > 1:
                if step <= state.changed_at[source]:
                    state.loss[i] = _saved(products, state, i)
                if step < state.changed_at[source] or step < state.changed_at[target]:
                    cost = _squared(products, state, i, target) * _joining(state, target)
                    if cost < state.loss[i]:
                        quiet, moved = 0, True
                        state.updated[source] = state.updated[target] = True
                        _move(products, state, i, target, step + m)
            if quiet == m:
                return True, moved
