"""Samples on principal components, and genes and samples in the order of a heat map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def principal_components(expression: Floats, n_genes: int, n: int = 2) -> tuple[Floats, Floats]:
    """Return the samples' first `n` scores ``[sample, n]`` and the shares of variance.

    The sign is such that the largest loading of each component is positive.

    Parameters
    ----------
    expression : float64[gene, sample]
        Logarithms or variance-stabilised values.
    n_genes
        Genes of largest variance that are used.
    n
        Components; those that the data do not have are 0.
    """
    order = np.argsort(-expression.var(axis=1), kind="stable")[:n_genes]
    centred = expression[order] - expression[order].mean(axis=1, keepdims=True)
    loadings, singular, rotated = np.linalg.svd(centred, full_matrices=False)
    count = min(n, singular.size)
    sign = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])])
    scores = np.zeros((expression.shape[1], n))
    scores[:, :count] = (rotated.T * singular * sign)[:, :count]
    share = np.zeros(n)
    share[:count] = (singular**2 / max(float((singular**2).sum()), 1e-300))[:count]
    return scores, share


def standardise(expression: Floats) -> Floats:
    """Return each gene minus its mean over its standard deviation; a gene that never varies is 0."""
    deviation = expression.std(axis=1, keepdims=True)
    scores: Floats = (expression - expression.mean(axis=1, keepdims=True)) / np.where(
        deviation > 0, deviation, 1.0
    )
    return scores


def similar_order(rows: Floats) -> Indices:
    """Return the order of rows in a tree of average linkage, so that similar rows are neighbours."""
    if len(rows) < 3:
        return np.arange(len(rows))
    order: Indices = leaves_list(linkage(rows, "average")).astype(np.int64)
    return order
