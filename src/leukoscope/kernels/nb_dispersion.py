"""The dispersion of one gene after another: Cox–Reid adjusted posterior and its line search.

The search repeats the *path* of the R program DESeq2, not only its aim: R stops where an
accepted step gained less than 1e-6, which may be the far side of the peak, and everything
downstream depends on where that is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, scratch_njit
from leukoscope.kernels.nb_equations import Plan, Terms, add_terms, factorise, invert, sum_cells
from leukoscope.kernels.nb_likelihood import count_part, tally_counts, weigh_means
from leukoscope.kernels.special import total


class Search(NamedTuple):
    """How the line search walks (on the logarithm of the dispersion)."""

    lowest: float = math.log(1e-9)  #: stop below
    tolerance: float = 1e-6  #: stop when an accepted step gains less
    most_steps: int = 100
    armijo: float = 1e-4
    minimum_mean: float = 0.5


@inner_njit
def cox_reid(
    end: NDArray[np.int64],
    weight: NDArray[np.float64],
    squared: NDArray[np.float64],
    entries: Terms,
    leverages: Terms,
    plan: Plan,
    room: NDArray[np.float64],
) -> tuple[float, float]:
    """Log |X'WX| and the trace of (X'WX)⁻¹ X'W²X, for the weights of the samples and their squares.

    With as many cells as columns only the sums of the cells are needed: |X'WX| is their product, but for a
    constant that is left out.
    """
    if end.size == plan.first.size - 1:
        return cox_reid_of_cells(end, weight, squared)
    matrix, inverse, of_cell = room[0], room[1], room[2]
    for k in range(matrix.size):
        matrix[k] = 0.0
    sum_cells(end, weight, of_cell)
    add_terms(entries.source, entries.target, entries.factor, of_cell, matrix)
    factorise(plan, matrix)
    invert(plan, matrix, inverse)
    product, log_determinant, trace = 1.0, 0.0, 0.0
    for k in range(plan.first.size - 1):
        product *= matrix[k]
        if not 1e-150 < product < 1e150:
            log_determinant += math.log(product)
            product = 1.0
    sum_cells(end, squared, of_cell)
    source, target, factor = leverages.source, leverages.target, leverages.factor
    for t in range(source.size):
        trace += factor[t] * of_cell[target[t]] * inverse[source[t]]
    return log_determinant + math.log(product), trace


@inner_njit
def cox_reid_of_cells(
    end: NDArray[np.int64], weight: NDArray[np.float64], squared: NDArray[np.float64]
) -> tuple[float, float]:
    """Log of the product of the cells' weights, and the sum of the ratios of squares to weights."""
    product, log_determinant, trace = 1.0, 0.0, 0.0
    start = 0
    for cell in range(end.size):
        of_cell = total(weight[start : end[cell]])
        trace += total(squared[start : end[cell]]) / of_cell
        product *= of_cell
        if not 1e-150 < product < 1e150:
            log_determinant += math.log(product)
            product = 1.0
        start = end[cell]
    return log_determinant + math.log(product), trace


@inner_njit
def posterior(
    alpha: float,
    y: NDArray[np.float64],
    mu: NDArray[np.float64],
    n_many: int,
    tally: NDArray[np.float64],
    end: NDArray[np.int64],
    entries: Terms,
    leverages: Terms,
    plan: Plan,
    lanes: NDArray[np.float64],
    room: NDArray[np.float64],
) -> tuple[float, float]:
    """Log-likelihood of a dispersion with Cox and Reid's term, and its slope on log α."""
    value, slope, weight, squared = lanes[1], lanes[2], lanes[3], lanes[4]
    height, height_slope = count_part(alpha, lanes[0], n_many, tally, value, slope)
    weigh_means(1.0 / alpha, y, mu, value, slope, weight, squared)
    height += total(value)
    height_slope += total(slope) / alpha
    log_determinant, trace = cox_reid(end, weight, squared, entries, leverages, plan, room)
    return height - 0.5 * log_determinant, height_slope + 0.5 * alpha * trace


@scratch_njit
def search_dispersions(
    y: NDArray[np.float64],
    mu: NDArray[np.float64],
    begin: NDArray[np.float64],
    prior_mean: NDArray[np.float64],
    prior_variance: float,
    end: NDArray[np.int64],
    entries: Terms,
    leverages: Terms,
    plan: Plan,
    search: Search,
    tally: NDArray[np.float64],
    lanes: NDArray[np.float64],
    room: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Climb from where each gene begins, as DESeq2 does.

    Parameters
    ----------
    y, mu : float64[genes, n]
        Counts and their means, samples sorted by cell.
    begin, prior_mean : float64[genes]
        Logarithms of dispersions.
    prior_variance : float
        Of the log dispersion around `prior_mean`; infinite for no prior.
    end : int64[cells]
        End of each cell's samples.
    entries, leverages, plan
        Normal equations of the design.
    search
        Rules; with no steps, only the height and the slope where the gene begins are found.
    tally, lanes, room : float64[4, 8], float64[7, lanes], float64[3, cells and slots]
        Scratch; the lanes are 0 beyond n.
    found : float64[genes, 5]
        Written: log dispersion, steps taken, first and last log posterior (of a design with as many cells as
        columns without the logarithm of its determinant), and last slope.
    """
    counts, means = lanes[5], lanes[6]
    for gene in range(y.shape[0]):
        n_many = tally_counts(y[gene], lanes[0], tally)
        for i in range(y.shape[1]):
            counts[i], means[i] = y[gene, i], mu[gene, i]
        at = proposed = begin[gene]
        first = value = slope = 0.0
        step, accepted, taken = 1.0, 0, 0
        while True:
            alpha, away = math.exp(proposed), proposed - prior_mean[gene]
            new, new_slope = posterior(
                alpha, counts, means, n_many, tally, end, entries, leverages, plan, lanes, room
            )
            new -= 0.5 * away * away / prior_variance
            new_slope -= away / prior_variance
            if taken == 0:
                first, value, slope = new, new, new_slope
            elif new >= value + step * search.armijo * slope * slope:
                accepted += 1
                at = proposed
                gain = new - value
                if gain < search.tolerance:
                    value = new
                    break
                if at < search.lowest:
                    break  # the height stays that of the step before, as in R
                value, slope = new, new_slope
                step = min(step * 1.1, 1.0)
                if accepted % 5 == 0:
                    step /= 2.0
            else:
                step /= 2.0
            if taken == search.most_steps:
                break
            taken += 1
            if at + step * slope < -30.0:
                step = (-30.0 - at) / slope
            if at + step * slope > 10.0:
                step = (10.0 - at) / slope
            proposed = at + step * slope
        constant = total(lanes[0][:n_many])
        found[gene, 0], found[gene, 1], found[gene, 4] = at, taken, slope
        found[gene, 2], found[gene, 3] = first - constant, value - constant
