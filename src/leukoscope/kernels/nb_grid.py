"""The dispersion of a gene from a grid, for genes whose line search failed.

Near zero dispersion the likelihood is flat, and R's rounding decides which grid point is the
highest: ``lgamma(1e8)`` alone carries 2e-7.  There the terms are added in R's own order.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.nb_dispersion import Room, cox_reid, likelihood, make_room, set_means
from leukoscope.kernels.nb_layout import Arrow, Layout, gather, make_arrow

_POINTS = 20
_SMALL = 1e-6
_HALF_LOG_2PI = 0.918938533204672741780329736406


@njit
def plain_log_gamma(x: float) -> float:
    """Logarithm of gamma(x) for large x, rounded as R's short formula is."""
    found = _HALF_LOG_2PI + (x - 0.5) * math.log(x) - x
    return found if x > 4934720.0 else found + 1.0 / (12.0 * x)


@njit
def plain_likelihood(alpha: float, room: Room, position: NDArray[np.int64]) -> float:
    """Log-likelihood of a small dispersion, added up sample by sample in their given order."""
    size = 1.0 / alpha
    at_size = plain_log_gamma(size)
    found = 0.0
    for sample in range(position.size):
        y, mu = room.y[position[sample]], room.mu[position[sample]]
        term = plain_log_gamma(y + size) - at_size
        term = term - y * math.log(mu + size)
        found += term - size * math.log(1.0 + mu * alpha)
    return found


@njit
def highest_of(
    low: float,
    high: float,
    prior_mean: float,
    prior_variance: float,
    position: NDArray[np.int64],
    room: Room,
    layout: Layout,
    arrow: Arrow,
) -> float:
    """Return the first of the 20 evenly spaced log dispersions with the highest posterior."""
    best, best_height = low, -np.inf
    for point in range(_POINTS):
        at = low + point * ((high - low) / (_POINTS - 1))
        alpha = math.exp(at)
        is_small = alpha < _SMALL
        height = plain_likelihood(alpha, room, position) if is_small else likelihood(alpha, room)[0]
        away = at - prior_mean
        height += cox_reid(alpha, room, layout, arrow)[0] - 0.5 * away * away / prior_variance
        if height > best_height:
            best, best_height = at, height
    return best


@njit
def search_on_grid(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    layout: Layout,
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    low: float,
    high: float,
    minimum_mean: float,
    found: NDArray[np.float64],
) -> None:
    """Search twenty log dispersions from `low` to `high`, then twenty around the best.

    Parameters are those of :func:`~leukoscope.kernels.nb_dispersion.search_dispersions`;
    `found` is float64[genes] and receives log dispersions.
    """
    n = layout.order.size
    room = make_room(n, layout.end.size)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    position = np.empty(n, np.int64)
    for i in range(n):
        position[layout.order[i]] = i
    step = (high - low) / (_POINTS - 1)
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        set_means(cell_means, gene, layout, minimum_mean, room.mu)
        coarse = highest_of(low, high, prior_mean[gene], prior_variance, position, room, layout, arrow)
        found[gene] = highest_of(
            coarse - step, coarse + step, prior_mean[gene], prior_variance, position, room, layout, arrow
        )
