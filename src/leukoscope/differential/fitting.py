"""Coefficients of the negative-binomial model: reweighting, and a minimiser where it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.equations import leverage_terms, make_terms, multiply, plan_elimination
from leukoscope.differential.layout import LaidOut, for_genes, whole
from leukoscope.differential.minimiser import minimise_in_box
from leukoscope.differential.moments import start_parameters
from leukoscope.kernels.nb_equations import Plan, Terms, solve_genes
from leukoscope.kernels.nb_irls import NOTHING, Design, Iteration, fit_coefficients
from leukoscope.kernels.nb_likelihood import make_lanes

Counts = NDArray[np.int64]
Genes = NDArray[np.float64]

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
    penalty: NDArray[np.float64]  #: of each coefficient, on the natural logarithm

    def coefficients(self) -> NDArray[np.float64]:
        """Return log2 coefficients [gene, coefficient] in the design's order."""
        return np.asarray(multiply(self.parameters, self.laid.to_coefficients) / _LN2)

    def means(self, n_threads: int = 1) -> NDArray[np.float64]:
        """Return normalised fitted means [gene, cell]."""
        found = np.empty((len(self.parameters), len(self.laid.rows)))

        def some(parameters: Genes, here: Genes) -> None:
            np.exp(multiply(parameters, self.laid.rows), out=here)

        for_genes(some, len(found), n_threads, self.parameters, found)
        return found


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
    if intercept_by_mean and penalty is None and (laid.rows == 1.0).all():
        return _intercepts(counts, laid, alpha, rules)
    penalty = np.full(laid.n_coefficients, _RIDGE) if penalty is None else penalty
    parameters = _starts(counts, laid, n_threads) if start is None else start.copy()
    iterations, _ = reweight(counts, laid, alpha, penalty / _LN2**2, rules, parameters, n_threads=n_threads)
    converged = (iterations < rules.most) & np.isfinite(parameters).all(axis=1)
    failed = np.flatnonzero(~converged)
    reweighted = parameters.copy() if failed.size else parameters
    likelihood = np.empty(failed.size)
    if failed.size:
        begin = multiply(parameters[failed], laid.to_coefficients) / _LN2
        lost = (iterations[failed] > rules.most) | ~(np.abs(begin) < rules.largest).all(axis=1)
        again = _starts(counts[failed], laid, n_threads) if start is None else start[failed]
        begin[lost] = multiply(again[lost], laid.to_coefficients)
        found, converged[failed], likelihood = _minimise(
            counts[failed], laid, alpha[failed], begin, penalty, rules
        )
        parameters[failed] = multiply(found * _LN2, np.linalg.inv(laid.to_coefficients).astype(np.float64))
    np.minimum(iterations, rules.most, out=iterations)
    return Fits(
        laid,
        alpha,
        parameters,
        reweighted,
        iterations,
        converged,
        failed,
        likelihood,
        rules,
        penalty / _LN2**2,
    )


def _starts(counts: Counts, laid: LaidOut, n_threads: int) -> Genes:
    found = np.empty((len(counts), laid.n_coefficients))
    for_genes(start_parameters, len(counts), n_threads, counts, whole(laid), found)
    return found


def reweight(
    counts: NDArray[np.int64],
    laid: LaidOut,
    alpha: NDArray[np.float64],
    penalty: NDArray[np.float64],
    rules: Iteration,
    parameters: NDArray[np.float64],
    *,
    n_threads: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Reweight from `parameters`, in place; return iterations and log-likelihoods of the genes.

    `penalty` is that of each coefficient on the natural logarithm; for the iterations see
    :func:`~leukoscope.kernels.nb_irls.fit_coefficients`.
    """
    plan, entries, ridge = _penalised(laid, penalty)
    n = laid.size.size
    log_size = make_lanes(1, n)[0]
    log_size[:n] = np.log(laid.size)
    design = Design(
        log_size, laid.cell.astype(np.uint64), laid.end, make_terms(laid.rows),
        make_terms(laid.to_coefficients), entries, plan, ridge,
    )  # fmt: skip
    iterations, likelihood = np.zeros(len(counts), dtype=np.int64), np.empty(len(counts))

    def some(own: Counts, at: Genes, begin: Genes, turns: NDArray[np.int64], height: Genes) -> None:
        lanes, room = make_lanes(7, n), np.empty((3, max(laid.end.size, ridge.size)))
        lanes[2] = NOTHING
        fit_coefficients(
            laid.take(own), at, design, rules, np.empty((4, 8)), lanes, room, begin, turns, height
        )

    for_genes(some, len(counts), n_threads, counts, alpha, parameters, iterations, likelihood)
    return iterations, likelihood


def _penalised(laid: LaidOut, penalty: Genes) -> tuple[Plan, Terms, Genes]:
    """Return plan, entries and penalty of the penalised normal equations."""
    square = (laid.to_coefficients.T * penalty) @ laid.to_coefficients
    plan, entries, slots = plan_elimination(laid.rows, square)
    ridge = np.zeros(int(plan.start[-1]))
    ridge[slots[slots >= 0]] = square[slots >= 0]
    return plan, entries, ridge


def _intercepts(
    counts: NDArray[np.int64], laid: LaidOut, alpha: NDArray[np.float64], rules: Iteration
) -> Fits:
    means = (laid.take(counts) / laid.size).mean(axis=1)
    parameters = np.log(means)[:, None]
    nothing = np.empty(0)
    n = len(counts)
    return Fits(
        laid, alpha, parameters, parameters, np.ones(n, np.int64), np.ones(n, bool), nothing.astype(np.int64),
        nothing, rules, np.zeros(1),
    )  # fmt: skip


def describe(
    counts: NDArray[np.int64], fits: Fits, contrasts: NDArray[np.float64], *, n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return estimates and standard errors (log2) [gene, contrast].

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
    of_parameters = np.ascontiguousarray(contrasts @ laid.to_coefficients)
    estimates, errors = np.empty((2, len(counts), len(contrasts)))
    solve = solver(fits)

    def some(alpha: Genes, parameters: Genes, estimate: Genes, found: Genes) -> None:
        estimate[:] = multiply(multiply(parameters, laid.to_coefficients) / _LN2, contrasts)
        x, _ = solve(weigh(laid, alpha, parameters, fits.rules.minimum_mean), of_parameters)
        for k, contrast in enumerate(of_parameters):
            effect = multiply(x[:, k], laid.to_coefficients)
            variance = (x[:, k] * contrast).sum(axis=1) - (fits.penalty * effect * effect).sum(axis=1)
            found[:, k] = np.sqrt(np.maximum(variance, 0.0)) / _LN2

    width = counts.shape[1]
    for_genes(some, len(counts), n_threads, fits.alpha, fits.parameters, estimates, errors, width=width)
    return estimates, errors


def weigh(laid: LaidOut, alpha: Genes, parameters: Genes, least: float) -> Genes:
    """Return the weight of each count, [gene, position], at fitted means not below `least`."""
    mu = laid.means(np.exp(multiply(parameters, laid.rows)), least)
    return np.asarray(mu / (1.0 + alpha[:, None] * mu))


def solver(fits: Fits) -> Callable[[Genes, Genes], tuple[Genes, Genes]]:
    """Return a function from weights [gene, position] and right-hand sides [k, parameter].

    It gives the solutions of the penalised normal equations [gene, k, parameter] and the
    leverages of the design's rows [gene, cell].
    """
    laid = fits.laid
    plan, entries, ridge = _penalised(laid, fits.penalty)
    p = laid.n_coefficients
    leverages = leverage_terms(entries, p)

    def solve(weights: Genes, right: Genes) -> tuple[Genes, Genes]:
        sums = laid.sums(weights)
        leverage, found = np.empty_like(sums), np.empty((len(sums), len(right), p))
        solve_genes(sums, entries, plan, leverages, ridge, right, np.empty((2, ridge.size)), leverage, found)
        return found, leverage

    return solve


def log_likelihood(counts: NDArray[np.int64], fits: Fits, *, n_threads: int) -> NDArray[np.float64]:
    """Return the log-likelihood of each gene at its fitted means, which are not bounded below here."""
    rules = fits.rules._replace(most=0, minimum_mean=float(np.finfo(float).tiny))
    parameters = fits.parameters.copy()
    _, found = reweight(counts, fits.laid, fits.alpha, fits.penalty, rules, parameters, n_threads=n_threads)
    found[fits.minimised] = fits.minimised_likelihood
    return found


def _minimise(
    counts: Counts,
    laid: LaidOut,
    alpha: Genes,
    start: Genes,
    penalty: Genes,
    rules: Iteration,
) -> tuple[Genes, NDArray[np.bool_], Genes]:
    """Return log2 coefficients, whether the minimiser converged, and the log-likelihoods.

    A bounded quasi-Newton search with numeric gradients, as R's ``optim``.  On one thread:
    most of its time is Python's own.
    """
    rows = laid.rows @ np.linalg.inv(laid.to_coefficients)
    cells = [np.flatnonzero(column) for column in rows.T]
    effects = [rows[used, k, None, None] for k, used in enumerate(cells)]
    log_size = np.log(laid.size)[:, None, None]
    found, converged, heights = start.copy(), np.empty(len(start), dtype=bool), np.empty(len(start))

    def some(own: Counts, alpha: Genes, at: Genes, settled: NDArray[np.bool_], height: Genes) -> None:
        counted = laid.take(own)
        of_counts, y = _count_part(counted, alpha), counted.T[:, :, None]
        constant = of_counts - 0.5 * float(np.log(2 * np.pi / penalty).sum())

        def likelihood(log2: Genes, genes: NDArray[np.int64], least: float) -> Genes:
            """Part that depends on the means, [gene, point], for points log2[coefficient, gene, point]."""
            eta = np.zeros((len(rows), *log2.shape[1:]))
            for used, effect, at_points in zip(cells, effects, log2, strict=True):
                eta[used] += effect * at_points
            eta = eta.take(laid.cell, axis=0) * _LN2 + log_size
            eta = np.maximum(eta, np.log(least)) if least > 0 else eta
            spread, y_here = alpha[genes, None], y[:, genes]
            return np.asarray(
                (y_here * eta - (y_here + 1.0 / spread) * np.log1p(np.exp(eta) * spread)).sum(axis=0)
            )

        def objective(points: Genes, genes: NDArray[np.int64]) -> Genes:
            height = likelihood(points, genes, 0.0) + constant[genes, None]
            height -= 0.5 * (penalty[:, None, None] * points * points).sum(axis=0)
            return np.where(np.isfinite(height), -height, 1e300)

        at[:], settled[:] = minimise_in_box(objective, at, rules.largest)
        height[:] = likelihood(at.T[:, :, None], np.arange(len(at)), rules.minimum_mean)[:, 0] + of_counts

    for_genes(some, len(start), 1, counts, alpha, found, converged, heights)
    return found, converged, heights


def _count_part(y: Genes, alpha: Genes) -> Genes:
    """Return the part of each gene's log-likelihood that its counts [gene, sample] make alone."""
    from scipy.special import gammaln

    size = 1.0 / alpha[:, None]
    found = gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) + y * np.log(alpha)[:, None]
    return np.asarray(found.sum(axis=1))
