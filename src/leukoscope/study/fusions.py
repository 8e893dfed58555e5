"""Fusions over a cohort: what recurs, in whom, and whether it differs (the paper's Figures 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from leukoscope.association import compare_carriers, count_carriers, minimal_detectable, pair_carriers
from leukoscope.clinical import HIGH, NON_HIGH
from leukoscope.fusions.recurrence import (
    collapse_events,
    event_distribution,
    gene_features,
    pair_features,
    ranked_pairs,
)
from leukoscope.tables.association import CARRIER_TESTS, CARRIERS
from leukoscope.tables.recurrence import EVENT_DISTRIBUTION, FUSION_EVENTS, RANKED_PAIRS


@dataclass(frozen=True, slots=True)
class FusionFindings:
    """Fusions of a cohort; tables are empty where `absent` or a note says why."""

    events: pd.DataFrame  #: :data:`~leukoscope.tables.recurrence.FUSION_EVENTS`
    ranked: pd.DataFrame  #: :data:`~leukoscope.tables.recurrence.RANKED_PAIRS` of every group
    distribution: pd.DataFrame  #: :data:`~leukoscope.tables.recurrence.EVENT_DISTRIBUTION` by timepoint
    genes_by_timepoint: pd.DataFrame  #: :data:`~leukoscope.tables.association.CARRIER_TESTS`
    pairs_by_risk: pd.DataFrame  #: the same, of pairs at onset, high against non-high risk
    genes_by_group: (
        pd.DataFrame
    )  #: :data:`~leukoscope.tables.association.CARRIERS` over :func:`cohort_groups`
    assessed: Mapping[str, int]  #: samples whose fusions were looked for, by time point
    absent: str = ""  #: why there is nothing, if so
    notes: tuple[str, ...] = ()


def study_fusions(
    calls: Mapping[str, pd.DataFrame] | None, samples: pd.DataFrame, genes: pd.DataFrame | None = None
) -> FusionFindings:
    """Count and compare the fusions of a cohort.

    Parameters
    ----------
    calls
        Fusion calls of each sample (:data:`~leukoscope.tables.fusions.FUSIONS`); None if fusions were not called.
    samples
        Columns ``sample``, ``patient``, ``timepoint`` and ``risk``.
    genes
        Places of genes, which tell loci that overlap (:data:`~leukoscope.tables.subtyping.GENE_REFERENCE`).
    """
    if calls is None:
        return _nothing("No sample has a fusion table.")
    assessed = samples[samples["sample"].isin(calls)].reset_index(drop=True)
    events = collapse_events(calls, assessed, genes=genes)
    groups = cohort_groups(assessed)
    ranked = [
        ranked_pairs(events, assessed[assessed["sample"].isin(names)].assign(group=name), by="group")
        for name, names in groups.items()
    ]
    by_group = [
        count_carriers(
            assessed[assessed["sample"].isin(names)].assign(group=name), _within(events, names), by="group"
        )
        for name, names in groups.items()
    ]
    timepoint, timepoint_note = _compare(gene_features(events), assessed, "timepoint", ("onset", "remission"))
    onset = assessed[assessed["timepoint"] == "onset"]
    at_onset = pair_features(events[events["timepoint"] == "onset"])
    risk, risk_note = _compare(at_onset, onset, "risk", (HIGH, NON_HIGH))
    return FusionFindings(
        events=events,
        ranked=_stacked(ranked, RANKED_PAIRS.empty()),
        distribution=event_distribution(events, assessed, by="timepoint"),
        genes_by_timepoint=timepoint,
        pairs_by_risk=risk,
        genes_by_group=CARRIERS.check(_stacked(by_group, CARRIERS.empty())),
        assessed={str(step): int(n) for step, n in assessed["timepoint"].value_counts().sort_index().items()},
        notes=tuple(note for note in (timepoint_note, risk_note) if note),
    )


def cohort_groups(samples: pd.DataFrame) -> dict[str, list[str]]:
    """Return the samples of the groups that the paper ranks; groups overlap and empty ones are left out."""
    onset = samples["timepoint"] == "onset"
    ras = (
        samples["ras"].astype(str).str.lower() == "yes"
        if "ras" in samples
        else pd.Series(False, samples.index)
    )
    members = {
        "onset": onset,
        "onset, high risk": onset & (samples["risk"] == HIGH),
        "onset, non-high risk": onset & (samples["risk"] == NON_HIGH),
        "onset, RAS mutated": onset & ras,
        "remission": samples["timepoint"] == "remission",
        "relapse": samples["timepoint"] == "relapse",
    }
    return {name: samples.loc[inside, "sample"].tolist() for name, inside in members.items() if inside.any()}


def _within(events: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    return gene_features(events[events["sample"].isin(names)])


def _compare(
    features: pd.DataFrame, samples: pd.DataFrame, by: str, groups: tuple[str, str]
) -> tuple[pd.DataFrame, str]:
    """Return the tests of two groups, and what to know about them."""
    sizes = [int((samples[by] == group).sum()) for group in groups]
    named = [f"{group} risk" if by == "risk" else group for group in groups]
    if features.empty or not all(sizes):
        reason = "no fusion was found" if features.empty else f"there are {sizes[0]} and {sizes[1]} samples"
        return CARRIER_TESTS.empty(), f"Not compared, {named[0]} and {named[1]}: {reason}."
    compared = samples[samples[by].isin(groups)]
    known = features[features["sample"].isin(compared["sample"])]
    pairs = (
        pair_carriers(compared, known, by=by, patient="patient", groups=groups) if by == "timepoint" else None
    )
    table = compare_carriers(count_carriers(compared, known, by=by), groups=groups, pairs=pairs)
    least = minimal_detectable(*sizes)
    power = (
        f"with no carrier among the second, Fisher's exact test needs {least} among the first for p < 0.05"
        if least > 0
        else "so few that no difference could reach p < 0.05"
    )
    note = f"{sizes[0]} samples of {named[0]} against {sizes[1]} of {named[1]}: {power}."
    return table, note


def _stacked(tables: list[pd.DataFrame], empty: pd.DataFrame) -> pd.DataFrame:
    filled = [table for table in tables if not table.empty]
    return pd.concat(filled, ignore_index=True) if filled else empty


def _nothing(reason: str) -> FusionFindings:
    tests = CARRIER_TESTS.empty()
    return FusionFindings(
        FUSION_EVENTS.empty(),
        RANKED_PAIRS.empty(),
        EVENT_DISTRIBUTION.empty(),
        tests,
        tests,
        CARRIERS.empty(),
        {},
        reason,
    )
