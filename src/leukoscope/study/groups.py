"""Expression groups of a cohort and what they mean (the paper's Figures 7 and 8E)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.association import compare_categories
from leukoscope.association.categories import is_known
from leukoscope.clustering import (
    ConsensusClustering,
    compare_with_null,
    consensus_cluster,
    describe_choice,
    describe_classes,
    select_variable_genes,
)
from leukoscope.errors import InputError
from leukoscope.tables.association import CATEGORY_TESTS
from leukoscope.tables.clustering import CLUSTER_CHOICE, CLUSTER_CLASSES

CLEAR_PAC = 0.05  #: above the lowest PAC, up to which a number of groups is as clear
ALPHA = 0.05  #: share of data without groups that are as clear, up to which a grouping is more than chance
SMALLEST_GROUP = 3  #: samples; a class below it is an outlier, not a group
#: What a group is tested against, where the sample sheet has it.
CLINICAL_VARIABLES = (
    *("risk", "prednisone_response"),
    *("mrd_day15_class", "mrd_day19_class", "mrd_day33_class", "mrd_day46_class", "relapse"),
    *("cdkn2a", "kras", "nras", "ras", "subtype", "sex", "batch"),
)


@dataclass(frozen=True, slots=True)
class Groups:
    """Expression groups of the onset samples, at the number of groups that the data support best."""

    clustering: ConsensusClustering | None
    choice: pd.DataFrame  #: :data:`~leukoscope.tables.clustering.CLUSTER_CHOICE`
    classes: pd.DataFrame  #: :data:`~leukoscope.tables.clustering.CLUSTER_CLASSES`, every K
    k: int  #: number of groups that separates best, or that was asked for; 0 if there is no clustering
    supported: bool | None  #: whether data without groups are rarely as clear; None if that was not asked
    members: pd.Series  #: group of each sample (``1``, ``2``, …), by sample; empty if no groups are reported
    associations: pd.DataFrame  #: :data:`~leukoscope.tables.association.CATEGORY_TESTS`
    absent: str = ""  #: why there is nothing, if so
    notes: tuple[str, ...] = ()


def study_groups(
    expression: pd.DataFrame | None,
    samples: pd.DataFrame,
    *,
    rng: np.random.Generator,
    max_k: int = 10,
    n_resamplings: int = 1000,
    r_seed: int = 1,
    n_genes: int = 5000,
    n_null: int = 20,
    k: int = 0,
) -> Groups:
    """Cluster the onset samples by consensus and compare the groups with what is known of them.

    Where data without groups are often as clear, no groups are reported unless their number is given.

    Of the numbers of groups that leave few pairs ambiguous (PAC within 0.05 of the lowest) and whose
    every group has three samples, that of the largest mean silhouette is reported; `k` overrides it.
    Data of the same covariance without groups say whether it is more than chance.

    Parameters
    ----------
    expression
        Logarithms of TPM or of normalised counts, genes in rows; None if there is none.
    samples
        Columns ``sample``, ``timepoint`` and those that are tested.
    rng
        Source of the data without groups.
    max_k, n_resamplings, r_seed, n_genes
        As in :func:`~leukoscope.clustering.consensus_cluster`.
    n_null
        Data sets without groups.
    k
        Number of groups to report; 0 to choose.

    Raises
    ------
    InputError
        If `k` groups are not made.
    """
    if expression is None:
        return _nothing("There is no expression matrix.")
    onset = samples[(samples["timepoint"] == "onset") & samples["sample"].isin(expression.columns)]
    max_k = min(max_k, len(onset) // 2)
    if max_k < 2:
        return _nothing(f"Onset samples with expression: {len(onset)}, too few for groups.")
    if k and not 2 <= k <= max_k:
        raise InputError(
            f"--groups is {k}; of {len(onset)} onset samples at most {max_k} groups are made, at least 2."
        )
    selected = select_variable_genes(expression[onset["sample"].tolist()], n_genes=n_genes)
    try:
        found = consensus_cluster(selected, max_k=max_k, n_resamplings=n_resamplings, r_seed=r_seed)
    except InputError as error:
        return _nothing(f"The samples cannot be clustered: {error}")
    choice = describe_choice(found)
    if n_null:
        n_parts = min(n_resamplings, 100)
        choice = compare_with_null(choice, found, selected, rng=rng, n_null=n_null, n_resamplings=n_parts)
    classes = describe_classes(found)
    chosen = k or _best(choice)
    row = choice[choice["k"] == chosen].iloc[0]
    supported = bool(row["null_p"] <= ALPHA) if "null_p" in choice else None
    members = pd.Series(dtype=object)
    if k or supported is not False:
        at_k = classes[classes["k"] == chosen]
        # with leading zeros, so that 10 sorts after 09
        members = at_k.set_index("sample")["cluster"].astype(str).str.zfill(len(str(chosen)))
    return Groups(
        clustering=found,
        choice=choice,
        classes=classes,
        k=chosen,
        supported=supported,
        members=members,
        associations=_associate(onset, members),
        notes=_notes(choice, chosen, supported, n_null, bool(k)),
    )


def adjusted_rand(first: Sequence[str], second: Sequence[str]) -> float:
    """Return the adjusted Rand index of two partitions: 1 if equal, about 0 if unrelated.

    Hubert & Arabie, J Classif 2 (1985) 193.

    Examples
    --------
    >>> adjusted_rand("aabb", "1122"), adjusted_rand("aabb", "1212")
    (1.0, -0.5)
    """
    table = pd.crosstab(pd.Series(list(first)), pd.Series(list(second))).to_numpy()

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    total = len(first) * (len(first) - 1) / 2
    expected = rows * columns / total if total else 0.0
    largest = (rows + columns) / 2
    return 1.0 if largest == expected else (both - expected) / (largest - expected)


def with_classes(samples: pd.DataFrame) -> pd.DataFrame:
    """Add classes of minimal residual disease (< 0.01, 0.01–0.1, 0.1–1, 1–10, ≥ 10 %), missing where it is."""
    limits = [-np.inf, 0.01, 0.1, 1.0, 10.0, np.inf]
    names = ["<0.01 %", "0.01–0.1 %", "0.1–1 %", "1–10 %", "≥10 %"]
    added = {}
    for day in ("mrd_day15", "mrd_day19", "mrd_day33", "mrd_day46"):
        if day in samples:
            values = pd.to_numeric(samples[day], errors="coerce")
            added[f"{day}_class"] = pd.cut(values, limits, labels=names, right=False)
    return samples.assign(**added)


def _best(choice: pd.DataFrame) -> int:
    """Return the K that separates best (silhouette) among the clear ones (PAC) without a tiny group."""
    usable = choice[choice["smallest"] >= SMALLEST_GROUP]
    usable = choice if usable.empty else usable
    clear = usable[usable["pac"] <= usable["pac"].min() + CLEAR_PAC]
    ranked = clear.assign(silhouette=clear["silhouette"].fillna(-1.0).round(2))
    return int(ranked.sort_values(["silhouette", "k"], ascending=[False, True])["k"].iloc[0])


def _associate(onset: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    known = with_classes(onset).assign(group=onset["sample"].map(members).fillna(""))
    variables = [
        name
        for name in CLINICAL_VARIABLES
        if name in known and known.loc[is_known(known[name]), name].nunique() > 1
    ]
    if not variables or members.nunique() < 2:
        return CATEGORY_TESTS.empty()
    return compare_categories(known, by="group", variables=variables)


def _notes(choice: pd.DataFrame, k: int, supported: bool | None, n_null: int, given: bool) -> tuple[str, ...]:
    row = choice[choice["k"] == k].iloc[0]
    how = "was asked for" if given else "separates best of those that leave few pairs ambiguous"
    notes = [
        f"K = {k} {how}: {row['pac']:.1%} of the pairs of samples are ambiguous (PAC), mean silhouette "
        f"{row['silhouette']:.2f} (1: groups far apart, 0: they touch)."
    ]
    if supported is None:
        notes.append("It was not compared with data without groups, so nothing tells it from chance.")
    else:
        as_clear = round(row["null_p"] * (n_null + 1)) - 1
        notes.append(
            f"Of {n_null} data sets of the same covariance without groups, {as_clear} are as clear "
            f"(p {row['null_p']:.2g}): {_judged(supported, given)}"
        )
    if int(row["smallest"]) < SMALLEST_GROUP:
        notes.append(
            f"The smallest group has {int(row['smallest'])} sample(s): an outlier rather than a group."
        )
    return tuple(notes)


def _judged(supported: bool, given: bool) -> str:
    if supported:
        return "the grouping is more than chance."
    if given:
        return "this grouping may well be chance, and so may all that follows from it."
    return (
        "there are no groups beyond chance, so none are compared, tested or named. The figures show what was tried; "
        "--groups K reports K groups all the same."
    )


def _nothing(reason: str) -> Groups:
    members = pd.Series(dtype=object)
    empty = CLUSTER_CHOICE.empty(), CLUSTER_CLASSES.empty()
    return Groups(None, *empty, 0, None, members, CATEGORY_TESTS.empty(), reason)
