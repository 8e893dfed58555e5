"""What a cohort analysis found, in plain words: the first thing that its report says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukoscope.report.cohort_document import CohortDocument
from leukoscope.report.cohort_words import (
    compared,
    in_time,
    is_of_groups,
    many,
    rise_and_fall,
    variable_name,
)


def summary_sentences(document: CohortDocument) -> tuple[str, ...]:
    """Return the findings in sentences, each with the numbers that carry it."""
    return (
        _patients(document),
        *fusion_sentences(document),
        *contrast_sentences(document),
        *_groups(document),
        *course_sentences(document),
        *_network(document),
    )


def _patients(document: CohortDocument) -> str:
    summary = document.summary
    samples = [
        f"{many(summary['samples'][step], 'sample') if not n else summary['samples'][step]} {when}"
        for n, (step, when) in enumerate(item for item in _WHEN.items() if item[0] in summary["samples"])
    ]
    risk, total = summary["patients"]["risk"], summary["patients"]["total"]
    if risk.get("not assessable") == total:
        told = "no patient's risk can be told"
    else:
        told = ", ".join(f"{risk[name]} {word}" for name, word in _RISKS if risk.get(name))
    return f"{many(total, 'patient')} with {', '.join(samples)}; {told}."


_WHEN = {"onset": "at onset", "remission": "in remission", "relapse": "at relapse"}
_RISKS = (
    ("high", "of high risk"),
    ("non-high", "not of high risk"),
    ("not assessable", "whose risk cannot be told"),
)


def fusion_sentences(document: CohortDocument) -> Iterator[str]:
    """Yield what recurs, and what differs between groups; remission is spoken of only where it was looked at."""
    if document.summary["fusions"]["absent"]:
        yield f"Fusions: {document.summary['fusions']['absent']}"
        return
    ranked = document.table("fusions/ranked_pairs")
    if ranked is None:
        yield "No fusion was found."
        return
    onset = ranked[(ranked["group"] == "onset") & (ranked["patients"] > 1)]
    clean = onset[onset["normal_patients"] == 0].head(3)
    if len(clean):
        named = ", ".join(
            f"{row['pair']} ({row['patients']} of {row['total']})" for row in clean.to_dict("records")
        )
        if document.summary["fusions"]["assessed"].get("remission"):
            yield f"Recurrent at onset and never seen in remission: {named}."
        else:
            yield f"Recurrent at onset: {named}; no remission sample tells whether normal marrow has them too."
    also = onset[onset["normal_patients"] > 0]
    if len(drivers := also[also["driver_class"] != ""]):
        named = ", ".join(drivers["pair"])
        yield f"Driver fusions that remission samples show too, a sign of residual disease: {named}."
    shared = also[also["driver_class"] == ""].head(3)
    if len(shared):
        named = ", ".join(shared["pair"])
        yield f"Recurrent at onset, but seen in remission as well, and so no sign of leukaemia by themselves: {named}."
    yield from _tested(document.table("fusions/pairs_by_risk"), "gene pair", "high and non-high risk")
    yield from _tested(document.table("fusions/genes_by_timepoint"), "breakpoint gene", "onset and remission")


def _tested(tests: pd.DataFrame | None, what: str, between: str) -> Iterator[str]:
    if tests is None:
        return
    found = tests[tests["p_adjusted"] < 0.05].sort_values("p_value")
    nominal = int((tests["p_value"] < 0.05).sum())
    if len(found):
        verb = "differs" if len(found) == 1 else "differ"
        yield f"{many(len(found), what)} {verb} between {between} after adjustment: {', '.join(found['feature'][:5])}."
    else:
        yield (
            f"No {what} differs between {between} after adjustment for {many(len(tests), 'test')} "
            f"({nominal} below 0.05 before it)."
        )


def contrast_sentences(document: CohortDocument) -> Iterator[str]:
    """Yield what each contrast found, then which were not computed, those of one reason together."""
    absent: dict[str, list[str]] = {}
    for one in document.summary["contrasts"]:
        if is_of_groups(one):
            continue
        name = f"{one['id'].replace('_', ' ')} ({compared(one)})"
        if one["absent"]:
            absent.setdefault(one["absent"], []).append(name)
            continue
        terms = [_best_term(document, one["id"], direction) for direction in ("up", "down")]
        told = "; ".join(f"{word}: {term}" for word, term in zip(("up", "down"), terms, strict=True) if term)
        yield f"{name}: {rise_and_fall(one['up'], one['down'])}" + (
            f"; strongest gene sets {told}." if told else "."
        )
    for reason, names in absent.items():
        yield f"{', '.join(names)}: {reason}"


def _best_term(document: CohortDocument, name: str, direction: str) -> str:
    from leukoscope.report.figures_enrichment import set_label

    groups = document.table(f"contrasts/{name}/term_groups_{direction}")
    if groups is None or groups.iloc[0]["q_value"] >= 0.05:
        return ""
    return set_label(str(groups.iloc[0]["set"]), str(groups.iloc[0]["description"]))


_SUPPORT = {
    True: "more than chance",
    False: "which may well be chance",
    None: "not compared with chance",
}


def _groups(document: CohortDocument) -> Iterator[str]:
    groups: dict[str, Any] = document.summary["groups"]
    if groups["absent"]:
        yield f"Expression groups: {groups['absent']}"
        return
    if not groups["members"]:
        yield f"Onset samples fall into no expression groups beyond chance; K = {groups['k']} came closest."
        return
    sure = _SUPPORT[groups["supported"]]
    yield f"Onset samples fall into {groups['k']} expression groups by consensus clustering, {sure}."
    tests = document.table("groups/associations")
    if tests is not None:
        found = tests[tests["p_adjusted"] < 0.05]["variable"].map(variable_name)
        yield (
            f"The groups go with {', '.join(found)}."
            if len(found)
            else f"The groups go with none of {many(len(tests), 'clinical variable')} after adjustment."
        )
    verdicts = document.table("subtypes/verdicts")
    if verdicts is not None:
        yield from verdicts["statement"]


def course_sentences(document: CohortDocument) -> Iterator[str]:
    """Yield what became of fusions, drivers first, in the order of time."""
    tests = document.table("courses/tests")
    if tests is None:
        return
    for what in ("driver fusion", "fusion"):
        for row in in_time(tests[tests["feature"] == f"any {what}"]).to_dict("records"):
            had = row["persisting"] + row["cleared"] + row["not_assessable"]
            if had:
                yield (
                    f"{row['earlier'].capitalize()} to {row['later']}: of {many(had, 'patient')} with a {what} at "
                    f"first, one persists in {row['persisting']}, none does in {row['cleared']} although it would have "
                    f"been seen, and it was too weak to tell in {row['not_assessable']}."
                )


def _network(document: CohortDocument) -> Iterator[str]:
    modules = document.table("network/modules")
    if modules is not None:
        largest = f"the largest of {modules['genes'].max():,} genes"
        yield f"Genes form {many(len(modules), 'module')} of co-expression, {largest}."
