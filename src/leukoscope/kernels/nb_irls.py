"""Coefficients of one gene after another by iteratively reweighted least squares."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.nb_dispersion import Room, leverage, likelihood, make_room
from leukoscope.kernels.nb_layout import (
    Arrow,
    Layout,
    add_ridge,
    factorise,
    fill_arrow,
    gather,
    linear_predictor,
    make_arrow,
    solve,
)
from leukoscope.kernels.special import log1p, log_factorial, total


class Iteration(NamedTuple):
    """When the reweighting stops."""

    tolerance: float = 1e-8  #: on the relative change of the deviance
    most: int = 100  #: iterations; reaching it means no convergence
    largest: float = 30.0  #: a coefficient beyond it (natural logarithm) is given up
    minimum_mean: float = 0.5


@njit
def set_fitted(
    layout: Layout,
    parameters: NDArray[np.float64],
    least: float,
    mu: NDArray[np.float64],
    log_mu: NDArray[np.float64],
) -> None:
    """Write fitted means, not below `least`, and their logarithms."""
    log_least = math.log(least) if least > 0.0 else -np.inf
    start = 0
    for cell in range(layout.end.size):
        eta = linear_predictor(layout, parameters, cell)
        mean = math.exp(eta)
        for i in range(start, layout.end[cell]):
            mu[i] = max(layout.size[i] * mean, least)
            log_mu[i] = max(eta + layout.log_size[i], log_least)
        start = layout.end[cell]


@njit
def set_normal_equations(alpha: float, room: Room, layout: Layout, arrow: Arrow) -> None:
    """Fill the arrow with X'WX and its right-hand side with X'Wz at the fitted means.

    `room.value` holds the logarithms of the means.
    """
    y, mu = room.y, room.mu
    for i in range(y.size):
        w = mu[i] / (1.0 + alpha * mu[i])
        room.weight[i] = w
        room.squared[i] = w * (room.value[i] - layout.log_size[i] + (y[i] - mu[i]) / mu[i])
    for k in range(arrow.solution.size):
        arrow.solution[k] = 0.0
    start = 0
    for cell in range(layout.end.size):
        room.cell_weight[cell] = total(room.weight, start, layout.end[cell])
        response = total(room.squared, start, layout.end[cell])
        if layout.level[cell] >= 0:
            arrow.solution[layout.level[cell]] += response
        for j in range(layout.border.shape[1]):
            arrow.solution[layout.n_levels + j] += response * layout.border[cell, j]
        start = layout.end[cell]
    fill_arrow(room.cell_weight, layout, arrow)


@njit
def is_too_large(parameters: NDArray[np.float64], layout: Layout, largest: float) -> bool:
    """Whether any coefficient is beyond `largest`."""
    for k in range(parameters.size):
        coefficient = parameters[k]
        if layout.offset and k < layout.n_levels:
            coefficient -= parameters[layout.n_levels]
        if abs(coefficient) > largest:
            return True
    return False


@njit
def mean_part(alpha: float, room: Room) -> float:
    """Return the part of the log-likelihood that depends on the means."""
    size = 1.0 / alpha
    for i in range(room.y.size):
        room.slope[i] = room.y[i] * room.value[i] - (room.y[i] + size) * log1p(room.mu[i] * alpha)
    return total(room.slope, 0, room.y.size)


@njit
def count_part(alpha: float, room: Room) -> float:
    """Return the part of the log-likelihood that does not depend on the means."""
    for i in range(room.y.size):
        room.weight[i] = log_factorial(room.y[i])
        room.mu[i] = 0.0
    return likelihood(alpha, room)[0] - total(room.weight, 0, room.y.size)


@njit
def reweight(
    parameters: NDArray[np.float64],
    alpha: float,
    ridge: NDArray[np.float64],
    rules: Iteration,
    room: Room,
    layout: Layout,
    arrow: Arrow,
) -> int:
    """Fit one gene from `parameters`, in place; return the iterations.

    They are `rules.most` without convergence, and one more if a coefficient went beyond
    bounds; the parameters are then those before that step.
    """
    constant = count_part(alpha, room)
    set_fitted(layout, parameters, rules.minimum_mean, room.mu, room.value)
    last = 0.0
    for t in range(rules.most):
        set_normal_equations(alpha, room, layout, arrow)
        add_ridge(arrow, ridge, layout.offset)
        factorise(arrow)
        solve(arrow, arrow.solution)
        if is_too_large(arrow.solution, layout, rules.largest):
            return rules.most + 1
        for k in range(parameters.size):
            parameters[k] = arrow.solution[k]
        set_fitted(layout, parameters, rules.minimum_mean, room.mu, room.value)
        deviance = -2.0 * (constant + mean_part(alpha, room))
        change = abs(deviance - last) / (abs(deviance) + 0.1)
        if math.isnan(change):
            return rules.most
        if t > 0 and change < rules.tolerance:
            return t + 1
        last = deviance
    return rules.most


@njit
def fit_coefficients(
    counts: NDArray[np.int64],
    layout: Layout,
    alpha: NDArray[np.float64],
    ridge: NDArray[np.float64],
    rules: Iteration,
    parameters: NDArray[np.float64],
    iterations: NDArray[np.int64],
) -> None:
    """Fit every gene.

    Parameters
    ----------
    counts : int64[genes, samples]
    layout, rules
        Design and when to stop.
    alpha : float64[genes]
        Dispersions.
    ridge : float64[parameters]
        Penalty of each coefficient, on the natural logarithm.
    parameters : float64[genes, parameters]
        Starts; replaced by the fits.
    iterations : int64[genes]
        Written, see :func:`reweight`.
    """
    room = make_room(layout.order.size, layout.end.size)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        iterations[gene] = reweight(parameters[gene], alpha[gene], ridge, rules, room, layout, arrow)


@njit
def variance_of(
    contrast: NDArray[np.float64], ridge: NDArray[np.float64], layout: Layout, arrow: Arrow
) -> float:
    """Variance c' (M+R)⁻¹ M (M+R)⁻¹ c of a contrast, for the factorised M + R."""
    x = arrow.solution
    for k in range(x.size):
        x[k] = contrast[k]
    solve(arrow, x)
    variance = 0.0
    for k in range(x.size):
        effect = x[k]
        if layout.offset and k < layout.n_levels:
            effect -= x[layout.n_levels]
        variance += x[k] * contrast[k] - ridge[k] * effect * effect
    return variance


@njit
def describe_fits(
    counts: NDArray[np.int64],
    layout: Layout,
    alpha: NDArray[np.float64],
    ridge: NDArray[np.float64],
    minimum_mean: float,
    parameters: NDArray[np.float64],
    contrasts: NDArray[np.float64],
    errors: NDArray[np.float64],
    log_likelihood: NDArray[np.float64],
) -> None:
    """Write standard errors of contrasts (natural logarithm) and the log-likelihood.

    Parameters
    ----------
    contrasts : float64[k, parameters]
    errors : float64[genes, k]
    log_likelihood : float64[genes]
        At the fitted means, which are not bounded below here.
    """
    room = make_room(layout.order.size, layout.end.size)
    arrow = make_arrow(layout.n_levels, layout.border.shape[1])
    for gene in range(counts.shape[0]):
        gather(counts, gene, layout, room.y)
        constant = count_part(alpha[gene], room)
        set_fitted(layout, parameters[gene], 0.0, room.mu, room.value)
        log_likelihood[gene] = constant + mean_part(alpha[gene], room)
        set_fitted(layout, parameters[gene], minimum_mean, room.mu, room.value)
        set_normal_equations(alpha[gene], room, layout, arrow)
        add_ridge(arrow, ridge, layout.offset)
        factorise(arrow)
        for k in range(contrasts.shape[0]):
            errors[gene, k] = math.sqrt(max(variance_of(contrasts[k], ridge, layout, arrow), 0.0))


@njit
def hat_diagonal(
    alpha: float,
    ridge: NDArray[np.float64],
    minimum_mean: float,
    parameters: NDArray[np.float64],
    room: Room,
    layout: Layout,
    arrow: Arrow,
) -> None:
    """Write the diagonal of the hat matrix of one fit into `room.squared`."""
    set_fitted(layout, parameters, minimum_mean, room.mu, room.value)
    set_normal_equations(alpha, room, layout, arrow)
    add_ridge(arrow, ridge, layout.offset)
    factorise(arrow)
    r = layout.border.shape[1]
    start = 0
    for cell in range(layout.end.size):
        of_cell = leverage(layout, arrow, cell, arrow.solution[layout.n_levels :], r)
        for i in range(start, layout.end[cell]):
            room.squared[i] = room.weight[i] * of_cell
        start = layout.end[cell]
