"""How the normal equations of a design are filled and eliminated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels.nb_equations import Plan, Terms


def make_terms(matrix: NDArray[np.float64]) -> Terms:
    """Return a matrix[target, source] as a list of what is not zero in it."""
    source, target = np.nonzero(matrix.T)
    return Terms(source.astype(np.uint64), target.astype(np.uint64), matrix[target, source])


def leverage_terms(entries: Terms, p: int) -> Terms:
    """Return how the slots of the inverse of p columns become the leverages of the cells."""
    return Terms(entries.target, entries.source, np.where(entries.target < p, 1.0, 2.0) * entries.factor)


def multiply(values: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values @ matrix.T for a sparse matrix, added up in one fixed order."""
    used = matrix != 0.0
    turn = np.cumsum(used, axis=1)
    found = np.zeros((len(values), len(matrix)))
    for k in range(1, int(turn[:, -1:].max(initial=0)) + 1):
        row, column = np.nonzero(used & (turn == k))
        if row.size == len(matrix):
            found += values.take(column, axis=1) * matrix[row, column]
        else:
            found[:, row] += values.take(column, axis=1) * matrix[row, column]
    return found


def log_determinants(weight: NDArray[np.float64], entries: Terms, plan: Plan) -> NDArray[np.float64]:
    """Return log |X'WX| of each gene, from the weights [gene, cell] of its cells."""
    p = plan.first.size - 1
    matrix = np.zeros((p + plan.row.size, len(weight)))
    np.add.at(matrix, entries.target, entries.factor[:, None] * weight.T[entries.source])
    for column in range(p):
        made = slice(plan.first[column], plan.first[column + 1])
        matrix[plan.into[made]] -= matrix[plan.left[made]] / matrix[column] * matrix[plan.right[made]]
    return np.asarray(np.log(np.abs(matrix[:p])).sum(axis=0))


def plan_elimination(
    rows: NDArray[np.float64], penalty: NDArray[np.float64] | None = None
) -> tuple[Plan, Terms, NDArray[np.int64]]:
    """Plan how X'WX, plus a penalty, is eliminated.

    Parameters
    ----------
    rows
        float64[cells, p], the design's row of each cell; columns that meet few others first.
    penalty
        float64[p, p], symmetric.

    Returns
    -------
    plan
        The plan.
    entries
        From the weights of the cells to the matrix's slots.
    slots
        int64[p, p], slot of each entry, -1 where it stays zero.
    """
    p = rows.shape[1]
    used = (rows != 0).astype(np.float64)
    meets = used.T @ used > 0
    if penalty is not None:
        meets |= penalty != 0
    below = [set(np.flatnonzero(meets[j + 1 :, j]) + j + 1) for j in range(p)]
    for column in range(p):
        if below[column]:
            nearest = min(below[column])
            below[nearest] |= below[column] - {nearest}
    slots = np.full((p, p), -1, dtype=np.int64)
    slots[np.arange(p), np.arange(p)] = np.arange(p)
    places = [(i, j) for j in range(p) for i in sorted(below[j])]
    for slot, (i, j) in enumerate(places, start=p):
        slots[i, j] = slots[j, i] = slot
    updates = [
        (slots[a, j], slots[b, j], slots[a, b])
        for j in range(p) for a in sorted(below[j]) for b in sorted(below[j]) if a <= b
    ]  # fmt: skip
    count = np.array([len(others) for others in below])
    left, right, into = np.array(updates, dtype=np.uint64).reshape(-1, 3).T.copy()
    plan = Plan(
        start=p + np.concatenate([[0], np.cumsum(count)]),
        row=np.array([i for i, _ in places], dtype=np.uint64),
        first=np.concatenate([[0], np.cumsum(count * (count + 1) // 2)]),
        left=left,
        right=right,
        into=into,
    )
    return plan, _entries(rows, slots), slots


def _entries(rows: NDArray[np.float64], slots: NDArray[np.int64]) -> Terms:
    """Return how the weights of the cells fill the slots, cell after cell."""
    found = []
    for i, j in zip(*np.nonzero(np.tril(slots >= 0)), strict=True):
        product = rows[:, i] * rows[:, j]
        cells = np.flatnonzero(product)
        found.append((cells, np.full(cells.size, slots[i, j]), product[cells]))
    source, target, factor = (np.concatenate(parts) for parts in zip(*found, strict=True))
    by_cell = np.argsort(source, kind="stable")
    return Terms(source[by_cell].astype(np.uint64), target[by_cell].astype(np.uint64), factor[by_cell])
