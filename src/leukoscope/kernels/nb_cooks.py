"""Cook's distances with a robust dispersion, gene by gene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.nb_dispersion import make_room
from leukoscope.kernels.nb_irls import hat_diagonal, set_fitted
from leukoscope.kernels.nb_layout import Layout, gather, make_arrow


@njit
def select(values: NDArray[np.float64], start: int, end: int, rank: int) -> None:
    """Reorder values[start:end] so that values[rank] is where sorting would put it."""
    low, high = start, end - 1
    while low < high:
        middle = (low + high) // 2
        if values[middle] < values[low]:
            values[middle], values[low] = values[low], values[middle]
        if values[high] < values[low]:
            values[high], values[low] = values[low], values[high]
        if values[high] < values[middle]:
            values[high], values[middle] = values[middle], values[high]
        pivot = values[middle]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            return


@njit
def trimmed_mean(values: NDArray[np.float64], start: int, end: int, trim: float) -> float:
    """Mean of values[start:end] without the floor(n · trim) smallest and largest; reorders them."""
    n = end - start
    cut = int(n * trim)
    if cut > 0:
        select(values, start, end, start + cut)
        select(values, start + cut, end, end - cut - 1)
    inner = 0.0
    for i in range(start + cut, end - cut):
        inner += values[i]
    return inner / (n - 2 * cut)


@njit
def trimmed_variance(
    norm: NDArray[np.float64], room: NDArray[np.float64], start: int, end: int, trim: float, scale: float
) -> float:
    """Trimmed mean of squared distances from the trimmed mean, scaled to a normal's variance."""
    for i in range(start, end):
        room[i] = norm[i]
    middle = trimmed_mean(room, start, end, trim)
    for i in range(start, end):
        room[i] = (norm[i] - middle) * (norm[i] - middle)
    return scale * trimmed_mean(room, start, end, trim)


@njit
def robust_dispersion(
    norm: NDArray[np.float64], room: NDArray[np.float64], layout: Layout, in_cells: bool
) -> float:
    """Method-of-moments dispersion from trimmed variances, not below 0.04.

    The largest over cells of three samples or more if `in_cells`, else of all samples.
    """
    mean = 0.0
    for i in range(norm.size):
        mean += norm[i]
    mean /= norm.size
    variance = 0.0
    if in_cells:
        start = 0
        for cell in range(layout.end.size):
            end = layout.end[cell]
            n = end - start
            if n >= 3:
                trim, scale = (1.0 / 3.0, 2.04) if n <= 3 else (0.25, 1.86) if n <= 23 else (0.125, 1.51)
                variance = max(variance, trimmed_variance(norm, room, start, end, trim, scale))
            start = end
    else:
        variance = trimmed_variance(norm, room, 0, norm.size, 0.125, 1.51)
    return max((variance - mean) / (mean * mean), 0.04)


@njit
def cooks_distances(
    counts: NDArray[np.int64],
    layout: Layout,
    alpha: NDArray[np.float64],
    ridge: NDArray[np.float64],
    minimum_mean: float,
    weighted_at: NDArray[np.float64],
    fitted_at: NDArray[np.float64],
    in_cells: bool,
    is_counted: NDArray[np.bool_],
    largest: NDArray[np.float64],
    distances: NDArray[np.float64],
) -> None:
    """Compute Cook's distance of every count.

    Parameters
    ----------
    counts : int64[genes, samples]
    weighted_at, fitted_at : float64[genes, parameters]
        Parameters at which the hat matrix and the residuals are taken; they differ only for
        genes whose reweighting did not converge.
    in_cells : bool
        Whether a cell has three samples or more.
    is_counted : bool[n]
        Positions that enter the second maximum.
    largest : float64[genes, 2]
        Written: largest distance of all samples, and of the counted ones (0 if none is).
    distances : float64[genes or 0, samples]
        Written unless it has no rows: the distances, samples in the order of `counts`.
    """
    n = layout.order.size
    room = make_room(n, layout.end.size)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    p = weighted_at.shape[1]
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        hat_diagonal(alpha[gene], ridge, minimum_mean, weighted_at[gene], room, layout, arrow)
        for i in range(n):
            room.weight[i] = room.y[i] / layout.size[i]
        robust = robust_dispersion(room.weight, room.slope, layout, in_cells)
        set_fitted(layout, fitted_at[gene], 0.0, room.mu, room.value)
        largest[gene, 0] = largest[gene, 1] = 0.0
        for i in range(n):
            mu, h = room.mu[i], room.squared[i]
            residual = (room.y[i] - mu) * (room.y[i] - mu) / (mu + robust * mu * mu)
            distance = residual / p * h / ((1.0 - h) * (1.0 - h))
            largest[gene, 0] = max(largest[gene, 0], distance)
            if is_counted[i]:
                largest[gene, 1] = max(largest[gene, 1], distance)
            if distances.shape[0] > 0:
                distances[gene, layout.order[i]] = distance
