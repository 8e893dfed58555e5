"""Which test of independence a table gets, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels.contingency import chi_squared, expected_counts, without_empty_margins
from leukoscope.kernels.fisher import freeman_halton, two_by_two


@dataclass(frozen=True, slots=True)
class TableTest:
    """The tests of one contingency table; the names are those of the result tables."""

    chi2_p: float
    yates_p: float
    exact_p: float
    min_expected: float
    test: str
    p_value: float
    rule: str


def compare(table: NDArray[np.int64], *, min_expected: float = 5.0) -> TableTest:
    """Test a contingency table for independence.

    The exact test is chosen where an expected count is below `min_expected` (Cochran's rule),
    else Pearson's χ² without correction.  All three are returned.

    Parameters
    ----------
    table : int64[rows, columns]
        Counts; empty rows and columns are left out.
    min_expected
        Smallest expected count at which χ² is trusted.
    """
    table = without_empty_margins(table)
    if min(table.shape) < 2:
        return TableTest(np.nan, np.nan, np.nan, np.nan, "none", np.nan, "nothing varies")
    _, _, plain = chi_squared(table)
    square = table.shape == (2, 2)
    corrected = chi_squared(table, corrected=True)[2] if square else np.nan
    exact = two_by_two(table) if square else freeman_halton(table)
    least = float(expected_counts(table).min())
    if least >= min_expected:
        return TableTest(
            plain, corrected, exact, least, "Pearson χ²", plain, f"all expected counts ≥ {min_expected:g}"
        )
    if np.isnan(exact):
        reason = f"an expected count is {least:.2g}, but the table is too large for the exact test"
        return TableTest(plain, corrected, exact, least, "Pearson χ²", plain, reason)
    name = "Fisher exact" if square else "Freeman–Halton exact"
    reason = f"an expected count is {least:.2g}, below {min_expected:g}"
    return TableTest(plain, corrected, exact, least, name, exact, reason)
