"""Put the evidence of one patient together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.candidates import collect_candidates
from leukoscope.diagnosis.deletions import add_deletions
from leukoscope.diagnosis.evidence import BLASTS, Knowledge, SampleEvidence, records
from leukoscope.diagnosis.expression import read_markers
from leukoscope.diagnosis.fusions import collect_fusions
from leukoscope.diagnosis.subtypes import disease_of, read_subtype
from leukoscope.diagnosis.targets import assess_targets
from leukoscope.diagnosis.values import (
    DETECTED,
    NOT_ASSESSABLE,
    SCHEMA_VERSION,
    Diagnosis,
    Fusion,
    Marker,
    Named,
    Provenance,
    QualityCheck,
    Reference,
    Sample,
    Subtype,
    Target,
    Variant,
)
from leukoscope.errors import InputError
from leukoscope.quality import worst_verdict
from leukoscope.response import CRITERIA_SOURCE, Response, compare_response, has_relapsed, read_criteria
from leukoscope.therapy import LEVELS_SOURCE, RESISTANCE, Therapy, suggest_therapies
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.genemodel import GeneModel


#: WHO-HAEM5 and the International Consensus Classification.
CLASSES_SOURCE = "PMID:35732829;PMID:36422706"
LIMITS = (
    "RNA sequencing sees what is transcribed. A lesion that leaves no fusion transcript (most immunoglobulin "
    "rearrangements, enhancer hijacks, whole-gene deletions) can be missed.",
    "Losses of IKZF1, CDKN2A, PAX5 and ERG cannot be excluded from RNA; use MLPA or an array.",
    "The share of reads with a mutation depends on how strongly either allele is expressed; it is not the share of "
    "cells.",
    "RNA of a surface protein is not the protein: CD19, CD22 and TSLPR need flow cytometry.",
    "A sample in remission holds few leukaemic cells; it is not used to exclude a lesion.",
)


def diagnose(
    patient: str,
    samples: Sequence[SampleEvidence],
    knowledge: Knowledge,
    provenance: Provenance,
    *,
    gene_model: GeneModel | None = None,
) -> Diagnosis:
    """Return all that the evidence says of one patient, and what could not be assessed.

    Parameters
    ----------
    patient
        Pseudonym of the patient.
    samples
        Evidence of each sample, in any order.
    knowledge
        The tables that give the findings their meaning.
    provenance
        Software, tools and checksums.
    gene_model
        Annotation of the reference; without it no fusion is drawn.

    Raises
    ------
    InputError
        If there is no sample, or two of one name.
    """
    names = [evidence.sample for evidence in samples]
    if not names or len(set(names)) != len(names):
        raise InputError(
            f"patient {patient}: a diagnosis needs samples of different names; found {len(names)}."
        )
    samples = sorted(samples, key=lambda evidence: evidence.order)
    fusions = collect_fusions(samples, knowledge.targets, knowledge.drivers, gene_model)
    variants = tuple(variant for evidence in samples for variant in _variants(evidence))
    markers = read_markers(knowledge.markers, samples)
    targets = add_deletions(assess_targets(knowledge.targets, fusions, samples), samples, markers)
    subtypes = tuple(_with_identity(read_subtype(evidence, fusions), evidence) for evidence in samples)
    lesions = detected_lesions(fusions, targets, variants, subtypes)
    declared = _declared(samples)
    gaps = {target.target: target.basis for target in targets if target.status == NOT_ASSESSABLE}
    gaps |= _unread_genes(variants, samples, knowledge.responses)
    response = compare_response(read_criteria(declared), knowledge.responses, lesions, gaps)
    therapies = suggest_therapies(
        knowledge.therapies,
        lesions,
        _expressed(markers, samples),
        age=_age(declared),
        unread=_unread_resistance(variants, samples, knowledge.therapies),
        relapsed=has_relapsed(response.criteria),
        disease=disease_of(subtypes),
    )
    cited = _cited(subtypes, targets, variants, response, therapies)
    return Diagnosis(
        schema_version=SCHEMA_VERSION,
        intended_use=RESEARCH_USE,
        patient=patient,
        samples=tuple(_sample(evidence) for evidence in samples),
        subtypes=subtypes,
        fusions=fusions,
        variants=variants,
        candidates=collect_candidates(samples),
        targets=targets,
        markers=markers,
        response=response,
        therapies=therapies,
        limits=LIMITS,
        references=_references(cited, knowledge.references),
        provenance=provenance,
    )


def _cited(
    subtypes: Sequence[Subtype],
    targets: Sequence[Target],
    variants: Sequence[Variant],
    response: Response,
    therapies: Sequence[Therapy],
) -> list[str]:
    """Return the sources of what the document says of this patient."""
    cited = [source for therapy in therapies for source in therapy.sources]
    cited += [LEVELS_SOURCE] if therapies else []
    cited += [CLASSES_SOURCE] if any(subtype.who for subtype in subtypes) else []
    cited += [CRITERIA_SOURCE] if any(criterion.observed for criterion in response.criteria) else []
    cited += [*response.sources, *(explanation.source for explanation in response.explanations)]
    cited += [variant.source for variant in variants if variant.status == DETECTED]
    return cited + [target.source for target in targets if target.status == DETECTED]


def _with_identity(subtype: Subtype, evidence: SampleEvidence) -> Subtype:
    """Return the subtype with the doubts about whose sample it is before all other conflicts."""
    doubts = tuple(text for text in evidence.identity if text not in subtype.conflicts)
    return replace(subtype, conflicts=(*doubts, *subtype.conflicts))


def detected_lesions(
    fusions: Sequence[Fusion],
    targets: Sequence[Target],
    variants: Sequence[Variant],
    subtypes: Sequence[Subtype],
) -> dict[str, str]:
    """Return what was detected with confidence in leukaemia, by name, with its basis in words."""
    clinical = {name for fusion in fusions if fusion.listing == "clinical" for name in fusion.targets}
    clinical.add("IKZF1 deletion")  # by junctions, with a verified source
    lesions = {t.target: t.basis for t in targets if t.status == DETECTED and t.target in clinical}
    for variant in variants:
        if variant.status == DETECTED and variant.timepoint != "remission":
            lesions.setdefault(variant.gene, variant.name)
            lesions.setdefault(variant.name, variant.name)
    for subtype in subtypes:
        if subtype.status == DETECTED and subtype.tier != "suggestive":
            lesions.setdefault(subtype.subtype, f"subtype, {subtype.tier}")
    return lesions


def _unread_genes(
    variants: Sequence[Variant], samples: Sequence[SampleEvidence], responses: pd.DataFrame
) -> dict[str, str]:
    """Return the genes of which no hot spot was read in a sample of the leukaemia, and why."""
    genes = responses.loc[responses["kind"].isin(["mutation", "relapse"]), "subtype"]
    return {gene: reason for gene in genes if (reason := _unread(str(gene), variants, samples))}


def _unread_resistance(
    variants: Sequence[Variant], samples: Sequence[SampleEvidence], therapies: pd.DataFrame
) -> dict[str, str]:
    """Return the mutations that make resistant to a drug and could not be read, and why."""
    rows = therapies[(therapies["direction"] == RESISTANCE) & (therapies["biomarker"] == "mutation")]
    names = [name for genes in rows["genes"] for name in str(genes).split("|")]
    return {name: reason for name in names if (reason := _unread(name, variants, samples))}


def _unread(name: str, variants: Sequence[Variant], samples: Sequence[SampleEvidence]) -> str:
    """Return why a gene, or a mutation (ABL1 T315I), could not be read in the leukaemia; empty if it could.

    A timepoint at which it could be read does not stand for one at which it could not.
    """
    own = [variant for variant in variants if variant.is_at(name)]
    reasons: dict[str, list[str]] = {}
    for evidence in samples:
        if evidence.shows_disease:
            rows = [variant for variant in own if variant.sample == evidence.sample]
            read = any(variant.status != NOT_ASSESSABLE for variant in rows)
            reason = rows[-1].reason or "for no stated reason" if rows else "hot spots were not read"
            reasons.setdefault(evidence.timepoint or evidence.sample, []).append("" if read else reason)
    unread = {place: told[-1] for place, told in reasons.items() if all(told)}
    if len(unread) == len(reasons):
        return next(reversed(unread.values()), "hot spots were not read")
    return "; ".join(f"in {place}: {reason}" for place, reason in unread.items())


def _expressed(markers: Sequence[Marker], samples: Sequence[SampleEvidence]) -> dict[str, str]:
    """Return the marker genes that any sample with leukaemia expresses."""
    leukaemic = {evidence.sample for evidence in samples if evidence.shows_disease}
    leukaemic -= {evidence.sample for evidence in samples if evidence.hiding((BLASTS,))}
    return {
        marker.symbol: f"{marker.symbol} {value.tpm:.0f} TPM"
        for marker in markers
        for value in reversed(marker.values)
        if value.status == DETECTED and value.sample in leukaemic and value.tpm is not None
    }


def _declared(samples: Sequence[SampleEvidence]) -> dict[str, str]:
    """Return what the sample sheet says of the patient; the earliest sample that says it counts.

    A sample of a relapse says that there was one.
    """
    relapsed = any(evidence.timepoint == "relapse" for evidence in samples)
    declared: dict[str, str] = {"relapse": "yes"} if relapsed else {}
    for evidence in samples:
        declared |= {name: text for name, text in evidence.details.items() if text and name not in declared}
    return declared


def _references(cited: Sequence[str], references: pd.DataFrame) -> tuple[Reference, ...]:
    wanted = {part for sources in cited for part in sources.split(";")}
    rows = references[references["id"].isin(wanted)].sort_values("id").to_dict("records")
    return tuple(
        Reference(str(row["id"]), str(row["title"]), int(row["year"]), str(row["source"])) for row in rows
    )


def _age(declared: Mapping[str, str]) -> float | None:
    try:
        return float(declared.get("age", ""))
    except ValueError:
        return None


def _sample(evidence: SampleEvidence) -> Sample:
    checks = records(evidence.quality)
    return Sample(
        sample=evidence.sample,
        timepoint=evidence.timepoint,
        details=tuple(Named(name, text) for name, text in sorted(evidence.details.items()) if text),
        verdict=worst_verdict([str(check["verdict"]) for check in checks]),
        checks=tuple(_check(check) for check in checks),
        has_fusions=evidence.fusions is not None,
        genes=None if evidence.genes is None else len(evidence.genes),
        has_variants=evidence.variants is not None,
        has_candidates=evidence.candidates is not None,
    )


def _check(check: Mapping[str, Any]) -> QualityCheck:
    numbers = {name: _number(check[name]) for name in ("value", "warn", "fail")}
    texts = {name: str(check[name]) for name in QualityCheck.__slots__ if name not in numbers}
    return QualityCheck(**texts, **numbers)  # type: ignore[arg-type]


def _variants(evidence: SampleEvidence) -> list[Variant]:
    """Return the hot spots; few blasts or poor bases exclude no mutation, however many reads there are."""
    return [
        Variant(
            sample=evidence.sample,
            timepoint=evidence.timepoint,
            gene=str(row["gene"]),
            change=str(row["protein_change"]),
            status=str(row["status"]),
            reason=str(row["reason"]),
            depth=int(row["depth"]),
            fragments=int(row["alternative_fragments"]),
            fraction=_number(row["fraction"]),
            meaning=str(row["meaning"]),
            source=str(row["source"]),
        )
        for row in evidence.searched(evidence.variants, (BLASTS, "q30_percent"))
    ]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
