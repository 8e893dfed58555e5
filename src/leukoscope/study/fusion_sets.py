"""Breakpoint genes that groups of samples share, and events over the genome (the paper's Figures 1B–D and 3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from leukoscope.association import compare_carriers
from leukoscope.fusions.recurrence import gene_features
from leukoscope.kernels.fisher import two_by_two
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.study.chapters import FusionSets
from leukoscope.study.fusions import FusionFindings, cohort_groups
from leukoscope.tables.association import CARRIER_TESTS
from leukoscope.tables.study import FUSION_LOCI, FUSION_SETS, SHARED_GENES

HIGH, NON_HIGH = "onset, high risk", "onset, non-high risk"
#: Groups whose genes are compared, of those that :func:`~leukoscope.study.fusions.cohort_groups` makes.
COMPARED = (HIGH, NON_HIGH, "remission", "relapse")
_COLUMNS = {
    "onset": "onset",
    HIGH: "high_risk",
    NON_HIGH: "non_high_risk",
    "remission": "remission",
    "relapse": "relapse",
}


def compare_fusion_sets(found: FusionFindings, samples: pd.DataFrame) -> FusionSets:
    """Intersect the breakpoint genes of the groups, list what they share, and place events on the genome.

    Parameters
    ----------
    found
        What :func:`~leukoscope.study.fusions.study_fusions` found.
    samples
        Columns ``sample``, ``patient``, ``timepoint`` and ``risk``, of the samples that were assessed.
    """
    if found.absent:
        return FusionSets(absent=found.absent)
    if found.events.empty:
        return FusionSets(absent="No fusion was found in any sample.")
    features = gene_features(found.events)
    groups = {name: members for name, members in cohort_groups(samples).items() if name in COMPARED}
    genes = {
        name: set(features.loc[features["sample"].isin(members), "feature"])
        for name, members in groups.items()
    }
    sets = exclusive_intersections(genes)
    shared = {
        gene
        for names, text in zip(sets["n_sets"], sets["genes"], strict=True)
        if names > 1
        for gene in text.split(",")
    }
    missing = [name for name in COMPARED if name not in groups]
    return FusionSets(
        sets=sets,
        shared=_shared_genes(found, features, samples, shared),
        loci=_loci(found.events, samples),
        sizes=tuple((name, len(members)) for name, members in genes.items()),
        notes=tuple([f"No sample belongs to: {'; '.join(missing)}."] if missing else []),
    )


def exclusive_intersections(sets: Mapping[str, set[str]]) -> pd.DataFrame:
    """Return how many genes are in exactly which sets (:data:`~leukoscope.tables.study.FUSION_SETS`).

    Examples
    --------
    >>> exclusive_intersections({"a": {"X", "Y"}, "b": {"Y"}})[["sets", "size"]].values.tolist()
    [['a', 1], ['a & b', 1]]
    """
    inside: dict[tuple[str, ...], list[str]] = {}
    for gene in sorted(set().union(*sets.values())):
        inside.setdefault(tuple(name for name in sets if gene in sets[name]), []).append(gene)
    rows = [(" & ".join(names), len(names), len(genes), ",".join(genes)) for names, genes in inside.items()]
    frame = pd.DataFrame(rows, columns=FUSION_SETS.names)
    return FUSION_SETS.check(frame.sort_values(["size", "sets"], ascending=[False, True]))


def _shared_genes(
    found: FusionFindings, features: pd.DataFrame, samples: pd.DataFrame, shared: set[str]
) -> pd.DataFrame:
    """Return the carriers of shared genes in every group, with the test of high against non-high risk."""
    if not shared:
        return SHARED_GENES.empty()
    counted = found.genes_by_group[found.genes_by_group["feature"].isin(shared)]
    text = counted["carriers"].astype(str) + "/" + counted["total"].astype(str)
    wide = counted.assign(text=text).pivot(index="feature", columns="group", values="text")
    shown = wide.reindex(index=sorted(shared), columns=list(_COLUMNS)).rename(columns=_COLUMNS)
    totals = counted.groupby("group")["total"].first()
    shown = shown.apply(lambda column: column.fillna(f"0/{totals.get(_group(column.name), 0)}"))
    patient = features["sample"].map(samples.set_index("sample")["patient"])
    carriers = features.assign(patient=patient).groupby("feature")["patient"].nunique()
    table = shown.assign(
        patients=carriers.reindex(shown.index), plausibility=_plausibility(found.events, shown.index)
    )
    tests = _risk_tests(counted).reindex(shown.index)
    names = ["odds_ratio", "odds_ratio_low", "odds_ratio_high"]
    table = table.join(tests[names]).assign(
        p_value=tests["exact_p"], p_adjusted=benjamini_hochberg(tests["exact_p"].to_numpy(np.float64))
    )
    table.index.name = "gene"
    order = ["patients", "gene"]
    return SHARED_GENES.check(table.reset_index().sort_values(order, ascending=[False, True]))


def _group(column: object) -> str:
    return next(group for group, name in _COLUMNS.items() if name == column)


def _risk_tests(counted: pd.DataFrame) -> pd.DataFrame:
    present = counted[counted["group"].isin([HIGH, NON_HIGH])]
    if present["group"].nunique() < 2:
        return CARRIER_TESTS.empty().set_index("feature")
    return compare_carriers(present, groups=(HIGH, NON_HIGH)).set_index("feature")


def _plausibility(events: pd.DataFrame, genes: pd.Index) -> pd.Series:
    sides = pd.concat(
        [
            events[["plausibility", side]].set_axis(["plausibility", "gene"], axis=1)
            for side in ("locus_a", "locus_b")
        ]
    )
    joined = sides.groupby("gene")["plausibility"].agg(
        lambda values: ",".join(sorted({item for value in values for item in str(value).split(",") if item}))
    )
    return joined.reindex(genes).fillna("")


def _loci(events: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Count the patients with an event of each type at each locus, at onset and in remission."""
    kind = events["type"].str.partition("/")[0]
    sides = [
        events.assign(type=kind)[
            ["patient", "timepoint", "type", f"locus_{s}", f"contig_{s}", f"position_{s}"]
        ].set_axis(["patient", "timepoint", "type", "locus", "contig", "position"], axis=1)
        for s in "ab"
    ]
    places = pd.concat(sides, ignore_index=True)
    places = places[places["locus"] != "?"]
    totals = {
        step: samples.loc[samples["timepoint"] == step, "patient"].nunique()
        for step in ("onset", "remission")
    }
    keys = ["locus", "type"]
    where = places.groupby(keys).agg(contig=("contig", "first"), position=("position", "median"))
    carriers = places.groupby([*keys, "timepoint"])["patient"].nunique().unstack(fill_value=0)
    carriers = carriers.reindex(columns=list(totals), fill_value=0)
    table = where.join(carriers).reset_index()
    table["position"] = table["position"].astype(np.int64)
    onset, remission = (table[step].to_numpy(np.int64) for step in totals)
    n_onset, n_remission = totals.values()
    more = np.sign(onset * n_remission - remission * n_onset)
    change = np.array(["more in remission", "unchanged", "more at onset"])[more + 1]
    if not n_onset or not n_remission:
        change = np.full(len(table), "not compared")
    tests = {
        (a, b): two_by_two(np.array([[a, n_onset - a], [b, n_remission - b]]))
        for a, b in sorted(set(zip(onset.tolist(), remission.tolist(), strict=True)))
    }
    p_values = [tests[pair] for pair in zip(onset.tolist(), remission.tolist(), strict=True)]
    return FUSION_LOCI.check(
        table.assign(onset_total=n_onset, remission_total=n_remission, change=change, p_value=p_values)
    )
