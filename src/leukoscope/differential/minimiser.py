"""A quasi-Newton minimiser in a box, with numeric gradients, for the few genes that need it.

The method is L-BFGS-B (Byrd, Lu, Nocedal & Zhu, SIAM J. Sci. Comput. 16 (1995) 1190) with its
first release's subspace step, which R's ``optim`` uses, and the line search of Moré & Thuente
(ACM TOMS 20 (1994) 286).  That release forgets its memory when it used none of it in one
iteration (no coefficient was free) and wants it in the next; so does this one.  With so few
coefficients the approximation of the Hessian is kept whole.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.linesearch import Objective, search_along

_MEMORY = 5
_MOST_ITERATIONS = 100
_TOLERANCE = 1e7 * np.finfo(float).eps
_STEP = 1e-3

Vector = NDArray[np.float64]


def minimise_in_box(
    objective: Callable[[NDArray[np.float64]], NDArray[np.float64]], start: Vector, bound: float
) -> tuple[Vector, bool]:
    """Return the minimiser within ±bound and whether the search converged.

    Parameters
    ----------
    objective
        Values of points[coefficient, point].
    start
        Where to begin; moved into the box.
    bound
        Largest absolute coefficient.
    """
    along = Objective(objective, bound, _STEP)
    x = np.clip(start, -bound, bound)
    value, gradient = along(x)
    steps: list[tuple[Vector, Vector]] = []
    unseen = 0
    for turn in range(_MOST_ITERATIONS):
        if not np.abs(np.clip(x - gradient, -bound, bound) - x).max() > 0.0:
            return x, True
        hessian = _hessian(steps, x.size)
        target, free = _cauchy_point(x, gradient, hessian, bound)
        if steps and free.any():
            if unseen > 1:
                steps, unseen = [], 0
                target, free = _cauchy_point(x, gradient, np.eye(x.size), bound)
            unseen = 0
        if steps and free.any():
            target = _subspace_minimum(x, target, gradient, hessian, free, bound)
        found = search_along(along, x, target - x, value, gradient, bound, first=turn == 0)
        if found is None:
            if not steps:
                return x, False
            steps, unseen = [], 0
            continue
        new_x, new_value, new_gradient = found
        change = value - new_value
        step, bend = new_x - x, new_gradient - gradient
        scale = max(abs(value), abs(new_value), 1.0)
        slope = float((gradient * step).sum())
        x, value, gradient = found
        if change <= _TOLERANCE * scale:
            return x, True
        if float((step * bend).sum()) > np.finfo(float).eps * -slope:
            steps = [*steps, (step, bend)][-_MEMORY:]
            unseen += 1
    return x, False


def _hessian(steps: list[tuple[Vector, Vector]], size: int) -> NDArray[np.float64]:
    """Return the BFGS approximation from the remembered steps and gradient changes."""
    hessian: NDArray[np.float64] = np.eye(size)
    if steps:
        step, bend = steps[-1]
        hessian *= (bend * bend).sum() / (step * bend).sum()
    for step, bend in steps:
        pushed = (hessian * step).sum(axis=1)
        hessian -= np.multiply.outer(pushed, pushed) / (step * pushed).sum()
        hessian += np.multiply.outer(bend, bend) / (step * bend).sum()
    return hessian


def _cauchy_point(
    x: Vector, gradient: Vector, hessian: NDArray[np.float64], bound: float
) -> tuple[Vector, NDArray[np.bool_]]:
    """Minimise the quadratic model along the projected gradient; return the point and what is free."""
    reach = np.full(x.size, np.inf)
    moving = gradient != 0
    reach[moving] = (x[moving] + np.where(gradient[moving] < 0, -bound, bound)) / gradient[moving]
    direction = np.where(reach > 0, -gradient, 0.0)
    free = reach > 0
    point, at = x.copy(), 0.0
    for breakpoint_ in [*np.unique(reach[free & np.isfinite(reach)]), np.inf]:
        if not direction.any():
            break
        pushed = (hessian * direction).sum(axis=1)
        slope = float((gradient * direction).sum() + (pushed * (point - x)).sum())
        curve = float((direction * pushed).sum())
        best = -slope / curve
        if best < breakpoint_ - at:
            point = point + max(best, 0.0) * direction
            break
        point = point + (breakpoint_ - at) * direction
        at = breakpoint_
        reached = free & (reach <= at)
        point[reached] = np.where(direction[reached] > 0, bound, -bound)
        direction = np.where(reached, 0.0, direction)
        free = free & ~reached
    return point, free


def _subspace_minimum(
    x: Vector,
    target: Vector,
    gradient: Vector,
    hessian: NDArray[np.float64],
    free: NDArray[np.bool_],
    bound: float,
) -> Vector:
    """Minimise the model over the free coefficients, and go as far towards it as the box allows."""
    rest = (gradient + (hessian * (target - x)).sum(axis=1))[free]
    move = np.linalg.solve(hessian[np.ix_(free, free)], -rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(move == 0, np.inf, (np.where(move > 0, bound, -bound) - target[free]) / move)
    found = target.copy()
    found[free] += min(1.0, float(room.min())) * move
    return np.asarray(found)
