"""Multiple testing: Benjamini–Hochberg after filtering by the mean count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """Adjusted p-values, and the filter that left most genes to be found."""

    p_adjusted: NDArray[np.float64]  #: NaN where there was no p-value or the mean is below the threshold
    threshold: float  #: mean of normalised counts
    theta: NDArray[np.float64]  #: quantiles that were tried
    rejections: NDArray[np.int64]  #: genes found at each


def adjust(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Benjamini–Hochberg adjusted p-values; NaN stays NaN and does not count.

    Examples
    --------
    >>> adjust(np.array([0.01, np.nan, 0.04, 0.03]))
    array([0.03, nan, 0.04, 0.04])
    """
    adjusted = np.full(p_values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(-p_values[tested], kind="stable")]
    rank = np.arange(tested.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(tested.size / rank * p_values[order]))
    return adjusted


def filter_and_adjust(
    p_values: NDArray[np.float64], base_mean: NDArray[np.float64], alpha: float = 0.1
) -> Adjusted:
    """Adjust p-values after dropping weakly expressed genes.

    Fifty thresholds on the mean are tried; the first at which the number of genes found
    exceeds the maximum of its smooth curve less the curve's error is taken (independent
    filtering, Bourgon et al., PNAS 2010, as in DESeq2).

    Parameters
    ----------
    p_values
        float64[genes], NaN where there is none.
    base_mean
        float64[genes].
    alpha
        False discovery rate at which genes are counted.
    """
    if not base_mean.size:
        return Adjusted(np.empty(0), np.nan, np.empty(0), np.empty(0, dtype=np.int64))
    lowest = float((base_mean == 0).mean())
    theta = np.linspace(lowest, 0.95 if lowest < 0.95 else 1.0, 50)
    ordered = np.sort(base_mean)
    cutoffs = np.array([_quantile(ordered, share) for share in theta])
    rejections = _rejections(p_values, base_mean, cutoffs, alpha)
    chosen = 0
    if rejections.max() > 10:
        smooth = lowess(theta, rejections.astype(float), 0.2)
        found = rejections > 0
        error = np.sqrt(np.mean((rejections[found] - smooth[found]) ** 2))
        above = np.flatnonzero(rejections > smooth.max() - error)
        chosen = int(above[0]) if above.size else 0
    kept = base_mean >= cutoffs[chosen]
    return Adjusted(adjust(np.where(kept, p_values, np.nan)), float(cutoffs[chosen]), theta, rejections)


def _rejections(
    p_values: NDArray[np.float64], base_mean: NDArray[np.float64], cutoffs: NDArray[np.float64], alpha: float
) -> NDArray[np.int64]:
    """Return how many adjusted p-values are below alpha at each cutoff.

    No adjusted p-value is below the p-value itself, so that only those below alpha are ranked.
    """
    means = np.sort(base_mean[~np.isnan(p_values)])
    n_kept = means.size - np.searchsorted(means, cutoffs)
    candidates = np.flatnonzero(p_values < alpha)
    order = candidates[np.argsort(p_values[candidates], kind="stable")]
    p, mean = p_values[order], base_mean[order]
    rank = np.arange(1, p.size + 1)
    found = np.zeros(cutoffs.size, dtype=np.int64)
    for k, cutoff in enumerate(cutoffs):
        kept = p[mean >= cutoff]
        below = np.flatnonzero(n_kept[k] / rank[: kept.size] * kept < alpha)
        found[k] = below[-1] + 1 if below.size else 0
    return found


def _quantile(ordered: NDArray[np.float64], share: float) -> float:
    """Return the quantile as R's default (type 7)."""
    index = (ordered.size - 1) * share
    low = int(np.floor(index + 4 * np.finfo(float).eps))
    part = index - low
    high = min(low + 1, ordered.size - 1)
    if abs(part) < 4 * np.finfo(float).eps or ordered[low] == ordered[high]:
        return float(ordered[low])
    return float((1 - part) * ordered[low] + part * ordered[high])


def lowess(x: NDArray[np.float64], y: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Smooth y over increasing, evenly spaced x: local lines, three robust rounds.

    Cleveland, J. Am. Stat. Assoc. 74 (1979) 829; every point is fitted.
    """
    near = _tricube(x, max(2, min(x.size, int(share * x.size + 1e-7))))
    smooth = _local_lines(x, y, near)
    for _ in range(3):
        residual = np.abs(y - smooth)
        scale = _six_medians(residual)
        if scale < 1e-7 * residual.mean():
            break
        part = 1.0 - (residual / scale) ** 2
        robust = np.where(
            residual <= 0.001 * scale, 1.0, np.where(residual <= 0.999 * scale, part * part, 0.0)
        )
        smooth = _local_lines(x, y, near * robust)
    return smooth


def _six_medians(residual: NDArray[np.float64]) -> float:
    ordered = np.sort(residual)
    n = ordered.size
    return (
        float(3.0 * (ordered[n - n // 2 - 1] + ordered[n // 2]))
        if n % 2 == 0
        else float(6.0 * ordered[n // 2])
    )


def _tricube(x: NDArray[np.float64], nearest: int) -> NDArray[np.float64]:
    """Return the weight of each other point [point, other], by its distance among so many nearest ones."""
    distance = np.abs(x - x[:, None])
    reach = np.empty(x.size)
    left = 0
    for k in range(x.size):
        while left + nearest < x.size and x[k] - x[left] > x[left + nearest] - x[k]:
            left += 1
        reach[k] = max(x[k] - x[left], x[left + nearest - 1] - x[k])
    ratio = distance / reach[:, None]
    return np.where(ratio > 0.999, 0.0, np.where(ratio > 0.001, (1 - ratio**3) ** 3, 1.0))


def _local_lines(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return at each point the weighted line through the others; the point itself without weights."""
    sums = weight.sum(axis=1)
    weight = weight / np.where(sums > 0, sums, 1.0)[:, None]
    away = x - (weight * x).sum(axis=1)[:, None]
    spread = (weight * away**2).sum(axis=1)
    is_line = np.sqrt(spread) > 0.001 * (x[-1] - x[0])
    slope = np.where(is_line, np.diagonal(away) / np.where(is_line, spread, 1.0), 0.0)
    return np.where(sums > 0, (weight * (slope[:, None] * away + 1.0) * y).sum(axis=1), y)
