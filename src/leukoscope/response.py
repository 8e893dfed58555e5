"""Expected against observed response to induction, and what could explain a difference.

The criteria of a poor response are those of SCCLG-ALL-2016 as Li et al. state them [1]_: at
least 1 × 10⁹/L blasts in blood after seven days of prednisone, MRD of at least 10 % on day 15,
or of at least 0.1 % on day 33, or relapse.  What is missing stays missing: without any
criterion met and with one unknown, the response is not assessable rather than good.  Only a
relapse need not be stated: nobody knows of it when the first report is written.

References
----------
.. [1] Li et al., BMC Med Genomics 17 (2024) 149, doi:10.1186/s12920-024-01892-w
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from leukoscope.clinical import PREDNISONE_RESPONSES, YES_NO, RiskCriteria

if TYPE_CHECKING:
    import pandas as pd

MET, NOT_MET, MISSING = "met", "not met", "not known"
_RELAPSE = "Relapse"
#: Where the criteria stand.
CRITERIA_SOURCE = "DOI:10.1186/s12920-024-01892-w"
_STATES = {1.0: MET, 0.0: NOT_MET, None: MISSING}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a poor response."""

    label: str
    threshold: str
    observed: str  #: as the sample sheet declares it; empty if it does not
    state: str  #: met, not met or not known


@dataclass(frozen=True, slots=True)
class Explanation:
    """One possible reason why the response differs from what the subtype lets expect."""

    rank: int
    statement: str
    strength: str  #: finding, hypothesis or gap
    source: str


@dataclass(frozen=True, slots=True)
class Response:
    """Expected against observed response to induction."""

    criteria: tuple[Criterion, ...]
    poor: bool | None  #: None if it cannot be told
    expected: str  #: what the findings let expect, or why nothing can be said
    agreement: str  #: of the early response: as expected, unexpected, or not assessable
    explanations: tuple[Explanation, ...]
    sources: tuple[str, ...]


def read_criteria(declared: Mapping[str, str], criteria: RiskCriteria | None = None) -> tuple[Criterion, ...]:
    """Return the criteria of a poor response with what the sample sheet says of each.

    Parameters
    ----------
    declared
        Columns of the sample sheet: ``day8_blasts`` or else ``prednisone_response`` (good or poor),
        ``mrd_day15``, ``mrd_day33``, ``relapse``.
    criteria
        Limits; default is those of the paper.
    """
    limits = criteria or RiskCriteria()
    relapse = declared.get("relapse", "").strip().lower()
    return (
        _prednisone(declared, limits),
        _measured("MRD, day 15", declared.get("mrd_day15", ""), limits.mrd_day15, "%"),
        _measured("MRD, day 33", declared.get("mrd_day33", ""), limits.mrd_day33, "%"),
        Criterion(_RELAPSE, "yes", relapse, _STATES[YES_NO.get(relapse)]),
    )


def _prednisone(declared: Mapping[str, str], limits: RiskCriteria) -> Criterion:
    """Return the response to prednisone: the blasts that were counted, or else what the sheet says in a word."""
    word = declared.get("prednisone_response", "").strip().lower()
    stated = _STATES[PREDNISONE_RESPONSES.get(word)]
    blasts = declared.get("day8_blasts", "")
    counted = _measured("Blasts in blood, day 8", blasts, limits.day8_blasts, "× 10⁹/L")
    if counted.state == MISSING:
        return Criterion("Prednisone response", "poor", word, stated) if word else counted
    if stated not in {MISSING, counted.state}:
        return replace(counted, observed=f"{counted.observed}, but the sheet calls the response {word}")
    return counted


def _measured(label: str, text: str, threshold: float, unit: str) -> Criterion:
    stripped = text.strip().removeprefix("<").removesuffix("%").strip()
    try:
        value = float(stripped)
    except ValueError:
        value = float("nan")
    bound = f"≥ {threshold:g} {unit}"
    if value != value:
        return Criterion(label, bound, "", MISSING)
    below = text.strip().startswith("<")
    if below and value > threshold:
        return Criterion(label, bound, f"{text.strip()} {unit}", MISSING)
    met = value >= threshold and not below
    return Criterion(
        label, bound, f"{text.strip().removesuffix('%').strip()} {unit}", MET if met else NOT_MET
    )


def is_poor(criteria: tuple[Criterion, ...]) -> bool | None:
    """Return whether any criterion is met; ``None`` if none is and one of induction is not known."""
    if any(criterion.state == MET for criterion in criteria):
        return True
    unknown = any(criterion.state == MISSING for criterion in criteria if criterion.label != _RELAPSE)
    return None if unknown else False


def has_relapsed(criteria: tuple[Criterion, ...]) -> bool:
    """Return whether a relapse is declared."""
    return any(criterion.state == MET for criterion in criteria if criterion.label == _RELAPSE)


def is_early_poor(criteria: tuple[Criterion, ...]) -> bool | None:
    """Return whether a criterion of induction is met, whatever came later; ``None`` if it cannot be told."""
    return is_poor(tuple(criterion for criterion in criteria if criterion.label != _RELAPSE))


def compare_response(
    criteria: tuple[Criterion, ...],
    responses: pd.DataFrame,
    lesions: Mapping[str, str],
    gaps: Mapping[str, str],
) -> Response:
    """Compare the observed response with what the findings let expect.

    Parameters
    ----------
    criteria
        From :func:`read_criteria`.
    responses
        Expected response by lesion (:data:`~leukoscope.tables.knowledge.RESPONSES`).
    lesions
        What was detected (targets, mutated genes, subtypes), and on which basis.
    gaps
        What could not be assessed, and why.
    """
    rows = [
        {str(key): value for key, value in row.items()}
        for row in responses.to_dict("records")
        if row["kind"] != "relapse" or has_relapsed(criteria)
    ]
    known = [row for row in rows if row["evidence"] == "verified"]
    told = [row for row in known if row["subtype"] in lesions]
    poor = is_poor(criteria)
    slow = [row for row in told if row["expectation"] in {"slow", "poor"}]
    expected = " ".join(dict.fromkeys(str(row["statement"]) for row in told))
    return Response(
        criteria=criteria,
        poor=poor,
        expected=expected or "No finding predicts a particular response.",
        agreement=_agreement(is_early_poor(criteria), [row for row in told if row["kind"] != "relapse"]),
        explanations=_explanations(lesions, gaps, rows, slow) if poor else (),
        sources=tuple(dict.fromkeys(source for row in told for source in str(row["source"]).split(";"))),
    )


def _agreement(early_poor: bool | None, told: list[dict[str, Any]]) -> str:
    """Return whether the early response is what the findings let expect; a relapse does not change it."""
    expectations = {row["expectation"] for row in told}
    slow = bool(expectations & {"slow", "poor"})
    if early_poor is None or not (slow or "good" in expectations):
        return "not assessable"
    return "as expected" if early_poor == slow else "unexpected"


def _explanations(
    lesions: Mapping[str, str],
    gaps: Mapping[str, str],
    rows: list[dict[str, Any]],
    slow: list[dict[str, Any]],
) -> tuple[Explanation, ...]:
    """Return findings first, then the gaps: what would explain the response but was not assessed.

    Classes exclude each other, so that with one of them found the others are no gap; nor is what
    would say no more than a finding does.
    """
    said = {row["statement"] for row in slow}
    named = any(row["kind"] == "class" and row["subtype"] in lesions for row in rows)
    missed = [
        row
        for row in rows
        if row["expectation"] in {"slow", "poor"}
        and row["subtype"] in gaps
        and row["evidence"] == "verified"
        and row["statement"] not in said
        and not (named and row["kind"] == "class")
    ]
    told = [("finding", "{}.", *group) for group in _by_statement(slow, lesions)]
    told += [("gap", "{} could not be assessed.", *group) for group in _by_statement(missed, gaps)]
    return tuple(
        Explanation(rank, f"{pattern.format(subject)} {statement}", strength, source)
        for rank, (strength, pattern, subject, statement, source) in enumerate(told, start=1)
    )


def _by_statement(rows: list[dict[str, Any]], basis: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return rows of one statement as one: their subjects with the basis, statement and source."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((str(row["statement"]), str(row["source"])), []).append(str(row["subtype"]))
    return [(_subjects(subjects, basis), *key) for key, subjects in groups.items()]


def _subjects(subjects: list[str], basis: Mapping[str, str]) -> str:
    """Return subjects with their basis; a basis that names its subject (KRAS G12D) stands for it."""
    bases = [basis[name] for name in subjects]
    if all(text.startswith(name) for name, text in zip(subjects, bases, strict=True)):
        return ", ".join(bases)
    return f"{', '.join(subjects)} ({'; '.join(dict.fromkeys(bases))})"
