"""Tests of contingency tables that have a closed form: Pearson, trend, McNemar."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def without_empty_margins(table: Counts) -> Counts:
    """Return the table without rows and columns whose sum is zero: they carry no information."""
    table = np.asarray(table, dtype=np.int64)
    kept: Counts = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return kept


def expected_counts(table: Counts) -> Floats:
    """Return the counts expected under independence, float64 of the table's shape."""
    total = table.sum()
    if total == 0:
        return np.full(table.shape, np.nan)
    expected: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    return expected


def chi_squared(table: Counts, *, corrected: bool = False) -> tuple[float, int, float]:
    """Pearson's test of independence, as R's ``chisq.test``.

    Parameters
    ----------
    table : int64[rows, columns]
        Counts, no row or column empty (:func:`without_empty_margins`).
    corrected
        Yates' correction; used in 2 × 2 tables only, and never beyond |O - E|.

    Returns
    -------
    statistic, degrees_of_freedom, p_value
        NaN statistic and p-value if a dimension is below 2.
    """
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return np.nan, 0, np.nan
    expected = expected_counts(table)
    deviation = np.abs(table - expected)
    if corrected and table.shape == (2, 2):
        deviation -= min(0.5, float(deviation.min()))
    statistic = float((deviation**2 / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    return statistic, freedom, float(special.chdtrc(freedom, statistic))


def trend(carriers: Counts, totals: Counts, scores: Floats) -> tuple[float, float]:
    """Cochran–Armitage test for a trend in proportions, as R's ``prop.trend.test``.

    Parameters
    ----------
    carriers, totals : int64[groups]
        Carriers and members of each ordered group.
    scores : float64[groups]
        Position of each group on the scale.

    Returns
    -------
    statistic, p_value
        χ² with one degree of freedom; NaN if all or none carry, or fewer than two groups have members.
    """
    kept = totals > 0
    carriers, totals, scores = carriers[kept], totals[kept], scores[kept]
    share = carriers.sum() / totals.sum() if totals.size else 0.0
    if share in (0.0, 1.0) or totals.size < 2:
        return np.nan, np.nan
    centred = scores - (totals * scores).sum() / totals.sum()
    spread = float((totals * centred**2).sum())
    if spread == 0.0:
        return np.nan, np.nan
    statistic = float((centred * carriers).sum()) ** 2 / (spread * share * (1.0 - share))
    return statistic, float(special.chdtrc(1, statistic))


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value of paired yes/no observations: binomial on the discordant pairs.

    1.0 if there is no discordant pair.
    """
    discordant = only_first + only_second
    if discordant == 0:
        return 1.0
    return min(1.0, 2.0 * float(special.bdtr(min(only_first, only_second), discordant, 0.5)))


def paired_odds_ratio(
    only_first: int, only_second: int, *, level: float = 0.95
) -> tuple[float, float, float]:
    """Odds ratio of matched pairs with the exact (Clopper–Pearson) interval.

    Returns
    -------
    ratio, low, high
        NaN throughout if there is no discordant pair.
    """
    n, tail = only_first + only_second, (1.0 - level) / 2.0
    if n == 0:
        return np.nan, np.nan, np.nan
    low = float(special.betaincinv(only_first, only_second + 1, tail)) if only_first else 0.0
    high = float(special.betaincinv(only_first + 1, only_second, 1.0 - tail)) if only_second else 1.0
    ratio = only_first / only_second if only_second else np.inf
    return ratio, low / (1.0 - low), high / (1.0 - high) if high < 1.0 else np.inf
