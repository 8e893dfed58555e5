"""The negative-binomial likelihood of one gene, in loops that become vector instructions.

With size ``s = 1/α`` and ``z = y + s`` the log-likelihood is ``Σ z log(z / (μ + s))`` and a part
of the counts only.  The first costs one logarithm a sample.  The second needs none for counts
of eight and more (Stirling's formula, and the logarithm of one product); smaller ones are
tallied, and their gamma functions are products of a few factors.  Nothing is lost as α goes
to zero.

What is left over by instructions for eight numbers is done one by one, and takes longer than
all the rest of a small cohort: lanes are filled up with numbers that add nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit
from leukoscope.kernels.special import (
    digamma_remainder,
    gamma_remainder,
    log_near_one,
    long_gamma_remainder,
    total,
)

FEW = 8  #: counts below it are tallied
_AT_ONCE = 8  # numbers in one instruction
_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


def make_lanes(k: int, n: int) -> NDArray[np.float64]:
    """Return k lanes of zeros for n samples, filled up to whole instructions, two at least."""
    return np.zeros((k, max(-(-n // _AT_ONCE), 2) * _AT_ONCE))


@inner_njit
def tally_counts(y: NDArray[np.float64], many: NDArray[np.float64], tally: NDArray[np.float64]) -> int:
    """Tally the small counts of a gene and collect the others; return how many those are.

    Parameters
    ----------
    y : float64[n]
        Counts.
    many : float64[lanes]
        Written: the counts of eight and more, first, filled up with infinity.
    tally : float64[4, 8]
        Written in its first rows: samples with a count of k = 0 … 7, and small counts above k.
    """
    n = 0
    for k in range(FEW):
        tally[0, k] = 0.0
    for i in range(y.size):
        if y[i] < FEW:
            tally[0, int(y[i])] += 1.0
        else:
            many[n] = y[i]
            n += 1
    above = 0.0
    for k in range(FEW - 1, -1, -1):
        tally[1, k] = above
        above += tally[0, k]
    for i in range(n, whole(n)):
        many[i] = np.inf
    return n


@inner_njit
def whole(n: int) -> int:
    """Return how many numbers the instructions for n of them take."""
    return (n + _AT_ONCE - 1) // _AT_ONCE * _AT_ONCE


@inner_njit
def weigh_few(
    alpha: float,
    here: NDArray[np.float64],
    above: NDArray[np.float64],
    value: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> None:
    """Write the part of the samples with a count of k, and its slope on s, negative, for each k < 8."""
    size = 1.0 / alpha
    for k in range(here.size):
        of_count = log_near_one(1.0 + k * alpha, k * alpha)
        value[k] = (above[k] - here[k] * (k + size)) * of_count
        slope[k] = here[k] * of_count - above[k] / (k + size)


@inner_njit
def weigh_many(
    size: float, many: NDArray[np.float64], n: int, value: NDArray[np.float64], slope: NDArray[np.float64]
) -> None:
    """Write what Stirling's formula lacks for each of the first n counts, and its slope on s; 0 beyond."""
    for i in range(whole(n)):
        z = many[i] + size
        value[i] = gamma_remainder(z)
        slope[i] = digamma_remainder(z)


@inner_njit
def log_product(alpha: float, many: NDArray[np.float64], n: int) -> float:
    """Return the sum of log(1 + α y) over the first n counts."""
    a = b = c = d = 1.0
    logs = 0.0
    i = 0
    while i + 4 <= n:
        a *= 1.0 + many[i] * alpha
        b *= 1.0 + many[i + 1] * alpha
        c *= 1.0 + many[i + 2] * alpha
        d *= 1.0 + many[i + 3] * alpha
        i += 4
        product = (a * b) * (c * d)
        if product > 1e150:
            logs += math.log(product)
            a = b = c = d = 1.0
    while i < n:
        a *= 1.0 + many[i] * alpha
        i += 1
    return logs + math.log((a * b) * (c * d))


@inner_njit
def count_part(
    alpha: float,
    many: NDArray[np.float64],
    n: int,
    tally: NDArray[np.float64],
    value: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> tuple[float, float]:
    """Sum of lgamma(z) - lgamma(s) - y log s - z log(z / s), and its slope on log α.

    Without the sum of the counts of eight and more, a large constant.

    Parameters
    ----------
    alpha : float
        Dispersion.
    many, n, tally
        See :func:`tally_counts`.
    value, slope : float64[lanes]
        Scratch.
    """
    size = 1.0 / alpha
    height = height_slope = 0.0
    if tally[0, 0] + tally[1, 0] > 0.0:
        weigh_few(alpha, tally[0], tally[1], tally[2], tally[3])
        height, height_slope = total(tally[2]), total(tally[3])
    if n > 0:
        weigh_many(size, many, n, value, slope)
        at_size, slope_at_size = long_gamma_remainder(size)
        height += total(value[: whole(n)]) - n * at_size - 0.5 * log_product(alpha, many, n)
        height_slope += n * slope_at_size - total(slope[: whole(n)])
    return height, size * height_slope


@inner_njit
def set_log_counts(y: NDArray[np.float64], log_y: NDArray[np.float64]) -> None:
    """Write log y for counts of eight and more, 0 for others."""
    for i in range(y.size):
        log_y[i] = log_near_one(y[i], y[i] - 1.0) if y[i] >= FEW else 0.0


@inner_njit
def log_factorials(
    many: NDArray[np.float64],
    n: int,
    tally: NDArray[np.float64],
    log_y: NDArray[np.float64],
    value: NDArray[np.float64],
) -> float:
    """Return the sum of log y!, for counts of eight and more without y log y - y.

    Arguments as :func:`count_part` and :func:`set_log_counts`.
    """
    found = 0.0
    for k in range(1, FEW):
        found += tally[1, k] * math.log(k + 1.0)
    for i in range(n):
        value[i] = gamma_remainder(many[i])
    return found + total(value[:n]) + 0.5 * total(log_y) + n * _HALF_LOG_2PI


@inner_njit
def weigh_means(
    size: float,
    y: NDArray[np.float64],
    mu: NDArray[np.float64],
    value: NDArray[np.float64],
    slope: NDArray[np.float64],
    weight: NDArray[np.float64],
    squared: NDArray[np.float64],
) -> None:
    """Write z log(z / (μ + s)), its slope on s, negative, the weight μ / (1 + α μ) and its square.

    This loop and those of :func:`weigh_many` are where the time goes.
    """
    for i in range(y.size):
        per = 1.0 / (mu[i] + size)
        away = (y[i] - mu[i]) * per
        z = y[i] + size
        log_ratio = log_near_one(z * per, away)
        value[i] = z * log_ratio
        slope[i] = away - log_ratio
        w = mu[i] * size * per
        weight[i] = w
        squared[i] = w * w
