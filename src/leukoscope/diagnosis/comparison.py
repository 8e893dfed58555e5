"""What differs between two diagnoses of one patient: another day, another release of knowledge."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.diagnosis.values import Diagnosis, Fusion
from leukoscope.therapy import Therapy


@dataclass(frozen=True, slots=True)
class Change:
    """One statement that differs."""

    subject: str  #: fusion, lesion, mutation, drug, subtype, quality or version
    name: str
    before: str  #: empty if it was not there
    after: str  #: empty if it is no longer there


def compare_diagnoses(before: Diagnosis, after: Diagnosis) -> tuple[Change, ...]:
    """Return the statements that differ, in the order of the report.

    What is compared is what a reader would act on: quality, subtype, fusions with their list and
    confidence, states of the panel, detected mutations, candidate drugs with what resists them, and versions.
    """
    left, right = _statements(before), _statements(after)
    return tuple(
        Change(*key, before=left.get(key, ""), after=right.get(key, ""))
        for key in dict.fromkeys([*left, *right])
        if left.get(key, "") != right.get(key, "")
    )


def _statements(diagnosis: Diagnosis) -> dict[tuple[str, str], str]:
    origin = diagnosis.provenance
    told: list[tuple[str, str, str]] = [
        ("version", "leukoscope", origin.version),
        ("version", "knowledge", origin.knowledge_release),
        *(("quality", sample.sample, sample.verdict) for sample in diagnosis.samples),
        *(("subtype", s.sample, f"{s.status}: {s.subtype} {s.tier}".strip(": ")) for s in diagnosis.subtypes),
        *(("fusion", f"{f.name} {f.exons}".strip(), f"{f.listing}, {_levels(f)}") for f in diagnosis.fusions),
        *(("lesion", target.target, target.status) for target in diagnosis.targets),
        *(
            ("mutation", f"{v.gene} {v.change}, {v.sample}", v.status)
            for v in diagnosis.variants
            if v.status == "detected"
        ),
        *(("drug", f"{t.agents} for {t.lesion}", _evidence(t)) for t in diagnosis.therapies),
    ]
    return {(subject, name): text for subject, name, text in told}


def _evidence(therapy: Therapy) -> str:
    """Return list and level of a drug, and the state of what makes resistant to it."""
    resisting = (f"{resistance.lesion} {resistance.status}" for resistance in therapy.resistance)
    return ", ".join([therapy.listing, therapy.level, *resisting])


def _levels(fusion: Fusion) -> str:
    return ", ".join(f"{line.sample} {line.confidence}" for line in fusion.support)
