"""Shrunken fold changes: what is left of an effect once its noise is allowed for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.differential.analysis import DifferentialResult, Model
from leukoscope.differential.cauchy_shrinkage import cauchy_posterior
from leukoscope.differential.contrasts import Contrast, ContrastRequest, make_contrast
from leukoscope.differential.design import Design, make_design
from leukoscope.differential.effect_priors import spread_variance
from leukoscope.differential.fitting import describe
from leukoscope.differential.normal_shrinkage import shrink_normal
from leukoscope.errors import InputError
from leukoscope.tables.differential import DIFFERENTIAL

ShrinkageKind = Literal["normal", "apeglm"]

_LN2 = float(np.log(2.0))


@dataclass(frozen=True, slots=True, eq=False)
class ShrunkenResult:
    """One contrast with shrunken effects beside the estimates."""

    table: pd.DataFrame  #: as of :class:`DifferentialResult`, with the columns of shrinkage
    kind: ShrinkageKind
    prior: str  #: in words
    unsettled: tuple[str, ...]  #: genes whose mode was not found to the last digits

    def summary(self) -> str:
        """Return one line for the reader."""
        open_ = f"; {len(self.unsettled)} gene(s) did not settle" if self.unsettled else ""
        return f"effects shrunken by {self.kind}: {self.prior}{open_}."


def shrink_effects(
    model: Model,
    found: DifferentialResult,
    request: ContrastRequest,
    *,
    kind: ShrinkageKind = "apeglm",
    threshold: float = 0.0,
) -> ShrunkenResult:
    """Shrink the fold changes of a contrast; p-values stay as they are.

    ``normal`` gives the numbers of DESeq2's ``lfcShrink(type = "normal")``, with `contrast` for two levels
    and with `coef` for a coefficient.  ``apeglm`` takes the maximum of the posterior that the R program
    apeglm climbs; for two levels the denominator becomes the reference.

    Parameters
    ----------
    model
        From :func:`~leukoscope.differential.fit_model`.
    found
        Result of the same contrast.
    request
        That contrast: two levels of a factor, or a coefficient.
    kind
        Prior.
    threshold
        For apeglm: the s-value is then that of a false sign or an effect below it (log2).

    Raises
    ------
    InputError
        If the contrast is a vector of numbers, or the prior is not defined for the design.
    """
    levels = _levels_of(request)
    if levels is None and not isinstance(request, str):
        raise InputError("shrinkage needs a contrast of two levels or of one coefficient, not of numbers.")
    here = model.has_counts
    unsettled = np.zeros(int(here.sum()), dtype=bool)
    s_value = np.full(unsettled.size, np.nan)
    if kind == "normal":
        effect, error, prior = shrink_normal(model, found.contrast, levels)
        effect[_positions(found.table, here, "no counts in contrast")] = 0.0
    else:
        effect, error, unsettled, prior = _shrink_by_cauchy(model, found.contrast, request, levels)
        s_value = s_values(_false_signs(effect, error, threshold))
    table = found.table.copy()
    shown = {"shrunken_log2_fold_change": effect, "shrunken_error": error}
    for name, values in {**shown, **({"s_value": s_value} if kind == "apeglm" else {})}.items():
        table[name] = np.nan
        table.loc[here, name] = values
    genes = tuple(table.loc[here, "gene_id"].to_numpy()[unsettled])
    return ShrunkenResult(DIFFERENTIAL.check(table), kind, prior, genes)


def s_values(false_sign_rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each gene the mean false-sign rate of the genes no worse than it.

    Stephens, Biostatistics 18 (2017) 275, doi:10.1093/biostatistics/kxw041.  Of equal rates the first counts
    first; NaN stays NaN.

    Examples
    --------
    >>> s_values(np.array([0.2, 0.0, 0.1]))
    array([0.1 , 0.  , 0.05])
    """
    order = np.argsort(false_sign_rates, kind="stable")
    found = np.empty(false_sign_rates.size)
    found[order] = np.cumsum(false_sign_rates[order]) / np.arange(1, order.size + 1)
    return found


def _false_signs(
    effect: NDArray[np.float64], error: NDArray[np.float64], threshold: float
) -> NDArray[np.float64]:
    """Return the posterior probability of the other sign, or of an effect below the threshold."""
    from scipy.special import ndtr

    return np.asarray(ndtr((threshold - np.abs(effect)) / error))


def _shrink_by_cauchy(
    model: Model, contrast: Contrast, request: ContrastRequest, levels: tuple[str, str, str] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_], str]:
    """Return effects and deviations (log2), what did not settle, and the prior in words."""
    design, vector = model.design, contrast.vector
    if levels is not None:
        order = {**design.levels, levels[0]: (levels[2],)}
        design = make_design(design.formula, model.cohort.samples, order)
        coefficient = int(make_contrast(design, levels).vector.argmax())
        if (make_contrast(design, levels).vector != 0).sum() != 1:
            raise InputError(
                f"apeglm shrinks one coefficient; '{design.formula}' has none for {contrast.name}."
            )
    else:
        coefficient = design.names.index(str(request))
    if coefficient == 0:
        raise InputError(f"apeglm does not shrink the first coefficient, '{design.names[0]}'.")
    fits, rules = model.fitted.models.fits, model.rules
    effects, errors = describe(model.fitted.counts, fits, vector[None, :], n_threads=rules.n_threads)
    effects[model.fitted.emptied] = errors[model.fitted.emptied] = 0.0
    scale = min(float(np.sqrt(spread_variance(effects[:, 0] * _LN2, errors[:, 0] * _LN2))), 1.0)
    counts = model.cohort.counts[model.has_counts]
    start = _in_design(fits.coefficients() * _LN2, model.design, design)
    found = cauchy_posterior(
        counts, design, coefficient, model.size_factors, fits.alpha, start, scale, n_threads=rules.n_threads
    )
    prior = f"Cauchy prior of scale {scale / _LN2:.3g} (log2)"
    return found.mode / _LN2, found.deviation / _LN2, ~found.converged, prior


def _in_design(coefficients: NDArray[np.float64], of: Design, design: Design) -> NDArray[np.float64]:
    """Return coefficients of one design as those of another with the same fitted means."""
    if of is design:
        return coefficients
    change = np.linalg.lstsq(design.matrix, of.matrix, rcond=None)[0]
    found = np.zeros_like(coefficients)
    for k in range(change.shape[1]):
        found += coefficients[:, k, None] * change[:, k]
    return found


def _levels_of(request: ContrastRequest) -> tuple[str, str, str] | None:
    parts = [] if isinstance(request, str) else list(request)
    if len(parts) == 3 and all(isinstance(part, str) for part in parts):
        return str(parts[0]), str(parts[1]), str(parts[2])
    return None


def _positions(table: pd.DataFrame, here: NDArray[np.bool_], status: str) -> NDArray[np.bool_]:
    """Return which of the genes with counts have a status."""
    return (table.loc[here, "status"] == status).to_numpy()
