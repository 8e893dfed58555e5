"""Differential expression of a cohort, from counts to a result table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.differential.contrasts import Contrast, ContrastRequest, make_contrast
from leukoscope.differential.design import Design, make_design
from leukoscope.differential.filtering import adjust, filter_and_adjust
from leukoscope.differential.fitting import describe, fit, log_likelihood
from leukoscope.differential.iterated_factors import factors_of
from leukoscope.differential.layout import lay_out
from leukoscope.differential.model import Fitted, Rules, fit_genes
from leukoscope.differential.testing import Alternative, likelihood_ratio, wald, wald_in_words
from leukoscope.differential.trend import Trend
from leukoscope.errors import InputError, quote_some
from leukoscope.normalization import SizeFactorKind
from leukoscope.tables.differential import DIFFERENTIAL


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A cohort's fitted model; :func:`contrast_genes` and the report read it."""

    cohort: Cohort  #: with whole counts
    design: Design
    size_factors: NDArray[np.float64]
    has_counts: NDArray[np.bool_]  #: [gene]
    fitted: Fitted  #: of the genes that have counts
    rules: Rules
    n_rounded: int  #: counts that were fractional

    @property
    def trend(self) -> Trend:
        """Trend of the dispersion."""
        return self.fitted.models.trend

    def coefficients(self) -> pd.DataFrame:
        """Return log2 coefficients, one row per gene with counts and one column per coefficient."""
        genes = self.cohort.gene_ids[self.has_counts]
        return pd.DataFrame(
            self.fitted.models.fits.coefficients(), index=genes, columns=list(self.design.names)
        )

    def summary(self, left_out: Sequence[str] = ()) -> str:
        """Return one line for the reader; `left_out` are count columns that were not used."""
        trend = self.trend
        kind = trend.kind + (f" (because {trend.fallback})" if trend.fallback else "")
        is_r = self.rules.mode == "r"
        mode = "DESeq2's numbers" if is_r else "dispersions at the exact optimum (not DESeq2's)"
        numeric = [name for name in self.design.names if name in self.cohort.samples]
        return (
            f"design {self.design.formula} on {len(self.design.matrix)} samples"
            + (
                f" ({len(left_out)} count columns not in the sample sheet: {quote_some(left_out)})"
                if left_out
                else ""
            )
            + (f"; numeric: {', '.join(numeric)}" if numeric else "")
            + f"; {self.n_rounded} fractional counts rounded (halves to even, as R does); trend {kind}; "
            + f"{self.fitted.refitted.size} genes refitted without outliers; {mode}."
        )


@dataclass(frozen=True, slots=True, eq=False)
class DifferentialResult:
    """One contrast of a model, and what was left out."""

    table: pd.DataFrame  #: one row per gene, see :data:`~leukoscope.tables.differential.DIFFERENTIAL`
    contrast: Contrast
    test: str  #: which test, in words
    filter_threshold: float  #: mean count below which genes were not adjusted; NaN without filter
    alpha: float

    def summary(self) -> str:
        """Return one line for the reader."""
        status = self.table["status"]
        n = {name: int((status == name).sum()) for name in ("low mean", "outlier", "no counts")}
        found = self.table[self.table["p_adjusted"] < self.alpha]
        change = found["log2_fold_change"]
        up, down = int((change > 0).sum()), int((change < 0).sum())
        same = f", {len(found) - up - down} neither" if len(found) > up + down else ""
        minimised = int((self.table["fit"] == "minimised").sum())
        return (
            f"{self.contrast.name}, {self.test}: {len(found)} genes at FDR {self.alpha:g}, {up} of them up and "
            f"{down} down in this contrast{same}; of {len(self.table)} genes {n['no counts']} have no counts, "
            f"{n['low mean']} a mean count below {self.filter_threshold:.3g}, {n['outlier']} an outlying count; "
            f"{minimised} were fitted by the minimiser."
        )


def fit_model(
    cohort: Cohort,
    formula: str,
    *,
    levels: Mapping[str, Sequence[str]] | None = None,
    size_factor_kind: SizeFactorKind = "ratio",
    rules: Rules | None = None,
) -> Model:
    """Fit the negative-binomial model of DESeq2 to every gene.

    Size factors, gene-wise dispersions, their trend, shrunken dispersions, coefficients,
    and a second fit of genes whose outlying counts could be replaced [1]_.

    Parameters
    ----------
    cohort
        Counts and the samples' covariates.  Fractional counts are rounded, halves to even.
    formula
        Design, as ``~ patient + timepoint``.
    levels
        Order of factor levels, the reference first; alphabetical by default.
    size_factor_kind
        ``ratio``; where every gene has a zero ``poscounts``, or ``iterate``.
    rules
        Mode, trend and threads.

    Raises
    ------
    InputError
        If the design does not fit the samples, or no gene can be used.

    References
    ----------
    .. [1] Love, Huber & Anders, Genome Biology 15 (2014) 550, doi:10.1186/s13059-014-0550-8
    """
    rules = rules or Rules()
    design = make_design(formula, cohort.samples, levels)
    n_rounded = 0 if cohort.is_whole else int((cohort.counts != np.rint(cohort.counts)).sum())
    cohort = cohort.rounded()
    has_counts = np.asarray(cohort.counts.any(axis=1))
    if not has_counts.any():
        raise InputError(f"none of the {len(has_counts)} genes has a count in these samples.")
    factors = factors_of(cohort, size_factor_kind, n_threads=rules.n_threads)
    two_groups = design.n_variables == 1 and [len(found) for found in design.levels.values()] == [2]
    fitted = fit_genes(
        cohort.counts[has_counts], lay_out(design, factors), factors, rules, two_groups=two_groups
    )
    return Model(cohort, design, factors, has_counts, fitted, rules, n_rounded)


def contrast_genes(
    model: Model,
    request: ContrastRequest,
    *,
    reduced: str | None = None,
    alpha: float = 0.1,
    threshold: float = 0.0,
    alternative: Alternative = "greater-abs",
    independent_filter: bool = True,
) -> DifferentialResult:
    """Test one contrast of a fitted model.

    Parameters
    ----------
    model
        From :func:`fit_model`.
    request
        (factor, numerator, denominator), a coefficient's name, or one number per coefficient.
    reduced
        Design of a likelihood-ratio test against the full one; the contrast then only gives
        the fold change.  Wald test without it.
    alpha
        False discovery rate at which the filter on the mean is tuned.
    threshold, alternative
        For the Wald test: the effect (log2) that is not interesting, and what is shown.
    independent_filter
        Whether weakly expressed genes are left out of the adjustment.

    Raises
    ------
    InputError
        If the contrast or the reduced design does not fit the model.
    """
    contrast = make_contrast(model.design, request)
    genes = model.fitted
    estimates, errors = describe(
        genes.counts, genes.models.fits, contrast.vector[None, :], n_threads=model.rules.n_threads
    )
    effect, error = estimates[:, 0], errors[:, 0]
    if reduced is None:
        statistic, p_value = wald(effect, error, threshold=threshold, alternative=alternative)
    else:
        statistic, p_value = _against_reduced(model, reduced)
    absent = _absent(model, contrast)
    effect[absent] = 0.0
    if reduced is None:
        statistic[absent], p_value[absent] = 0.0, 1.0
    p_value[genes.withheld] = np.nan
    for values, instead in ((effect, 0.0), (error, 0.0), (statistic, 0.0), (p_value, 1.0)):
        values[genes.emptied] = instead
    test = wald_in_words(threshold, alternative) if reduced is None else f"likelihood ratio to {reduced}"
    table, cutoff = _result(model, (effect, error, statistic, p_value), absent, alpha, independent_filter)
    return DifferentialResult(table, contrast, test, cutoff, alpha)


def _against_reduced(model: Model, reduced: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    design = make_design(reduced, model.cohort.samples, model.design.levels)
    full = model.design.matrix
    outside = design.matrix - full @ np.linalg.lstsq(full, design.matrix, rcond=None)[0]
    degrees = full.shape[1] - design.matrix.shape[1]
    if degrees < 1 or np.abs(outside).max() > 1e-8:
        raise InputError(f"reduced design '{reduced}' is not nested in '{model.design.formula}'.")
    genes = model.fitted
    n_threads = model.rules.n_threads
    fits = fit(
        genes.counts,
        lay_out(design, model.size_factors),
        genes.models.fits.alpha,
        rules=model.rules.iteration,
        n_threads=n_threads,
        intercept_by_mean=model.rules.mode == "r",
    )
    full_height, reduced_height = (
        log_likelihood(genes.counts, found, n_threads=n_threads) for found in (genes.models.fits, fits)
    )
    return likelihood_ratio(full_height, reduced_height, degrees)


def _absent(model: Model, contrast: Contrast) -> NDArray[np.bool_]:
    """Return the genes without a count in the samples that a contrast compares."""
    if contrast.compared is None:
        return np.zeros(len(model.fitted.counts), dtype=bool)
    seen = (model.cohort.counts != 0) & contrast.compared
    return np.asarray(~seen.any(axis=1)[model.has_counts])


def _result(
    model: Model,
    numbers: Sequence[NDArray[np.float64]],
    absent: NDArray[np.bool_],
    alpha: float,
    independent_filter: bool,
) -> tuple[pd.DataFrame, float]:
    """Return the table of all genes, and the mean count below which they were not adjusted."""
    fitted, models, here = model.fitted, model.fitted.models, model.has_counts
    base_mean = models.base_mean.copy()
    base_mean[fitted.emptied] = 0.0
    genes = model.cohort.genes
    columns = {name: genes[name].to_numpy() for name in ("gene_id", "symbol") if name in genes}
    columns["base_mean"] = means = _spread_out(here, base_mean, 0.0)
    names = ("log2_fold_change", "standard_error", "statistic", "p_value")
    for name, values in zip(names, numbers, strict=True):
        columns[name] = _spread_out(here, values, np.nan)
    p_value = columns["p_value"]
    if independent_filter:
        found = filter_and_adjust(p_value, means, alpha)
        p_adjusted, cutoff = found.p_adjusted, found.threshold
    else:
        p_adjusted, cutoff = adjust(p_value), np.nan
    status = np.empty(here.size, dtype=object)
    status[:] = "tested"
    status[np.isnan(p_adjusted)] = "low mean"
    status[np.isnan(p_value)] = "outlier"
    status[np.flatnonzero(here)[absent]] = "no counts in contrast"
    status[~here] = "no counts"
    fits = models.fits
    way = np.ones(fits.converged.size, dtype=np.int64)
    way[fits.minimised] = 2
    kind = np.array(["unconverged", "reweighted", "minimised"], dtype=object)[way * fits.converged]
    refitted = np.zeros(fits.converged.size, dtype=bool)
    refitted[fitted.refitted] = True
    columns |= {
        "p_adjusted": p_adjusted,
        "status": status,
        "fit": _spread_out(here, kind, ""),
        "refitted": _spread_out(here, refitted, False),
        "dispersion_gene": _spread_out(here, models.own, np.nan),
        "dispersion_trend": _spread_out(here, models.fitted, np.nan),
        "dispersion": _spread_out(here, fits.alpha, np.nan),
        "dispersion_outlier": _spread_out(here, models.is_outlier, False),
    }
    return DIFFERENTIAL.check(pd.DataFrame(columns, copy=False)), cutoff


def _spread_out(here: NDArray[np.bool_], values: NDArray[Any], elsewhere: object) -> NDArray[Any]:
    """Return values of the genes with counts, in place among all genes."""
    found = np.empty(here.size, dtype=values.dtype)
    found[here], found[~here] = values, elsewhere
    return found
