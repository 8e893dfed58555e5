"""Candidate drugs for the lesions that were found, with the evidence for and against each.

The levels are those of AMP/ASCO/CAP [1]_, given in the table for B-ALL and never raised here:
they are only capped, by evidence from another disease, by a signal that is expression alone,
or by a source that nobody has verified.  Age and line of treatment do not change the level;
they stand beside it, and so does a lesion that makes resistant to the drug, detected or not assessed.

References
----------
.. [1] Li et al., J Mol Diagn 19 (2017) 4, PMID 27993330
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

LEVELS = ("I-A", "I-B", "II-C", "II-D", "III")
LEVELS_SOURCE = "PMID:27993330"
DISEASE = "B-ALL"
SENSITIVITY, RESISTANCE = "sensitivity", "resistance"


@dataclass(frozen=True, slots=True)
class Resistance:
    """A lesion that makes resistant to drugs of a candidate, unless it was looked for and not found."""

    lesion: str
    status: str  #: detected or not assessable
    basis: str  #: the finding of this patient, or why it could not be told
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Therapy:
    """A candidate drug for a lesion, with the evidence for and against it."""

    lesion: str
    drug_class: str
    agents: str
    direction: str  #: sensitivity or resistance
    level: str  #: tier and level of AMP/ASCO/CAP 2017, for B-ALL
    level_reason: str  #: why the level was capped; empty if it was not
    listing: str  #: clinical or research
    basis: str  #: the finding of this patient
    context: str  #: disease, age and line of the evidence
    statement: str
    contra: str
    resistance: tuple[Resistance, ...]
    caveat: str
    sources: tuple[str, ...]
    as_of: str


def suggest_therapies(
    therapies: pd.DataFrame,
    lesions: Mapping[str, str],
    expressed: Mapping[str, str],
    *,
    age: float | None,
    unread: Mapping[str, str] | None = None,
    relapsed: bool = False,
    disease: str = DISEASE,
) -> tuple[Therapy, ...]:
    """Return the candidate drugs, clinical list first, strongest evidence first.

    Parameters
    ----------
    therapies
        Drugs by lesion (:data:`~leukoscope.tables.knowledge.THERAPIES`).
    lesions
        What was detected with confidence (names of targets, mutated genes, subtypes), and on
        which basis.  What was not detected, or could not be assessed, suggests nothing.
    expressed
        Genes with a high expression, and on which basis.
    age
        Age of the patient in years, ``None`` if it is not known.
    unread
        Lesions that could not be assessed, and why.  Those that make resistant to a candidate
        stand beside it, as do those that were detected.
    relapsed
        Whether a relapse is known.
    disease
        Disease of the patient.  Expression suggests only what is known of that disease.
    """
    found = []
    resisting = _resisting(therapies, lesions, unread or {})
    for row in therapies.to_dict("records"):
        foreign = row["biomarker"] == "expression" and row["disease"] != disease
        signals = {} if foreign else expressed if row["biomarker"] == "expression" else lesions
        basis = [signals[name] for name in str(row["genes"]).split("|") if name in signals]
        if basis:
            context = _context(row, age, relapsed=relapsed)
            therapy = _therapy(row, "; ".join(dict.fromkeys(basis)), context, disease)
            found.append((str(row["id"]), replace(therapy, resistance=_against(therapy, resisting))))
    ordered = sorted(
        found, key=lambda item: (item[1].listing != "clinical", LEVELS.index(item[1].level), item[0])
    )
    return tuple(therapy for _, therapy in ordered)


def _drugs(agents: object) -> tuple[str, ...]:
    return tuple(agent.strip() for agent in str(agents).split(";"))


def _resisting(
    therapies: pd.DataFrame, lesions: Mapping[str, str], unread: Mapping[str, str]
) -> list[Resistance]:
    """Return what makes resistant to a drug by a verified source, if it was detected or not assessable."""
    named = [
        (name, _drugs(row["agents"]))
        for row in therapies.to_dict("records")
        if row["direction"] == RESISTANCE and row["evidence"] == "verified"
        for name in str(row["genes"]).split("|")
    ]
    detected = [
        Resistance(name, "detected", lesions[name], agents) for name, agents in named if name in lesions
    ]
    missed = [
        Resistance(name, "not assessable", unread[name], agents)
        for name, agents in named
        if name in unread and name not in lesions
    ]
    return [*detected, *missed]


def _against(therapy: Therapy, resisting: Sequence[Resistance]) -> tuple[Resistance, ...]:
    if therapy.direction != SENSITIVITY:
        return ()
    own = _drugs(therapy.agents)
    shared = [replace(lesion, agents=tuple(a for a in own if a in lesion.agents)) for lesion in resisting]
    return tuple(lesion for lesion in shared if lesion.agents)


def capped_level(row: Mapping[Any, Any], disease: str = DISEASE) -> tuple[str, str]:
    """Return the level for the disease of the patient and, if it was capped, the reason.

    Examples
    --------
    >>> row = {"level": "I-A", "disease": "AML", "biomarker": "mutation", "evidence": "verified"}
    >>> capped_level(row)
    ('II-C', 'the evidence is from AML')
    """
    level = str(row["level"])
    if row["biomarker"] == "expression":
        return "III", "RNA expression alone is a hypothesis"
    if row["disease"] != disease and LEVELS.index(level) < LEVELS.index("II-C"):
        return "II-C", f"the evidence is from {row['disease']}"
    return level, ""


def _therapy(row: Mapping[Any, Any], basis: str, context: str, disease: str) -> Therapy:
    level, reason = capped_level(row, disease)
    verified = row["evidence"] == "verified"
    return Therapy(
        lesion=str(row["lesion"]),
        drug_class=str(row["drug_class"]),
        agents=str(row["agents"]),
        direction=str(row["direction"]),
        level=level,
        level_reason=reason,
        listing="clinical" if verified and level != "III" else "research",
        basis=basis,
        context=context,
        statement=str(row["statement"]),
        contra=str(row["contra"]),
        resistance=(),
        caveat=str(row["caveat"]) if verified else f"Not verified from its source. {row['caveat']}".strip(),
        sources=tuple(str(row["source"]).split(";")),
        as_of=str(row["as_of"]),
    )


def _context(row: Mapping[Any, Any], age: float | None, *, relapsed: bool) -> str:
    parts = [f"{row['disease']}, {row['age']} patients, {row['line']}"]
    child = age is not None and age < 18
    if row["age"] == "adult" and child:
        parts.append("the patient is a child")
    if row["age"] == "paediatric" and age is not None and not child:
        parts.append("the patient is an adult")
    if row["line"] == "relapsed or refractory" and not relapsed:
        parts.append("no relapse of the patient is known")
    if row["line"] == "newly diagnosed" and relapsed:
        parts.append("the patient has relapsed")
    return "; ".join(parts)
