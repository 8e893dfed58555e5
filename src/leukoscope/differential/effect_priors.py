"""How wide a prior on fold changes is, told from all genes together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_LARGEST = 10.0  # log2; an effect beyond it says nothing about the others
_TAIL = 0.05
_NARROWEST, _WIDEST = 1e-6, 400.0  # variances on the natural logarithm


def matched_variance(effects: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the variance of the zero-centred normal whose upper 5 % are as far out as the effects'.

    Love et al. 2014, doi:10.1186/s13059-014-0550-8; the weighted quantile is that of R's Hmisc.

    Parameters
    ----------
    effects
        Log2, any shape.
    weights
        Of the same shape.
    """
    from scipy.special import ndtri

    size, weight = np.abs(effects).ravel(), weights.ravel()
    order = np.argsort(size, kind="stable")
    reached = np.cumsum(weight[order] * (size.size / weight.sum()))
    n = reached[-1]
    rank = 1.0 + (n - 1.0) * (1.0 - _TAIL)
    low = max(np.floor(rank), 1.0)
    at = np.minimum(np.searchsorted(reached, [low, min(low + 1.0, n)]), size.size - 1)
    below, above = size[order][at]
    return float(((1.0 - rank % 1.0) * below + rank % 1.0 * above) / ndtri(1.0 - _TAIL / 2)) ** 2


def effect_variance(effects: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return :func:`matched_variance` of the effects that are not enormous; 1e6 if all are."""
    usable = np.abs(effects) < _LARGEST
    return matched_variance(effects[usable], weights[usable]) if usable.any() else 1e6


def spread_variance(effects: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    """Return the variance of the true effects, given estimates with errors of unequal size.

    Efron & Morris, J. Am. Stat. Assoc. 70 (1975) 311, as apeglm uses it: the root is sought by Brent's
    method and only to R's default tolerance of 1e-4, so that the path is followed.

    Parameters
    ----------
    effects, errors
        Natural logarithm.
    """
    square, noise = effects**2, errors**2

    def excess(variance: float) -> float:
        weight = 1.0 / (2.0 * (variance + noise) ** 2)
        return float(((square - noise) * weight).sum() / weight.sum() - variance)

    if not excess(_NARROWEST) >= 0:
        return _NARROWEST
    return _root(excess, _NARROWEST, _WIDEST, float(np.finfo(float).eps ** 0.25))


def _root(function: Callable[[float], float], a: float, b: float, tolerance: float) -> float:
    """Return a root between a and b.

    Brent, *Algorithms for Minimization without Derivatives* (1973), chapter 4, in the steps of R's ``uniroot``.
    """
    fa, fb = function(a), function(b)
    c, fc = a, fa
    for _ in range(1000):
        last_step = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        least = 2.0 * np.finfo(float).eps * abs(b) + tolerance / 2.0
        step = (c - b) / 2.0
        if abs(step) <= least or fb == 0.0:
            break
        if abs(last_step) >= least and abs(fa) > abs(fb):
            step = _interpolated(a, b, c, fa, fb, fc, last_step, step, least)
        if abs(step) < least:
            step = least if step > 0.0 else -least
        a, fa = b, fb
        b += step
        fb = function(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa
    return b


def _interpolated(
    a: float, b: float, c: float, fa: float, fb: float, fc: float, last_step: float, half: float, least: float
) -> float:
    """Return the step to the root of a line or parabola, or half the interval if that is not safe."""
    width = c - b
    if a == c:
        t = fb / fa
        p, q = width * t, 1.0 - t
    else:
        q, t1, t2 = fa / fc, fb / fc, fb / fa
        p = t2 * (width * q * (q - t1) - (b - a) * (t1 - 1.0))
        q = (q - 1.0) * (t1 - 1.0) * (t2 - 1.0)
    if p > 0.0:
        q = -q
    else:
        p = -p
    safe = p < 0.75 * width * q - abs(least * q) / 2.0 and p < abs(last_step * q / 2.0)
    return p / q if safe else half
