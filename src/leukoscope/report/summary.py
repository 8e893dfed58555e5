"""The first screen of a patient report: what it is, how sure, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.diagnosis.deletions import GROUP as WITHIN_GENES
from leukoscope.diagnosis.targets import UNRELIABLE
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Diagnosis, Fusion, Sample
from leukoscope.report import wording

_TIER_ORDER = ("definite", "defined by fusion", "probable", "suggestive")


@dataclass(frozen=True, slots=True)
class Card:
    """One statement of the summary."""

    title: str
    tone: str  #: found, clear, open or alert
    text: str
    detail: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The first screen."""

    headline: str
    entity: str  #: name of the disease, empty if it cannot be told
    cards: tuple[Card, ...]
    next_steps: tuple[str, ...]


def summarise(diagnosis: Diagnosis) -> Summary:
    """Return the first screen of a diagnosis."""
    return Summary(
        headline=headline(diagnosis),
        entity=_entity(diagnosis),
        cards=(
            _quality(diagnosis),
            _subtype(diagnosis),
            _fusions(diagnosis),
            _targets(diagnosis),
            _response(diagnosis),
            _therapies(diagnosis),
        ),
        next_steps=_next_steps(diagnosis),
    )


def headline(diagnosis: Diagnosis) -> str:
    """Return the most important finding in one sentence.

    A fusion of the clinical list first; then a subtype; then what stands in the way of a
    statement; then that nothing was found.
    """
    clinical = [fusion for fusion in diagnosis.fusions if fusion.listing == "clinical"]
    if clinical:
        return wording.enumerated([describe(fusion) for fusion in clinical[:2]]) + "."
    told = [s for s in diagnosis.subtypes if s.status == DETECTED and s.timepoint != "remission"]
    if told:
        return f"{told[0].subtype} by gene expression ({told[0].tier}); no defining fusion detected."
    searched = [sample for sample in diagnosis.samples if sample.has_fusions]
    if not searched:
        return "No statement on fusions: they were not searched."
    if all(sample.timepoint == "remission" for sample in searched):
        return "No fusion detected in remission; a sample of the leukaemia is needed to name it."
    if _nothing_excluded(diagnosis):
        return "No fusion detected, but the sample is too poor to exclude one."
    return "No defining fusion detected."


def describe(fusion: Fusion) -> str:
    """Return a fusion with its confidence and frame, as the headline says it."""
    parts = [f"{event_name(fusion)} detected", f"{best_confidence(fusion)} confidence"]
    if fusion.reading_frame:
        parts.append(wording.frame(fusion.reading_frame))
    return ", ".join(parts)


def event_name(fusion: Fusion) -> str:
    """Return what a reader calls the event: an event within one gene by its lesion, a fusion by its exons."""
    if fusion.gene5 == fusion.gene3 and fusion.targets:
        return fusion.targets[0]
    return f"{fusion.name} {fusion.exons}".strip()


def best_confidence(fusion: Fusion) -> str:
    """Return the best confidence that any sample gives the fusion."""
    given = {support.confidence for support in fusion.support}
    return next((level for level in ("high", "medium", "low") if level in given), "unstated")


def _nothing_excluded(diagnosis: Diagnosis) -> bool:
    """Whether no sample of the leukaemia is good enough to exclude a fusion."""
    searched = [s for s in diagnosis.samples if s.has_fusions and s.timepoint != "remission"]
    return all(_gate_failed(sample) for sample in searched)


def _gate_failed(sample: Sample) -> bool:
    return any(check.verdict == "FAIL" and check.metric in UNRELIABLE for check in sample.checks)


def _entity(diagnosis: Diagnosis) -> str:
    told = [s for s in diagnosis.subtypes if s.status == DETECTED and s.timepoint != "remission"]
    return next((subtype.who for subtype in told if subtype.who), "")


def _quality(diagnosis: Diagnosis) -> Card:
    verdicts = [sample.verdict for sample in diagnosis.samples]
    worst = next((v for v in ("FAIL", "WARN", "PASS") if v in verdicts), "NOT ASSESSABLE")
    troubled = [
        f"{sample.sample}: {check.label[0].lower()}{check.label[1:]} {wording.measured(check.value, check.unit)}. "
        f"{check.consequence}"
        for sample in diagnosis.samples
        for check in sample.checks
        if check.verdict == worst and worst in {"FAIL", "WARN"}
    ]
    tone = {"FAIL": "alert", "WARN": "open", "PASS": "clear"}.get(worst, "open")
    detail = troubled[0] if troubled else "Every check that could be made was passed."
    if worst == "NOT ASSESSABLE":
        detail = "No check could be made."
    return Card("Quality", tone, worst, detail, "quality")


def _subtype(diagnosis: Diagnosis) -> Card:
    told = [s for s in diagnosis.subtypes if s.status == DETECTED and s.timepoint != "remission"]
    if told:
        best = min(
            told, key=lambda s: _TIER_ORDER.index(s.tier) if s.tier in _TIER_ORDER else len(_TIER_ORDER)
        )
        why = wording.enumerated([wording.sentence(sentence) for sentence in best.evidence[:1]])
        against = f" Against it: {wording.sentence(best.conflicts[0])}" if best.conflicts else ""
        tone = "open" if against else "found"
        return Card(
            "Subtype", tone, f"{best.subtype} ({best.tier})", f"{why or best.icc}{against}", "subtype"
        )
    diseased = [s for s in diagnosis.subtypes if s.timepoint != "remission"] or list(diagnosis.subtypes)
    return Card("Subtype", "open", "Not assessable", wording.sentence(diseased[0].reason), "subtype")


def _fusions(diagnosis: Diagnosis) -> Card:
    if not any(sample.has_fusions for sample in diagnosis.samples):
        return Card("Fusions", "open", "Not assessable", "Fusions were not searched.", "fusions")
    clinical = [f for f in diagnosis.fusions if f.listing == "clinical"]
    others = len(diagnosis.fusions) - len(clinical)
    detail = wording.sentence(f"{wording.several(others, 'further event')} on the research list")
    if not clinical and _nothing_excluded(diagnosis):
        return Card("Fusions", "open", "None detected, none excluded", detail, "fusions")
    if not clinical:
        states = [target.status for target in diagnosis.targets if target.group != WITHIN_GENES]
        unknown = states.count(NOT_ASSESSABLE)
        told = f"{unknown} of {len(states)} that were looked for are not assessable. " if unknown else ""
        tone = "open" if 2 * unknown > len(states) else "clear"
        return Card("Fusions", tone, "No defining fusion detected", told + detail, "fusions")
    support = clinical[0].support[0]
    reads = f"{support.split_reads} split reads and {support.discordant_mates} spanning pairs in {support.sample}."
    return Card(
        "Fusions",
        "found",
        wording.enumerated([event_name(f) for f in clinical[:3]]),
        f"{reads} {detail}",
        "fusions",
    )


def _targets(diagnosis: Diagnosis) -> Card:
    states = [target.status for target in diagnosis.targets]
    found, absent, unknown = (states.count(state) for state in (DETECTED, NOT_DETECTED, NOT_ASSESSABLE))
    text = f"{found} of {len(states)} lesions detected"
    tone = "found" if found else "open" if unknown > absent else "clear"
    mutated = sorted(
        {f"{v.gene} {v.change.removeprefix('p.')}" for v in diagnosis.variants if v.status == DETECTED}
    )
    mutations = f" Mutated: {wording.enumerated(mutated)}." if mutated else ""
    detail = f"{absent} not detected, {unknown} not assessable.{mutations}"
    return Card("Looked for", tone, text, detail, "targets")


def _response(diagnosis: Diagnosis) -> Card:
    response = diagnosis.response
    text = {True: "Poor early response", False: "Good early response", None: "Not assessable"}[response.poor]
    known = [criterion for criterion in response.criteria if criterion.observed]
    detail = response.expected if known else "The sample sheet states no response."
    tone = {True: "alert", False: "clear", None: "open"}[response.poor]
    return Card("Response", tone, text, detail, "response")


def _therapies(diagnosis: Diagnosis) -> Card:
    clinical = [therapy for therapy in diagnosis.therapies if therapy.listing == "clinical"]
    if not clinical:
        detail = "See the research list." if diagnosis.therapies else "The research list is empty too."
        return Card("Candidate drugs", "open", "None with verified evidence", detail, "therapy")
    first = clinical[0]
    detail = (
        f"{first.drug_class}: level {first.level} for {first.lesion}. Candidates for discussion, not advice."
    )
    return Card("Candidate drugs", "found", first.agents, detail, "therapy")


def _next_steps(diagnosis: Diagnosis) -> tuple[str, ...]:
    found = [t for t in diagnosis.targets if t.status == DETECTED]
    steps = [f"Confirm {target.target} by {target.confirm}." for target in found if target.confirm]
    low = [t for t in diagnosis.targets if t.status == NOT_ASSESSABLE and "low confidence" in t.basis]
    steps += [f"Clarify {target.target} by {target.confirm}: {target.basis}." for target in low]
    if any(_gate_failed(sample) for sample in diagnosis.samples):
        steps.append("Sequence deeper, or take a better sample, before anything is excluded.")
    hidden: dict[str, list[str]] = {}
    for target in diagnosis.targets:
        if target.status == NOT_DETECTED and target.caveat and not found:
            hidden.setdefault(target.confirm, []).append(target.target)
    if hidden:
        told = "; ".join(f"{wording.enumerated(names)} ({how})" for how, names in hidden.items())
        steps.append(f"Exclude by another method what RNA can miss: {told}.")
    return tuple(steps)
