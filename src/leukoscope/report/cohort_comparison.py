"""What differs between two analyses of a cohort: another day, other settings, further patients."""

from __future__ import annotations

from collections.abc import Iterator

from leukoscope.diagnosis.comparison import Change
from leukoscope.report.cohort_document import CohortDocument

_CHAPTERS = ("fusions", "groups", "subtypes", "fusion_sets", "courses", "clusters", "network", "batch")


def compare_cohorts(before: CohortDocument, after: CohortDocument) -> tuple[Change, ...]:
    """Return the statements that differ, in the order of the report.

    What is compared is what a reader would act on: how many patients there are, their risk, the called class and the
    group of every sample, the pairs of several patients, how many genes and which gene sets differ in each contrast,
    and which chapters are absent.  Groups have no names of their own, so a sample's group is the class that leads it.
    """
    left, right = dict(_statements(before)), dict(_statements(after))
    return tuple(
        Change(*key, before=left.get(key, ""), after=right.get(key, ""))
        for key in dict.fromkeys([*left, *right])
        if left.get(key, "") != right.get(key, "")
    )


def _statements(document: CohortDocument) -> Iterator[tuple[tuple[str, str], str]]:
    summary = document.summary
    yield ("cohort", "patients"), str(summary["patients"]["total"])
    for name in _CHAPTERS:
        if summary[name]["absent"]:
            yield ("absent", name), summary[name]["absent"]
    yield from _of_samples(document)
    ranked = document.table("fusions/ranked_pairs")
    if ranked is not None:
        several = ranked[ranked["patients"] > 1]
        for row in several.to_dict("records"):
            yield ("pair", f"{row['pair']}, {row['group']}"), f"{row['patients']} of {row['total']}"
    yield ("groups", "number"), str(summary["groups"]["k"])
    for one in summary["contrasts"]:
        genes = one["absent"] or f"{one['up']} up, {one['down']} down"
        yield ("contrast", one["id"]), f"{one['samples'][0]} and {one['samples'][1]} samples: {genes}"
        for direction in ("up", "down"):
            terms = document.table(f"contrasts/{one['id']}/enriched_{direction}")
            if terms is not None:
                for name in terms.loc[terms["p_adjusted"] < 0.05, "set"]:
                    yield ("gene set", f"{name}, {one['id']}"), direction


def _of_samples(document: CohortDocument) -> Iterator[tuple[tuple[str, str], str]]:
    for row in document.tables["patients/risk"].to_dict("records"):
        yield ("risk", row["patient"]), row["risk"]
    calls = document.table("subtypes/calls")
    if calls is None:
        return
    called = {row["sample"]: f"{row['subtype']} {row['tier']}".strip() for row in calls.to_dict("records")}
    yield from ((("subtype", sample), text) for sample, text in called.items())
    leading = _leading_classes(document)
    for sample, group in document.summary["groups"]["members"].items():
        yield ("group of", sample), leading.get(group, group)


def _leading_classes(document: CohortDocument) -> dict[str, str]:
    """Return the class that most samples of each group are of."""
    table = document.table("subtypes/groups_by_subtype")
    if table is None:
        return {}
    most = table.sort_values(["samples", "subtype"], ascending=[False, True]).drop_duplicates("group")
    return dict(zip(most["group"].astype(str), most["subtype"].astype(str), strict=True))
