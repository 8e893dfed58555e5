"""Coefficients of one gene after another by iteratively reweighted least squares."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, scratch_njit
from leukoscope.kernels.nb_equations import Plan, Terms, add_terms, factorise, solve, sum_cells
from leukoscope.kernels.nb_likelihood import count_part, log_factorials, set_log_counts, tally_counts
from leukoscope.kernels.special import exp, log_near_one, total

NOTHING = -700.0  #: logarithm of a mean that adds nothing to the likelihood of no count


class Iteration(NamedTuple):
    """When the reweighting stops."""

    tolerance: float = 1e-8  #: on the relative change of the deviance
    most: int = 100  #: iterations; reaching it means no convergence
    largest: float = 30.0  #: a coefficient beyond it (natural logarithm) is given up
    minimum_mean: float = 0.5


class Design(NamedTuple):
    """Design as the reweighting wants it."""

    log_size: NDArray[np.float64]  #: [lanes] logarithms of size factors, samples sorted by cell
    cell: NDArray[np.uint64]  #: [n] cell of each sample
    end: NDArray[np.int64]  #: [cells] end of each cell's samples
    predictor: Terms  #: from parameters to the cells' linear predictors
    coefficients: Terms  #: from parameters to coefficients
    entries: Terms  #: from the cells' weights to the slots of the normal equations
    plan: Plan  #: of the penalised normal equations
    ridge: NDArray[np.float64]  #: [slots] penalty


@inner_njit
def predict(
    design: Design,
    parameters: NDArray[np.float64],
    least: float,
    eta: NDArray[np.float64],
    log_mu: NDArray[np.float64],
) -> None:
    """Write the cells' linear predictors, and the logarithms of the samples' means, not below `least`."""
    for k in range(design.end.size):
        eta[k] = 0.0
    predictor = design.predictor
    add_terms(predictor.source, predictor.target, predictor.factor, parameters, eta)
    log_size, cell = design.log_size, design.cell
    for i in range(cell.size):
        log_mu[i] = max(eta[cell[i]] + log_size[i], least)


@inner_njit
def weigh_fit(
    size: float,
    y: NDArray[np.float64],
    log_mu: NDArray[np.float64],
    log_size: NDArray[np.float64],
    log_y: NDArray[np.float64],
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    response: NDArray[np.float64],
) -> None:
    """Write the part of the log-likelihood that depends on the mean, weights, and weighted responses.

    `log_y` takes a constant away without which nothing but rounding would be left of small changes.
    """
    for i in range(y.size):
        mu = exp(log_mu[i])
        per = 1.0 / (mu + size)
        away = (y[i] - mu) * per
        z = y[i] + size
        value[i] = y[i] * (log_mu[i] - log_y[i]) + z * log_near_one(z * per, away)
        w = mu * size * per
        weight[i] = w
        response[i] = w * (log_mu[i] - log_size[i]) + away * size


@inner_njit
def step_to(design: Design, lanes: NDArray[np.float64], room: NDArray[np.float64]) -> float:
    """Solve the weighted least-squares problem; return the largest absolute coefficient.

    The solution is in room[0], whose columns are filled as far as they are needed.
    """
    x, of_cell, matrix = room[0], room[1], room[2]
    for k in range(x.size):
        x[k] = 0.0
    for k in range(design.ridge.size):
        matrix[k] = design.ridge[k]
    sum_cells(design.end, lanes[3], of_cell)
    add_terms(design.entries.source, design.entries.target, design.entries.factor, of_cell, matrix)
    sum_cells(design.end, lanes[4], of_cell)
    add_terms(design.predictor.target, design.predictor.source, design.predictor.factor, of_cell, x)
    p = design.plan.first.size - 1
    factorise(design.plan, matrix)
    solve(design.plan, matrix, x[:p])
    coefficients = room[1]
    for k in range(p):
        coefficients[k] = 0.0
    add_terms(
        design.coefficients.source, design.coefficients.target, design.coefficients.factor, x, coefficients
    )
    largest = 0.0
    for k in range(p):
        largest = max(largest, abs(coefficients[k]))
    return largest


@scratch_njit
def fit_coefficients(
    y: NDArray[np.float64],
    alpha: NDArray[np.float64],
    design: Design,
    rules: Iteration,
    tally: NDArray[np.float64],
    lanes: NDArray[np.float64],
    room: NDArray[np.float64],
    parameters: NDArray[np.float64],
    iterations: NDArray[np.int64],
    likelihood: NDArray[np.float64],
) -> None:
    """Fit every gene.

    Parameters
    ----------
    y : float64[genes, n]
        Counts, samples sorted by cell.
    alpha : float64[genes]
        Dispersions.
    design, rules
        Design and when to stop; with no iterations, only the likelihood is found.
    tally, lanes, room : float64[4, 8], float64[7, lanes], float64[3, cells and slots]
        Scratch; beyond n the lanes are 0, and the third, of logarithms of means, is :data:`NOTHING`.
    parameters : float64[genes, p]
        Starts; replaced by the fits.
    iterations : int64[genes]
        Written: `rules.most` without convergence, and one more if a coefficient went beyond
        bounds; the parameters are then those before that step.
    likelihood : float64[genes]
        Written: log-likelihood of the last fitted means.
    """
    log_y, log_mu, value, counts = lanes[1], lanes[2], lanes[5], lanes[6]
    least = math.log(rules.minimum_mean)
    for gene in range(y.shape[0]):
        own = parameters[gene]
        n_many = tally_counts(y[gene], lanes[0], tally)
        for i in range(y.shape[1]):
            counts[i] = y[gene, i]
        constant = count_part(alpha[gene], lanes[0], n_many, tally, value, lanes[3])[0]
        set_log_counts(counts, log_y)
        constant -= log_factorials(lanes[0], n_many, tally, log_y, value)
        last = 0.0
        iterations[gene] = rules.most
        for turn in range(rules.most + 1):
            predict(design, own, least, room[1], log_mu)
            weigh_fit(1.0 / alpha[gene], counts, log_mu, design.log_size, log_y, value, lanes[3], lanes[4])
            height = constant + total(value)
            likelihood[gene] = height
            change = 2.0 * abs(height - last) / (2.0 * abs(height) + 0.1)
            if turn > 1 and change < rules.tolerance:
                iterations[gene] = turn
            lost = turn > 0 and math.isnan(change)
            if lost or iterations[gene] < rules.most or turn == rules.most:
                break
            last = height
            if step_to(design, lanes, room) > rules.largest:
                iterations[gene] = rules.most + 1
                break
            for k in range(own.size):
                own[k] = room[0, k]
