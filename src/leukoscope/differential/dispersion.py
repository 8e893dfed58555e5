"""Dispersions: gene by gene, around the trend, and which genes keep their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.layout import LaidOut, for_genes, whole
from leukoscope.kernels.nb_dispersion import Search, search_dispersions
from leukoscope.kernels.nb_grid import search_on_grid
from leukoscope.kernels.nb_optimum import maximise_dispersions

LEAST = 1e-8
_USABLE = 100 * LEAST
_OUTLIER_SD = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How far gene-wise dispersions scatter around the trend, on the logarithm."""

    observed: float  #: variance of the residuals, from their median absolute deviation
    prior: float  #: part that the sampling of the estimates does not explain


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


def gene_wise(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    guess: NDArray[np.float64],
    *,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the dispersion of each gene by itself, as R finds it.

    The guess is kept where the search gained next to nothing; where it did not converge, a
    grid decides.
    """
    start = np.log(guess)
    found = _search(counts, cell_means, laid, start, start, np.inf, search, n_threads)
    log_alpha, steps, first, last = found.T
    alpha = np.minimum(np.exp(log_alpha), greatest(counts.shape[1]))
    alpha = np.where(last < first + np.abs(first) / 1e6, guess, alpha)
    failed = ((steps >= search.most_steps) | (steps == 1)) & (alpha > 10 * LEAST)
    alpha[failed] = _on_grid(
        counts[failed], cell_means[failed], laid, np.zeros(failed.sum()), np.inf, search, n_threads
    )
    return np.clip(alpha, LEAST, greatest(counts.shape[1]))


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
    return Spread(observed, max(observed - float(polygamma(1, degrees / 2)), 0.25))


def shrunk(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    own: NDArray[np.float64],
    fitted: NDArray[np.float64],
    prior_variance: float,
    *,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the dispersion of each gene, drawn towards the trend, as R finds it."""
    start = np.where(own > 0.1 * fitted, own, fitted)
    found = _search(
        counts, cell_means, laid, np.log(start), np.log(fitted), prior_variance, search, n_threads
    )
    alpha = np.exp(found[:, 0])
    failed = found[:, 1] >= search.most_steps
    alpha[failed] = _on_grid(
        counts[failed], cell_means[failed], laid, np.log(fitted[failed]), prior_variance, search, n_threads
    )
    return np.clip(alpha, LEAST, greatest(counts.shape[1]))


def optimum(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    *,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    """Return the dispersion of each gene at the exact maximum of its posterior.

    No prior if its variance is infinite.
    """
    return _scan(
        maximise_dispersions, counts, cell_means, laid, prior_mean, prior_variance, search, n_threads
    )


def is_outlier(own: NDArray[np.float64], fitted: NDArray[np.float64], scatter: Spread) -> NDArray[np.bool_]:
    """Return which genes scatter so far above the trend that they keep their own dispersion."""
    if np.isnan(scatter.observed):
        return np.zeros(own.size, dtype=bool)
    return np.asarray(np.log(own) > np.log(fitted) + _OUTLIER_SD * np.sqrt(scatter.observed))


def _search(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    start: NDArray[np.float64],
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    found = np.empty((len(counts), 4))
    for_genes(
        search_dispersions, len(counts), n_threads,
        counts, cell_means, whole(laid.layout), start, prior_mean, whole(prior_variance), whole(search), found,
    )  # fmt: skip
    return found


def _on_grid(
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    counts.setflags(write=False)
    return _scan(search_on_grid, counts, cell_means, laid, prior_mean, prior_variance, search, n_threads)


def _scan(
    kernel: Callable[..., None],
    counts: NDArray[np.int64],
    cell_means: NDArray[np.float64],
    laid: LaidOut,
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    search: Search,
    n_threads: int,
) -> NDArray[np.float64]:
    found = np.empty(len(counts))
    for_genes(
        kernel, len(counts), n_threads,
        counts, cell_means, whole(laid.layout), prior_mean, whole(prior_variance), whole(float(np.log(LEAST))),
        whole(float(np.log(greatest(counts.shape[1])))), whole(search.minimum_mean), found,
    )  # fmt: skip
    return np.exp(found)
