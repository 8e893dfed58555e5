"""Upper tail of the hypergeometric distribution, for many gene sets at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from leukoscope.kernels._jit import njit

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def upper_tail(overlap: Counts, set_size: Counts, universe: int, drawn: int) -> Floats:
    """Probability of at least `overlap` genes of a set among those drawn.

    As R's ``phyper(overlap - 1, set_size, universe - set_size, drawn, lower.tail = FALSE)``.

    Parameters
    ----------
    overlap, set_size : int64[sets]
        Genes of each set that were drawn, and that there are.
    universe, drawn
        Genes in all, and drawn.

    Returns
    -------
    p_value : float64[sets]
        1.0 where `overlap` is not above what must be drawn; NaN where `drawn` or `set_size`
        exceeds the universe.
    """
    overlap, set_size = np.atleast_1d(overlap), np.atleast_1d(set_size)
    log_factorial = special.gammaln(np.arange(universe + 2) + 1.0)
    return _upper_tails(overlap.astype(np.int64), set_size.astype(np.int64), universe, drawn, log_factorial)


@njit
def _upper_tails(
    overlap: Counts, set_size: Counts, universe: int, drawn: int, log_factorial: Floats
) -> Floats:
    p_values = np.empty(overlap.size)
    for i in range(overlap.size):
        p_values[i] = _tail(overlap[i], set_size[i], universe, drawn, log_factorial)
    return p_values


@njit
def _tail(overlap: int, set_size: int, universe: int, drawn: int, log_factorial: Floats) -> float:
    """Sum the density outwards from `overlap`, on the side that is away from the mode."""
    if drawn > universe or set_size > universe or set_size < 0 or drawn < 0:
        return np.nan
    least, most = max(0, drawn + set_size - universe), min(drawn, set_size)
    if overlap <= least:
        return 1.0
    if overlap > most:
        return 0.0
    above = overlap * (universe + 2.0) > (drawn + 1.0) * (set_size + 1.0)
    k = overlap if above else overlap - 1
    term: float = np.exp(
        _log_choose(set_size, k, log_factorial)
        + _log_choose(universe - set_size, drawn - k, log_factorial)
        - _log_choose(universe, drawn, log_factorial)
    )
    total, ratio = 0.0, 1.0
    while least <= k <= most and ratio > 1e-18 * total:
        total += ratio
        if above:
            ratio *= (set_size - k) * (drawn - k) / ((k + 1.0) * (universe - set_size - drawn + k + 1.0))
            k += 1
        else:
            ratio *= k * (universe - set_size - drawn + k) / ((set_size - k + 1.0) * (drawn - k + 1.0))
            k -= 1
    return term * total if above else 1.0 - term * total


@njit
def _log_choose(n: int, k: int, log_factorial: Floats) -> float:
    value: float = log_factorial[n] - log_factorial[k] - log_factorial[n - k]
    return value
