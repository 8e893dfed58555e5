"""Partitioning around medoids [1]_: R's choices among ties, with the swap of FastPAM1 [2]_.

.. [1] Kaufman & Rousseeuw, Finding Groups in Data (Wiley, 1990)
.. [2] Schubert & Rousseeuw, SISAP 2019, doi:10.1007/978-3-030-32047-8_16
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@njit
def build(distance: Floats, n_medoids: int) -> Indices:
    """Choose medoids one by one, each the item that lowers the distances most (the last of ties).

    Parameters
    ----------
    distance : float64[n, n]
        Symmetric distances without NaN.
    n_medoids
        At most n.

    Returns
    -------
    medoids : int64[n_medoids]
        In the order chosen: the first k are the choice for k medoids.
    """
    n = distance.shape[0]
    nearest = np.full(n, _beyond(distance))
    medoids, taken = np.empty(n_medoids, np.int64), np.zeros(n, np.bool_)
    for k in range(n_medoids):
        best, choice = 0.0, -1
        for i in range(n):
            if taken[i]:
                continue
            gain = 0.0
            for j in range(n):
                lower = nearest[j] - distance[i, j]
                if lower > 0.0:
                    gain += lower
            if best <= gain:
                best, choice = gain, i
        medoids[k], taken[choice] = choice, True
        for j in range(n):
            nearest[j] = min(nearest[j], distance[choice, j])
    return medoids


@njit
def _beyond(distance: Floats) -> float:
    """Return a number above every distance: R's, with its single-precision factor."""
    largest = 0.0
    for i in range(distance.shape[0]):
        for j in range(i):
            largest = max(largest, distance[i, j])
    return largest * 1.100000023841858 + 1.0


@njit
def swap(distance: Floats, medoids: Indices) -> Indices:
    """Improve medoids by the best swap until none helps; return them in ascending order.

    Gains are estimated for all swaps at once; those within rounding of the best are then
    summed again in R's order, so that ties fall as in R.
    """
    n, beyond = distance.shape[0], _beyond(distance)
    medoids = np.sort(medoids)
    total = _nearest_total(distance, medoids, beyond)
    gain = np.empty((n, medoids.size))
    while True:
        first, second, mine = _two_nearest(distance, medoids, beyond)
        best = _estimate_gains(distance, medoids, first, second, mine, gain)
        fuzz = 1e-9 * max(1.0, total)
        if best > fuzz:
            return medoids
        change, item, out = 1.0, -1, -1
        for h in range(n):
            for i in range(medoids.size):
                if gain[h, i] <= best + fuzz:
                    exact = _gain(distance, h, medoids[i], first, second)
                    if exact < change:
                        change, item, out = exact, h, i
        if not change < -16.0 * 2.220446049250313e-16 * abs(total):
            return medoids
        medoids[out] = item
        medoids = np.sort(medoids)
        total += change


@njit
def _nearest_total(distance: Floats, medoids: Indices, beyond: float) -> float:
    total = 0.0
    for j in range(distance.shape[0]):
        nearest = beyond
        for i in medoids:
            nearest = min(nearest, distance[i, j])
        total += nearest
    return total


@njit
def _two_nearest(distance: Floats, medoids: Indices, beyond: float) -> tuple[Floats, Floats, Indices]:
    n = distance.shape[0]
    first, second, mine = np.full(n, beyond), np.full(n, beyond), np.zeros(n, np.int64)
    for i in range(medoids.size):
        for j in range(n):
            d = distance[medoids[i], j]
            if d < first[j]:
                second[j], first[j], mine[j] = first[j], d, i
            elif d < second[j]:
                second[j] = d
    return first, second, mine


@njit
def _estimate_gains(
    distance: Floats, medoids: Indices, first: Floats, second: Floats, mine: Indices, gain: Floats
) -> float:
    """Fill the change of the total for every swap (item in, medoid out); return the lowest."""
    n, k = gain.shape
    loss = np.zeros(k)  # what leaves if a medoid goes and nothing comes
    for j in range(n):
        loss[mine[j]] += second[j] - first[j]
    is_medoid = np.zeros(n, np.bool_)
    for i in medoids:
        is_medoid[i] = True
    lowest = np.inf
    for h in range(n):
        if is_medoid[h]:
            for i in range(k):
                gain[h, i] = np.inf
            continue
        shared = 0.0
        for i in range(k):
            gain[h, i] = loss[i]
        for j in range(n):
            d = distance[h, j]
            if d < first[j]:
                shared += d - first[j]
                gain[h, mine[j]] += first[j] - second[j]
            elif d < second[j]:
                gain[h, mine[j]] += d - second[j]
        for i in range(k):
            gain[h, i] += shared
            lowest = min(lowest, gain[h, i])
    return lowest


@njit
def _gain(distance: Floats, item: int, medoid: int, first: Floats, second: Floats) -> float:
    change = 0.0
    for j in range(distance.shape[0]):
        d = distance[item, j]
        if distance[medoid, j] == first[j]:
            change += -first[j] + min(second[j], d)
        elif d < first[j]:
            change += -first[j] + d
    return change


@njit
def assign(distance: Floats, medoids: Indices) -> Indices:
    """Return the nearest medoid of each item, as its position in `medoids` (the first of ties)."""
    _, _, mine = _two_nearest(distance, medoids, np.inf)
    for i in range(medoids.size):
        mine[medoids[i]] = i
    return mine
