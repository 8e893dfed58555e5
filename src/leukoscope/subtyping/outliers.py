"""Genes whose overexpression points to a lesion: absolute expression, and its place among 1,223 B-ALL."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from leukoscope.expression import Expression

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlier:
    """One marker gene in one sample."""

    symbol: str
    subtype: str  #: class that it bears on; empty if it only informs
    status: str  #: detected, not detected or not assessable
    cpm: float
    quantile: float  #: in the reference population; NaN if it was not measured there
    log_odds: float
    reason: str  #: why it could not be assessed
    population: str = "1,223 B-ALL"  #: whom the quantile refers to


def find_outliers(cpm: FloatArray, expression: Expression, genes: pd.DataFrame) -> list[tuple[Outlier, ...]]:
    """Look up every marker gene in every sample.

    A gene of the pseudoautosomal region 1 cannot be assessed if all of them are zero: the reads were
    lost to an unmasked Y chromosome.  That is asked of the sample, not of the cohort.

    Parameters
    ----------
    cpm
        ``[sample, gene]`` counts per million.
    expression
        The samples.
    genes
        :data:`~leukoscope.tables.subtyping.OUTLIER_GENES`
    """
    at = expression.position(genes["gene_id"].tolist())
    values = np.where(at >= 0, cpm[:, np.maximum(at, 0)], np.nan)
    lost = par1_is_lost(cpm, expression)
    return [
        tuple(_judge(row, value, no_par1) for row, value in zip(genes.itertuples(), sample, strict=True))
        for sample, no_par1 in zip(values, lost, strict=True)
    ]


#: CD99, IL3RA, CSF2RA, P2RY8, DHRSX: expressed in every B-ALL.
PAR1_GENES = ("ENSG00000002586", "ENSG00000185291", "ENSG00000198223", "ENSG00000182162", "ENSG00000169084")


def par1_is_lost(cpm: FloatArray, expression: Expression) -> NDArray[np.bool_]:
    """Return whether the genes of the pseudoautosomal region 1 are all zero or absent, per sample."""
    at = expression.position(PAR1_GENES)
    values = np.where(at >= 0, cpm[:, np.maximum(at, 0)], np.nan)
    return np.asarray(np.nan_to_num(values).max(axis=1) <= 0.0)


def _judge(row: object, cpm: float, no_par1: bool) -> Outlier:
    symbol, subtype = str(row.symbol), str(row.subtype)  # type: ignore[attr-defined]
    if np.isnan(cpm):
        return Outlier(symbol, subtype, "not assessable", cpm, np.nan, 0.0, "not measured")
    if row.in_par1 and no_par1:  # type: ignore[attr-defined]
        return Outlier(symbol, subtype, "not assessable", cpm, np.nan, 0.0, "all PAR1 genes are zero")
    z = (np.log2(cpm + 0.05) - row.reference_mean) / row.reference_sd  # type: ignore[attr-defined]
    quantile, population = float(ndtr(z)), str(getattr(row, "population", "1,223 B-ALL"))
    if cpm >= row.minimum_cpm:  # type: ignore[attr-defined]
        weight = float(row.log_odds)  # type: ignore[attr-defined]
        return Outlier(symbol, subtype, "detected", cpm, quantile, weight, "", population)
    absent = cpm < row.absent_cpm  # type: ignore[attr-defined]
    weight = float(row.absent_log_odds) if absent else 0.0  # type: ignore[attr-defined]
    return Outlier(symbol, subtype, "not detected", cpm, quantile, weight, "", population)
