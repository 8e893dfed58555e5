"""The line search of Moré & Thuente, ACM TOMS 20 (1994) 286, within a box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_DECREASE = 1e-3
_CURVATURE = 0.9
_INTERVAL = 0.1
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Objective:
    """A function of points[coefficient, point], with its central-difference gradient."""

    function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    bound: float
    step: float

    def __call__(self, x: Vector) -> tuple[float, Vector]:
        """Return value and gradient at x."""
        up = np.minimum(x + self.step, self.bound)
        down = np.maximum(x - self.step, -self.bound)
        points = np.repeat(x[:, None], 2 * x.size + 1, axis=1)
        k = np.arange(x.size)
        points[k, k], points[k, x.size + k] = up, down
        values = self.function(points)
        return float(values[-1]), (values[: x.size] - values[x.size : -1]) / ((up - x) + (x - down))


@dataclass(slots=True)
class _Trial:
    """A step length with the value and slope there."""

    step: float
    value: float
    slope: float


def search_along(
    objective: Objective,
    x: Vector,
    direction: Vector,
    value: float,
    gradient: Vector,
    bound: float,
    *,
    first: bool,
) -> tuple[Vector, float, Vector] | None:
    """Return point, value and gradient after a step of sufficient decrease, None if there is none."""
    slope = float((gradient * direction).sum())
    if slope >= 0:
        return None
    longest = 1.0 if first else _longest(x, direction, bound)
    best, other = _Trial(0.0, value, slope), _Trial(0.0, value, slope)
    bracketed, first_stage = False, True
    width, wider = longest, 2.0 * longest
    step, low, high = min(1.0, longest), 0.0, 5.0 * min(1.0, longest)
    goal = _DECREASE * slope
    for _ in range(_MOST_STEPS):
        point = np.clip(x + step * direction, -bound, bound)
        at_value, at_gradient = objective(point)
        trial = _Trial(step, at_value, float((at_gradient * direction).sum()))
        required = value + step * goal
        if first_stage and trial.value <= required and trial.slope >= 0:
            first_stage = False
        if trial.value <= required and abs(trial.slope) <= _CURVATURE * -slope:
            return point, at_value, at_gradient
        stuck = bracketed and (step <= low or step >= high or high - low <= _INTERVAL * high)
        at_end = step == longest and trial.value <= required and trial.slope <= goal
        if stuck or at_end:
            return point, at_value, at_gradient
        shift = goal if first_stage and trial.value <= best.value and trial.value > required else 0.0
        best, other, step, bracketed = _next_step(best, other, trial, bracketed, low, high, shift)
        if bracketed:
            if abs(other.step - best.step) >= 0.66 * wider:
                step = best.step + 0.5 * (other.step - best.step)
            wider, width = width, abs(other.step - best.step)
            low, high = min(best.step, other.step), max(best.step, other.step)
        else:
            low, high = step + 1.1 * (step - best.step), step + 4.0 * (step - best.step)
        step = min(max(step, 0.0), longest)
        if bracketed and (step <= low or step >= high or high - low <= _INTERVAL * high):
            step = best.step
    return None


def _longest(x: Vector, direction: Vector, bound: float) -> float:
    moving = direction != 0
    reach = (np.where(direction[moving] > 0, bound, -bound) - x[moving]) / direction[moving]
    return float(min(1e10, max(reach.min(initial=1e10), 0.0)))


def _next_step(
    best: _Trial, other: _Trial, trial: _Trial, bracketed: bool, low: float, high: float, shift: float
) -> tuple[_Trial, _Trial, float, bool]:
    """Choose the next step by cubic and quadratic interpolation, and update the interval.

    `shift` is the slope of the auxiliary function of the search's first stage, or 0.
    """
    a, b, t = (_Trial(p.step, p.value - p.step * shift, p.slope - shift) for p in (best, other, trial))
    opposite = t.slope * np.sign(a.slope) < 0
    if t.value > a.value:
        step, bracketed = _beyond_minimum(a, t), True
    elif opposite:
        step, bracketed = _slope_turned(a, t), True
    elif abs(t.slope) < abs(a.slope):
        step = _slope_fell(a, b, t, bracketed, low, high)
    elif bracketed:
        step = t.step + _cubic(b, t)
    else:
        step = high if t.step > a.step else low
    if t.value > a.value:
        return best, trial, step, bracketed
    return trial, best if opposite else other, step, bracketed


def _cubic(a: _Trial, t: _Trial) -> float:
    """Return the move from t to the minimiser of the cubic through a and t."""
    theta = 3.0 * (t.value - a.value) / (a.step - t.step) + t.slope + a.slope
    scale = max(abs(theta), abs(t.slope), abs(a.slope))
    gamma = scale * np.sqrt(max(0.0, (theta / scale) ** 2 - (t.slope / scale) * (a.slope / scale)))
    if t.step > a.step:
        gamma = -gamma
    share = ((gamma - t.slope) + theta) / (((gamma - t.slope) + gamma) + a.slope)
    return float(share * (a.step - t.step))


def _beyond_minimum(a: _Trial, t: _Trial) -> float:
    cubic = a.step + _cubic(t, a)
    quadratic = a.step + a.slope / ((a.value - t.value) / (t.step - a.step) + a.slope) / 2.0 * (
        t.step - a.step
    )
    if abs(cubic - a.step) < abs(quadratic - a.step):
        return cubic
    return cubic + (quadratic - cubic) / 2.0


def _slope_turned(a: _Trial, t: _Trial) -> float:
    cubic = t.step + _cubic(a, t)
    secant = t.step + t.slope / (t.slope - a.slope) * (a.step - t.step)
    return cubic if abs(cubic - t.step) > abs(secant - t.step) else secant


def _slope_fell(a: _Trial, b: _Trial, t: _Trial, bracketed: bool, low: float, high: float) -> float:
    theta = 3.0 * (a.value - t.value) / (t.step - a.step) + a.slope + t.slope
    scale = max(abs(theta), abs(a.slope), abs(t.slope))
    gamma = scale * np.sqrt(max(0.0, (theta / scale) ** 2 - (a.slope / scale) * (t.slope / scale)))
    if t.step > a.step:
        gamma = -gamma
    share = ((gamma - t.slope) + theta) / ((gamma + (a.slope - t.slope)) + gamma)
    edge = high if t.step > a.step else low
    cubic = t.step + share * (a.step - t.step) if share < 0.0 and gamma != 0.0 else edge
    secant = t.step + t.slope / (t.slope - a.slope) * (a.step - t.step)
    if not bracketed:
        step = cubic if abs(cubic - t.step) > abs(secant - t.step) else secant
        return float(min(max(step, low), high))
    step = cubic if abs(cubic - t.step) < abs(secant - t.step) else secant
    limit = t.step + 0.66 * (b.step - t.step)
    return float(min(limit, step) if t.step > a.step else max(limit, step))
