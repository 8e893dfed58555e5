"""The dispersion of one gene after another: Cox–Reid adjusted posterior and its line search.

The search repeats the *path* of the R program DESeq2, not only its aim: R stops where an
accepted step gained less than 1e-6, which may be the far side of the peak, and everything
downstream depends on where that is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.nb_layout import (
    Arrow,
    Layout,
    factorise,
    fill_arrow,
    gather,
    make_arrow,
)
from leukoscope.kernels.special import (
    digamma_remainder,
    eightfold,
    eightfold_slope,
    gamma_remainder,
    log,
    log1p,
    total,
)


class Search(NamedTuple):
    """How the line search walks (on the logarithm of the dispersion)."""

    lowest: float = math.log(1e-9)  #: stop below
    tolerance: float = 1e-6  #: stop when an accepted step gains less
    most_steps: int = 100
    armijo: float = 1e-4
    minimum_mean: float = 0.5


class Room(NamedTuple):
    """Scratch for one gene."""

    y: NDArray[np.float64]
    mu: NDArray[np.float64]
    value: NDArray[np.float64]
    slope: NDArray[np.float64]
    weight: NDArray[np.float64]
    squared: NDArray[np.float64]
    cell_weight: NDArray[np.float64]
    cell_squared: NDArray[np.float64]


@njit
def make_room(n: int, cells: int) -> Room:
    """Return scratch for n samples in so many cells."""
    return Room(
        np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n),
        np.empty(cells), np.empty(cells),
    )  # fmt: skip


@njit
def likelihood(alpha: float, room: Room) -> tuple[float, float]:
    """Log-likelihood of a dispersion without its constant, and the slope on log alpha.

    Written with ``log1p(y α)`` and ``log1p(μ α)``, it stays exact as alpha goes to zero.
    """
    y, mu, value, slope = room.y, room.mu, room.value, room.slope
    size = 1.0 / alpha
    if size >= 8.0:
        at_size, slope_at_size = gamma_remainder(size), digamma_remainder(size)
        for i in range(y.size):
            z = y[i] + size
            of_count, of_mean = log1p(y[i] * alpha), log1p(mu[i] * alpha)
            rest = gamma_remainder(z) - at_size
            value[i] = (z - 0.5) * of_count - y[i] + rest - z * of_mean
            rest = slope_at_size - digamma_remainder(z)
            slope[i] = of_mean - of_count + rest + (y[i] - mu[i]) / (mu[i] + size)
    else:
        big = size + 8.0
        per_big, log_ratio = 1.0 / big, log(big * alpha)
        at_size, slope_at_size = gamma_remainder(big), digamma_remainder(big) - eightfold_slope(size)
        log_eightfold = log(eightfold(size))
        for i in range(y.size):
            z = y[i] + size
            of_count, of_mean = log1p(y[i] * per_big), log1p(mu[i] * alpha)
            rest = gamma_remainder(z + 8.0) - at_size + log_eightfold - log(eightfold(z))
            value[i] = (z + 7.5) * of_count + y[i] * (log_ratio - 1.0) + rest - z * of_mean
            rest = slope_at_size - digamma_remainder(z + 8.0) + eightfold_slope(z)
            slope[i] = of_mean - of_count + rest + (y[i] - mu[i]) / (mu[i] + size)
    return total(value, 0, y.size), size * total(slope, 0, y.size)


@njit
def cox_reid(alpha: float, room: Room, layout: Layout, arrow: Arrow) -> tuple[float, float]:
    """Cox–Reid term -½ log |X'WX| of a dispersion, and its slope on log alpha."""
    mu, weight, squared = room.mu, room.weight, room.squared
    for i in range(mu.size):
        w = mu[i] / (1.0 + mu[i] * alpha)
        weight[i] = w
        squared[i] = w * w
    start = 0
    for cell in range(layout.end.size):
        room.cell_weight[cell] = total(weight, start, layout.end[cell])
        room.cell_squared[cell] = total(squared, start, layout.end[cell])
        start = layout.end[cell]
    fill_arrow(room.cell_weight, layout, arrow)
    log_determinant = factorise(arrow)
    return -0.5 * log_determinant, 0.5 * alpha * trace_of_solution(room.cell_squared, layout, arrow)


@njit
def trace_of_solution(weight: NDArray[np.float64], layout: Layout, arrow: Arrow) -> float:
    """Trace of (the factorised arrow)⁻¹ X'VX for the summed weights V of each cell."""
    r = layout.border.shape[1]
    x = arrow.solution[layout.n_levels :]
    trace = 0.0
    for cell in range(weight.size):
        trace += weight[cell] * leverage(layout, arrow, cell, x, r)
    return trace


@njit
def leverage(layout: Layout, arrow: Arrow, cell: int, x: NDArray[np.float64], r: int) -> float:
    """Return z' M⁻¹ z for the design row z of a cell and the factorised arrow M."""
    level = layout.level[cell]
    found = 0.0
    for j in range(r):
        x[j] = layout.border[cell, j]
    if level >= 0:
        found = 1.0 / arrow.diagonal[level]
        for j in range(r):
            x[j] -= arrow.coupling[level, j] * found
    for j in range(r):
        for k in range(j):
            x[j] -= arrow.factor[j, k] * x[k]
        x[j] /= arrow.factor[j, j]
        found += x[j] * x[j]
    return found


@njit
def posterior(
    log_alpha: float, prior_mean: float, prior_variance: float, room: Room, layout: Layout, arrow: Arrow
) -> tuple[float, float]:
    """Log posterior of a log dispersion and its slope; no prior if its variance is infinite."""
    alpha = math.exp(log_alpha)
    value, slope = likelihood(alpha, room)
    adjustment, adjustment_slope = cox_reid(alpha, room, layout, arrow)
    away = log_alpha - prior_mean
    value += adjustment - 0.5 * away * away / prior_variance
    return value, slope + adjustment_slope - away / prior_variance


@njit
def line_search(
    log_alpha: float,
    prior_mean: float,
    prior_variance: float,
    search: Search,
    room: Room,
    layout: Layout,
    arrow: Arrow,
) -> tuple[float, int, float, float]:
    """Climb from log_alpha as DESeq2 does; return where, the steps, first and last height."""
    value, slope = posterior(log_alpha, prior_mean, prior_variance, room, layout, arrow)
    first = value
    step = 1.0
    accepted = 0
    taken = 0
    for _ in range(search.most_steps):
        taken += 1
        proposed = log_alpha + step * slope
        if proposed < -30.0:
            step = (-30.0 - log_alpha) / slope
        if proposed > 10.0:
            step = (10.0 - log_alpha) / slope
        proposed = log_alpha + step * slope
        new, new_slope = posterior(proposed, prior_mean, prior_variance, room, layout, arrow)
        if new >= value + step * search.armijo * slope * slope:
            accepted += 1
            log_alpha = proposed
            gain = new - value
            if gain < search.tolerance:
                value = new
                break
            if log_alpha < search.lowest:
                break  # the height stays that of the step before, as in R
            value, slope = new, new_slope
            step = min(step * 1.1, 1.0)
            if accepted % 5 == 0:
                step /= 2.0
        else:
            step /= 2.0
    return log_alpha, taken, first, value


@njit
def set_means(
    cell_means: NDArray[np.float64], gene: int, layout: Layout, least: float, mu: NDArray[np.float64]
) -> None:
    """Write each sample's mean, not below `least`, from the normalised means of the cells."""
    start = 0
    for cell in range(layout.end.size):
        for i in range(start, layout.end[cell]):
            mu[i] = max(layout.size[i] * cell_means[gene, cell], least)
        start = layout.end[cell]


@njit
def search_dispersions(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    layout: Layout,
    start: NDArray[np.float64],
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    search: Search,
    found: NDArray[np.float64],
) -> None:
    """Search the dispersion of every gene.

    Parameters
    ----------
    counts : int64[genes, samples]
    cell_means : float64[genes, cells]
        Fitted normalised mean of each cell.
    layout, search
        Design and rules of the search.
    start, prior_mean : float64[genes]
        Logarithms of dispersions.
    prior_variance : float
        Of the log dispersion around `prior_mean`; infinite for no prior.
    found : float64[genes, 4]
        Written: log dispersion, steps taken, first and last log posterior.
    """
    n, cells = layout.order.size, layout.end.size
    room = make_room(n, cells)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        set_means(cell_means, gene, layout, search.minimum_mean, room.mu)
        at, taken, first, last = line_search(
            start[gene], prior_mean[gene], prior_variance, search, room, layout, arrow
        )
        found[gene, 0] = at
        found[gene, 1] = taken
        found[gene, 2] = first
        found[gene, 3] = last
