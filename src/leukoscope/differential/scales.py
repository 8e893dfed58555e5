"""Counts on a scale that clustering, scores and networks can use."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.differential.analysis import Model
from leukoscope.differential.iterated_factors import factors_of, refuse_empty_samples
from leukoscope.differential.transform import (
    regularised,
    regularised_by_model,
    stabilised,
    stabilised_by_model,
)
from leukoscope.differential.trend import TrendKind
from leukoscope.errors import InputError, quote_some
from leukoscope.normalization import fpkm, tpm

Scale = Literal["vst", "rlog", "normalised", "tpm", "fpkm"]
SCALES: tuple[Scale, ...] = get_args(Scale)


def bring_to_scale(
    cohort: Cohort,
    scale: Scale,
    *,
    factors: NDArray[np.float64] | None = None,
    trend: TrendKind = "parametric",
    lengths: pd.Series | None = None,
    n_threads: int = 1,
) -> pd.DataFrame:
    """Return the counts of a cohort on another scale.

    ``vst`` and ``rlog`` (both log2) are DESeq2's, blind to any design; ``normalised`` are counts over size factors;
    ``tpm`` and ``fpkm`` also divide by the length of the gene.

    Parameters
    ----------
    cohort
        Counts; fractional ones are rounded for ``vst``, ``rlog`` and ``normalised``, as in R.
    scale
        One of :data:`SCALES`.
    factors, trend
        As in :func:`~leukoscope.differential.transform.stabilised`.
    lengths
        Length of each gene in bases by ``gene_id``; by default the column ``length`` of the cohort's genes.
    n_threads
        Threads; the result does not depend on it.

    Returns
    -------
    pandas.DataFrame
        float64, genes as index, samples as columns.

    Raises
    ------
    InputError
        If no gene can be used, a sample has no count, or lengths are asked for and missing.
    """
    if scale in {"vst", "rlog"}:
        if len(cohort.samples) < 2:
            raise InputError(
                f"{scale} needs two samples at least, to see how counts scatter; 'normalised' and 'tpm' take one."
            )
        transform = stabilised if scale == "vst" else regularised
        values = transform(cohort, factors=factors, trend=trend, n_threads=n_threads)
    elif scale == "normalised":
        whole = cohort.rounded()
        values = whole.counts / (factors_of(whole, "ratio") if factors is None else factors)
    else:
        refuse_empty_samples(cohort)
        values = (tpm if scale == "tpm" else fpkm)(cohort.counts, _lengths(cohort, lengths))
    return _framed(values, cohort)


def bring_to_scale_by_model(model: Model, scale: Literal["vst", "rlog"]) -> pd.DataFrame:
    """Return the counts of a fitted model on a log2 scale that knows its design (``blind = FALSE`` in DESeq2)."""
    transform = stabilised_by_model if scale == "vst" else regularised_by_model
    return _framed(transform(model), model.cohort)


def _framed(values: NDArray[np.float64], cohort: Cohort) -> pd.DataFrame:
    return pd.DataFrame(values, index=pd.Index(cohort.gene_ids), columns=list(cohort.sample_names))


def _lengths(cohort: Cohort, lengths: pd.Series | None) -> NDArray[np.float64]:
    if lengths is None:
        if "length" not in cohort.genes:
            raise InputError(
                "TPM and FPKM need the length of every gene, and these counts come without (--lengths)."
            )
        return cohort.genes["length"].to_numpy(np.float64)
    found = lengths.reindex(pd.Index(cohort.gene_ids)).to_numpy(np.float64)
    lacking = list(cohort.gene_ids[~(found > 0)])
    if lacking:
        raise InputError(
            f"lengths: {len(lacking)} of {found.size} genes have no positive length: {quote_some(lacking)}."
        )
    return found
