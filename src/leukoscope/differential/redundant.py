"""Designs with more columns than they need, which a prior on the coefficients makes unique."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.layout import LaidOut
from leukoscope.kernels.nb_layout import Layout

_FEWEST_LEVELS = 8


def lay_out_redundant(
    matrix: NDArray[np.float64], size_factors: NDArray[np.float64], exclusive: tuple[int, ...]
) -> LaidOut:
    """Lay out a design matrix of any rank; its parameters are its coefficients in another order.

    Parameters
    ----------
    matrix
        float64[samples, coefficients].
    size_factors
        float64[samples].
    exclusive
        Columns of 0 and 1 of which at most one is 1 in a sample; many of them become the diagonal
        of an arrow.
    """
    n, p = matrix.shape
    large = np.array(exclusive if len(exclusive) >= _FEWEST_LEVELS else (), dtype=np.int64)
    order = np.concatenate([large, np.setdiff1d(np.arange(p), large)])
    rows, cell_of = np.unique(matrix, axis=0, return_inverse=True)
    positions = np.argsort(cell_of.reshape(-1), kind="stable")
    dummies = rows[:, large]
    level = (
        np.where(dummies.any(axis=1), dummies.argmax(axis=1), -1) if large.size else np.full(len(rows), -1)
    )
    size = size_factors[positions]
    layout = Layout(
        order=positions.astype(np.int64),
        size=size,
        log_size=np.log(size),
        end=np.cumsum(np.bincount(cell_of.reshape(-1))).astype(np.int64),
        level=level.astype(np.int64),
        border=np.ascontiguousarray(rows[:, order[large.size :]]),
        n_levels=int(large.size),
        offset=False,
    )
    to_coefficients = np.zeros((p, p))
    to_coefficients[order, np.arange(p)] = 1.0
    nothing = np.empty((n, 0))
    return LaidOut(layout, to_coefficients, np.ascontiguousarray(to_coefficients.T), nothing, nothing, order)
