"""Dispersions: gene by gene, around the trend, and which genes keep their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.equations import log_determinants
from leukoscope.differential.layout import LaidOut, for_genes
from leukoscope.differential.small_designs import MOST_DEGREES, matched_prior_variance
from leukoscope.kernels.nb_dispersion import Search, search_dispersions
from leukoscope.kernels.nb_likelihood import make_lanes
from leukoscope.workers import call_on_threads

LEAST = 1e-8
_USABLE = 100 * LEAST
_OUTLIER_SD = 2.0
_GRID_POINTS = 20
_SMALL = 1e-6  # a dispersion below it leaves the choice of the grid point to R's rounding
_SCAN_POINTS = 24
_HALVINGS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far gene-wise dispersions scatter around the trend, on the logarithm."""

    observed: float  #: variance of the residuals, from their median absolute deviation
    prior: float  #: part that the sampling of the estimates does not explain


@dataclass(frozen=True, slots=True, eq=False)
class Posteriors:
    """The posterior of the dispersion of each gene: its counts, fitted means, and a normal prior on the logarithm."""

    counts: NDArray[np.int64]
    cell_means: NDArray[np.float64]
    laid: LaidOut
    prior_mean: NDArray[np.float64]
    prior_variance: float  #: infinite: no prior
    search: Search
    n_threads: int

    @property
    def greatest(self) -> float:
        """The upper bound of a dispersion."""
        return greatest(self.counts.shape[1])

    def of(self, genes: NDArray[np.bool_]) -> Posteriors:
        """Return those of some genes."""
        return replace(
            self,
            counts=self.counts[genes],
            cell_means=self.cell_means[genes],
            prior_mean=self.prior_mean[genes],
        )

    def look(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what :func:`climb` would, at these log dispersions themselves."""
        return climb(replace(self, search=self.search._replace(most_steps=0)), at)


def first_guess(
    base_mean: NDArray[np.float64],
    base_variance: NDArray[np.float64],
    rough: NDArray[np.float64],
    size_factors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the smaller of the rough and the moments' dispersion, within the bounds."""
    moments = (base_variance - np.mean(1.0 / size_factors) * base_mean) / base_mean**2
    return np.clip(np.minimum(rough, moments), LEAST, greatest(size_factors.size))


def greatest(n_samples: int) -> float:
    """Return the upper bound of a dispersion."""
    return max(10.0, float(n_samples))


def gene_wise(posteriors: Posteriors, guess: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dispersion of each gene by itself (no prior), as R finds it.

    The guess is kept where the search gained next to nothing; where it did not converge, a
    grid decides.
    """
    log_alpha, steps, first, last, _ = climb(posteriors, np.log(guess)).T
    alpha = np.minimum(np.exp(log_alpha), posteriors.greatest)
    alpha = np.where(last < first + np.abs(first) / 1e6, guess, alpha)
    failed = (steps >= posteriors.search.most_steps) | (steps == 1)
    return _settled(posteriors, alpha, failed & (alpha > 10 * LEAST))


def spread(residuals_of: NDArray[np.float64], fitted: NDArray[np.float64], degrees: int) -> Spread:
    """Return the scatter of gene-wise dispersions around their trend.

    Parameters
    ----------
    residuals_of
        Gene-wise dispersions.
    fitted
        The trend's.
    degrees
        Residual degrees of freedom.
    """
    from scipy.special import polygamma

    usable = residuals_of >= _USABLE
    residuals = np.log(residuals_of[usable]) - np.log(fitted[usable])
    if not residuals.size:
        return Spread(np.nan, 0.25)
    observed = float((1.4826 * np.median(np.abs(residuals - np.median(residuals)))) ** 2)
    if degrees <= MOST_DEGREES:
        prior = matched_prior_variance(residuals, degrees)
    else:
        prior = observed - float(polygamma(1, degrees / 2))
    return Spread(observed, max(prior, 0.25))


def shrunk(
    posteriors: Posteriors, own: NDArray[np.float64], fitted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the dispersion of each gene, drawn towards the trend, as R finds it."""
    found = climb(posteriors, np.log(np.where(own > 0.1 * fitted, own, fitted)))
    return _settled(posteriors, np.exp(found[:, 0]), found[:, 1] >= posteriors.search.most_steps)


def _settled(
    posteriors: Posteriors, alpha: NDArray[np.float64], failed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return dispersions within the bounds, those of a failed search by a grid."""
    alpha[failed] = _on_grid(posteriors.of(failed))
    return np.clip(alpha, LEAST, posteriors.greatest)


def optimum(posteriors: Posteriors) -> NDArray[np.float64]:
    """Return the dispersion of each gene at the exact maximum of its posterior.

    The best of a grid, then halving by the slope.
    """
    n = len(posteriors.counts)
    grid = np.linspace(np.log(LEAST), np.log(posteriors.greatest), _SCAN_POINTS)
    heights = np.stack([posteriors.look(np.full(n, at))[:, 3] for at in grid])
    best = heights.argmax(axis=0)
    left, right = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, grid.size - 1)]
    for _ in range(_HALVINGS):
        middle = 0.5 * (left + right)
        rises = posteriors.look(middle)[:, 4] > 0.0
        left, right = np.where(rises, middle, left), np.where(rises, right, middle)
    return np.asarray(np.exp(0.5 * (left + right)))


def is_outlier(own: NDArray[np.float64], fitted: NDArray[np.float64], scatter: Spread) -> NDArray[np.bool_]:
    """Return which genes scatter so far above the trend that they keep their own dispersion."""
    if np.isnan(scatter.observed):
        return np.zeros(own.size, dtype=bool)
    return np.asarray(np.log(own) > np.log(fitted) + _OUTLIER_SD * np.sqrt(scatter.observed))


def climb(posteriors: Posteriors, start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what :func:`~leukoscope.kernels.nb_dispersion.search_dispersions` finds, [gene, 5]."""
    laid, search, found = posteriors.laid, posteriors.search, np.empty((len(posteriors.counts), 5))

    def some(
        own: NDArray[np.int64],
        means: NDArray[np.float64],
        begin: NDArray[np.float64],
        prior: NDArray[np.float64],
        here: NDArray[np.float64],
    ) -> None:
        y, mu = laid.take(own), laid.means(means, search.minimum_mean)
        room = np.empty((3, max(laid.end.size, int(laid.plan.start[-1]))))
        search_dispersions(
            y, mu, begin, prior, posteriors.prior_variance, laid.end, laid.entries, laid.leverages, laid.plan,
            search, np.empty((4, 8)), make_lanes(7, y.shape[1]), room, here,
        )  # fmt: skip

    for_genes(
        some, len(found), posteriors.n_threads, posteriors.counts, posteriors.cell_means, start,
        posteriors.prior_mean, found,
    )  # fmt: skip
    if laid.is_saturated:
        found[:, 2:4] -= np.linalg.slogdet(laid.rows).logabsdet
    return found


def _on_grid(posteriors: Posteriors) -> NDArray[np.float64]:
    """Return the dispersion with the highest posterior of twenty, then of twenty around the best."""
    n, laid = len(posteriors.counts), posteriors.laid
    if not n:
        return np.empty(0)
    means = laid.means(posteriors.cell_means, posteriors.search.minimum_mean)
    y, mu = posteriors.counts.astype(np.float64), means.take(np.argsort(laid.order), axis=1)
    one_thread = replace(posteriors, n_threads=1)

    def height(at: NDArray[np.float64]) -> NDArray[np.float64]:
        alpha = np.exp(at)
        found = one_thread.look(at)[:, 3]
        small = np.flatnonzero(alpha < _SMALL)
        if small.size:
            away = at[small] - posteriors.prior_mean[small]
            plain = _plain_likelihoods(y[small], mu[small], alpha[small])
            found[small] = plain + _cox_reid(means[small], alpha[small], laid)
            found[small] -= 0.5 * away * away / posteriors.prior_variance
        return found

    low, high = np.log(LEAST), np.log(posteriors.greatest)
    step = (high - low) / (_GRID_POINTS - 1)
    best = _highest(height, np.full(n, low), np.full(n, high), posteriors.n_threads)
    return np.exp(_highest(height, best - step, best + step, posteriors.n_threads))


def _plain_likelihoods(
    y: NDArray[np.float64], mu: NDArray[np.float64], alpha: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return log-likelihoods of small dispersions, added up in R's own order, sample after sample.

    Near zero dispersion the likelihood is flat, and R's rounding decides where it is highest:
    ``lgamma(1e8)`` alone carries 2e-7.  The logarithms are the C library's, as R's are.
    """
    from scipy.special import xlogy

    size = 1.0 / alpha[:, None]
    terms = _plain_log_gamma(y + size) - _plain_log_gamma(size)
    terms = terms - xlogy(y, mu + size) - xlogy(size, 1.0 + mu * alpha[:, None])
    return np.asarray(np.cumsum(terms, axis=1)[:, -1])


def _plain_log_gamma(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of gamma(x) for large x, rounded as R's short formula is."""
    from scipy.special import xlogy

    found = 0.918938533204672741780329736406 + xlogy(x - 0.5, x) - x
    return np.asarray(np.where(x > 4934720.0, found, found + 1.0 / (12.0 * x)))


def _highest(
    height: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the first of evenly spaced log dispersions with the highest posterior, gene by gene."""
    points = low + np.arange(_GRID_POINTS)[:, None] * ((high - low) / (_GRID_POINTS - 1))
    heights = np.empty(points.shape)

    def some(k: int) -> None:
        heights[k] = height(points[k])

    call_on_threads(some, _GRID_POINTS, n_threads)
    return np.asarray(points[heights.argmax(axis=0), np.arange(low.size)])


def _cox_reid(means: NDArray[np.float64], alpha: NDArray[np.float64], laid: LaidOut) -> NDArray[np.float64]:
    """Return Cox and Reid's term of each gene, from means by position."""
    return -0.5 * log_determinants(laid.sums(means / (1.0 + alpha[:, None] * means)), laid.entries, laid.plan)
