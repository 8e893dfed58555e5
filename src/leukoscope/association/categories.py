"""Categorical variables (MRD class, prednisone response, mutation status) compared between groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from leukoscope.association.choice import compare
from leukoscope.association.effect import cramers_v
from leukoscope.errors import InputError, quote_some
from leukoscope.kernels.fisher import odds_ratio
from leukoscope.kernels.multiplicity import benjamini_hochberg, q_values
from leukoscope.tables.association import CATEGORY_TESTS


def compare_categories(
    samples: pd.DataFrame, *, by: str, variables: Sequence[str], min_expected: float = 5.0
) -> pd.DataFrame:
    """Test each variable for independence of the group.

    Parameters
    ----------
    samples
        One row per sample (or patient); a missing value is the empty string or NaN.
    by
        Column that holds the group.
    variables
        Columns to compare.
    min_expected
        Smallest expected count at which χ² is trusted.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.association.CATEGORY_TESTS`.

    Raises
    ------
    InputError
        If a column is absent.
    """
    absent = [name for name in (by, *variables) if name not in samples.columns]
    if absent:
        shown = quote_some(list(samples.columns), limit=8)
        raise InputError(f"samples: no column {quote_some(absent)}; found {shown}.")
    rows = [_compare_variable(samples[by], samples[name], min_expected) for name in variables]
    table = pd.DataFrame(rows, columns=_ROW).assign(variable=list(variables))
    p_values = table["p_value"].to_numpy(np.float64)
    return CATEGORY_TESTS.check(
        table.assign(p_adjusted=benjamini_hochberg(p_values), q_value=q_values(p_values))
    )


_ROW = [
    "levels",
    "counts",
    "missing",
    "cramers_v",
    "chi2_p",
    "yates_p",
    "exact_p",
    "min_expected",
    "test",
    "p_value",
    "rule",
    "odds_ratio",
    "odds_ratio_low",
    "odds_ratio_high",
]


def _compare_variable(group: pd.Series, values: pd.Series, min_expected: float) -> dict[str, object]:
    table = tabulate(group, values)
    counts = table.to_numpy(np.int64)
    ratio = odds_ratio(counts.T) if counts.shape == (2, 2) else (np.nan,) * 3
    return {
        "levels": ", ".join(map(str, table.columns)),
        "counts": "; ".join(
            f"{name} {'/'.join(map(str, row))}"
            for name, row in zip(table.index, table.to_numpy(), strict=True)
        ),
        "missing": len(values) - int(counts.sum()),
        "cramers_v": cramers_v(counts),
        **asdict(compare(counts, min_expected=min_expected)),
        **dict(zip(("odds_ratio", "odds_ratio_low", "odds_ratio_high"), ratio, strict=True)),
    }


def tabulate(group: pd.Series, values: pd.Series) -> pd.DataFrame:
    """Count the samples of each group (rows) and level (columns, in the order of a categorical); missing ones not."""
    known = is_known(group) & is_known(values)
    table = pd.crosstab(group[known].astype(str).to_numpy(), values[known].astype(str).to_numpy())
    if isinstance(values.dtype, pd.CategoricalDtype):
        table = table[[level for level in map(str, values.cat.categories) if level in table]]
    return table


def is_known(values: pd.Series) -> pd.Series:
    """Return where a value is present: neither NaN nor an empty text nor ``NA``."""
    return values.notna() & ~values.astype(str).isin(["", "NA"])
