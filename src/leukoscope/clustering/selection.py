"""Genes that are clustered on: the most variable ones, centred."""

from __future__ import annotations

import numpy as np
import pandas as pd


def select_variable_genes(
    expression: pd.DataFrame, *, n_genes: int = 5000, centre: bool = True
) -> pd.DataFrame:
    """Return the genes of largest median absolute deviation, each centred on its median.

    Among equal deviations the later gene comes first, as in the ``rev(order(mad))`` of
    ConsensusClusterPlus's vignette.  Genes that do not vary (deviation 0) stay if they are
    needed to reach `n_genes`.

    Parameters
    ----------
    expression
        Genes in rows, samples in columns; no missing value.
    n_genes
        Genes to keep; all if there are fewer.
    centre
        Subtract each gene's median.
    """
    values = expression.to_numpy(np.float64)
    middle = np.median(values, axis=1, keepdims=True) if values.size else values[:, :1]
    spread = 1.4826 * np.median(np.abs(values - middle), axis=1) if values.size else np.zeros(len(values))
    order = np.argsort(spread, kind="stable")[::-1][:n_genes]
    kept = expression.iloc[order]
    return kept - middle[order] if centre else kept
