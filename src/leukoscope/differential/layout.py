"""From a design matrix to what the kernels want, and genes in parallel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.design import Design
from leukoscope.differential.equations import leverage_terms, plan_elimination
from leukoscope.kernels.nb_equations import Plan, Terms
from leukoscope.workers import call_in_runs

_FEWEST_LEVELS = 8  # of a factor, for which a parameter for each level pays
_COUNTS_PER_TASK = 1 << 16

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """A design laid out for the kernels; parameters are theirs, coefficients the design's.

    Samples with equal rows of the design form a cell, and stand at *positions* sorted by cell.
    """

    order: NDArray[np.int64]  #: [n] sample at each position
    size: Matrix  #: [n] size factor at each position
    cell: NDArray[np.int64]  #: [n] cell of each position
    end: NDArray[np.int64]  #: [cells] end of each cell's positions
    rows: Matrix  #: [cells, parameters] the design
    to_coefficients: Matrix  #: [coefficients, parameters]
    plan: Plan  #: of the normal equations without penalty
    entries: Terms
    leverages: Terms
    projection: Matrix  #: [parameters, cells] the least-squares fit; empty for a design not of full rank

    @property
    def n_coefficients(self) -> int:
        """Columns of the design."""
        return int(self.to_coefficients.shape[0])

    @property
    def is_saturated(self) -> bool:
        """Whether every cell has a mean of its own."""
        return len(self.rows) == self.n_coefficients

    @property
    def cell_sizes(self) -> NDArray[np.int64]:
        """Samples in each cell."""
        return np.diff(self.end, prepend=0)

    def take(self, counts: NDArray[np.int64]) -> Matrix:
        """Return counts [gene, sample] by position."""
        return counts.take(self.order, axis=1).astype(np.float64)

    def means(self, cell_means: Matrix, least: float) -> Matrix:
        """Return means [gene, position], not below `least`, from normalised means [gene, cell]."""
        return np.maximum(cell_means.take(self.cell, axis=1) * self.size, least)

    def sums(self, values: Matrix) -> Matrix:
        """Return the sum over each cell, [gene, cell], of values [gene, position]."""
        return np.asarray(np.add.reduceat(values, self.end - self.cell_sizes, axis=1))

    def least_squares(self, values: Matrix) -> Matrix:
        """Return the parameters that fit values [gene, position] best."""
        return np.asarray(np.einsum("gc,pc->gp", self.sums(values), self.projection))


def lay_out(design: Design, size_factors: NDArray[np.float64], *, arrow: bool = True) -> LaidOut:
    """Lay out a design of full rank.

    Parameters
    ----------
    design
        The design.
    size_factors
        float64[samples].
    arrow
        Whether each level of a factor of many levels may have a parameter of its own (intercept
        plus effect), so that the normal equations are all but diagonal; the numbers do not
        depend on it, only the time.
    """
    p = design.matrix.shape[1]
    large = _large_factor(design) if arrow else np.empty(0, dtype=np.int64)
    rest = np.setdiff1d(np.arange(p), large)
    to_coefficients = np.zeros((p, p))
    to_coefficients[np.concatenate([large, rest]), np.arange(p)] = 1.0
    if large.size and design.has_intercept:  # whose parameter is the first level's own
        to_coefficients[large, large.size] = -1.0
    laid = arrange(design.matrix, to_coefficients, size_factors)
    cross = (laid.rows.T * laid.cell_sizes) @ laid.rows
    return replace(laid, projection=np.asarray(np.linalg.solve(cross, laid.rows.T), dtype=np.float64))


def arrange(matrix: Matrix, to_coefficients: Matrix, size_factors: Matrix) -> LaidOut:
    """Lay out a design matrix [sample, coefficient] for given parameters."""
    rows, cell_of = np.unique(matrix, axis=0, return_inverse=True)
    cell_of = cell_of.reshape(-1)
    order = np.argsort(cell_of, kind="stable")
    rows = np.ascontiguousarray(rows @ to_coefficients)
    plan, entries, _ = plan_elimination(rows)
    return LaidOut(
        order=order.astype(np.int64),
        size=size_factors[order],
        cell=cell_of[order].astype(np.int64),
        end=np.cumsum(np.bincount(cell_of)).astype(np.int64),
        rows=rows,
        to_coefficients=to_coefficients,
        plan=plan,
        entries=entries,
        leverages=leverage_terms(entries, rows.shape[1]),
        projection=np.empty((0, 0)),
    )


def for_genes(task: Callable[..., None], n_genes: int, n_threads: int, *arrays: Any, width: int = 0) -> None:
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
    width
        Numbers that a gene takes while it is worked on; by default the most of an argument.
    """
    widest = max(width, *(value[:1].size for value in arrays if not isinstance(value, whole)))

    def run(rows: slice) -> None:
        task(*(value.value if isinstance(value, whole) else value[rows] for value in arrays))

    call_in_runs(run, n_genes, max(_COUNTS_PER_TASK // max(widest, 1), 1), n_threads)


@dataclass(frozen=True, slots=True, eq=False)
class whole:
    """An argument of :func:`for_genes` that every run of genes gets as it is."""

    value: Any


def _large_factor(design: Design) -> NDArray[np.int64]:
    blocks = [columns for columns in design.factor_columns.values() if len(columns) >= _FEWEST_LEVELS]
    return np.array(max(blocks, key=len, default=()), dtype=np.int64)
