"""Counts that do not fit: Cook's distances, replacement, and which p-values to withhold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.equations import multiply
from leukoscope.differential.fitting import Fits, solver, weigh
from leukoscope.differential.layout import LaidOut, for_genes

_REPLICATES_TO_JUDGE = 3
_REPLICATES_TO_REPLACE = 7
_TRIM = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Cook's distances of a fit, as far as they are needed."""

    cutoff: float  #: 99 % quantile of F(p, n - p)
    largest: NDArray[np.float64]  #: [gene, 2] over all samples; over samples with enough replicates
    flagged: NDArray[np.int64]  #: genes with any distance above the cutoff
    distances: NDArray[np.float64]  #: [flagged gene, sample]


def influence(counts: NDArray[np.int64], fits: Fits, *, n_threads: int) -> Influence:
    """Return the Cook's distances of fitted genes."""
    from scipy.special import fdtri

    n, p = counts.shape[1], fits.laid.n_coefficients
    cutoff = float(fdtri(p, n - p, 0.99))
    largest, _ = _distances(counts, fits, slice(None), n_threads, keep=False)
    flagged = np.flatnonzero(largest[:, 0] > cutoff)
    _, distances = _distances(counts, fits, flagged, n_threads, keep=True)
    return Influence(cutoff, largest, flagged, distances)


def has_replicates(laid: LaidOut, least: int) -> NDArray[np.bool_]:
    """Return which samples have at least so many samples, itself included, in their cell."""
    found = np.empty(laid.order.size, dtype=bool)
    found[laid.order] = (laid.cell_sizes >= least)[laid.cell]
    return found


def replaceable(laid: LaidOut) -> NDArray[np.bool_]:
    """Return the samples with enough replicates to replace a count."""
    return has_replicates(laid, _REPLICATES_TO_REPLACE)


def replace(
    counts: NDArray[np.int64], found: Influence, size_factors: NDArray[np.float64], samples: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the counts of the flagged genes with outliers replaced.

    A count of a replaceable sample whose distance exceeds the cutoff becomes the gene's
    trimmed mean times the size factor, without fraction.
    """
    flagged = counts[found.flagged]
    normal = flagged / size_factors
    instead = (_trimmed_mean(normal, _TRIM)[:, None] * size_factors).astype(np.int64)
    return np.where((found.distances > found.cutoff) & samples, instead, flagged)


def withheld(
    counts: NDArray[np.int64],
    found: Influence,
    laid: LaidOut,
    replaced_samples: NDArray[np.bool_] | None,
    *,
    two_groups: bool,
) -> NDArray[np.int64]:
    """Return the genes whose p-value is withheld for an outlier that could not be replaced.

    Parameters
    ----------
    counts
        As given, before replacement.
    found
        Their distances.
    laid
        Design.
    replaced_samples
        Samples whose outliers were replaced; None if no gene was refitted.
    two_groups
        Whether one factor of two levels is the whole design: then a gene is kept if three
        samples or more exceed the outlier.
    """
    judged = has_replicates(laid, _REPLICATES_TO_JUDGE)
    if replaced_samples is not None:
        judged = judged & ~replaced_samples
    beyond = found.distances * judged > found.cutoff
    doubtful = np.flatnonzero(beyond.any(axis=1))
    if two_groups:
        own = counts[found.flagged[doubtful]]
        outlier = np.take_along_axis(own, found.distances[doubtful].argmax(axis=1)[:, None], axis=1)
        doubtful = doubtful[(own > outlier).sum(axis=1) < 3]
    return found.flagged[doubtful]


def _distances(
    counts: NDArray[np.int64], fits: Fits, genes: NDArray[np.int64] | slice, n_threads: int, *, keep: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    laid = fits.laid
    judged = has_replicates(laid, _REPLICATES_TO_JUDGE)[laid.order]
    own = counts[genes]
    largest = np.empty((len(own), 2))
    distances = np.empty((len(own) if keep else 0, counts.shape[1]))
    solve = solver(fits)

    def some(
        y: NDArray[np.int64],
        alpha: NDArray[np.float64],
        weighted_at: NDArray[np.float64],
        fitted_at: NDArray[np.float64],
        top: NDArray[np.float64],
        kept: NDArray[np.float64],
    ) -> None:
        weights = weigh(laid, alpha, weighted_at, fits.rules.minimum_mean)
        hat = weights * solve(weights, np.empty((0, laid.n_coefficients)))[1].take(laid.cell, axis=1)
        found = _cooks_distances(laid.take(y), laid, fitted_at, hat)
        top[:, 0] = found.max(axis=1)
        top[:, 1] = found[:, judged].max(axis=1, initial=0.0)
        if keep:
            kept[:, laid.order] = found

    for_genes(
        some, len(own), n_threads,
        own, fits.alpha[genes], fits.reweighted[genes], fits.parameters[genes], largest, distances,
        width=2 * counts.shape[1],
    )  # fmt: skip
    return largest, distances


def _cooks_distances(
    y: NDArray[np.float64], laid: LaidOut, parameters: NDArray[np.float64], hat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Cook's distance of every count [gene, position], given the diagonal of the hat matrix."""
    mu = laid.means(np.exp(multiply(parameters, laid.rows)), 0.0)
    robust = _robust_dispersion(y / laid.size, laid)[:, None]
    residual = (y - mu) ** 2 / (mu + robust * mu * mu)
    return np.asarray(residual / laid.n_coefficients * hat / ((1.0 - hat) * (1.0 - hat)))


def _robust_dispersion(normal: NDArray[np.float64], laid: LaidOut) -> NDArray[np.float64]:
    """Return method-of-moments dispersions from trimmed variances, not below 0.04.

    The largest over cells of three samples or more, of all samples if there is no such cell.
    """
    mean = normal.mean(axis=1)
    variance = np.zeros(len(normal))
    cells = [(end - n, end, n) for end, n in zip(laid.end, laid.cell_sizes, strict=True) if n >= 3]
    for start, end, n in cells:
        trim, scale = (1.0 / 3.0, 2.04) if n <= 3 else (0.25, 1.86) if n <= 23 else (0.125, 1.51)
        variance = np.maximum(variance, _trimmed_variance(normal[:, start:end], trim, scale))
    if not cells:
        variance = _trimmed_variance(normal, 0.125, 1.51)
    return np.asarray(np.maximum((variance - mean) / (mean * mean), 0.04))


def _trimmed_variance(values: NDArray[np.float64], trim: float, scale: float) -> NDArray[np.float64]:
    """Return the trimmed mean of squared distances from the trimmed mean, as a normal's variance."""
    away = values - _trimmed_mean(values, trim)[:, None]
    return np.asarray(scale * _trimmed_mean(away * away, trim))


def _trimmed_mean(values: NDArray[np.float64], trim: float) -> NDArray[np.float64]:
    """Return the mean of each row without the floor(n · trim) smallest and largest."""
    n = values.shape[1]
    cut = int(n * trim)
    return np.asarray(np.sort(values, axis=1)[:, cut : n - cut].mean(axis=1))
