"""How a design matrix is laid out for the negative-binomial kernels.

Samples with equal rows of the design matrix form a *cell*; the kernels see samples sorted by
cell and work once per cell where they can.  Where the design has one factor of many levels
(the patient of a paired design) and few other columns (the *border*), the normal equations
have the shape of an arrow::

    [ diagonal   coupling ]   levels of the large factor
    [ coupling'  corner   ]   border

and everything costs O(samples) instead of O(samples · levels²).  A plain design has no
levels: its matrix is all corner.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.special import log


class Layout(NamedTuple):
    """Samples and design matrix as the kernels want them.

    With `offset`, the first level of the large factor is the first border column, and a
    level's parameter holds intercept plus level effect.
    """

    order: NDArray[np.int64]  #: [n] sample at each position
    size: NDArray[np.float64]  #: [n] size factor at each position
    log_size: NDArray[np.float64]  #: [n]
    end: NDArray[np.int64]  #: [cells] end of each cell's positions
    level: NDArray[np.int64]  #: [cells] level of the large factor, -1 if none
    border: NDArray[np.float64]  #: [cells, r] other columns
    n_levels: int
    offset: bool


class Arrow(NamedTuple):
    """Room for one symmetric arrow matrix and its solution."""

    diagonal: NDArray[np.float64]  #: [levels]
    coupling: NDArray[np.float64]  #: [levels, r]
    corner: NDArray[np.float64]  #: [r, r]
    factor: NDArray[np.float64]  #: [r, r] Cholesky factor of the Schur complement
    solution: NDArray[np.float64]  #: [levels + r]


@njit
def make_arrow(n_levels: int, r: int) -> Arrow:
    """Return an empty arrow matrix."""
    return Arrow(
        np.zeros(n_levels),
        np.zeros((n_levels, r)),
        np.zeros((r, r)),
        np.zeros((r, r)),
        np.zeros(n_levels + r),
    )


@njit
def gather(counts: NDArray[np.int64], gene: int, layout: Layout, y: NDArray[np.float64]) -> None:
    """Write the gene's counts, in order of positions, into y."""
    for i in range(y.size):
        y[i] = counts[gene, layout.order[i]]


@njit
def fill_arrow(weight: NDArray[np.float64], layout: Layout, arrow: Arrow) -> None:
    """Set the arrow to X'WX for the summed weight of each cell."""
    r = layout.border.shape[1]
    for j in range(r):
        for k in range(r):
            arrow.corner[j, k] = 0.0
        for level in range(layout.n_levels):
            arrow.coupling[level, j] = 0.0
    for level in range(layout.n_levels):
        arrow.diagonal[level] = 0.0
    for cell in range(weight.size):
        level = layout.level[cell]
        if level >= 0:
            arrow.diagonal[level] += weight[cell]
        for j in range(r):
            part = weight[cell] * layout.border[cell, j]
            if level >= 0:
                arrow.coupling[level, j] += part
            for k in range(j + 1):
                arrow.corner[j, k] += part * layout.border[cell, k]


@njit
def add_ridge(arrow: Arrow, ridge: NDArray[np.float64], offset: bool) -> None:
    """Add the penalty of each coefficient, level effects first.

    With `offset` a level effect is the difference of two parameters, which couples them.
    """
    n_levels, r = arrow.coupling.shape
    for j in range(r):
        arrow.corner[j, j] += ridge[n_levels + j]
    for level in range(n_levels):
        arrow.diagonal[level] += ridge[level]
        if offset:
            arrow.coupling[level, 0] -= ridge[level]
            arrow.corner[0, 0] += ridge[level]


@njit
def factorise(arrow: Arrow) -> float:
    """Factorise the arrow; return the logarithm of its determinant, NaN if not positive."""
    n_levels, r = arrow.coupling.shape
    factor = arrow.factor
    for j in range(r):
        for k in range(j + 1):
            factor[j, k] = arrow.corner[j, k]
    log_determinant = 0.0
    for level in range(n_levels):
        log_determinant += log(arrow.diagonal[level])
        for j in range(r):
            part = arrow.coupling[level, j] / arrow.diagonal[level]
            for k in range(j + 1):
                factor[j, k] -= part * arrow.coupling[level, k]
    for j in range(r):
        for k in range(j + 1):
            rest = factor[j, k]
            for m in range(k):
                rest -= factor[j, m] * factor[k, m]
            if k < j:
                factor[j, k] = rest / factor[k, k]
            elif rest > 0.0:
                factor[j, j] = math.sqrt(rest)
                log_determinant += math.log(rest)
            else:
                return np.nan
    return log_determinant


@njit
def solve_corner(factor: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """Solve with the Cholesky factor of the Schur complement, in place."""
    r = x.size
    for j in range(r):
        for k in range(j):
            x[j] -= factor[j, k] * x[k]
        x[j] /= factor[j, j]
    for j in range(r - 1, -1, -1):
        for k in range(j + 1, r):
            x[j] -= factor[k, j] * x[k]
        x[j] /= factor[j, j]


@njit
def solve(arrow: Arrow, x: NDArray[np.float64]) -> None:
    """Solve the factorised system for right-hand side x [levels + r], in place."""
    n_levels, r = arrow.coupling.shape
    for level in range(n_levels):
        part = x[level] / arrow.diagonal[level]
        for j in range(r):
            x[n_levels + j] -= arrow.coupling[level, j] * part
    solve_corner(arrow.factor, x[n_levels:])
    for level in range(n_levels):
        rest = x[level]
        for j in range(r):
            rest -= arrow.coupling[level, j] * x[n_levels + j]
        x[level] = rest / arrow.diagonal[level]


@njit
def linear_predictor(layout: Layout, parameters: NDArray[np.float64], cell: int) -> float:
    """Return the natural logarithm of the cell's mean, at size factor 1."""
    eta = 0.0
    if layout.level[cell] >= 0:
        eta = parameters[layout.level[cell]]
    for j in range(layout.border.shape[1]):
        eta += layout.border[cell, j] * parameters[layout.n_levels + j]
    return eta
