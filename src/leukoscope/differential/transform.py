"""Variance-stabilised expression of a cohort, for clustering, PCA and classification."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.differential.design import make_design
from leukoscope.differential.dispersion import first_guess, gene_wise
from leukoscope.differential.layout import lay_out
from leukoscope.differential.model import Rules, linear_moments
from leukoscope.differential.trend import Trend, TrendKind, fit_trend
from leukoscope.errors import InputError
from leukoscope.normalization import (
    SizeFactorKind,
    size_factors,
    stabilise_variance,
    stabilise_variance_evenly,
)


def stabilised(
    cohort: Cohort,
    *,
    size_factor_kind: SizeFactorKind = "ratio",
    trend: TrendKind = "parametric",
    n_threads: int = 1,
) -> NDArray[np.float64]:
    """Return the variance-stabilised expression, blind to any design.

    The numbers of DESeq2's ``varianceStabilizingTransformation(blind = TRUE)``.

    Parameters
    ----------
    cohort
        Counts of at least two samples; fractional ones are rounded.
    size_factor_kind
        Kind of size factors.
    trend
        Kind of dispersion trend: parametric or mean.
    n_threads
        Threads.

    Raises
    ------
    InputError
        If no gene can be used, or the parametric trend does not fit (ask for ``mean``).
    """
    cohort = cohort.rounded()
    factors = size_factors(cohort.counts, size_factor_kind)
    counts = cohort.counts[cohort.counts.any(axis=1)]
    counts.setflags(write=False)
    rules = Rules(n_threads=n_threads)
    laid = lay_out(make_design("~ 1", cohort.samples), factors)
    moments, cell_means = linear_moments(counts, laid, n_threads)
    guess = first_guess(moments[:, 0], moments[:, 1], moments[:, 2], factors)
    own = gene_wise(counts, cell_means, laid, guess, search=rules.search, n_threads=n_threads)
    return transform(cohort.counts / factors, fit_trend(moments[:, 0], own, trend))


def transform(normalised: NDArray[np.float64], trend: Trend) -> NDArray[np.float64]:
    """Return normalised counts stabilised by a fitted trend.

    Raises
    ------
    InputError
        If the trend is a local regression, which has no closed form.
    """
    if trend.kind == "parametric":
        return stabilise_variance(normalised, trend.asymptotic, trend.extra_poisson)
    if trend.kind == "mean":
        return stabilise_variance_evenly(normalised, trend.mean)
    raise InputError(
        f"no variance stabilisation: {trend.fallback or 'the trend is local'}; ask for the trend 'mean'."
    )
