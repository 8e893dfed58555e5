"""Which B-ALL a sample is: the subtype call, or the class that a fusion defines by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leukoscope.diagnosis.evidence import SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Fusion, Subtype

BY_FUSION = "defined by fusion"


def read_subtype(evidence: SampleEvidence, fusions: Sequence[Fusion]) -> Subtype:
    """Return the subtype of a sample.

    Without a call of the subtype module, a fusion of the clinical list that defines a class
    names it; without either, the subtype is not assessable.  A sample in remission has none.

    Parameters
    ----------
    evidence
        The sample.
    fusions
        Fusions of the patient.
    """
    if not evidence.shows_disease:
        return _empty(evidence, "a sample in remission holds few leukaemic cells")
    if evidence.subtype is not None and len(evidence.subtype):
        return _called(evidence, {str(k): v for k, v in evidence.subtype.to_dict("records")[0].items()})
    defining = [
        fusion
        for fusion in fusions
        if fusion.listing == "clinical"
        and fusion.who
        and any(support.sample == evidence.sample for support in fusion.support)
    ]
    if not defining:
        return _empty(evidence, "the subtype was not called, and no fusion defines it")
    return _made(
        evidence,
        status=DETECTED,
        subtype=defining[0].driver_class,
        group=defining[0].driver_class,
        who=defining[0].who,
        icc=defining[0].icc,
        tier=BY_FUSION,
        evidence=tuple(f"{fusion.name} was detected." for fusion in defining),
    )


def _called(evidence: SampleEvidence, call: dict[str, Any]) -> Subtype:
    told = call["tier"] not in {"", "none"}
    return _made(
        evidence,
        status=DETECTED if told else NOT_DETECTED,
        reason="" if told else "no class has enough evidence",
        group=str(call["group"]),
        subtype=str(call["subtype"] or call["group"]),
        who=str(call["who_haem5"]),
        icc=str(call["icc"]),
        tier=str(call["tier"]),
        probability=_number(call["probability"]),
        lineage=str(call["lineage"]),
        blast_fraction=_number(call["blast_fraction"]),
        evidence=_sentences(call["evidence"]),
        conflicts=_sentences(call["conflicts"]),
        notes=_sentences(call["notes"]),
    )


def _empty(evidence: SampleEvidence, reason: str) -> Subtype:
    return _made(evidence, status=NOT_ASSESSABLE, reason=reason)


def _made(of: SampleEvidence, **told: Any) -> Subtype:
    nothing: dict[str, Any] = dict.fromkeys(
        ("reason", "group", "subtype", "who", "icc", "tier", "lineage"), ""
    )
    nothing |= dict.fromkeys(("evidence", "conflicts", "notes"), ())
    nothing |= {"probability": None, "blast_fraction": None}
    return Subtype(sample=of.sample, timepoint=of.timepoint, **nothing | told)


def _sentences(joined: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(joined or "").split(";") if part.strip())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
