"""A quasi-Newton minimiser in a box, with numeric gradients, for the few genes that need it.

The method is L-BFGS-B (Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16 (1995) 1190) with its
first release's subspace step, which R's ``optim`` uses, and the line search of Moré & Thuente
(ACM TOMS 20 (1994) 286).  That release forgets its memory when it used none of it in one
iteration (no coefficient was free) and wants it in the next; so does this one.  With so few
coefficients the approximation of the Hessian is kept whole.  All genes take their iterations
together; none knows of the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.linesearch import Function, Objective, search_along

_MEMORY = 5
_MOST_ITERATIONS = 100
_TOLERANCE = 1e7 * np.finfo(float).eps
_STEP = 1e-3

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class _Memory:
    """The last steps of every gene and the changes of the gradient along them, oldest first."""

    def __init__(self, n_genes: int, p: int) -> None:
        self.steps = np.zeros((n_genes, _MEMORY, p))
        self.bends = np.zeros((n_genes, _MEMORY, p))
        self.held = np.zeros(n_genes, dtype=np.int64)
        self.unused = np.zeros(n_genes, dtype=np.int64)  #: steps kept since one was used

    def forget(self, genes: NDArray[np.int64]) -> None:
        self.held[genes] = self.unused[genes] = 0

    def keep(self, genes: NDArray[np.int64], steps: Floats, bends: Floats) -> None:
        full = genes[self.held[genes] == _MEMORY]
        for lines in (self.steps, self.bends):
            lines[full, :-1] = lines[full, 1:]
        self.held[full] -= 1
        self.steps[genes, self.held[genes]] = steps
        self.bends[genes, self.held[genes]] = bends
        self.held[genes] += 1
        self.unused[genes] += 1

    def hessian(self, genes: NDArray[np.int64]) -> Floats:
        """Return the BFGS approximations [gene, p, p]."""
        found = np.tile(np.eye(self.steps.shape[2]), (genes.size, 1, 1))
        held = self.held[genes]
        some = np.flatnonzero(held)
        step, bend = (lines[genes[some], held[some] - 1] for lines in (self.steps, self.bends))
        found[some] *= ((bend * bend).sum(axis=1) / (step * bend).sum(axis=1))[:, None, None]
        for k in range(int(held.max(initial=0))):
            some = np.flatnonzero(held > k)
            step, bend = self.steps[genes[some], k], self.bends[genes[some], k]
            pushed = _product(found[some], step)
            found[some] -= _squares(pushed) / (step * pushed).sum(axis=1)[:, None, None]
            found[some] += _squares(bend) / (step * bend).sum(axis=1)[:, None, None]
        return found


def minimise_in_box(function: Function, start: Floats, bound: float) -> tuple[Floats, Flags]:
    """Return the minimiser of each gene within ±bound and whether its search converged.

    Parameters
    ----------
    function
        Values of points[coefficient, gene, point] for some genes.
    start
        Where to begin, float64[gene, coefficient]; moved into the box.
    bound
        Largest absolute coefficient; infinite for no box.
    """
    objective = Objective(function, bound, _STEP)
    x = np.clip(start, -bound, bound)
    going, converged = np.arange(len(x)), np.zeros(len(x), dtype=bool)
    value, gradient = objective(x, going)
    memory = _Memory(*x.shape)
    for turn in range(_MOST_ITERATIONS):
        flat = ~(np.abs(np.clip(x - gradient, -bound, bound) - x).max(axis=1) > 0.0)[going]
        converged[going[flat]] = True
        going = going[~flat]
        if not going.size:
            break
        at, slope = x[going], gradient[going]
        target = _model_minimum(memory, going, at, slope, bound)
        found = search_along(objective, going, at, target - at, value[going], slope, first=turn == 0)
        lost, moved = going[~found.is_lower], going[found.is_lower]
        stopped = memory.held[lost] == 0
        memory.forget(lost)
        new_x, new_value, new_gradient = (
            values[found.is_lower] for values in (found.point, found.value, found.gradient)
        )
        change = value[moved] - new_value
        scale = np.maximum(np.maximum(np.abs(value[moved]), np.abs(new_value)), 1.0)
        step, bend = new_x - x[moved], new_gradient - gradient[moved]
        bends = (step * bend).sum(axis=1) > np.finfo(float).eps * -(gradient[moved] * step).sum(axis=1)
        memory.keep(moved[bends], step[bends], bend[bends])
        x[moved], value[moved], gradient[moved] = new_x, new_value, new_gradient
        settled = change <= _TOLERANCE * scale
        converged[moved[settled]] = True
        going = np.sort(np.concatenate([lost[~stopped], moved[~settled]]))
    return x, converged


def _model_minimum(
    memory: _Memory, genes: NDArray[np.int64], x: Floats, gradient: Floats, bound: float
) -> Floats:
    """Return where the quadratic model of each gene is lowest in the box, as far as the method finds it."""
    hessian = memory.hessian(genes)
    target, free = _cauchy_points(x, gradient, hessian, bound)
    uses = (memory.held[genes] > 0) & free.any(axis=1)
    late = np.flatnonzero(uses & (memory.unused[genes] > 1))
    memory.unused[genes[uses]] = 0
    if late.size:
        memory.forget(genes[late])
        plain = memory.hessian(genes[late])
        target[late], free[late] = _cauchy_points(x[late], gradient[late], plain, bound)
        uses[late] = False
    target[uses] = _subspace_minima(x[uses], target[uses], gradient[uses], hessian[uses], free[uses], bound)
    return target


def _cauchy_points(x: Floats, gradient: Floats, hessian: Floats, bound: float) -> tuple[Floats, Flags]:
    """Minimise the quadratic models along the projected gradients; return the points and what is free."""
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (x + np.where(gradient < 0, -bound, bound)) / gradient
    reach[gradient == 0] = np.inf
    free = reach > 0
    direction = np.where(free, -gradient, 0.0)
    point, at = x.copy(), np.zeros(len(x))
    ends = np.sort(np.where(free, reach, np.inf), axis=1)
    going = direction.any(axis=1)
    for end in (*ends.T, np.full(len(x), np.inf)):
        if not going.any():
            break
        pushed = _product(hessian, direction)
        slope = (gradient * direction).sum(axis=1) + (pushed * (point - x)).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            best = -slope / (direction * pushed).sum(axis=1)
        inside = going & (best < end - at)
        point[inside] += np.maximum(best, 0.0)[inside, None] * direction[inside]
        going &= ~inside
        point[going] += (end - at)[going, None] * direction[going]
        at[going] = end[going]
        reached = going[:, None] & free & (reach <= at[:, None])
        point[reached] = np.where(direction[reached] > 0, bound, -bound)
        direction[reached] = 0.0
        free &= ~reached
        going &= direction.any(axis=1)
    return point, free


def _subspace_minima(
    x: Floats, target: Floats, gradient: Floats, hessian: Floats, free: Flags, bound: float
) -> Floats:
    """Minimise the models over the free coefficients, and go as far towards that as the box allows."""
    rest = np.where(free, gradient + _product(hessian, target - x), 0.0)
    matrix = np.where(free[:, :, None] & free[:, None, :], hessian, np.eye(x.shape[1]))
    move = np.linalg.solve(matrix, -rest[:, :, None])[:, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(move == 0, np.inf, (np.where(move > 0, bound, -bound) - target) / move)
    return np.asarray(target + np.minimum(1.0, room.min(axis=1))[:, None] * move)


def _product(matrices: Floats, vectors: Floats) -> Floats:
    return np.asarray((matrices * vectors[:, None, :]).sum(axis=2))


def _squares(vectors: Floats) -> Floats:
    return np.asarray(vectors[:, :, None] * vectors[:, None, :])
