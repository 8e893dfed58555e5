"""Expression of a cohort on a scale of even variance, for clustering, PCA and classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.differential.analysis import Model
from leukoscope.differential.design import make_design
from leukoscope.differential.dispersion import Posteriors, first_guess, gene_wise
from leukoscope.differential.effect_priors import matched_variance
from leukoscope.differential.fitting import reweight
from leukoscope.differential.iterated_factors import factors_of
from leukoscope.differential.layout import lay_out
from leukoscope.differential.model import Rules, linear_moments
from leukoscope.differential.redundant import lay_out_redundant
from leukoscope.differential.trend import Trend, TrendKind, fit_trend
from leukoscope.normalization import (
    stabilise_variance,
    stabilise_variance_along,
    stabilise_variance_evenly,
)

_LN2 = np.log(2.0)
_TOLERANCE = 1e-4  # of R's rlog, looser than of its fold changes
_INTERCEPT_PENALTY = 1e-6
_GENES_AT_ONCE = 2048


def stabilised(
    cohort: Cohort,
    *,
    factors: NDArray[np.float64] | None = None,
    trend: TrendKind = "parametric",
    n_threads: int = 1,
) -> NDArray[np.float64]:
    """Return the variance-stabilised expression, blind to any design.

    The numbers of DESeq2's ``varianceStabilizingTransformation(blind = TRUE)``.

    Parameters
    ----------
    cohort
        Counts of at least two samples; fractional ones are rounded.
    factors
        Size factors of the samples; by default medians of ratios.
    trend
        Kind of dispersion trend.
    n_threads
        Threads.

    Raises
    ------
    InputError
        If no gene can be used.
    """
    cohort = cohort.rounded()
    factors = factors_of(cohort, "ratio", n_threads=n_threads) if factors is None else factors
    _, _, found = _blind_trend(cohort, factors, trend, n_threads)
    return transform(cohort.counts / factors, found, factors)


def regularised(
    cohort: Cohort,
    *,
    factors: NDArray[np.float64] | None = None,
    trend: TrendKind = "parametric",
    n_threads: int = 1,
) -> NDArray[np.float64]:
    """Return the regularised logarithm (log2), blind to any design; arguments as :func:`stabilised`.

    The numbers of DESeq2's ``rlog(blind = TRUE)``: every sample has a coefficient of its own, drawn to the
    gene's mean by a normal prior, so that low counts do not scatter (Love et al. 2014).
    """
    cohort = cohort.rounded()
    factors = factors_of(cohort, "ratio", n_threads=n_threads) if factors is None else factors
    counts, base_mean, found = _blind_trend(cohort, factors, trend, n_threads)
    values = np.zeros(cohort.counts.shape)
    values[cohort.counts.any(axis=1)] = _regularise(
        counts, base_mean, found.at(base_mean), factors, n_threads
    )
    return values


def stabilised_by_model(model: Model) -> NDArray[np.float64]:
    """Return the variance-stabilised expression by the trend of a fitted model (``blind = FALSE``)."""
    return transform(model.cohort.counts / model.size_factors, model.trend, model.size_factors)


def regularised_by_model(model: Model) -> NDArray[np.float64]:
    """Return the regularised logarithm with the dispersions of a fitted model (``rlog(blind = FALSE)``)."""
    kept = np.setdiff1d(np.arange(int(model.has_counts.sum())), model.fitted.emptied)
    rows = np.flatnonzero(model.has_counts)[kept]
    models = model.fitted.models
    values = np.zeros(model.cohort.counts.shape)
    values[rows] = _regularise(
        model.cohort.counts[rows],
        models.base_mean[kept],
        models.fitted[kept],
        model.size_factors,
        model.rules.n_threads,
    )
    return values


def transform(
    normalised: NDArray[np.float64], trend: Trend, factors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return normalised counts stabilised by a fitted trend.

    Parameters
    ----------
    normalised
        Counts divided by size factors, ``[gene, sample]``.
    trend
        The trend.
    factors
        Size factors of the samples; a local trend needs them.
    """
    if trend.kind == "parametric":
        return stabilise_variance(normalised, trend.asymptotic, trend.extra_poisson)
    if trend.kind == "mean":
        return stabilise_variance_evenly(normalised, trend.mean)
    return stabilise_variance_along(normalised, trend.at, factors)


def _blind_trend(
    cohort: Cohort, factors: NDArray[np.float64], kind: TrendKind, n_threads: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], Trend]:
    """Return counts and means of the genes that have counts, and the trend of a design of one group."""
    counts = cohort.counts[cohort.counts.any(axis=1)]
    counts.setflags(write=False)
    laid = lay_out(make_design("~ 1", cohort.samples), factors)
    moments, cell_means = linear_moments(counts, laid, n_threads)
    guess = first_guess(moments[:, 0], moments[:, 1], moments[:, 2], factors)
    alone = Posteriors(counts, cell_means, laid, np.zeros(len(counts)), np.inf, Rules().search, n_threads)
    own = gene_wise(alone, guess)
    return counts, moments[:, 0], fit_trend(moments[:, 0], own, kind)


def _regularise(
    counts: NDArray[np.int64],
    base_mean: NDArray[np.float64],
    dispersions: NDArray[np.float64],
    factors: NDArray[np.float64],
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the regularised logarithm of genes with counts, some genes at a time."""
    n = factors.size
    differences = np.log2(counts / factors + 0.5) - np.log2(base_mean + 0.5)[:, None]
    weights = 1.0 / (1.0 / base_mean + dispersions)
    variance = matched_variance(differences.T, np.broadcast_to(weights, (n, weights.size)))
    laid = lay_out_redundant(np.hstack([np.ones((n, 1)), np.eye(n)]), factors, tuple(range(1, n + 1)))
    penalty = np.array([_INTERCEPT_PENALTY] + [1.0 / variance] * n) / _LN2**2
    rules = Rules().iteration._replace(tolerance=_TOLERANCE)
    intercept, *sample = laid.to_coefficients.argmax(axis=1)
    values = differences
    for first in range(0, len(counts), _GENES_AT_ONCE):
        rows = slice(first, first + _GENES_AT_ONCE)
        some = np.ascontiguousarray(counts[rows])
        some.setflags(write=False)
        parameters = np.zeros((len(some), n + 1))
        parameters[:, intercept] = np.log((some / factors).mean(axis=1))
        reweight(some, laid, dispersions[rows], penalty, rules, parameters, n_threads=n_threads)
        values[rows] = (parameters[:, [intercept]] + parameters[:, sample]) / _LN2
    return values
