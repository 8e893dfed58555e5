"""P-values of fitted genes: Wald and likelihood-ratio tests, with a threshold on the effect."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Alternative = Literal["greater-abs", "less-abs", "greater", "less"]

_UNDERFLOW = 37.5193  # |z| beyond which R's pnorm returns 0


def wald(
    estimates: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    threshold: float = 0.0,
    alternative: Alternative = "greater-abs",
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return statistics and p-values.

    Parameters
    ----------
    estimates, errors
        float64[genes].
    threshold
        Effect that is not interesting, in log2 units.
    alternative
        What is shown: |effect| above or below the threshold, effect above it, or effect
        below its negative.

    Examples
    --------
    >>> statistic, p = wald(np.array([2.0]), np.array([1.0]))
    >>> float(p.round(4)[0])
    0.0455
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        above, below = (estimates - threshold) / errors, (estimates + threshold) / errors
        if alternative == "greater-abs":
            beyond = (np.abs(estimates) - threshold) / errors
            return np.sign(estimates) * np.maximum(beyond, 0.0), np.minimum(1.0, 2.0 * _upper_tail(beyond))
        if alternative == "greater":
            return np.maximum(above, 0.0), _upper_tail(above)
        if alternative == "less":
            return np.minimum(below, 0.0), _upper_tail(-below)
        statistic = np.minimum(np.maximum(-above, 0.0), np.maximum(below, 0.0))
        return statistic, np.maximum(_upper_tail(-above), _upper_tail(below))


def wald_in_words(threshold: float, alternative: Alternative) -> str:
    """Return what a Wald test shows.

    Examples
    --------
    >>> wald_in_words(1.0, "less-abs")
    'Wald test of |log2 fold change| < 1'
    """
    shown = {
        "greater-abs": f"|log2 fold change| > {threshold:g}",
        "less-abs": f"|log2 fold change| < {threshold:g}",
        "greater": f"log2 fold change > {threshold:g}",
        "less": f"log2 fold change < {0.0 - threshold:g}",
    }
    return f"Wald test of {shown[alternative]}"


def likelihood_ratio(
    full: NDArray[np.float64], reduced: NDArray[np.float64], degrees: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return statistics and p-values of nested models from their log-likelihoods."""
    from scipy.special import chdtrc

    statistic = 2.0 * (full - reduced)
    return statistic, np.where(statistic > 0, chdtrc(degrees, np.maximum(statistic, 0.0)), 1.0)


def _upper_tail(z: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.where(z > _UNDERFLOW, 0.0, ndtr(-z))
