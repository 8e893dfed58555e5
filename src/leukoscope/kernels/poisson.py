"""Upper tails of Poisson counts.

scipy has them too, but importing it takes as long as a million reads take to walk over.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit


@njit
def poisson_tail(count: Any, mean: Any) -> Any:
    """Return the probability of at least `count` events where `mean` > 0 are expected.

    The smaller side of the distribution is summed, from its largest term outwards.
    """
    if count <= 0:
        return 1.0
    above = count > mean
    k = count if above else count - 1
    term = math.exp(k * math.log(mean) - mean - math.lgamma(k + 1.0))
    total = term
    while (above or k > 0) and term > total * 1e-17:
        if above:
            k += 1
            term *= mean / k
        else:
            term *= k / mean
            k -= 1
        total += term
    return total if above else 1.0 - total


@njit
def poisson_tails(counts: NDArray[np.int64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return :func:`poisson_tail` of each count, shape (n,)."""
    tails = np.empty(counts.size)
    for i in range(counts.size):
        tails[i] = poisson_tail(counts[i], means[i])
    return tails
