"""Designs with more columns than they need, which a prior on the coefficients makes unique."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.layout import LaidOut, arrange


def lay_out_redundant(
    matrix: NDArray[np.float64], size_factors: NDArray[np.float64], exclusive: tuple[int, ...]
) -> LaidOut:
    """Lay out a design matrix of any rank; its parameters are its coefficients in another order.

    Parameters
    ----------
    matrix
        float64[samples, coefficients].
    size_factors
        float64[samples].
    exclusive
        Columns of 0 and 1 of which at most one is 1 in a sample; they are eliminated first.
    """
    p = matrix.shape[1]
    order = [*exclusive, *np.setdiff1d(np.arange(p), exclusive)]
    return arrange(matrix, np.eye(p)[:, order], size_factors)
