"""The panel expert: a linear model over the ranks of a gene panel within one sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, softmax

from leukoscope.kernels.ranks import rank_samples
from leukoscope.knowledge.subtype_models import LinearModel

FloatArray = NDArray[np.float64]


def rank_features(
    values: FloatArray, centre: FloatArray | None = None, spread: FloatArray | None = None
) -> FloatArray:
    """Return the ranks of each sample's genes as normal deviates.

    If genes were not measured, the deviates of the others are moved and stretched to the mean and
    standard deviation that these genes have in the training samples, so that a matrix of, say,
    highly expressed genes only is not mistaken.

    Parameters
    ----------
    values
        ``[sample, gene]`` expression in any unit; NaN where not measured.
    centre, spread
        ``[gene]`` mean and standard deviation of the deviates in training samples.

    Returns
    -------
    NDArray
        ``[sample, gene]``; NaN where not measured.
    """
    ranks, n_ranked = rank_samples(np.ascontiguousarray(values, dtype=np.float64), True)
    deviates = ndtri((ranks - 0.5) / np.maximum(n_ranked, 1)[:, None])
    if centre is None or spread is None:
        return np.asarray(deviates)
    for row, measured in zip(deviates, ~np.isnan(deviates), strict=True):
        if 0 < measured.sum() < measured.size:
            mean = centre[measured].mean()
            variance = (spread[measured] ** 2 + centre[measured] ** 2).mean() - mean**2
            row[measured] = mean + np.sqrt(variance) * row[measured]
    return np.asarray(deviates)


def linear_scores(features: FloatArray, model: LinearModel) -> FloatArray:
    """Return ``[sample, class]`` scores; a missing feature counts as usual for its gene.

    Every sample is summed on its own: a batched product may round differently.
    """
    standard = np.nan_to_num((features - model.centre) / model.spread)
    return np.stack([model.intercept + (model.weights * row).sum(axis=1) for row in standard])


def class_probabilities(scores: FloatArray, model: LinearModel) -> FloatArray:
    """Return calibrated probabilities ``[sample, class]``."""
    return np.asarray(softmax(model.sharpness * scores, axis=1))
