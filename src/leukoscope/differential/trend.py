"""The trend of the dispersion over the mean: parametric, local, or one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.localfit import LocalFit, fit_local
from leukoscope.errors import InputError

TrendKind = Literal["parametric", "local", "mean"]

_USABLE = 1e-6  # a gene-wise dispersion below it says nothing about the trend


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """Dispersion as a function of the mean of normalised counts."""

    kind: TrendKind
    asymptotic: float = np.nan  #: parametric: dispersion of strongly expressed genes
    extra_poisson: float = np.nan  #: parametric: falls with 1/mean
    mean: float = np.nan  #: mean: the dispersion
    local: LocalFit | None = None
    fallback: str = ""  #: why the parametric trend was not taken, if it was wanted

    def at(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the trend's dispersion for each mean."""
        if self.local is not None:
            return np.exp(self.local.at(np.log(means)))
        if self.kind == "mean":
            return np.full(means.shape, self.mean)
        return self.asymptotic + self.extra_poisson / means


def fit_trend(
    means: NDArray[np.float64], dispersions: NDArray[np.float64], kind: TrendKind = "parametric"
) -> Trend:
    """Fit the trend to gene-wise dispersions.

    Parameters
    ----------
    means, dispersions
        float64[genes], of genes with a count.
    kind
        Parametric ``a + b / mean`` by a Gamma regression, repeated without outliers until it
        settles; a local regression if that fails; or the trimmed mean of all.

    Raises
    ------
    InputError
        If no gene varies more than by counting.
    """
    usable = dispersions > _USABLE
    if not usable.any():
        raise InputError(
            "no gene varies more than by counting alone (all gene-wise dispersions are below 1e-6), so that there is "
            "no trend to fit. Are these replicates of one library?"
        )
    if kind == "mean":
        return Trend("mean", mean=_trimmed_mean(dispersions[dispersions > 1e-7], 0.001))
    if kind == "parametric":
        found = _parametric(means[usable], dispersions[usable])
        if isinstance(found, Trend):
            return found
        return Trend("local", local=fit_local(np.log(means), dispersions), fallback=found)
    return Trend("local", local=fit_local(np.log(means), dispersions))


def _parametric(means: NDArray[np.float64], dispersions: NDArray[np.float64]) -> Trend | str:
    """Return the trend, or why it was not found."""
    a, b = 0.1, 1.0
    for _ in range(11):
        ratio = dispersions / (a + b / means)
        good = (ratio > 1e-4) & (ratio < 15.0)
        found, converged = _gamma_regression(1.0 / means[good], dispersions[good], a, b)
        if found is None or min(found) <= 0:
            return "the parametric trend has no positive coefficients"
        change = np.log(found[0] / a) ** 2 + np.log(found[1] / b) ** 2
        a, b = found
        if change < 1e-6 and converged:
            return Trend("parametric", a, b)
    return "the parametric trend did not settle"


def _gamma_regression(
    x: NDArray[np.float64], y: NDArray[np.float64], a: float, b: float
) -> tuple[tuple[float, float] | None, bool]:
    """Fit E[y] = a + b x with Gamma errors as R's ``glm`` does; None if it leaves y > 0."""
    mu = a + b * x
    if y.size < 2 or (mu <= 0).any():
        return None, False
    deviance = _gamma_deviance(y, mu)
    for _ in range(25):
        weight = 1.0 / (mu * mu)
        new_a, new_b = _weighted_line(x, y, weight)
        mu = new_a + new_b * x
        halvings = 0
        while not (mu > 0).all() and halvings < 25:
            new_a, new_b = (new_a + a) / 2, (new_b + b) / 2
            mu = new_a + new_b * x
            halvings += 1
        if not (mu > 0).all():
            return None, False
        a, b = new_a, new_b
        last, deviance = deviance, _gamma_deviance(y, mu)
        if abs(deviance - last) / (abs(deviance) + 0.1) < 1e-8:
            return (a, b), True
    return (a, b), False


def _weighted_line(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    sum_w = weight.sum()
    x_mean, y_mean = (weight * x).sum() / sum_w, (weight * y).sum() / sum_w
    away = weight * (x - x_mean)
    slope = float((away * (y - y_mean)).sum() / (away * (x - x_mean)).sum())
    return float(y_mean - slope * x_mean), slope


def _gamma_deviance(y: NDArray[np.float64], mu: NDArray[np.float64]) -> float:
    return float(-2.0 * (np.log(y / mu) - (y - mu) / mu).sum())


def _trimmed_mean(values: NDArray[np.float64], trim: float) -> float:
    cut = int(values.size * trim)
    return float(np.sort(values)[cut : values.size - cut].mean())
