"""The first screen of a patient report: what it is, how sure, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from leukoscope.diagnosis.deletions import GROUP as WITHIN_GENES
from leukoscope.diagnosis.subtypes import NORMAL_CELLS, TIERS, surest_first
from leukoscope.diagnosis.targets import UNRELIABLE
from leukoscope.diagnosis.values import (
    DETECTED,
    NOT_ASSESSABLE,
    NOT_DETECTED,
    Diagnosis,
    Fusion,
    Sample,
    Subtype,
)
from leukoscope.report import wording
from leukoscope.report.grouped_lines import by_method
from leukoscope.response import Response, has_relapsed, is_early_poor
from leukoscope.tables.subtyping import UNMEASURED
from leukoscope.therapy import RESISTANCE, SENSITIVITY, Resistance

_WEAKEST = TIERS[-1]
#: Checks without which a passed gate says little.
DECISIVE = ("read_pairs", "uniquely_mapped_percent")
#: Heading of the panel under which the lesions behind BCR::ABL1-like B-ALL stand.
KINASES = "Kinase and cytokine-receptor lesions"


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
    """Return the first screen of a diagnosis: quality last, unless the sample failed its gate."""
    quality = _quality(diagnosis)
    others = (
        _subtype(diagnosis),
        _fusions(diagnosis),
        _targets(diagnosis),
        _response(diagnosis),
        _therapies(diagnosis),
    )
    return Summary(
        headline=headline(diagnosis),
        entity=_entity(diagnosis),
        cards=(quality, *others) if quality.tone == "alert" else (*others, quality),
        next_steps=_next_steps(diagnosis),
    )


def headline(diagnosis: Diagnosis) -> str:
    """Return the most important findings in one or two sentences.

    A fusion of the clinical list first; then a subtype; then what stands in the way of a
    statement; then that nothing was found.  Mutations of the leukaemia follow.
    """
    mutated = _mutated(diagnosis)
    return _first_finding(diagnosis) + (f" Mutated: {wording.enumerated(mutated)}." if mutated else "")


def _first_finding(diagnosis: Diagnosis) -> str:
    clinical = _clinical(diagnosis)
    told = surest_first(diagnosis.subtypes)
    if clinical:
        found = [describe(fusion) + _only_in(fusion, diagnosis) for fusion in clinical[:2]]
        other = _contradiction(diagnosis)
        against = f"; expression says {other.subtype} instead ({other.tier})" if other else ""
        return wording.enumerated(found) + against + "."
    expression = _by_expression(told[0]) if told else _normal_cells(diagnosis)
    if expression:
        return f"{expression}; {_fusions_in_words(diagnosis)}."
    if not any(sample.has_fusions for sample in diagnosis.samples):
        return "No statement on fusions: they were not searched."
    if not _searched(diagnosis):
        return "No fusion detected in remission; a sample of the leukaemia is needed to name it."
    return wording.sentence(_fusions_in_words(diagnosis))


def _fusions_in_words(diagnosis: Diagnosis) -> str:
    searched = _searched(diagnosis)
    if not searched:
        return "fusions were not searched"
    if all(_gate_failed(sample) for sample in searched):
        return "no fusion detected, but the sample is too poor to exclude one"
    if _nothing_excluded(diagnosis):
        return "no fusion detected, but none can be excluded"
    return "no defining fusion detected"


def _by_expression(subtype: Subtype) -> str:
    maybe = "Possibly " if subtype.tier == _WEAKEST else ""
    return f"{maybe}{subtype.subtype} by gene expression ({subtype.tier})"


def _normal_cells(diagnosis: Diagnosis) -> str:
    """Return that samples of the leukaemia express as normal cells do, and which if not all; else empty."""
    diseased = [subtype for subtype in diagnosis.subtypes if subtype.timepoint != "remission"]
    normal = [s.timepoint or s.sample for s in diseased if s.reason == NORMAL_CELLS]
    if not normal:
        return ""
    told = NORMAL_CELLS.capitalize()
    return told if len(normal) == len(diseased) else f"In {wording.enumerated(normal)}, {NORMAL_CELLS}"


def _clinical(diagnosis: Diagnosis) -> list[Fusion]:
    return [fusion for fusion in diagnosis.fusions if fusion.listing == "clinical"]


def _contradiction(diagnosis: Diagnosis) -> Subtype | None:
    """Return the class that expression names, if no fusion of the clinical list defines it and they conflict."""
    defined = {fusion.who for fusion in _clinical(diagnosis) if fusion.who}
    told = surest_first(diagnosis.subtypes)
    return told[0] if defined and told and told[0].conflicts and told[0].who not in defined else None


def _only_in(fusion: Fusion, diagnosis: Diagnosis) -> str:
    """Return in which samples of the leukaemia a fusion was seen, unless it was in all that were searched.

    Only a sample that could exclude the fusion lacks it.
    """
    searched = _searched(diagnosis)
    seen = {support.sample for support in fusion.support}
    places = [s.timepoint or s.sample for s in searched if s.sample in seen]
    lacking = [s for s in searched if s.sample not in seen]
    if not places or not lacking:
        return ""
    blind = [s.timepoint or s.sample for s in lacking if _excludes_nothing(s, diagnosis)]
    only = "only in" if len(blind) < len(lacking) else "in"
    hidden = f", not assessable in {wording.enumerated(blind)}" if blind else ""
    return f", {only} {wording.enumerated(places)}{hidden}"


def _excludes_nothing(sample: Sample, diagnosis: Diagnosis) -> bool:
    """Whether a sample is too poor, holds normal cells, or neither its depth nor its expression is known."""
    normal = any(s.sample == sample.sample and s.reason == NORMAL_CELLS for s in diagnosis.subtypes)
    counted = any(check.metric == "read_pairs" and check.value is not None for check in sample.checks)
    return _gate_failed(sample) or normal or not (counted or sample.genes is not None)


def _mutated(diagnosis: Diagnosis) -> list[str]:
    """Return the mutations of the leukaemia by name; one that another timepoint lacks says where it was seen."""
    read = [v for v in diagnosis.variants if v.timepoint != "remission" and v.status != NOT_ASSESSABLE]
    places: dict[str, dict[str, None]] = {}
    for variant in read:
        if variant.status == DETECTED:
            places.setdefault(variant.name, {})[variant.timepoint or variant.sample] = None
    told = []
    for name, seen in sorted(places.items()):
        lacking = {v.timepoint or v.sample for v in read if v.is_at(name)} - set(seen)
        told.append(f"{name} (only in {wording.enumerated(list(seen))})" if lacking else name)
    return told


def _searched(diagnosis: Diagnosis) -> list[Sample]:
    """Return the samples of the leukaemia in which fusions were searched."""
    return [s for s in diagnosis.samples if s.has_fusions and s.timepoint != "remission"]


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
    """Whether no sample of the leukaemia is good enough to exclude a fusion, or none could be excluded."""
    looked_for = [target.status for target in diagnosis.targets if target.group != WITHIN_GENES]
    return all(_gate_failed(sample) for sample in _searched(diagnosis)) or NOT_DETECTED not in looked_for


def _gate_failed(sample: Sample) -> bool:
    return any(check.verdict == "FAIL" and check.metric in UNRELIABLE for check in sample.checks)


def _entity(diagnosis: Diagnosis) -> str:
    told = [subtype for subtype in surest_first(diagnosis.subtypes) if subtype.who]
    if not told:
        return ""
    other = _contradiction(diagnosis)
    if other:
        by_fusion = next(fusion.who for fusion in _clinical(diagnosis) if fusion.who)
        return f"Contradictory: {by_fusion} by the fusion, {other.who or other.subtype} by expression"
    return f"Possibly {told[0].who}" if told[0].tier == _WEAKEST else told[0].who


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
    if troubled:
        return Card("Quality", {"FAIL": "alert", "WARN": "open"}[worst], worst, troubled[0], "quality")
    if worst == "NOT ASSESSABLE":
        return Card("Quality", "open", worst, "No check could be made.", "quality")
    return _passed(diagnosis)


def _passed(diagnosis: Diagnosis) -> Card:
    """Return the card of a gate that was passed: how many of its checks could be made at all."""
    checks = [check for sample in diagnosis.samples for check in sample.checks]
    made = [check for check in checks if check.value is not None]
    blind = [sample.sample for sample in diagnosis.samples if not _is_measured(sample)]
    detail = f"{len(made)} of {len(checks)} checks could be made, and were passed."
    if blind:
        detail += f" The number of reads or how they map was not measured in {wording.enumerated(blind)}."
    return Card("Quality", "open" if blind else "clear", "PASS", detail, "quality")


def _is_measured(sample: Sample) -> bool:
    """Whether the checks could be made without which a passed gate says little."""
    return set(DECISIVE) <= {check.metric for check in sample.checks if check.value is not None}


def _subtype(diagnosis: Diagnosis) -> Card:
    told = surest_first(diagnosis.subtypes)
    if told:
        best = told[0]
        why = wording.enumerated([wording.sentence(sentence) for sentence in best.evidence[:1]])
        against = f" Against it: {wording.sentence(best.conflicts[0])}" if best.conflicts else ""
        sure = not against and best.tier != _WEAKEST
        notes = [note for note in best.notes if UNMEASURED not in note]
        detail = why or best.icc or wording.sentence(next(iter(notes), ""))
        tone, text = "found" if sure else "open", f"{best.subtype} ({best.tier})"
        return Card("Subtype", tone, text, detail + against, "subtype")
    diseased = [s for s in diagnosis.subtypes if s.timepoint != "remission"] or list(diagnosis.subtypes)
    return Card("Subtype", "open", "Not assessable", wording.sentence(diseased[0].reason), "subtype")


def _fusions(diagnosis: Diagnosis) -> Card:
    if not any(sample.has_fusions for sample in diagnosis.samples):
        return Card("Fusions", "open", "Not assessable", "Fusions were not searched.", "fusions")
    clinical = _clinical(diagnosis)
    others = len(diagnosis.fusions) - len(clinical)
    detail = wording.sentence(f"{wording.several(others, 'further event')} on the research list")
    if not clinical:
        states = [target.status for target in diagnosis.targets if target.group != WITHIN_GENES]
        unknown = states.count(NOT_ASSESSABLE)
        told = f"{unknown} of {len(states)} that were looked for are not assessable. " if unknown else ""
        tone = "open" if 2 * unknown > len(states) else "clear"
        nothing = (
            "None detected, none excluded" if _nothing_excluded(diagnosis) else "No defining fusion detected"
        )
        return Card("Fusions", tone, nothing, told + detail, "fusions")
    support = clinical[0].support[0]
    split = wording.several(support.split_reads, "split read")
    mates = wording.several(support.discordant_mates, "spanning pair")
    reads = f"{wording.sentence(f'{split} and {mates} in {support.sample}')}"
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
    text = f"{found} detected, {absent} not detected, {unknown} not assessable"
    mutated = _mutated(diagnosis)
    tone = "found" if found or mutated else "open" if unknown > absent else "clear"
    mutations = f"Mutated: {wording.enumerated(mutated)}." if mutated else ""
    open_questions = wording.sentence(
        "; ".join(filter(None, (_lesions_open(diagnosis), _hotspots_open(diagnosis))))
    )
    return Card("Looked for", tone, text, f"{open_questions} {mutations}".strip(), "targets")


def _lesions_open(diagnosis: Diagnosis) -> str:
    """Return the two commonest reasons for which lesions could not be assessed."""
    reasons = Counter(target.basis for target in diagnosis.targets if target.status == NOT_ASSESSABLE)
    told = ", ".join(f"{number} ({reason})" for reason, number in reasons.most_common(2))
    return f"lesions not assessable: {told}" if told else ""


def _hotspots_open(diagnosis: Diagnosis) -> str:
    read = [variant.status for variant in diagnosis.variants if variant.timepoint != "remission"]
    if not read:
        return "mutations not assessable: hot spots were not read"
    unread = read.count(NOT_ASSESSABLE)
    return f"{unread} of {len(read)} hot spots not assessable" if unread else ""


_EARLY = {True: "Poor early response", False: "Good early response", None: "Not assessable"}
_AFTER = {
    True: "Poor early response, and relapse",
    False: "Relapse after good early response",
    None: "Relapse; early response not known",
}


def _response(diagnosis: Diagnosis) -> Card:
    response = diagnosis.response
    early = is_early_poor(response.criteria)
    text = (_AFTER if has_relapsed(response.criteria) else _EARLY)[early]
    tone = {True: "alert", False: "clear", None: "open"}[response.poor]
    if not any(criterion.observed for criterion in response.criteria):
        return Card("Response", tone, text, "The sample sheet states no response.", "response")
    detail = _explained(response) if response.poor else response.expected
    unexpected = (
        "Early response unexpected for what was found. " if response.agreement == "unexpected" else ""
    )
    return Card("Response", tone, text, unexpected + detail, "response")


def _explained(response: Response) -> str:
    """Return what could explain a poor response: the first finding, or what was not assessed."""
    findings = [e.statement for e in response.explanations if e.strength == "finding"]
    gaps = len(response.explanations) - len(findings)
    told = findings[:1] or ["Nothing that was found explains it."]
    if len(findings) > 1:
        told.append(f"{wording.several(len(findings) - 1, 'further finding')} could explain it too.")
    if gaps:
        told.append(wording.sentence(f"{wording.several(gaps, 'possible cause')} could not be assessed"))
    return " ".join(told)


def _therapies(diagnosis: Diagnosis) -> Card:
    clinical = [t for t in diagnosis.therapies if t.listing == "clinical" and t.direction == SENSITIVITY]
    if not clinical:
        return Card(
            "Candidate drugs", "open", "None with verified evidence", _no_candidate(diagnosis), "therapy"
        )
    first = clinical[0]
    against = [resistance_in_words(resistance) for resistance in first.resistance]
    limits = "; ".join(first.context.split("; ")[1:])
    told = [f"{first.drug_class}, level {first.level}, on {first.basis}.", *against, wording.sentence(limits)]
    if len(clinical) > 1:
        told.append(wording.sentence(wording.several(len(clinical) - 1, "further candidate")))
    told.append("For discussion, not advice.")
    resisted = any(resistance.status == DETECTED for resistance in first.resistance)
    tone = "alert" if resisted else "found"
    return Card("Candidate drugs", tone, first.agents, " ".join(filter(None, told)), "therapy")


def _no_candidate(diagnosis: Diagnosis) -> str:
    """Return what the list of drugs holds where no candidate has verified evidence."""
    resisted = [
        f"{therapy.agents} ({therapy.basis})"
        for therapy in diagnosis.therapies
        if therapy.listing == "clinical" and therapy.direction == RESISTANCE
    ]
    research = any(therapy.listing == "research" for therapy in diagnosis.therapies)
    told = [f"Resistance was found: {'; '.join(resisted)}."] if resisted else []
    return " ".join([*told, "See the research list." if research else "The research list is empty too."])


def resistance_in_words(resistance: Resistance) -> str:
    """Return what a lesion that makes resistant means for a candidate drug."""
    drugs = wording.enumerated(resistance.agents)
    if resistance.status == DETECTED:
        return f"{resistance.basis} was detected: resistance to {drugs}."
    return f"{resistance.lesion}, which makes resistant to {drugs}, was not assessable ({resistance.basis})."


def _next_steps(diagnosis: Diagnosis) -> tuple[str, ...]:
    return tuple(
        step
        for steps in (
            _contradictions_to_clarify(diagnosis),
            _findings_to_confirm(diagnosis),
            _data_to_add(diagnosis),
            _misses_to_exclude(diagnosis),
        )
        for step in steps
    )


def _contradictions_to_clarify(diagnosis: Diagnosis) -> Iterator[str]:
    if _contradiction(diagnosis):
        yield (
            "Clarify the class by FISH or karyotype: the fusion and the expression contradict each other, "
            "as in a swapped or mixed sample."
        )


def _findings_to_confirm(diagnosis: Diagnosis) -> Iterator[str]:
    for target in diagnosis.targets:
        if target.status == DETECTED and target.confirm:
            yield f"Confirm {target.target} by {target.confirm}."
    if mutated := _mutated(diagnosis):
        yield f"Confirm {wording.enumerated(mutated)} by sequencing of DNA."
    germline = {v.gene for v in diagnosis.variants if v.status == DETECTED and "germline" in v.meaning}
    if germline:
        yield f"Consider germline evaluation: {wording.enumerated(sorted(germline))}."
    for target in diagnosis.targets:
        if target.status == NOT_ASSESSABLE and "low confidence" in target.basis:
            yield f"Clarify {target.target} by {target.confirm}: {target.basis}."


def _data_to_add(diagnosis: Diagnosis) -> Iterator[str]:
    diseased = [sample for sample in diagnosis.samples if sample.timepoint != "remission"]
    lacking = [
        name
        for name, present in (
            ("fusions", any(sample.has_fusions for sample in diseased)),
            ("hot spots of mutation", any(sample.has_variants for sample in diseased)),
            ("expression", any(sample.genes is not None for sample in diseased)),
        )
        if not present
    ]
    if diseased and lacking:
        yield wording.sentence(
            f"{wording.enumerated(lacking)} not looked at; a run from the reads would look"
        )
    if any(_gate_failed(sample) for sample in diagnosis.samples):
        yield "Sequence deeper, or take a better sample, before anything is excluded."


def _misses_to_exclude(diagnosis: Diagnosis) -> Iterator[str]:
    if any(target.status == DETECTED for target in diagnosis.targets):
        return
    kinases = [t.status for t in diagnosis.targets if t.group == KINASES]
    if any(subtype.subtype == "Ph-like" for subtype in surest_first(diagnosis.subtypes)) and kinases:
        yield (
            f"Look for the lesion behind the BCR::ABL1-like expression: of {len(kinases)} kinase and "
            f"cytokine-receptor lesions, {kinases.count(NOT_DETECTED)} not detected, "
            f"{kinases.count(NOT_ASSESSABLE)} not assessable."
        )
    hidden = [t for t in diagnosis.targets if t.status == NOT_DETECTED and t.caveat]
    if hidden:
        yield f"Exclude by another method what RNA can miss: {by_method(hidden)}."
