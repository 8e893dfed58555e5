"""Normal equations X'WX of one gene: sparse, factorised along a plan that all genes share.

Samples with equal rows of the design matrix form a *cell*; the kernels see samples sorted by
cell and add up their weights first.  Which entries of the matrix are not zero, and in which
order columns are eliminated, depends on the design only.  A paired design, whose patients meet
only in the few other columns, then costs O(samples) and not O(samples · patients²).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, scratch_njit
from leukoscope.kernels.special import total


class Terms(NamedTuple):
    """A sparse matrix: each term takes an element, times a factor, into another.

    Places are unsigned, here and in plans: signed ones would be looked at whether they count from
    the end, which takes as long as the work.
    """

    source: NDArray[np.uint64]
    target: NDArray[np.uint64]
    factor: NDArray[np.float64]


class Plan(NamedTuple):
    """How a symmetric sparse matrix of p columns is eliminated.

    Its entries on and below the diagonal lie in *slots*: the diagonal in slots 0 … p - 1, the
    others column after column, in order of elimination.
    """

    start: NDArray[np.int64]  #: [p + 1] first slot of each column below the diagonal
    row: NDArray[np.uint64]  #: [slot - p] its row
    first: NDArray[np.int64]  #: [p + 1] first update that each column makes
    left: NDArray[np.uint64]  #: [update] slot in the column
    right: NDArray[np.uint64]  #: [update] slot in the column
    into: NDArray[np.uint64]  #: [update] slot of the entry in their two rows


@inner_njit
def sum_cells(end: NDArray[np.int64], values: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """Write the sum of each cell's values."""
    start = 0
    for cell in range(end.size):
        if end[cell] - start < 8:
            found[cell] = values[start]
            for i in range(start + 1, end[cell]):
                found[cell] += values[i]
        else:
            found[cell] = total(values[start : end[cell]])
        start = end[cell]


@inner_njit
def add_terms(
    source: NDArray[np.uint64],
    target: NDArray[np.uint64],
    factor: NDArray[np.float64],
    x: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Add the sparse matrix's product with x."""
    for t in range(source.size):
        found[target[t]] += factor[t] * x[source[t]]


@inner_njit
def factorise(plan: Plan, matrix: NDArray[np.float64]) -> None:
    """Factorise as L D L', in place: D on the diagonal, below it L D."""
    first, left, right, into = plan.first, plan.left, plan.right, plan.into
    for column in range(first.size - 1):
        per = 1.0 / matrix[column]
        for k in range(first[column], first[column + 1]):
            matrix[into[k]] -= matrix[left[k]] * per * matrix[right[k]]


@inner_njit
def solve(plan: Plan, factor: NDArray[np.float64], x: NDArray[np.float64]) -> None:
    """Solve for the right-hand side x [p], in place."""
    start, row = plan.start, plan.row
    for column in range(x.size):
        part = x[column] / factor[column]
        for k in range(start[column], start[column + 1]):
            x[row[k - x.size]] -= factor[k] * part
    for column in range(x.size - 1, -1, -1):
        rest = x[column]
        for k in range(start[column], start[column + 1]):
            rest -= factor[k] * x[row[k - x.size]]
        x[column] = rest / factor[column]


@inner_njit
def invert(plan: Plan, factor: NDArray[np.float64], inverse: NDArray[np.float64]) -> None:
    """Write the entries of the inverse that lie in the plan's slots.

    Takahashi's recursion: Erisman & Tinney, Commun. ACM 18 (1975) 177.
    """
    start, first, left, right, into = plan.start, plan.first, plan.left, plan.right, plan.into
    for column in range(first.size - 2, -1, -1):
        per = 1.0 / factor[column]
        for k in range(start[column], start[column + 1]):
            inverse[k] = 0.0
        for k in range(first[column], first[column + 1]):
            part = per * inverse[into[k]]
            inverse[left[k]] -= factor[right[k]] * part
            if left[k] != right[k]:
                inverse[right[k]] -= factor[left[k]] * part
        rest = 1.0
        for k in range(start[column], start[column + 1]):
            rest -= factor[k] * inverse[k]
        inverse[column] = rest * per


@scratch_njit
def solve_genes(
    weight: NDArray[np.float64],
    entries: Terms,
    plan: Plan,
    leverages: Terms,
    ridge: NDArray[np.float64],
    contrasts: NDArray[np.float64],
    room: NDArray[np.float64],
    leverage: NDArray[np.float64],
    solution: NDArray[np.float64],
) -> None:
    """Solve the penalised normal equations of every gene.

    Parameters
    ----------
    weight : float64[genes, cells]
        Summed weights.
    entries, plan
        Normal equations of the design.
    leverages
        From the slots of the inverse to the cells.
    ridge : float64[slots]
        Penalty.
    contrasts : float64[k, p]
        Right-hand sides.
    room : float64[2, slots]
        Scratch.
    leverage : float64[genes, cells]
        Written: z' M⁻¹ z for the design row z of each cell.
    solution : float64[genes, k, p]
        Written.
    """
    matrix, inverse = room[0], room[1]
    for gene in range(weight.shape[0]):
        for k in range(ridge.size):
            matrix[k] = ridge[k]
        add_terms(entries.source, entries.target, entries.factor, weight[gene], matrix)
        factorise(plan, matrix)
        invert(plan, matrix, inverse)
        of_cell = leverage[gene]
        for cell in range(of_cell.size):
            of_cell[cell] = 0.0
        add_terms(leverages.source, leverages.target, leverages.factor, inverse, of_cell)
        for k in range(contrasts.shape[0]):
            x = solution[gene, k]
            for j in range(x.size):
                x[j] = contrasts[k, j]
            solve(plan, matrix, x)
