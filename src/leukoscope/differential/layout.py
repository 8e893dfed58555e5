"""From a design matrix to what the kernels want, and genes in parallel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.design import Design
from leukoscope.kernels.nb_layout import Layout

_FEWEST_LEVELS = 8  # of a factor, for which an arrow pays
_GENES_PER_TASK = 512


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """A design laid out for the kernels; parameters are theirs, coefficients the design's."""

    layout: Layout
    to_coefficients: NDArray[np.float64]  #: [coefficients, parameters]
    to_parameters: NDArray[np.float64]  #: [parameters, coefficients]
    basis: NDArray[np.float64]  #: [n, p] orthonormal, in order of positions; no columns if cells suffice
    projection: NDArray[np.float64]  #: [n, parameters] transposed pseudo-inverse, in order of positions
    penalised: NDArray[np.int64]  #: coefficient that each parameter's ridge belongs to

    @property
    def n_coefficients(self) -> int:
        """Columns of the design."""
        return int(self.to_coefficients.shape[0])

    def ridge(self, per_coefficient: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the penalties in order of the parameters."""
        return np.ascontiguousarray(per_coefficient[self.penalised])


def lay_out(design: Design, size_factors: NDArray[np.float64], *, arrow: bool = True) -> LaidOut:
    """Lay out a design of full rank.

    Parameters
    ----------
    design
        The design.
    size_factors
        float64[samples].
    arrow
        Whether a factor of many levels may become the diagonal of an arrow; the numbers do
        not depend on it, only the time.
    """
    matrix = design.matrix
    p = matrix.shape[1]
    large = _large_factor(design) if arrow else np.empty(0, dtype=np.int64)
    rest = np.setdiff1d(np.arange(p), large)
    rows, cell_of = np.unique(matrix, axis=0, return_inverse=True)
    cell_of = cell_of.reshape(-1)
    order = np.argsort(cell_of, kind="stable")
    size = size_factors[order]
    offset = bool(large.size) and design.has_intercept
    to_coefficients = _to_coefficients(p, large, rest, offset=offset)
    to_parameters = np.linalg.inv(to_coefficients).astype(np.float64)
    layout = Layout(
        order=order.astype(np.int64),
        size=size,
        log_size=np.log(size),
        end=np.cumsum(np.bincount(cell_of)).astype(np.int64),
        level=_levels(rows[:, large]),
        border=_border(rows, large, rest, offset=offset),
        n_levels=int(large.size),
        offset=offset,
    )
    basis, triangle = np.linalg.qr(matrix[order])
    projection = to_parameters @ np.linalg.solve(triangle, basis.T)
    return LaidOut(
        layout,
        to_coefficients,
        to_parameters,
        np.ascontiguousarray(basis if len(rows) > p else basis[:, :0], dtype=np.float64),
        np.ascontiguousarray(projection.T, dtype=np.float64),
        np.concatenate([large, rest]),
    )


def for_genes(task: Callable[..., None], n_genes: int, n_threads: int, *arrays: Any) -> None:
    """Call ``task(*slices)`` for runs of genes, on threads.

    Parameters
    ----------
    task
        Kernel that writes into its arguments; releases the interpreter's lock.
    n_genes
        Rows.
    n_threads
        Threads; the numbers do not depend on it.
    arrays
        Arguments in order; arrays whose first axis is genes are cut, wrap others in
        :func:`whole`.
    """

    def run(start: int) -> None:
        rows = slice(start, min(start + _GENES_PER_TASK, n_genes))
        task(*(value.value if isinstance(value, whole) else value[rows] for value in arrays))

    starts = range(0, n_genes, _GENES_PER_TASK)
    if n_threads == 1 or len(starts) < 2:
        for start in starts:
            run(start)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(run, starts))


@dataclass(frozen=True, slots=True, eq=False)
class whole:
    """An argument of :func:`for_genes` that every run of genes gets as it is."""

    value: Any


def _large_factor(design: Design) -> NDArray[np.int64]:
    blocks = [columns for columns in design.factor_columns.values() if len(columns) >= _FEWEST_LEVELS]
    return np.array(max(blocks, key=len, default=()), dtype=np.int64)


def _to_coefficients(
    p: int, large: NDArray[np.int64], rest: NDArray[np.int64], *, offset: bool
) -> NDArray[np.float64]:
    """Return the matrix that turns parameters (levels, then border) into coefficients."""
    matrix = np.zeros((p, p))
    matrix[large, np.arange(large.size)] = 1.0
    matrix[rest, large.size + np.arange(rest.size)] = 1.0
    if offset:
        matrix[large, large.size] = -1.0
    return matrix


def _levels(dummies: NDArray[np.float64]) -> NDArray[np.int64]:
    if not dummies.shape[1]:
        return np.full(len(dummies), -1, dtype=np.int64)
    return np.where(dummies.any(axis=1), dummies.argmax(axis=1), -1).astype(np.int64)


def _border(
    rows: NDArray[np.float64], large: NDArray[np.int64], rest: NDArray[np.int64], *, offset: bool
) -> NDArray[np.float64]:
    border = rows[:, rest].copy()
    if offset:
        border[:, 0] = ~rows[:, large].any(axis=1)  # the intercept is the first level's own parameter
    return np.ascontiguousarray(border)
