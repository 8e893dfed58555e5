"""How far dispersions scatter around their trend where hardly any degrees of freedom are left.

With one to three of them the logarithm of an estimate is skewed and its median absolute deviation says
little.  DESeq2 therefore simulates the scatter that sampling and a normal prior make together, and takes the
variance of the prior whose histogram is nearest to that of the residuals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.localfit import LocalFit, local_quadratic
from leukoscope.knowledge import knowledge_path
from leukoscope.tables.differential import DISPERSION_SCATTER

Floats = NDArray[np.float64]

MOST_DEGREES = 3
_EDGES = np.linspace(-10.0, 10.0, 41)
_VARIANCES = np.linspace(0.0, 8.0, 200)
_TRIED = np.linspace(0.0, 8.0, 1000)
_NEAREST = 0.2  # share of the variances that one local fit sees
_CELL = 8  # variances between two vertices of the smooth curve
_MARGIN = 0.005  # of the range, beyond which its outermost vertices stand


def matched_prior_variance(residuals: Floats, degrees: int) -> float:
    """Return the variance of the prior with which the simulated scatter is most like the residuals.

    The Kullback–Leibler divergence of the histograms is smoothed over the variance as R's ``loess`` does it.

    Parameters
    ----------
    residuals
        Log dispersions of genes less their trend.
    degrees
        Residual degrees of freedom, 1 to 3.
    """
    observed = _density(residuals)
    smooth = _smooth(_VARIANCES, np.array([_divergence(observed, made) for made in _simulated(degrees)]))
    return float(_TRIED[smooth.at(_TRIED).argmin()])


def _density(values: Floats) -> Floats:
    """Return the density in bins that are closed to the right, with the margin for rounding of R's ``hist``."""
    inside = values[(values > _EDGES[0]) & (values < _EDGES[-1])]
    width = _EDGES[1] - _EDGES[0]
    counts = np.bincount(np.searchsorted(_EDGES[1:] + 1e-7 * width, inside), minlength=_EDGES.size - 1)
    return np.asarray(counts / (max(inside.size, 1) * width))


def _simulated(degrees: int) -> Floats:
    """Return the densities [variance, bin] that R simulates."""
    table = DISPERSION_SCATTER.read(knowledge_path("dispersion_scatter.tsv.gz"))
    table = table[table["degrees"] == degrees]
    counts = np.zeros((_VARIANCES.size, _EDGES.size - 1))
    counts[table["step"], table["bin"]] = table["draws"]
    return np.asarray(counts / (counts.sum(axis=1, keepdims=True) * (_EDGES[1] - _EDGES[0])))


def _divergence(observed: Floats, simulated: Floats) -> float:
    """Return the Kullback–Leibler divergence; bins without a draw get the least density of any other."""
    both = np.concatenate([observed, simulated])
    least = both[both > 0].min()
    return float((observed * (np.log(observed + least) - np.log(simulated + least))).sum())


def _smooth(x: Floats, y: Floats) -> LocalFit:
    """Return local quadratics at the vertices of a tree that halves the points, and the curve through them.

    Cleveland & Grosse, Statistics and Computing 1 (1991) 47, the interpolation of ``loess``.
    """
    margin = _MARGIN * (x[-1] - x[0])
    vertices, cells = [x[0] - margin, x[-1] + margin], [(0, x.size)]
    while cells:
        first, end = cells.pop()
        if end - first > _CELL:
            middle = (first + end + 1) // 2
            vertices.append(x[middle - 1])
            cells += [(first, middle), (middle, end)]
    at = np.sort(np.array(vertices))
    fits = np.array([local_quadratic(x, y, np.ones(x.size), float(vertex), _NEAREST) for vertex in at])
    return LocalFit(at, fits[:, 0], fits[:, 1])
