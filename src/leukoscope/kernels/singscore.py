"""Single-sample scores of gene sets from ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit


@njit
def _centred_score(mean_rank: float, n_set: int, n_ranked: int) -> float:
    """Return the mean rank between its least and greatest possible value, minus one half."""
    low = (n_set + 1) / 2.0
    high = n_ranked - (n_set - 1) / 2.0
    return (mean_rank - low) / (high - low) - 0.5


@njit
def singscores(
    ranks: NDArray[np.float64],
    n_ranked: NDArray[np.int64],
    genes: NDArray[np.int64],
    offsets: NDArray[np.int64],
    is_up: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Score gene sets by the mean rank of their genes (Foroutan et al., doi:10.1186/s12859-018-2435-4).

    Parameters
    ----------
    ranks : float64[n_samples, n_genes]
        Ranks with the least rank for ties; NaN where not measured.
    n_ranked : int64[n_samples]
        Genes ranked in each sample.
    genes : int64[n_members]
        Columns of `ranks` that belong to each set, one set after the other.
    offsets : int64[n_sets + 1]
        Where each set begins in `genes`.
    is_up : bool[n_sets]
        Whether the genes of the set should rank high.

    Returns
    -------
    scores : float64[n_samples, n_sets]
        In [-0.5, 0.5]; 0 if no gene of the set, or every gene, was measured.
    """
    n_samples = ranks.shape[0]
    n_sets = is_up.size
    scores = np.zeros((n_samples, n_sets), np.float64)
    for s in range(n_samples):
        for k in range(n_sets):
            total = 0.0
            n_set = 0
            for j in range(offsets[k], offsets[k + 1]):
                rank = ranks[s, genes[j]]
                if not np.isnan(rank):
                    total += rank if is_up[k] else n_ranked[s] - rank + 1.0
                    n_set += 1
            if 0 < n_set < n_ranked[s]:
                scores[s, k] = _centred_score(total / n_set, n_set, n_ranked[s])
    return scores
