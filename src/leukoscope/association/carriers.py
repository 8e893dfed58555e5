"""Carriers of a mark compared between groups: the computation behind the paper's Figure 2A."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from leukoscope.association.choice import compare
from leukoscope.errors import InputError, quote_some
from leukoscope.kernels.contingency import exact_mcnemar, paired_odds_ratio, trend
from leukoscope.kernels.fisher import odds_ratio, two_by_two
from leukoscope.kernels.multiplicity import benjamini_hochberg, q_values
from leukoscope.tables.association import CARRIER_TESTS, CARRIERS, FEATURES


def count_carriers(samples: pd.DataFrame, features: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """Count the carriers of every feature in every group.

    Parameters
    ----------
    samples
        One row per sample, with columns ``sample`` and `by`; samples without a group are left out.
    features
        What each sample carries (:data:`~leukoscope.tables.association.FEATURES`).
    by
        Column of `samples` that holds the group.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.association.CARRIERS`.

    Raises
    ------
    InputError
        If `features` names samples that `samples` lacks.
    """
    features = FEATURES.check(features).drop_duplicates()
    unknown = sorted(set(features["sample"]) - set(samples["sample"]))
    if unknown:
        raise InputError(
            f"features: {len(unknown)} sample(s) are not in the sample table: {quote_some(unknown)}."
        )
    groups = samples.loc[samples[by].astype(str) != ""].set_index("sample")[by].astype(str)
    totals = groups.value_counts()
    names = features["feature"].drop_duplicates()
    carried = features["sample"].map(groups)
    carriers = pd.crosstab(features["feature"], carried) if carried.notna().any() else pd.DataFrame()
    carriers = carriers.reindex(index=names, columns=totals.index, fill_value=0)
    carriers.index.name, carriers.columns.name = "feature", "group"
    table = carriers.melt(ignore_index=False, value_name="carriers").reset_index()
    return CARRIERS.check(table.assign(total=table["group"].map(totals)))


def compare_carriers(
    carriers: pd.DataFrame,
    *,
    groups: Sequence[str] = (),
    pairs: pd.DataFrame | None = None,
    min_expected: float = 5.0,
) -> pd.DataFrame:
    """Compare the carriers of every feature between groups.

    Every row holds the uncorrected and the corrected Pearson test and the exact one; `rule`
    says which of them `p_value` is.  Neither respects pairing: where the groups are partly the
    same patients, ``mcnemar_p`` does.

    Parameters
    ----------
    carriers
        :data:`~leukoscope.tables.association.CARRIERS`.
    groups
        Groups to compare, in order; default is all, sorted by name.  Odds ratio and
        minimal detectable count are given for two groups, the trend test for more.
    pairs
        Columns ``feature``, ``only_first``, ``only_second``, ``pairs`` (:func:`pair_carriers`).
    min_expected
        Smallest expected count at which χ² is trusted.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.association.CARRIER_TESTS`.

    Raises
    ------
    InputError
        If a group is absent, or there are fewer than two.
    """
    carriers = CARRIERS.check(carriers)
    order = _group_order(carriers["group"], groups)
    wide = carriers.pivot(index="feature", columns="group", values=["carriers", "total"]).fillna(0)
    counts, totals = (
        wide[[(name, group) for group in order]].to_numpy(np.int64) for name in ("carriers", "total")
    )
    if (counts > totals).any() or (counts < 0).any():
        wrong = list(wide.index[np.flatnonzero(((counts > totals) | (counts < 0)).any(axis=1))])
        raise InputError(
            f"carriers: {len(wrong)} feature(s) have more carriers than samples: {quote_some(wrong)}."
        )
    rows = [_compare_row(c, t, min_expected) for c, t in zip(counts, totals, strict=True)]
    table = pd.DataFrame(rows, columns=_ROW).assign(feature=wide.index)
    table = _with_pairs(table, pairs)
    p_values = table["p_value"].to_numpy(np.float64)
    table = table.assign(p_adjusted=benjamini_hochberg(p_values), q_value=q_values(p_values))
    return CARRIER_TESTS.check(table)


def pair_carriers(
    samples: pd.DataFrame, features: pd.DataFrame, *, by: str, patient: str, groups: Sequence[str]
) -> pd.DataFrame:
    """Count the patients that carry a feature in only one of two groups of samples.

    A patient with several samples in a group carries what any of them carries.

    Returns
    -------
    pandas.DataFrame
        Columns ``feature``, ``only_first``, ``only_second``, ``pairs``; one row per feature.
    """
    first, second = groups
    members = [set(samples.loc[samples[by] == group, patient]) - {""} for group in (first, second)]
    both = members[0] & members[1]
    marks = features.merge(samples[["sample", patient, by]], on="sample")
    rows = []
    for feature, found in marks.groupby("feature"):
        carried = [set(found.loc[found[by] == group, patient]) & both for group in (first, second)]
        rows.append((feature, len(carried[0] - carried[1]), len(carried[1] - carried[0]), len(both)))
    return pd.DataFrame(rows, columns=["feature", "only_first", "only_second", "pairs"])


def minimal_detectable(n_first: int, n_second: int, *, alpha: float = 0.05) -> int:
    """Return the fewest carriers in the first group, with none in the second, at which Fisher's p < `alpha`.

    -1 if no number is enough: such groups are too small to show anything.

    Examples
    --------
    >>> minimal_detectable(17, 28)
    3
    """
    for k in range(1, n_first + 1):
        if two_by_two(np.array([[k, 0], [n_first - k, n_second]])) < alpha:
            return k
    return -1


_ROW = ["carriers", "chi2_p", "yates_p", "exact_p", "min_expected", "test", "p_value", "rule"]
_ROW += ["odds_ratio", "odds_ratio_low", "odds_ratio_high", "trend_p", "min_detectable"]
_PAIRED = ["mcnemar_p", "paired_odds_ratio", "paired_odds_ratio_low", "paired_odds_ratio_high"]


def _compare_row(carriers: np.ndarray, totals: np.ndarray, min_expected: float) -> tuple[object, ...]:
    table = np.array([carriers, totals - carriers])
    tests = asdict(compare(table, min_expected=min_expected))
    ratio, low, high, ordered, fewest = np.nan, np.nan, np.nan, np.nan, -1
    if totals.size == 2 and (totals > 0).all():
        ratio, low, high = odds_ratio(table)
        fewest = minimal_detectable(int(totals[0]), int(totals[1]))
    elif totals.size > 2:
        _, ordered = trend(carriers, totals, np.arange(totals.size, dtype=np.float64))
    shown = " ".join(f"{c}/{t}" for c, t in zip(carriers, totals, strict=True))
    return (shown, *(tests[name] for name in _ROW[1:8]), ratio, low, high, ordered, fewest)


def _with_pairs(table: pd.DataFrame, pairs: pd.DataFrame | None) -> pd.DataFrame:
    if pairs is None or table.empty:
        return table.assign(pairs=0, only_first=0, only_second=0, **dict.fromkeys(_PAIRED, np.nan))
    n_pairs = int(pairs["pairs"].max()) if len(pairs) else 0
    table = table.merge(pairs, on="feature", how="left").fillna(
        {"only_first": 0, "only_second": 0, "pairs": n_pairs}
    )
    counted = table[["only_first", "only_second", "pairs"]].to_numpy(np.int64).tolist()
    tested = [
        (exact_mcnemar(a, b), *paired_odds_ratio(a, b)) if n else (np.nan,) * len(_PAIRED)
        for a, b, n in counted
    ]
    table[_PAIRED] = np.array(tested)
    return table


def _group_order(present: pd.Series, groups: Sequence[str]) -> list[str]:
    found = sorted(set(present))
    absent = [group for group in groups if group not in found]
    if absent:
        raise InputError(
            f"groups: {quote_some(absent)} not among the groups; found {quote_some(found, limit=8)}."
        )
    order = list(groups) or found
    if len(order) < 2 and len(present):
        raise InputError(f"groups: a comparison needs two groups; found {quote_some(order) or 'none'}.")
    return order
