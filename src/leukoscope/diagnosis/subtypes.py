"""Which B-ALL a sample is: the subtype call, or the class that a fusion defines by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leukoscope.diagnosis.evidence import BLASTS, SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, Fusion, Named, Subtype
from leukoscope.tables.subtyping import NORMAL
from leukoscope.therapy import DISEASE

BY_FUSION = "defined by fusion"
#: Why a sample of normal cells has no class.
NORMAL_CELLS = "expression shows normal cells: too few leukaemic cells, or none"
#: Tiers of a call that names a class; see :data:`leukoscope.tables.subtyping.SUBTYPE_CALLS`.
TOLD = ("definite", "probable", "suggestive")
#: How sure the class of a sample is, surest first.
TIERS = ("definite", BY_FUSION, "probable", "suggestive")
#: Subtypes that are no B-ALL, and the disease for which drugs are looked up instead.
OTHER_LINEAGES = {"T-ALL": "T-ALL", "Myeloid": "myeloid cells"}
_DETAILS = {
    "Lineage": "lineage",
    "Immunophenotype": "immunophenotype",
    "B-cell stage": "stage",
    "Chromosome number": "chromosome_number",
    "Expressed sex": "sex",
    "Overexpressed": "outliers",
    "Second drivers": "second_drivers",
    "Next best class": "second_group",
}


def read_subtype(evidence: SampleEvidence, fusions: Sequence[Fusion]) -> Subtype:
    """Return the subtype of a sample.

    Without a call of the subtype module, with too few declared blasts for one, or where expression
    shows normal cells alone, a fusion of the clinical list that defines a class names it; without
    either, the subtype is not assessable.  A sample in remission has none.

    Parameters
    ----------
    evidence
        The sample.
    fusions
        Fusions of the patient.
    """
    if not evidence.shows_disease:
        return _empty(evidence, "a sample in remission holds few leukaemic cells")
    rows = [] if evidence.subtype is None else evidence.subtype.to_dict("records")
    call = {str(name): value for name, value in rows[0].items()} if rows else {}
    defining = [
        fusion
        for fusion in fusions
        if fusion.listing == "clinical"
        and fusion.who
        and any(support.sample == evidence.sample for support in fusion.support)
    ]
    few_blasts = evidence.failure((BLASTS,))
    if call.get("tier") in TOLD and call["group"] != NORMAL and not few_blasts:
        return _called(evidence, call, icc=_icc(call, defining))
    if not defining:
        reason = few_blasts or _why_not(call)
        nothing = "the subtype was not called, and no fusion defines it"
        untold = {"probability": None} if few_blasts else {}
        return _called(evidence, call | untold, reason=reason) if call else _empty(evidence, nothing)
    return _made(
        evidence,
        status=DETECTED,
        subtype=defining[0].driver_class,
        group=defining[0].driver_class,
        who=defining[0].who,
        icc=defining[0].icc,
        tier=BY_FUSION,
        evidence=tuple(f"{fusion.name} was detected." for fusion in defining),
        details=_details(call),
        conflicts=_sentences(call.get("conflicts")),
        notes=_sentences(call.get("notes")),
    )


def surest_first(subtypes: Sequence[Subtype]) -> list[Subtype]:
    """Return the subtypes that were named in the leukaemia, the surest first."""
    named = [s for s in subtypes if s.status == DETECTED and s.timepoint != "remission"]
    return sorted(named, key=lambda s: TIERS.index(s.tier) if s.tier in TIERS else len(TIERS))


def disease_of(subtypes: Sequence[Subtype]) -> str:
    """Return the disease for which drugs are looked up: B-ALL unless the surest subtype is of another lineage."""
    named = surest_first(subtypes)
    return OTHER_LINEAGES.get(named[0].subtype, DISEASE) if named else DISEASE


def _icc(call: Mapping[str, Any], defining: Sequence[Fusion]) -> str:
    """Return the name of the class in the ICC, which divides BCR::ABL1-like B-ALL further by its fusion."""
    name = str(call["icc"])
    finer = [f.icc for f in defining if f.who == call["who_haem5"] and name and f.icc.startswith(name)]
    return finer[0] if finer else name


def _called(evidence: SampleEvidence, call: dict[str, Any], *, icc: str = "", reason: str = "") -> Subtype:
    return _made(
        evidence,
        status=NOT_ASSESSABLE if reason else DETECTED,
        reason=reason,
        group=str(call["group"]),
        subtype=str(call["subtype"] or call["group"]),
        who=str(call["who_haem5"]),
        icc=icc or str(call["icc"]),
        tier="none" if reason else str(call["tier"]),
        probability=_number(call["probability"]),
        details=_details(call),
        evidence=_sentences(call["evidence"]),
        conflicts=_sentences(call["conflicts"]),
        notes=_sentences(call["notes"]),
    )


def _why_not(call: Mapping[str, Any]) -> str:
    if call.get("tier") in TOLD:
        return NORMAL_CELLS
    return str(call.get("reason") or "no class has enough evidence")


def _empty(evidence: SampleEvidence, reason: str) -> Subtype:
    return _made(evidence, status=NOT_ASSESSABLE, reason=reason)


def _made(of: SampleEvidence, **told: Any) -> Subtype:
    nothing: dict[str, Any] = dict.fromkeys(("reason", "group", "subtype", "who", "icc", "tier"), "")
    nothing |= dict.fromkeys(("details", "evidence", "conflicts", "notes"), ())
    nothing |= {"probability": None}
    return Subtype(sample=of.sample, timepoint=of.timepoint, **nothing | told)


def _details(call: Mapping[str, Any]) -> tuple[Named, ...]:
    blasts = _number(call.get("blast_fraction"))
    told = {label: str(call.get(name, "")) for label, name in _DETAILS.items()}
    told |= {"Blasts, estimated": "" if blasts is None else f"{100 * blasts:.0f} %"}
    return tuple(Named(label, text) for label, text in told.items() if text)


def _sentences(joined: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in str(joined or "").split(";") if part.strip())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
