"""Local regression of log dispersion on log mean, the fall-back of the parametric trend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEAREST = 0.7  # share of the genes that one local fit sees
_FLOOR = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class LocalFit:
    """A curve through fitted vertices: cubic between them, from values and slopes."""

    x: NDArray[np.float64]
    value: NDArray[np.float64]
    slope: NDArray[np.float64]
    bend: float = 0.0  #: coefficient of x² in the parabola through all points

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the curve at x.

        Beyond the outermost vertices it is bent as the parabola through all points is: ``locfit``
        interpolates what is left of that parabola, and prolongs only the rest as a straight line.
        """
        if self.x.size == 1:
            return np.full(x.shape, self.value[0])
        k = np.clip(np.searchsorted(self.x, x, side="right") - 1, 0, self.x.size - 2)
        width = self.x[k + 1] - self.x[k]
        t = (x - self.x[k]) / width
        inside = (
            (1 + 2 * t) * (1 - t) ** 2 * self.value[k]
            + t * t * (3 - 2 * t) * self.value[k + 1]
            + width * t * (1 - t) * ((1 - t) * self.slope[k] - t * self.slope[k + 1])
        )
        before, after = x - self.x[0], x - self.x[-1]
        low = self.value[0] + before * (self.slope[0] + before * self.bend)
        high = self.value[-1] + after * (self.slope[-1] + after * self.bend)
        return np.where(x < self.x[0], low, np.where(x > self.x[-1], high, inside))


def fit_local(log_means: NDArray[np.float64], dispersions: NDArray[np.float64]) -> LocalFit:
    """Fit local quadratics, weighted by the mean, at the vertices of a growing tree.

    A cell is halved as long as it is wider than 0.8 of the smaller bandwidth at its ends
    (Loader, *Local Regression and Likelihood*, 1999, the evaluation structure of ``locfit``).
    """
    kept = dispersions >= _FLOOR
    x, y = log_means[kept], np.log(dispersions[kept])
    if not kept.any():
        return LocalFit(np.zeros(1), np.full(1, np.log(1e-8)), np.zeros(1))
    weight = np.exp(x)
    vertices: dict[float, tuple[float, float, float]] = {}

    def fitted(at: float) -> tuple[float, float, float]:
        if at not in vertices:
            vertices[at] = local_quadratic(x, y, weight, at, _NEAREST)
        return vertices[at]

    cells = [(float(x.min()), float(x.max()))]
    while cells:
        low, high = cells.pop()
        if high - low > 0.8 * min(fitted(low)[2], fitted(high)[2]):
            middle = (low + high) / 2
            cells += [(low, middle), (middle, high)]
    at = np.array(sorted(vertices))
    found = np.array([vertices[v] for v in at])
    bend = float(np.polyfit(x, y, 2, w=np.sqrt(weight))[0]) if np.unique(x).size > 2 else 0.0
    return LocalFit(at, found[:, 0], found[:, 1], bend)


def local_quadratic(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64], at: float, share: float
) -> tuple[float, float, float]:
    """Return value, slope and bandwidth of the tricube-weighted quadratic at one point, through a share of all."""
    distance = np.abs(x - at)
    nearest = min(max(int(x.size * share), 1), x.size)
    bandwidth = float(np.partition(distance, nearest - 1)[nearest - 1])
    if bandwidth <= 0:
        return float(np.average(y, weights=weight)), 0.0, np.inf
    inside = distance < bandwidth
    u = x[inside] - at
    kernel = weight[inside] * (1 - (distance[inside] / bandwidth) ** 3) ** 3
    columns = np.stack([np.ones_like(u), u, u * u], axis=1)
    moments = np.array([[(kernel * a * b).sum() for b in columns.T] for a in columns.T])
    right = np.array([(kernel * a * y[inside]).sum() for a in columns.T])
    value, slope, _ = np.linalg.lstsq(moments, right, rcond=1e-12)[0]
    return float(value), float(slope), bandwidth
