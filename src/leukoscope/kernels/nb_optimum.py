"""The dispersion at the exact maximum of its posterior, gene by gene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.nb_dispersion import make_room, posterior, set_means
from leukoscope.kernels.nb_layout import Layout, gather, make_arrow

_POINTS = 24
_HALVINGS = 50


@njit
def maximise_dispersions(
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
    """Maximise the posterior over [low, high]: the best of a grid, then halving by the slope.

    Parameters are those of :func:`~leukoscope.kernels.nb_dispersion.search_dispersions`;
    `found` is float64[genes] and receives log dispersions.
    """
    room = make_room(layout.order.size, layout.end.size)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    step = (high - low) / (_POINTS - 1)
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        set_means(cell_means, gene, layout, minimum_mean, room.mu)
        highest = -np.inf
        left, right = low, high
        for turn in range(_POINTS + _HALVINGS):
            at = low + turn * step if turn < _POINTS else 0.5 * (left + right)
            height, slope = posterior(at, prior_mean[gene], prior_variance, room, layout, arrow)
            if turn < _POINTS:
                if height > highest:
                    highest = height
                    left, right = max(at - step, low), min(at + step, high)
            elif slope > 0.0:
                left = at
            else:
                right = at
        found[gene] = 0.5 * (left + right)
