"""Baseline table of a cohort (the paper's Tables 1 and 2): overall, by group, with a test each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leukoscope.association.categories import is_known, tabulate
from leukoscope.association.choice import compare
from leukoscope.errors import InputError, quote_some
from leukoscope.tables.clinical import BASELINE


def describe_baseline(
    patients: pd.DataFrame, *, variables: Sequence[str], by: str = "", min_expected: float = 5.0
) -> pd.DataFrame:
    """Describe variables over all patients and by group.

    Numbers are shown as median (quartiles) and compared by Wilcoxon's rank sum test (two groups;
    exact below 50 values without ties) or Kruskal–Wallis; everything else as n (%) of the known values, by Pearson's χ²
    or the exact test (see :func:`compare_categories`).  Patients without a group count in `overall` only.

    Parameters
    ----------
    patients
        One row per patient; a missing value is the empty string or NaN.
    variables
        Columns, in the order of the table.
    by
        Column that holds the group; empty for none.
    min_expected
        Smallest expected count at which χ² is trusted.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.clinical.BASELINE`.

    Raises
    ------
    InputError
        If a column is absent.
    """
    absent = [name for name in (*variables, *([by] if by else [])) if name not in patients.columns]
    if absent:
        shown = quote_some(list(patients.columns), limit=8)
        raise InputError(f"patients: no column {quote_some(absent)}; found {shown}.")
    group = (
        patients[by].where(is_known(patients[by]), "").astype(str)
        if by
        else pd.Series("", index=patients.index)
    )
    columns = {"overall": np.ones(len(patients), dtype=np.bool_)}
    columns |= {name: (group == name).to_numpy() for name in sorted(set(group) - {""})}
    rows: list[dict[str, object]] = [
        {"variable": "patients", "level": "", "test": "", "p_value": np.nan}
        | {name: str(int(inside.sum())) for name, inside in columns.items()}
    ]
    for name in variables:
        rows += _describe(name, patients[name], group, columns, min_expected)
    return BASELINE.check(pd.DataFrame(rows))


def _describe(
    name: str, values: pd.Series, group: pd.Series, columns: dict[str, np.ndarray], min_expected: float
) -> list[dict[str, object]]:
    known = is_known(values)
    numbers = pd.to_numeric(values.where(known), errors="coerce")
    missing = {"variable": name, "level": "missing", "test": "", "p_value": np.nan}
    missing |= {label: str(int((~known)[inside].sum())) for label, inside in columns.items()}
    if known.any() and numbers[known].notna().all() and numbers.nunique() > 2:
        rows = _describe_numbers(name, numbers, group, columns)
    else:
        rows = _describe_levels(name, values, group, columns, min_expected)
    return rows + [missing] * bool((~known).any())


def _describe_numbers(
    name: str, numbers: pd.Series, group: pd.Series, columns: dict[str, np.ndarray]
) -> list[dict[str, object]]:
    parts = [numbers[inside].dropna() for label, inside in columns.items() if label != "overall"]
    test, p_value = _compare_numbers([part.to_numpy() for part in parts if len(part)])
    row: dict[str, object] = {"variable": name, "level": "", "test": test, "p_value": p_value}
    for label, inside in columns.items():
        within = numbers[inside].dropna()
        low, middle, high = np.percentile(within, [25, 50, 75]) if len(within) else [np.nan] * 3
        row[label] = f"{middle:.4g} ({low:.4g}–{high:.4g})" if len(within) else ""
    return [row]


def _compare_numbers(parts: list[np.ndarray]) -> tuple[str, float]:
    from scipy import stats

    values = np.concatenate(parts) if parts else np.empty(0)
    if len(parts) < 2 or np.unique(values).size < 2:
        return "none", np.nan
    if len(parts) > 2:
        return "Kruskal–Wallis", float(stats.kruskal(*parts).pvalue)
    exact = max(map(len, parts)) < 50 and np.unique(values).size == values.size
    method = "exact" if exact else "asymptotic"
    return f"Wilcoxon rank sum, {method}", float(stats.mannwhitneyu(*parts, method=method).pvalue)


def _describe_levels(
    name: str, values: pd.Series, group: pd.Series, columns: dict[str, np.ndarray], min_expected: float
) -> list[dict[str, object]]:
    known = is_known(values)
    tests = compare(tabulate(group, values).to_numpy(np.int64), min_expected=min_expected)
    rows: list[dict[str, object]] = []
    for level in sorted(set(values[known].astype(str))):
        row: dict[str, object] = {"variable": name, "level": level, "test": "", "p_value": np.nan}
        if not rows:
            row |= {"test": tests.test, "p_value": tests.p_value}
        for label, inside in columns.items():
            total = int(known[inside].sum())
            count = int((values.astype(str)[inside & known.to_numpy()] == level).sum())
            row[label] = f"{count} ({100 * count / total:.1f} %)" if total else "0"
        rows.append(row)
    return rows
