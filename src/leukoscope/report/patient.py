"""The patient report: a diagnosis as a page that one person can read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from leukoscope.diagnosis import from_json, report_id
from leukoscope.diagnosis.expression import WHOLE_TRANSCRIPTOME
from leukoscope.diagnosis.subtypes import disease_of
from leukoscope.diagnosis.values import (
    DETECTED,
    NOT_ASSESSABLE,
    NOT_DETECTED,
    Candidate,
    Diagnosis,
    Fusion,
    Marker,
    Sample,
    Subtype,
    Target,
    Variant,
)
from leukoscope.fusions.structure import structure_from_json
from leukoscope.report import wording
from leukoscope.report.fusion_drawing import fusion_svg
from leukoscope.report.glossary import GLOSSARY
from leukoscope.report.grouped_lines import group_hotspots, group_targets
from leukoscope.report.patient_page import (
    CandidateLine,
    CheckLine,
    FusionBlock,
    MarkerLine,
    PatientPage,
    SampleBlock,
    SubtypeBlock,
    SupportLine,
    TargetLine,
    VariantLine,
)
from leukoscope.report.rendering import asset, printed_on_every_page, sealed_page
from leukoscope.report.summary import best_confidence, event_name, resistance_in_words, summarise
from leukoscope.report.svg import expression_axis, expression_strip
from leukoscope.response import has_relapsed, is_early_poor
from leukoscope.tables.subtyping import UNMEASURED
from leukoscope.therapy import RESISTANCE, Therapy

#: Events of the research list, best supported first, that stand in a printed report.
RESEARCH_PRINTED = 20
PASSED = "PASS"
DRUG_TITLES = {
    "clinical": "Candidates with verified evidence",
    "resistance": "Findings of resistance with verified evidence",
    "research": "Research list: hypotheses and what was not verified",
}
STATES = (DETECTED, NOT_DETECTED, NOT_ASSESSABLE)


def patient_report(document: str, *, source: str = "diagnosis.json") -> str:
    """Return the report of a ``diagnosis.json``, which errors call `source`, as one HTML document."""
    return render(patient_page(from_json(document, source=source), report_id(document)))


def named_report(html: str) -> str:
    """Return the identifier of the document that a report says it was made from, empty if it says none."""
    found = re.search(r'<meta name="leukoscope-report-id" content="([0-9a-f]{64})">', html)
    return found.group(1) if found else ""


def render(page: PatientPage) -> str:
    """Return the page as one self-contained HTML document."""
    return sealed_page(
        "patient.html.j2",
        style=asset("report.css") + printed_on_every_page(f"Patient {page.diagnosis.patient}"),
        script=asset("report.js"),
        page=page,
        several=wording.several,
        resisted=resistance_in_words,
    )


def patient_page(diagnosis: Diagnosis, identifier: str) -> PatientPage:
    """Turn a diagnosis into words."""
    return PatientPage(
        diagnosis=diagnosis,
        report_id=identifier,
        summary=summarise(diagnosis),
        samples=tuple(_sample(sample) for sample in diagnosis.samples),
        subtypes=tuple(_subtype(subtype) for subtype in diagnosis.subtypes),
        clinical=tuple(_fusion(fusion) for fusion in diagnosis.fusions if fusion.listing == "clinical"),
        research=tuple(_fusion(fusion) for fusion in diagnosis.fusions if fusion.listing != "clinical"),
        research_printed=RESEARCH_PRINTED,
        no_fusions=_no_fusions(diagnosis),
        targets=tuple(_target(target) for target in sorted(diagnosis.targets, key=_target_order)),
        target_groups=group_targets(diagnosis.targets),
        target_counts=tuple((state, _count(diagnosis.targets, state)) for state in STATES),
        variants=tuple(_variant(variant) for variant in diagnosis.variants if variant.status == DETECTED),
        variants_told=_variants_told(diagnosis),
        hotspots=group_hotspots(diagnosis.variants),
        candidates=tuple(_candidate(candidate) for candidate in diagnosis.candidates),
        candidates_told=_candidates_told(diagnosis),
        markers=tuple(_marker(marker) for marker in diagnosis.markers if not _lost(marker)),
        markers_lost=_markers_lost(diagnosis.markers),
        markers_note=_markers_note(diagnosis.samples),
        marker_order=_marker_order(diagnosis.samples),
        marker_axis=expression_axis(),
        relapsed=has_relapsed(diagnosis.response.criteria),
        explained="poor response" if is_early_poor(diagnosis.response.criteria) else "relapse",
        disease=disease_of(diagnosis.subtypes),
        drugs=_drugs(diagnosis.therapies),
        references=tuple(
            (r.id, f"{r.title}. {r.source}, {r.year}", wording.address(r.id)) for r in diagnosis.references
        ),
        glossary=GLOSSARY,
    )


def _count(targets: Sequence[Target], state: str) -> int:
    return sum(target.status == state for target in targets)


def _sample(sample: Sample) -> SampleBlock:
    made = [check for check in sample.checks if check.value is not None]
    missing = [check.label for check in sample.checks if check.value is None]
    sign = {"higher": "<", "lower": ">"}
    return SampleBlock(
        sample=sample.sample,
        timepoint=sample.timepoint or "timepoint not stated",
        details=tuple((detail.name.replace("_", " "), detail.value) for detail in sample.details),
        verdict=sample.verdict,
        checks=tuple(
            CheckLine(
                label=check.label,
                value=wording.measured(check.value, check.unit),
                warn=_bound(sign[check.better], check.warn, check.unit),
                fail=_bound(sign[check.better], check.fail, check.unit),
                verdict=check.verdict,
                consequence=check.consequence,
                source=check.source,
            )
            for check in made
        ),
        passed=", ".join(
            f"{check.label} {wording.measured(check.value, check.unit)}"
            for check in made
            if check.verdict == PASSED
        ),
        troubled=any(check.verdict != PASSED for check in made),
        unmeasured=wording.enumerated(missing),
    )


def _bound(sign: str, value: float | None, unit: str) -> str:
    return wording.ABSENT if value is None else f"{sign} {wording.measured(value, unit)}"


def _fusion(fusion: Fusion) -> FusionBlock:
    facts = [
        ("Event", fusion.event),
        ("Sites", fusion.sites),
        ("Reading frame", wording.frame(fusion.reading_frame)),
        ("Retained domains", fusion.domains),
        ("Defines", fusion.driver_class),
        ("Looked for as", wording.enumerated(fusion.targets)),
        (
            "In normal samples",
            "" if fusion.panel_frequency is None else wording.share(fusion.panel_frequency),
        ),
        ("Doubts", fusion.plausibility),
    ]
    return FusionBlock(
        name=event_name(fusion),
        vicc=fusion.vicc,
        event=fusion.event,
        doubts=fusion.plausibility,
        confidence=best_confidence(fusion),
        meaning="" if fusion.driver_class in event_name(fusion) else fusion.driver_class,
        facts=tuple((name, value) for name, value in facts if value),
        support=tuple(
            SupportLine(
                sample=support.sample,
                timepoint=support.timepoint or wording.ABSENT,
                breakpoints=f"{support.breakpoint5} – {support.breakpoint3}",
                split_reads=wording.count(support.split_reads),
                discordant_mates=wording.count(support.discordant_mates),
                confidence=support.confidence,
                further=wording.count(support.further_breakpoints)
                if support.further_breakpoints
                else wording.ABSENT,
            )
            for support in fusion.support
        ),
        drawing=_drawing(fusion),
    )


def _drawing(fusion: Fusion) -> Markup:
    if fusion.structure is None:
        return Markup("")
    return Markup(fusion_svg(structure_from_json(fusion.structure)))


def _no_fusions(diagnosis: Diagnosis) -> str:
    if not any(sample.has_fusions for sample in diagnosis.samples):
        return "Fusions were not searched in any sample; none can be excluded."
    if any(fusion.listing == "clinical" for fusion in diagnosis.fusions):
        return ""
    return (
        "No fusion of the panel was detected with confidence. What that excludes, and what it does not, "
        "stands under “Looked for”."
    )


def _target_order(target: Target) -> tuple[str, bool, str]:
    return target.group, target.status != DETECTED, target.target


def _target(target: Target) -> TargetLine:
    return TargetLine(
        target=target.target,
        group=target.group,
        status=target.status,
        basis=wording.sentence(target.basis),
        meaning=target.meaning,
        confirm=" ".join(filter(None, (wording.sentence(target.confirm), target.caveat))),
        source=target.source,
    )


def _variant(variant: Variant) -> VariantLine:
    return VariantLine(
        sample=variant.sample,
        change=f"{variant.gene} {variant.change}",
        origin=wording.sentence(variant.reason),
        reads=f"{wording.count(variant.fragments)} of {wording.count(variant.depth)}",
        fraction=wording.share(variant.fraction),
        meaning=variant.meaning,
        source=variant.source,
    )


def _variants_told(diagnosis: Diagnosis) -> str:
    if not any(sample.has_variants for sample in diagnosis.samples):
        return "Hot spots of mutation were not read in any sample: not assessable."
    states = [variant.status for variant in diagnosis.variants]
    found, clear, unread = (states.count(state) for state in STATES)
    spots = wording.several(len(states), "hot spot")
    return (
        f"Of {spots} of all samples, {found} show a mutation, {clear} show none, {unread} are not assessable."
    )


def _candidate(candidate: Candidate) -> CandidateLine:
    inherited = wording.enumerated(candidate.remissions)
    known = candidate.fragments is not None and candidate.depth is not None
    return CandidateLine(
        sample=candidate.sample,
        change=f"{candidate.gene} {candidate.change}",
        consequence=candidate.consequence,
        locus=candidate.locus,
        reads=f"{wording.count(int(candidate.fragments or 0))} of {wording.count(int(candidate.depth or 0))}"
        if known
        else wording.ABSENT,
        fraction=wording.ABSENT if candidate.fraction is None else wording.share(candidate.fraction),
        limits=wording.sentence(
            f"also in remission ({inherited}): probably inherited" if inherited else candidate.note
        ),
        meaning=candidate.meaning,
    )


def _candidates_told(diagnosis: Diagnosis) -> str:
    searched = [sample for sample in diagnosis.samples if sample.has_candidates]
    if not searched:
        return "Other changes of the listed genes were not looked for: not assessable."
    if not diagnosis.candidates:
        return "No other change of protein stands in the listed genes where they are expressed."
    return ""


def _drugs(therapies: Sequence[Therapy]) -> tuple[tuple[str, str, tuple[Therapy, ...]], ...]:
    """Return the drugs under their headings: a drug that a lesion resists is no candidate."""
    kinds: dict[str, list[Therapy]] = {"clinical": [], "resistance": [], "research": []}
    for therapy in therapies:
        resists = therapy.direction == RESISTANCE and therapy.listing == "clinical"
        kinds["resistance" if resists else therapy.listing].append(therapy)
    return tuple((DRUG_TITLES[kind], kind, tuple(rows)) for kind, rows in kinds.items() if rows)


def _lost(marker: Marker) -> bool:
    return all(value.status == NOT_ASSESSABLE for value in marker.values)


def _markers_lost(markers: Sequence[Marker]) -> tuple[tuple[str, str], ...]:
    reasons: dict[str, list[str]] = {}
    for marker in markers:
        if _lost(marker):
            reasons.setdefault(marker.values[0].reason, []).append(marker.symbol)
    return tuple((wording.sentence(reason), wording.enumerated(genes)) for reason, genes in reasons.items())


def _markers_note(samples: Sequence[Sample]) -> str:
    fewest = min((sample.genes for sample in samples if sample.genes is not None), default=None)
    if fewest is None or fewest >= WHOLE_TRANSCRIPTOME:
        return ""
    return (
        f"The reference holds only {wording.several(fewest, 'gene')}: TPM are relative to these and cannot be "
        "compared with those of a whole transcriptome."
    )


def _marker_order(samples: Sequence[Sample]) -> str:
    return " · ".join(sample.timepoint or sample.sample for sample in samples) if len(samples) > 1 else ""


def _marker(marker: Marker) -> MarkerLine:
    able = [value for value in marker.values if value.status != NOT_ASSESSABLE]
    shown = [(value.timepoint, value.tpm) for value in able if value.tpm is not None]
    words = [
        f"{value.timepoint or value.sample} {wording.expression(value.tpm)}"
        if value in able
        else f"{value.timepoint or value.sample}: not assessable ({value.reason})"
        for value in marker.values
    ]
    plain = [wording.expression(value.tpm) for value in able]
    return MarkerLine(
        symbol=marker.symbol,
        group=marker.group,
        values=" · ".join(plain if len(plain) == len(marker.values) else words),
        strip=expression_strip(shown, label=f"{marker.symbol}, TPM: {'; '.join(words)}")
        if able
        else Markup(""),
        z=" · ".join("" if value.z is None else f"{value.z:+.1f}" for value in marker.values).strip(" ·"),
        why=marker.why,
        source=marker.source,
    )


def _gathered(notes: Sequence[str]) -> tuple[str, ...]:
    """Return notes as sentences; those that say the same of several genes are one."""
    genes: dict[str, list[str]] = {}
    for note in notes:
        gene, _, told = note.partition(" ") if UNMEASURED in note else ("", "", note)
        genes.setdefault(told, []).append(gene)
    return tuple(
        wording.sentence(f"{wording.enumerated(names)} {told}".strip()) for told, names in genes.items()
    )


def _subtype(subtype: Subtype) -> SubtypeBlock:
    told = subtype.status == DETECTED
    facts = [
        ("Nearest class", "" if told else subtype.subtype),
        ("WHO-HAEM5", subtype.who if told else ""),
        ("ICC 2022", subtype.icc if told else ""),
        ("Certainty", subtype.tier),
        (
            "Probability of the class",
            "" if subtype.probability is None else wording.share(subtype.probability),
        ),
        *((detail.name, detail.value) for detail in subtype.details),
    ]
    return SubtypeBlock(
        sample=subtype.sample,
        timepoint=subtype.timepoint or "timepoint not stated",
        status=subtype.status,
        name=subtype.subtype if told else wording.sentence(subtype.reason),
        facts=tuple((name, value) for name, value in facts if value),
        evidence=tuple(wording.sentence(text) for text in subtype.evidence),
        conflicts=tuple(wording.sentence(text) for text in subtype.conflicts),
        notes=_gathered(subtype.notes),
    )
