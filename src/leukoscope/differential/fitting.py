"""Coefficients of the negative-binomial model: reweighting, and a minimiser where it fails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.layout import LaidOut, for_genes, whole
from leukoscope.differential.minimiser import minimise_in_box
from leukoscope.differential.moments import start_parameters
from leukoscope.kernels.nb_irls import Iteration, describe_fits, fit_coefficients

_RIDGE = 1e-6  # penalty on a coefficient in log2 units
_LN2 = np.log(2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Coefficients of many genes, as the kernels' parameters on the natural logarithm."""

    laid: LaidOut
    alpha: NDArray[np.float64]  #: dispersions
    parameters: NDArray[np.float64]  #: [gene, parameter]
    reweighted: NDArray[
        np.float64
    ]  #: [gene, parameter] where reweighting ended; the hat matrix is taken there
    iterations: NDArray[np.int64]
    converged: NDArray[np.bool_]  #: by reweighting or by the minimiser
    minimised: NDArray[np.int64]  #: genes that went to the minimiser
    minimised_likelihood: NDArray[np.float64]  #: of those genes
    rules: Iteration
    ridge: NDArray[np.float64]  #: of each parameter

    def coefficients(self) -> NDArray[np.float64]:
        """Return log2 coefficients [gene, coefficient] in the design's order."""
        return np.asarray(_product(self.parameters, self.laid.to_coefficients) / _LN2)

    def means(self) -> NDArray[np.float64]:
        """Return normalised fitted means [gene, cell]."""
        layout = self.laid.layout
        eta = _product(self.parameters[:, layout.n_levels :], layout.border)
        if layout.n_levels:
            has_level = layout.level >= 0
            eta[:, has_level] += self.parameters[:, layout.level[has_level]]
        return np.exp(eta)


def fit(
    counts: NDArray[np.int64],
    laid: LaidOut,
    alpha: NDArray[np.float64],
    *,
    rules: Iteration,
    n_threads: int,
    penalty: NDArray[np.float64] | None = None,
    intercept_by_mean: bool = True,
    start: NDArray[np.float64] | None = None,
) -> Fits:
    """Fit the coefficients of every gene at its dispersion.

    Parameters
    ----------
    counts
        int64[genes, samples].
    laid
        Design.
    alpha
        Dispersions.
    rules
        When reweighting stops.
    n_threads
        Threads.
    penalty
        Ridge on each coefficient in log2 units; 1e-6 by default.
    intercept_by_mean
        Whether a design of nothing but an intercept is fitted by the mean of normalised
        counts, as in R, which is not the maximum of the likelihood.
    start
        Parameters to begin with, float64[genes, parameters]; by default a least-squares fit
        to the logarithms.
    """
    if intercept_by_mean and penalty is None and laid.layout.border.shape == (1, 1):
        return _intercepts(counts, laid, alpha, rules)
    penalty = np.full(laid.n_coefficients, _RIDGE) if penalty is None else penalty
    ridge = laid.ridge(penalty / _LN2**2)
    iterations = np.zeros(len(counts), dtype=np.int64)
    if start is None:
        start = np.empty((len(counts), laid.n_coefficients))
        for_genes(start_parameters, len(counts), n_threads, counts, whole(laid), start)
    parameters = start.copy()
    for_genes(
        fit_coefficients, len(counts), n_threads,
        counts, whole(laid.layout), alpha, whole(ridge), whole(rules), parameters, iterations,
    )  # fmt: skip
    reweighted = parameters.copy()
    coefficients = _product(parameters, laid.to_coefficients)
    stable = np.asarray(np.isfinite(coefficients).all(axis=1))
    converged = (iterations < rules.most) & stable
    failed = np.flatnonzero(~converged)
    likelihood = np.empty(failed.size)
    for k, gene in enumerate(failed):
        log2 = coefficients[gene] / _LN2
        if iterations[gene] > rules.most or not (stable[gene] and (np.abs(log2) < rules.largest).all()):
            log2 = laid.to_coefficients @ start[gene]
        found, converged[gene], likelihood[k] = _minimise(
            counts[gene], laid, float(alpha[gene]), log2, penalty, rules
        )
        parameters[gene] = laid.to_parameters @ (found * _LN2)
    np.minimum(iterations, rules.most, out=iterations)
    return Fits(laid, alpha, parameters, reweighted, iterations, converged, failed, likelihood, rules, ridge)


def _intercepts(
    counts: NDArray[np.int64], laid: LaidOut, alpha: NDArray[np.float64], rules: Iteration
) -> Fits:
    means = (counts[:, laid.layout.order] / laid.layout.size).mean(axis=1)
    parameters = np.log(means)[:, None]
    nothing = np.empty(0)
    n = len(counts)
    return Fits(
        laid, alpha, parameters, parameters, np.ones(n, np.int64), np.ones(n, bool), nothing.astype(np.int64),
        nothing, rules, laid.ridge(np.zeros(1)),
    )  # fmt: skip


def describe(
    counts: NDArray[np.int64], fits: Fits, contrasts: NDArray[np.float64], *, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return estimates and standard errors (log2) [gene, contrast], and log-likelihoods.

    Parameters
    ----------
    counts
        Those that were fitted.
    fits
        The fits.
    contrasts
        float64[k, coefficients].
    n_threads
        Threads.
    """
    laid = fits.laid
    errors = np.empty((len(counts), len(contrasts)))
    likelihood = np.empty(len(counts))
    of_parameters = np.ascontiguousarray(contrasts @ laid.to_coefficients)
    for_genes(
        describe_fits, len(counts), n_threads,
        counts, whole(laid.layout), fits.alpha, whole(fits.ridge), whole(fits.rules.minimum_mean), fits.parameters,
        whole(of_parameters), errors, likelihood,
    )  # fmt: skip
    likelihood[fits.minimised] = fits.minimised_likelihood
    return _product(fits.coefficients(), contrasts), errors / _LN2, likelihood


def _product(rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows @ columns.T, added up in one fixed order whatever the threads."""
    found = np.zeros((len(rows), len(columns)))
    for k in range(rows.shape[1]):
        used = np.flatnonzero(columns[:, k])
        if used.size == len(columns):
            found += rows[:, k : k + 1] * columns[:, k]
        elif used.size:
            found[:, used] += rows[:, k : k + 1] * columns[used, k]
    return found


def _minimise(
    counts: NDArray[np.int64],
    laid: LaidOut,
    alpha: float,
    start: NDArray[np.float64],
    penalty: NDArray[np.float64],
    rules: Iteration,
) -> tuple[NDArray[np.float64], bool, float]:
    """Return log2 coefficients, whether the minimiser converged, and the log-likelihood.

    A bounded quasi-Newton search with numeric gradients, as R's ``optim``.
    """
    layout = laid.layout
    y = counts[layout.order].astype(np.float64)[:, None]
    rows = np.repeat(_rows(laid), np.diff(layout.end, prepend=0), axis=0)
    constant = _count_part(y, alpha) - 0.5 * float(np.log(2 * np.pi / penalty).sum())
    log_size = layout.log_size[:, None]

    def likelihood(log2: NDArray[np.float64], least: float) -> NDArray[np.float64]:
        """Part that depends on the means, for points log2[coefficient, point]."""
        eta = (rows[:, :, None] * log2).sum(axis=1) * _LN2 + log_size
        eta = np.maximum(eta, np.log(least)) if least > 0 else eta
        return np.asarray((y * eta - (y + 1.0 / alpha) * np.log1p(np.exp(eta) * alpha)).sum(axis=0))

    def objective(points: NDArray[np.float64]) -> NDArray[np.float64]:
        height = likelihood(points, 0.0) + constant - 0.5 * (penalty[:, None] * points * points).sum(axis=0)
        return np.where(np.isfinite(height), -height, 1e300)

    found, converged = minimise_in_box(objective, start, rules.largest)
    height = float(likelihood(found[:, None], rules.minimum_mean)[0]) + _count_part(y, alpha)
    return found, converged, height


def _count_part(y: NDArray[np.float64], alpha: float) -> float:
    from scipy.special import gammaln

    size = 1.0 / alpha
    return float((gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) + y * np.log(alpha)).sum())


def _rows(laid: LaidOut) -> NDArray[np.float64]:
    """Return the design's row of every cell, columns in its own order."""
    layout = laid.layout
    of_parameters = np.zeros((layout.end.size, laid.n_coefficients))
    of_parameters[:, layout.n_levels :] = layout.border
    has_level = np.flatnonzero(layout.level >= 0)
    of_parameters[has_level, layout.level[has_level]] = 1.0
    return np.asarray(of_parameters @ laid.to_parameters)
