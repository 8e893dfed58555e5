"""What a cohort analysis found, in plain words: the first thing that its report says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukoscope.contrasts import IN_GROUP
from leukoscope.report.cohort_document import CohortDocument


def summary_sentences(document: CohortDocument) -> tuple[str, ...]:
    """Return the findings in sentences, each with the numbers that carry it."""
    return (
        _patients(document),
        *fusion_sentences(document),
        *contrast_sentences(document),
        *_groups(document),
        *_courses(document),
        *_network(document),
    )


def _patients(document: CohortDocument) -> str:
    summary = document.summary
    samples = ", ".join(f"{count} {name}" for name, count in _in_time(summary["samples"]))
    risk = summary["patients"]["risk"]
    parts = [f"{risk[name]} {word}" for name, word in _RISKS if risk.get(name)]
    return f"{_many(summary['patients']['total'], 'patient')} with samples at {samples}; {', '.join(parts)}."


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
    shared = onset[onset["normal_patients"] > 0].head(3)
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
        yield f"{_many(len(found), what)} differ between {between} after adjustment: {', '.join(found['feature'][:5])}."
    else:
        yield (
            f"No {what} differs between {between} after adjustment for {len(tests)} tests "
            f"({nominal} below 0.05 before it)."
        )


def contrast_sentences(document: CohortDocument) -> Iterator[str]:
    """Yield what each contrast found, then which were not computed, those of one reason together."""
    absent: dict[str, list[str]] = {}
    for one in document.summary["contrasts"]:
        if one["variable"] == "group" or one["variable"].startswith(IN_GROUP):
            continue
        name = f"{one['levels'][1]} over {one['levels'][0]} ({one['id']})"
        if one["absent"]:
            absent.setdefault(one["absent"], []).append(name)
            continue
        terms = [_best_term(document, one["id"], direction) for direction in ("up", "down")]
        told = "; ".join(f"{word}: {term}" for word, term in zip(("up", "down"), terms, strict=True) if term)
        yield f"{name}: {one['up']:,} genes rise and {one['down']:,} fall" + (f" ({told})." if told else ".")
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
        found = tests[tests["p_adjusted"] < 0.05]["variable"].str.replace("_", " ")
        yield (
            f"The groups go with {', '.join(found)}."
            if len(found)
            else f"The groups go with none of {len(tests)} clinical variables after adjustment."
        )
    verdicts = document.table("subtypes/verdicts")
    if verdicts is not None:
        yield from verdicts["statement"]


def _courses(document: CohortDocument) -> Iterator[str]:
    tests = document.table("courses/tests")
    if tests is None:
        return
    for what in ("driver fusion", "fusion"):
        for row in in_time(tests[tests["feature"] == f"any {what}"]).to_dict("records"):
            had = row["persisting"] + row["cleared"] + row["not_assessable"]
            if had:
                yield (
                    f"{row['earlier'].capitalize()} to {row['later']}: of {_many(had, 'patient')} with a {what} before, "
                    f"it persists in {row['persisting']}, is gone in {row['cleared']} although it would have been "
                    f"seen, and was too weak to tell in {row['not_assessable']}."
                )


def _network(document: CohortDocument) -> Iterator[str]:
    modules = document.table("network/modules")
    if modules is not None:
        yield f"Genes form {_many(len(modules), 'module')} of co-expression, the largest of {modules['genes'].max():,}."


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def _in_time(samples: dict[str, int]) -> list[tuple[str, int]]:
    order = ("onset", "remission", "relapse")
    return [(name, samples[name]) for name in order if name in samples]
