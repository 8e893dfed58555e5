"""The model of every gene: dispersion, coefficients, outliers, refit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential import dispersion, outliers
from leukoscope.differential.dispersion import Posteriors, Spread
from leukoscope.differential.fitting import Fits, fit
from leukoscope.differential.layout import LaidOut, for_genes, whole
from leukoscope.differential.moments import summarise
from leukoscope.differential.trend import Trend, TrendKind, fit_trend
from leukoscope.kernels.nb_dispersion import Search
from leukoscope.kernels.nb_irls import Iteration

Mode = Literal["r", "optimum"]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Rules:
    """How genes are fitted."""

    mode: Mode = "r"
    trend: TrendKind = "parametric"
    replace_outliers: bool = True
    n_threads: int = 1

    @property
    def search(self) -> Search:
        """Rules of the dispersion's line search."""
        return Search()

    @property
    def iteration(self) -> Iteration:
        """Rules of the reweighting."""
        return Iteration()


@dataclass(frozen=True, slots=True, eq=False)
class GeneModels:
    """Models of genes that have counts."""

    base_mean: NDArray[np.float64]
    own: NDArray[np.float64]  #: gene-wise dispersion
    fitted: NDArray[np.float64]  #: dispersion of the trend
    shrunk: NDArray[np.float64]  #: posterior mode
    is_outlier: NDArray[np.bool_]  #: keeps its own dispersion
    fits: Fits
    trend: Trend
    spread: Spread


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Models after outliers were replaced.

    `counts` are those of the models; rows `refitted` differ from the cohort's.
    """

    models: GeneModels
    counts: NDArray[np.int64]
    refitted: NDArray[np.int64]
    emptied: NDArray[np.int64]  #: genes without a count after replacement
    withheld: NDArray[np.int64]  #: genes whose p-value is withheld for an outlier


def model_genes(
    counts: NDArray[np.int64],
    laid: LaidOut,
    size_factors: NDArray[np.float64],
    rules: Rules,
    known: tuple[Trend, Spread] | None = None,
) -> GeneModels:
    """Estimate dispersions and coefficients.

    Parameters
    ----------
    counts
        int64[genes, samples]; every gene has a count.
    laid
        Design.
    size_factors
        float64[samples].
    rules
        How.
    known
        Trend and spread to use, instead of estimating them.
    """
    n_threads, search = rules.n_threads, rules.search
    moments, cell_means = linear_moments(counts, laid, n_threads)
    base_mean = moments[:, 0]
    guess = dispersion.first_guess(base_mean, moments[:, 1], moments[:, 2], size_factors)
    if not laid.is_saturated:
        del cell_means  # no room for both
        cell_means = fit(counts, laid, guess, rules=rules.iteration, n_threads=n_threads).means(n_threads)
    exact = rules.mode == "optimum"
    alone = Posteriors(counts, cell_means, laid, np.zeros(len(counts)), np.inf, search, n_threads)
    own = dispersion.optimum(alone) if exact else dispersion.gene_wise(alone, guess)
    trend = known[0] if known else fit_trend(base_mean, own, rules.trend)
    fitted = trend.at(base_mean)
    degrees = counts.shape[1] - laid.n_coefficients
    scatter = known[1] if known else dispersion.spread(own, fitted, degrees)
    drawn = replace(alone, prior_mean=np.log(fitted), prior_variance=scatter.prior)
    shrunk = dispersion.optimum(drawn) if exact else dispersion.shrunk(drawn, own, fitted)
    del cell_means, alone, drawn
    is_outlier = dispersion.is_outlier(own, fitted, scatter)
    alpha = np.where(is_outlier, own, shrunk)
    fits = fit(counts, laid, alpha, rules=rules.iteration, n_threads=n_threads)
    return GeneModels(base_mean, own, fitted, shrunk, is_outlier, fits, trend, scatter)


def fit_genes(
    counts: NDArray[np.int64],
    laid: LaidOut,
    size_factors: NDArray[np.float64],
    rules: Rules,
    *,
    two_groups: bool,
) -> Fitted:
    """Model genes, replace outlying counts where there are replicates enough, and refit those genes.

    Parameters
    ----------
    counts
        int64[genes, samples]; every gene has a count.  Written: outliers are replaced.
    laid, size_factors, rules
        As :func:`model_genes`.
    two_groups
        Whether the design is one factor of two levels.
    """
    models = model_genes(counts, laid, size_factors, rules)
    found = outliers.influence(counts, models.fits, n_threads=rules.n_threads)
    samples = outliers.replaceable(laid)
    nothing = np.empty(0, dtype=np.int64)
    if not (rules.replace_outliers and samples.any() and found.flagged.size):
        withheld = outliers.withheld(counts, found, laid, None, two_groups=two_groups)
        return Fitted(models, counts, nothing, nothing, withheld)
    replaced = outliers.replace(counts, found, size_factors, samples)
    has_counts = replaced.any(axis=1)
    refitted, emptied = found.flagged[has_counts], found.flagged[~has_counts]
    judged = samples if refitted.size else None
    withheld = outliers.withheld(counts, found, laid, judged, two_groups=two_groups)
    counts[found.flagged] = replaced
    if refitted.size:
        again = model_genes(counts[refitted], laid, size_factors, rules, (models.trend, models.spread))
        models = _merge(models, again, refitted)
    return Fitted(models, counts, refitted, emptied, withheld)


def linear_moments(
    counts: NDArray[np.int64], laid: LaidOut, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean, variance and rough dispersion [gene, 3], and the means of the cells."""
    moments = np.empty((len(counts), 3))
    cell_means = np.empty((len(counts), len(laid.rows)))
    for_genes(summarise, len(counts), n_threads, counts, whole(laid), moments, cell_means)
    return moments, cell_means


def _merge(models: GeneModels, again: GeneModels, genes: NDArray[np.int64]) -> GeneModels:
    """Return the models with those of some genes replaced."""
    return GeneModels(
        _put(models.base_mean, again.base_mean, genes),
        _put(models.own, again.own, genes),
        _put(models.fitted, again.fitted, genes),
        _put(models.shrunk, again.shrunk, genes),
        _put(models.is_outlier, again.is_outlier, genes),
        _merge_fits(models.fits, again.fits, genes),
        models.trend,
        models.spread,
    )


def _merge_fits(fits: Fits, again: Fits, genes: NDArray[np.int64]) -> Fits:
    kept = ~np.isin(fits.minimised, genes)
    return replace(
        fits,
        alpha=_put(fits.alpha, again.alpha, genes),
        parameters=_put(fits.parameters, again.parameters, genes),
        reweighted=_put(fits.reweighted, again.reweighted, genes),
        iterations=_put(fits.iterations, again.iterations, genes),
        converged=_put(fits.converged, again.converged, genes),
        minimised=np.concatenate([fits.minimised[kept], genes[again.minimised]]),
        minimised_likelihood=np.concatenate([fits.minimised_likelihood[kept], again.minimised_likelihood]),
    )


def _put(values: NDArray[Scalar], new: NDArray[Scalar], genes: NDArray[np.int64]) -> NDArray[Scalar]:
    changed = values.copy()
    changed[genes] = new
    return changed
