"""Normalisation: size factors, TPM and FPKM, variance stabilisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.workers import call_in_runs

_SAMPLES_AT_ONCE = 16
_GENES_AT_ONCE = 2048

SizeFactorKind = Literal["ratio", "poscounts", "iterate"]


def size_factors(
    counts: NDArray[Any], kind: Literal["ratio", "poscounts"] = "ratio", *, n_threads: int = 1
) -> NDArray[np.float64]:
    """Return the size factor of each sample: the median of ratios to a reference sample.

    Anders & Huber, Genome Biology 11 (2010) R106, doi:10.1186/gb-2010-11-10-r106.

    Parameters
    ----------
    counts
        ``[gene, sample]``.
    kind
        ``ratio``: the reference is the geometric mean of genes without a zero.
        ``poscounts``: the n-th root of the product of the positive counts, for data where
        every gene has a zero; the factors are then scaled to geometric mean 1.
    n_threads
        Threads; the numbers do not depend on it.

    Raises
    ------
    InputError
        If no gene can serve, or a sample has no count in those that do.

    Examples
    --------
    >>> size_factors(np.array([[10, 20], [30, 60], [5, 0]])).round(4)
    array([0.7071, 1.4142])
    """
    n_genes, n_samples = counts.shape
    kept = np.empty(n_genes, dtype=bool)

    def choose(genes: slice) -> None:
        has_count = counts[genes] != 0
        kept[genes] = has_count.all(axis=1) if kind == "ratio" else has_count.any(axis=1)

    call_in_runs(choose, n_genes, _GENES_AT_ONCE, n_threads)
    used = np.flatnonzero(kept)
    if not used.size:
        raise InputError(
            "every gene has a zero count in some sample, so that no reference exists; use the size factors "
            "'poscounts' or 'iterate'."
        )
    logs, reference, factors = np.empty((n_samples, used.size)), np.empty(used.size), np.empty(n_samples)

    def take(samples: slice) -> None:
        with np.errstate(divide="ignore"):
            np.log(counts[:, samples][used].T, out=logs[samples])

    def refer(genes: slice) -> None:
        own = logs[:, genes]
        reference[genes] = np.where(np.isfinite(own), own, 0.0).mean(axis=0)

    def find_medians(samples: slice) -> None:
        own = logs[samples]
        own -= reference
        if kind == "ratio":
            factors[samples] = np.median(own, axis=1, overwrite_input=True)
        else:
            factors[samples] = [
                np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else np.nan for row in own
            ]

    call_in_runs(take, n_samples, _SAMPLES_AT_ONCE, n_threads)
    call_in_runs(refer, used.size, _GENES_AT_ONCE, n_threads)
    call_in_runs(find_medians, n_samples, _SAMPLES_AT_ONCE, n_threads)
    factors = np.exp(factors)
    if kind == "poscounts":
        factors /= np.exp(np.mean(np.log(factors)))
    if not np.isfinite(factors).all():
        raise InputError(
            f"{int((~np.isfinite(factors)).sum())} sample(s) have no count at all; leave them out."
        )
    return np.asarray(factors)


def tpm(counts: NDArray[Any], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return transcripts per million.

    Parameters
    ----------
    counts
        ``[gene, sample]``.
    lengths
        Effective lengths in bases, ``[gene]`` or ``[gene, sample]``; a gene without a
        positive length gets NaN and does not count.
    """
    rates = _rates(counts, lengths)
    sums = np.nansum(rates, axis=0)
    return rates / np.where(sums > 0, sums, np.nan) * 1e6


def fpkm(counts: NDArray[Any], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return fragments per kilobase and million counted fragments; arguments as :func:`tpm`."""
    sums = counts.sum(axis=0)
    return _rates(counts, lengths) / np.where(sums > 0, sums, np.nan) * 1e9


def stabilise_variance(
    normalised: NDArray[np.float64], asymptotic: float, extra_poisson: float
) -> NDArray[np.float64]:
    r"""Return normalised counts on a scale where their variance hardly depends on the mean.

    For the parametric trend :math:`\alpha(\mu) = a + b / \mu` the transformation has a closed
    form (Anders & Huber 2010); for large counts it approaches log2.

    Parameters
    ----------
    normalised
        Counts divided by size factors.
    asymptotic, extra_poisson
        The trend's a and b.
    """
    a, b = asymptotic, extra_poisson
    inside = 1 + b + 2 * a * normalised + 2 * np.sqrt(a * normalised * (1 + b + a * normalised))
    return np.asarray(np.log(inside / (4 * a)) / np.log(2.0))


def stabilise_variance_evenly(normalised: NDArray[np.float64], dispersion: float) -> NDArray[np.float64]:
    """Return the same for one dispersion at all means."""
    spread = 2 * np.arcsinh(np.sqrt(dispersion * normalised)) - np.log(dispersion) - np.log(4.0)
    return np.asarray(spread / np.log(2.0))


def stabilise_variance_along(
    normalised: NDArray[np.float64],
    dispersion_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    factors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the same for any trend of the dispersion, by integrating 1 / standard deviation.

    The integral is taken on DESeq2's grid and scaled so that the 95 % and 99.9 % quantiles of the genes'
    means stay where log2 has them.

    Parameters
    ----------
    normalised
        Counts divided by size factors, ``[gene, sample]``.
    dispersion_at
        The trend: dispersion of a mean.
    factors
        Size factors of the samples.
    """
    grid = np.sinh(np.linspace(0.0, np.arcsinh(normalised.max()), 1000))[1:]
    density = 1.0 / np.sqrt(dispersion_at(grid) * grid**2 + np.mean(1.0 / factors) * grid)
    steps = np.diff(grid) * (density[1:] + density[:-1]) / 2
    integral = _spline(np.arcsinh((grid[1:] + grid[:-1]) / 2), np.cumsum(steps))
    high = np.quantile(normalised.mean(axis=1), [0.95, 0.999])
    low_end, high_end = integral(np.arcsinh(high))
    slope = (np.log2(high[1]) - np.log2(high[0])) / (high_end - low_end)
    return np.asarray(slope * (integral(np.arcsinh(normalised)) - low_end) + np.log2(high[0]))


def _spline(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the cubic spline whose end pieces have the third derivative of a cubic through four points.

    Forsythe, Malcolm & Moler, *Computer Methods for Mathematical Computations* (1977); R's ``splinefun``.
    """
    from scipy.linalg import solve_banded

    width, rise = np.diff(x), np.diff(y) / np.diff(x)
    bands = np.zeros((3, x.size))
    bands[0, 1:] = bands[2, :-1] = width
    bands[1, 1:-1] = 2.0 * (width[1:] + width[:-1])
    bands[1, [0, -1]] = -width[[0, -1]]
    right = np.concatenate([[0.0], np.diff(rise), [0.0]])
    for end, sign in ((0, 1.0), (-1, -1.0)):
        third = _divided_difference(x[:4], y[:4]) if end == 0 else _divided_difference(x[-4:], y[-4:])
        right[end] = sign * third * width[end] ** 2
    bend = solve_banded((1, 1), bands, right)  # a sixth of the second derivative

    def at(point: NDArray[np.float64]) -> NDArray[np.float64]:
        k = np.clip(np.searchsorted(x, point, side="right") - 1, 0, x.size - 2)
        d = point - x[k]
        slope = rise[k] - width[k] * (bend[k + 1] + 2.0 * bend[k])
        return np.asarray(y[k] + d * (slope + d * (3.0 * bend[k] + d * (bend[k + 1] - bend[k]) / width[k])))

    return at


def _divided_difference(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    for order in range(1, x.size):
        y = np.diff(y) / (x[order:] - x[:-order])
    return float(y[0])


def _rates(counts: NDArray[Any], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.asarray(lengths, dtype=np.float64)
    if lengths.shape[0] != counts.shape[0]:
        raise InputError(f"{lengths.shape[0]} gene lengths for {counts.shape[0]} genes.")
    lengths = lengths if lengths.ndim == 2 else lengths[:, None]
    return np.where(lengths > 0, counts / np.where(lengths > 0, lengths, 1.0), np.nan)
