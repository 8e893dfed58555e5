"""How strong an association is, whatever the number of samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels.contingency import chi_squared, without_empty_margins


def cramers_v(table: NDArray[np.int64]) -> float:
    """Return Cramér's V of a contingency table, corrected for bias [1]_: 0 unrelated, 1 determined.

    NaN if fewer than two rows or columns hold anything.

    Parameters
    ----------
    table : int64[rows, columns]
        Counts.

    References
    ----------
    .. [1] Bergsma, J Korean Stat Soc 42 (2013) 323, doi:10.1016/j.jkss.2012.10.002

    Examples
    --------
    >>> round(cramers_v(np.array([[20, 0], [0, 20]])), 6), cramers_v(np.array([[10, 10], [10, 10]]))
    (1.0, 0.0)
    """
    table = without_empty_margins(table)
    n = int(table.sum())
    if min(table.shape) < 2 or n < 2:
        return float("nan")
    statistic, _, _ = chi_squared(table)
    rows, columns = table.shape
    excess = max(0.0, statistic / n - (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(size - (size - 1) ** 2 / (n - 1) for size in (rows, columns))
    return float(min(1.0, np.sqrt(excess / (smaller - 1)))) if smaller > 1 else float("nan")
