"""Adjustment of many p-values: Benjamini–Hochberg and Storey's q."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return p-values adjusted for the false discovery rate, as R's ``p.adjust(method = "BH")``.

    NaN stays NaN and is not counted.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(-p_values[tested], kind="stable")]
    rank = np.arange(tested.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(tested.size / rank * p_values[order]))
    return adjusted


def null_share(p_values: Floats, *, from_p: float = 0.05) -> float:
    """Estimate the share of true null hypotheses from the p-values of `from_p` and above.

    At most 1; NaN without p-values, and where the estimate is zero (``qvalue`` refuses it).
    """
    tested = p_values[~np.isnan(p_values)]
    if tested.size == 0:
        return np.nan
    share = min(1.0, float(np.mean(tested >= from_p)) / (1.0 - from_p))
    return share if share > 0.0 else np.nan


def q_values(p_values: Floats, *, from_p: float = 0.05) -> Floats:
    """Return Storey's q-values with one fixed λ, as ``qvalue(p, lambda = from_p, pi0.method = "bootstrap")``.

    NaN stays NaN; all are NaN if the share of null hypotheses cannot be estimated.
    """
    return null_share(p_values, from_p=from_p) * benjamini_hochberg(p_values)
