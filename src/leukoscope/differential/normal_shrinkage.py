"""Fold changes under a normal prior, as DESeq2's ``lfcShrink(type = "normal")``."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.analysis import Model
from leukoscope.differential.contrasts import Contrast
from leukoscope.differential.design import parse
from leukoscope.differential.effect_priors import effect_variance
from leukoscope.differential.fitting import describe, fit
from leukoscope.differential.layout import LaidOut, lay_out
from leukoscope.differential.redundant import lay_out_redundant
from leukoscope.errors import InputError

_WIDE = 1e6  # variance of the intercept's prior, log2


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """A design with a column for every level, which only a prior makes unique."""

    matrix: NDArray[np.float64]
    columns: dict[tuple[str, str], int]  #: column of (factor, level), or of (number, "")
    largest: tuple[int, ...]  #: columns of the factor of most levels


def shrink_normal(
    model: Model, contrast: Contrast, levels: tuple[str, str, str] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """Return shrunken effects and standard errors (log2) of the genes with counts, and the prior in words.

    Parameters
    ----------
    model
        From :func:`~leukoscope.differential.fit_model`.
    contrast
        A coefficient, or two levels.
    levels
        Factor, numerator and denominator of the contrast.  With them every level has a coefficient of
        its own, drawn towards zero alike; without, the design's own coefficients are.

    Raises
    ------
    InputError
        If the design has an interaction, for which DESeq2 defines no such prior.

    References
    ----------
    Love, Huber & Anders, Genome Biology 15 (2014) 550, doi:10.1186/s13059-014-0550-8
    """
    if any(len(term) > 1 for term in parse(model.design.formula)):
        raise InputError(
            f"the normal prior is not defined for designs with interactions ('{model.design.formula}'); "
            "use apeglm, or one factor that joins the two."
        )
    variances, columns = _coefficient_variances(model, pairs=levels is not None)
    if levels is None:
        laid, prior, vector = lay_out(model.design, model.size_factors), variances, contrast.vector
        return *_estimate(model, laid, prior, vector, None), _words(prior[vector != 0])
    every = _every_level(model)
    prior = np.full(every.matrix.shape[1], _WIDE)
    for (variable, _), column in every.columns.items():
        prior[column] = columns[variable]
    vector = np.zeros(prior.size)
    vector[every.columns[levels[0], levels[1]]] = 1.0
    vector[every.columns[levels[0], levels[2]]] = -1.0
    if prior.size == len(model.design.names):
        laid, start = lay_out(model.design, model.size_factors), None
    else:
        laid = lay_out_redundant(every.matrix, model.size_factors, every.largest)
        start = _plain_start(model, laid)
    return *_estimate(model, laid, prior, vector, start), _words(prior[vector != 0])


def _estimate(
    model: Model,
    laid: LaidOut,
    prior: NDArray[np.float64],
    vector: NDArray[np.float64],
    start: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, rules = _given_counts(model), model.rules
    alpha = model.fitted.models.fits.alpha
    fits = fit(
        counts,
        laid,
        alpha,
        rules=rules.iteration,
        n_threads=rules.n_threads,
        penalty=1.0 / prior,
        start=start,
    )
    effects, errors = describe(counts, fits, vector[None, :], n_threads=rules.n_threads)
    effect, error = effects[:, 0].copy(), errors[:, 0].copy()
    effect[model.fitted.emptied] = error[model.fitted.emptied] = 0.0
    return effect, error


def _given_counts(model: Model) -> NDArray[np.int64]:
    """Return the counts before outliers were replaced, which is what R shrinks."""
    counts = model.cohort.counts[model.has_counts]
    counts.setflags(write=False)
    return counts


def _coefficient_variances(model: Model, *, pairs: bool) -> tuple[NDArray[np.float64], dict[str, float]]:
    """Return the prior variance of each coefficient, and the mean one of each variable.

    With `pairs`, a factor's mean includes the differences between its coefficients.
    """
    design, models = model.design, model.fitted.models
    kept = np.setdiff1d(np.arange(len(models.own)), model.fitted.emptied)
    coefficients = models.fits.coefficients()[kept]
    weights = 1.0 / (1.0 / models.base_mean[kept] + models.fitted[kept])
    each = np.array([effect_variance(column, weights) for column in coefficients.T])
    if design.has_intercept:
        each[0] = _WIDE
    of_variable = {name: float(value) for name, value in zip(design.names, each, strict=True)}
    for factor, columns in design.factor_columns.items() if pairs else ():
        differences = [coefficients[:, j] - coefficients[:, i] for i, j in combinations(columns, 2)]
        found = [each[column] for column in columns] + [effect_variance(d, weights) for d in differences]
        of_variable[factor] = float(np.mean(found))
    return each, of_variable


def _every_level(model: Model) -> _Levels:
    design = model.design
    blocks = [np.ones(len(design.matrix))] if design.has_intercept else []
    columns: dict[tuple[str, str], int] = {}
    largest: tuple[int, ...] = ()
    for term in parse(design.formula):
        for variable in term:
            first = len(blocks)
            if variable in design.factors:
                for level in design.levels[variable]:
                    columns[variable, level] = len(blocks)
                    blocks.append((design.factors[variable] == level).astype(np.float64))
                if len(blocks) - first > len(largest):
                    largest = tuple(range(first, len(blocks)))
            else:
                columns[variable, ""] = first
                blocks.append(design.matrix[:, design.names.index(variable)])
    return _Levels(np.stack(blocks, axis=1), columns, largest)


def _plain_start(model: Model, laid: LaidOut) -> NDArray[np.float64]:
    """Return parameters to begin with: the mean of normalised counts and no differences, or 1 throughout."""
    counts = _given_counts(model)
    if not model.design.has_intercept:
        return np.ones((len(counts), laid.n_coefficients))
    coefficients = np.zeros((len(counts), laid.n_coefficients))
    coefficients[:, 0] = np.log((counts / model.size_factors).mean(axis=1))
    return np.ascontiguousarray(coefficients @ laid.to_coefficients)  # which only reorders


def _words(variances: NDArray[np.float64]) -> str:
    return f"normal prior of standard deviation {np.sqrt(variances.max()):.3g} (log2)"
