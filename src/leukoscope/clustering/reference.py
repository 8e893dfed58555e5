"""Is there a cluster at all?  The data compared with data of the same covariance and no clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.clustering.evaluation import ambiguous_share
from leukoscope.clustering.resampling import ConsensusClustering, consensus_cluster
from leukoscope.tables.clustering import CLUSTER_CHOICE

Floats = NDArray[np.float64]


def compare_with_null(
    choice: pd.DataFrame,
    found: ConsensusClustering,
    expression: pd.DataFrame,
    *,
    rng: np.random.Generator,
    n_null: int = 100,
    n_resamplings: int = 100,
) -> pd.DataFrame:
    """Add to each K how often data without clusters are as clear.

    Null data keep the principal axes and their variances, and draw every sample's scores from one
    normal distribution: the clusters that are found there are chance [1]_.  PAC is compared at
    equal numbers of resamplings; p = (1 + as low) / (1 + n).

    Parameters
    ----------
    choice
        :data:`~leukoscope.tables.clustering.CLUSTER_CHOICE`.
    found
        The clustering, for its parameters.
    expression
        The data that were clustered.
    rng
        Source of the null data.
    n_null
        Null data sets.
    n_resamplings
        Resamplings of each, and of the observed data for the comparison.

    References
    ----------
    .. [1] Senbabaoglu et al., Sci Rep 4 (2014) 6207, doi:10.1038/srep06207
    """
    options: dict[str, Any] = {**found.parameters, "n_resamplings": n_resamplings}
    observed = _ambiguities(expression, options)
    values = expression.to_numpy(np.float64)
    mean = values.mean(axis=1, keepdims=True)
    axes, spread, _ = np.linalg.svd(values - mean, full_matrices=False)
    spread = spread / np.sqrt(max(values.shape[1] - 1, 1))
    null = np.empty((n_null, observed.size))
    for row in null:
        scores = rng.standard_normal((spread.size, values.shape[1]))
        simulated = mean + axes @ (spread[:, None] * scores)
        row[:] = _ambiguities(pd.DataFrame(simulated, columns=expression.columns), options)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = np.log10(null.mean(axis=0) / observed)
    return CLUSTER_CHOICE.check(
        choice.assign(
            null_pac=null.mean(axis=0),
            null_p=(1.0 + (null <= observed).sum(axis=0)) / (1.0 + n_null),
            stability_index=np.where(np.isfinite(index), index, np.nan),
        )
    )


def _ambiguities(expression: pd.DataFrame, options: dict[str, Any]) -> Floats:
    matrices = consensus_cluster(expression, **options).matrices
    return np.array([ambiguous_share(matrix) for matrix in matrices])
