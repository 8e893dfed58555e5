"""The line search of Moré & Thuente, ACM TOMS 20 (1994) 286, within a box, for many genes at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Genes = NDArray[np.int64]
Function = Callable[[Floats, Genes], Floats]  #: values[gene, point] of points[coefficient, gene, point]

_DECREASE = 1e-3
_CURVATURE = 0.9
_INTERVAL = 0.1
_MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Objective:
    """A function of points[coefficient, gene, point], with its central-difference gradients."""

    function: Function
    bound: float
    step: float

    def __call__(self, x: Floats, genes: Genes) -> tuple[Floats, Floats]:
        """Return values [gene] and gradients [gene, coefficient] at x [gene, coefficient]."""
        p = x.shape[1]
        up = np.minimum(x + self.step, self.bound)
        down = np.maximum(x - self.step, -self.bound)
        points = np.repeat(x.T[:, :, None], 2 * p + 1, axis=2)
        k = np.arange(p)
        points[k, :, k], points[k, :, p + k] = up.T, down.T
        values = self.function(points, genes)
        return values[:, -1], (values[:, :p] - values[:, p:-1]) / ((up - x) + (x - down))


@dataclass(frozen=True, slots=True)
class Found:
    """Where each gene's search ended."""

    point: Floats
    value: Floats
    gradient: Floats
    is_lower: Flags  #: whether a step of sufficient decrease was found; the rest is void without


@dataclass(frozen=True, slots=True)
class _Trial:
    """A step length of each gene with the value and slope there."""

    step: Floats
    value: Floats
    slope: Floats

    def turned(self, shift: Floats) -> _Trial:
        """Return the trial on the function less the line of slope `shift`."""
        return _Trial(self.step, self.value - self.step * shift, self.slope - shift)

    def unless(self, flags: Flags, other: _Trial) -> _Trial:
        """Return the other trial where flagged."""
        return _Trial(
            np.where(flags, other.step, self.step),
            np.where(flags, other.value, self.value),
            np.where(flags, other.slope, self.slope),
        )


def search_along(
    objective: Objective,
    genes: Genes,
    x: Floats,
    direction: Floats,
    value: Floats,
    gradient: Floats,
    *,
    first: bool,
) -> Found:
    """Search each gene's direction for a step of sufficient decrease.

    At the `first` no step is above 1; without a box it begins with a move of length 1.

    Parameters
    ----------
    objective, genes
        What to lower, and for which genes.
    x, direction, gradient : float64[gene, coefficient]
    value : float64[gene]
    """
    slope = (gradient * direction).sum(axis=1)
    searching = slope < 0
    found = Found(x.copy(), value.copy(), gradient.copy(), np.zeros(value.size, dtype=bool))
    boxed = np.isfinite(objective.bound)
    longest = np.ones(value.size) if first and boxed else _longest(x, direction, objective.bound)
    best = other = _Trial(np.zeros(value.size), value, slope)
    bracketed, early = np.zeros(value.size, dtype=bool), np.ones(value.size, dtype=bool)
    width, wider = longest, 2.0 * longest
    step = np.minimum(1.0 if boxed or not first else 1.0 / np.linalg.norm(direction, axis=1), longest)
    low, high = np.zeros(value.size), 5.0 * step
    goal = _DECREASE * slope
    for _ in range(_MOST_STEPS):
        now = np.flatnonzero(searching)
        if not now.size:
            break
        found.point[now] = np.clip(
            x[now] + step[now, None] * direction[now], -objective.bound, objective.bound
        )
        found.value[now], found.gradient[now] = objective(found.point[now], genes[now])
        trial = _Trial(step, found.value.copy(), (found.gradient * direction).sum(axis=1))
        required = value + step * goal
        enough = trial.value <= required
        early &= ~(enough & (trial.slope >= 0))
        is_flat = np.abs(trial.slope) <= _CURVATURE * -slope
        stuck = bracketed & ((step <= low) | (step >= high) | (high - low <= _INTERVAL * high))
        at_end = (step == longest) & (trial.slope <= goal)
        ends = searching & (stuck | enough & (is_flat | at_end))
        found.is_lower[ends] = True
        searching &= ~ends
        shift = np.where(early & (trial.value <= best.value) & ~enough, goal, 0.0)
        best, other, step, bracketed = _next_step(best, other, trial, bracketed, low, high, shift)
        apart = np.abs(other.step - best.step)
        halve = bracketed & (apart >= 0.66 * wider)
        wider, width = np.where(bracketed, width, wider), np.where(bracketed, apart, width)
        low, high = (
            np.where(bracketed, np.minimum(best.step, other.step), step + 1.1 * (step - best.step)),
            np.where(bracketed, np.maximum(best.step, other.step), step + 4.0 * (step - best.step)),
        )
        step = np.where(halve, best.step + 0.5 * (other.step - best.step), step)
        step = np.clip(step, 0.0, longest)
        stuck = bracketed & ((step <= low) | (step >= high) | (high - low <= _INTERVAL * high))
        step = np.where(stuck, best.step, step)
    return found


def _longest(x: Floats, direction: Floats, bound: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (np.where(direction > 0, bound, -bound) - x) / direction
    return np.asarray(np.clip(np.where(direction != 0, reach, np.inf).min(axis=1), 0.0, 1e10))


def _next_step(
    best: _Trial, other: _Trial, trial: _Trial, bracketed: Flags, low: Floats, high: Floats, shift: Floats
) -> tuple[_Trial, _Trial, Floats, Flags]:
    """Choose the next step by cubic and quadratic interpolation, and update the interval.

    `shift` is the slope of the auxiliary function of the search's first stage, or 0.
    """
    a, b, t = best.turned(shift), other.turned(shift), trial.turned(shift)
    rose = t.value > a.value
    opposite = t.slope * np.sign(a.slope) < 0
    fell = np.abs(t.slope) < np.abs(a.slope)
    step = np.where(t.step > a.step, high, low)
    choices: list[tuple[Flags, Callable[[], Floats]]] = [
        (bracketed, lambda: t.step + _cubic(b, t)),
        (fell, lambda: _slope_fell(a, b, t, bracketed, low, high)),
        (opposite, lambda: _slope_turned(a, t)),
        (rose, lambda: _beyond_minimum(a, t)),
    ]
    with np.errstate(all="ignore"):
        for applies, choose in choices:  # the last that applies
            if applies.any():
                step = np.where(applies, choose(), step)
    other = other.unless(opposite, best).unless(rose, trial)
    return trial.unless(rose, best), other, step, bracketed | rose | opposite


def _cubic(a: _Trial, t: _Trial) -> Floats:
    """Return the move from t to the minimiser of the cubic through a and t."""
    theta = 3.0 * (t.value - a.value) / (a.step - t.step) + t.slope + a.slope
    gamma = _gamma(theta, t.slope, a.slope)
    gamma = np.where(t.step > a.step, -gamma, gamma)
    share = ((gamma - t.slope) + theta) / (((gamma - t.slope) + gamma) + a.slope)
    return np.asarray(share * (a.step - t.step))


def _gamma(theta: Floats, one: Floats, other: Floats) -> Floats:
    scale = np.maximum(np.maximum(np.abs(theta), np.abs(one)), np.abs(other))
    return np.asarray(scale * np.sqrt(np.fmax(0.0, (theta / scale) ** 2 - (one / scale) * (other / scale))))


def _beyond_minimum(a: _Trial, t: _Trial) -> Floats:
    cubic = a.step + _cubic(t, a)
    quadratic = a.step + a.slope / ((a.value - t.value) / (t.step - a.step) + a.slope) / 2.0 * (
        t.step - a.step
    )
    nearer = np.abs(cubic - a.step) < np.abs(quadratic - a.step)
    return np.where(nearer, cubic, cubic + (quadratic - cubic) / 2.0)


def _slope_turned(a: _Trial, t: _Trial) -> Floats:
    cubic = t.step + _cubic(a, t)
    secant = t.step + t.slope / (t.slope - a.slope) * (a.step - t.step)
    return np.where(np.abs(cubic - t.step) > np.abs(secant - t.step), cubic, secant)


def _slope_fell(a: _Trial, b: _Trial, t: _Trial, bracketed: Flags, low: Floats, high: Floats) -> Floats:
    theta = 3.0 * (a.value - t.value) / (t.step - a.step) + a.slope + t.slope
    gamma = _gamma(theta, a.slope, t.slope)
    gamma = np.where(t.step > a.step, -gamma, gamma)
    share = ((gamma - t.slope) + theta) / ((gamma + (a.slope - t.slope)) + gamma)
    onwards = t.step > a.step
    cubic = np.where(
        (share < 0.0) & (gamma != 0.0), t.step + share * (a.step - t.step), np.where(onwards, high, low)
    )
    secant = t.step + t.slope / (t.slope - a.slope) * (a.step - t.step)
    farther = np.abs(cubic - t.step) > np.abs(secant - t.step)
    free = np.minimum(np.maximum(np.where(farther, cubic, secant), low), high)
    step = np.where(np.abs(cubic - t.step) < np.abs(secant - t.step), cubic, secant)
    limit = t.step + 0.66 * (b.step - t.step)
    held = np.where(onwards, np.minimum(limit, step), np.maximum(limit, step))
    return np.where(bracketed, held, free)
