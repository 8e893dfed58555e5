"""A diagnosis as a workbook (XLSX): its lists as sheets, for those who sort and filter."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from leukoscope.diagnosis.values import Diagnosis
from leukoscope.report.spreadsheet import Sheet, pack_sheets
from leukoscope.response import Criterion, Explanation
from leukoscope.therapy import Resistance, Therapy


def workbook(diagnosis: Diagnosis) -> bytes:
    """Return the diagnosis as XLSX; equal diagnoses give equal bytes."""
    return pack_sheets(_sheets(diagnosis), diagnosis.intended_use)


def _sheets(diagnosis: Diagnosis) -> Iterable[Sheet]:
    yield "Read me", ("what", "text"), _about(diagnosis)
    yield _sheet("Fusions", diagnosis.fusions, without=("support", "structure"))
    support = [
        (fusion.name, *dataclasses.astuple(line)) for fusion in diagnosis.fusions for line in fusion.support
    ]
    yield "Support", _header(("fusion",), "FusionSupport"), support
    yield _sheet("Looked for", diagnosis.targets)
    values = [
        (marker.symbol, marker.group, *dataclasses.astuple(value))
        for marker in diagnosis.markers
        for value in marker.values
    ]
    yield "Marker genes", _header(("gene", "group"), "MarkerValue"), values
    yield _sheet("Mutations", diagnosis.variants)
    yield _sheet("Candidates", diagnosis.candidates)
    yield _sheet("Subtype", diagnosis.subtypes)
    yield _sheet("Drugs", diagnosis.therapies, without=("resistance",))
    resistance = [
        (therapy.agents, *dataclasses.astuple(lesion)[:-1], "; ".join(lesion.agents))
        for therapy in diagnosis.therapies
        for lesion in therapy.resistance
    ]
    yield "Resistance", ("candidate", *_FIELDS["Resistance"]), resistance
    yield "Response", _FIELDS["Criterion"], [dataclasses.astuple(c) for c in diagnosis.response.criteria]
    explained = [dataclasses.astuple(explanation) for explanation in diagnosis.response.explanations]
    yield "Explanations", _FIELDS["Explanation"], explained
    checks = [(s.sample, *dataclasses.astuple(check)) for s in diagnosis.samples for check in s.checks]
    yield "Quality", _header(("sample",), "QualityCheck"), checks
    yield _sheet("References", diagnosis.references)


def _about(diagnosis: Diagnosis) -> list[Sequence[Any]]:
    origin = diagnosis.provenance
    return [
        ("intended use", diagnosis.intended_use),
        ("patient", diagnosis.patient),
        ("samples", ", ".join(f"{s.sample} ({s.timepoint})" for s in diagnosis.samples)),
        ("software", f"{origin.software} {origin.version}"),
        ("knowledge release", origin.knowledge_release),
        ("expected response", diagnosis.response.expected),
        ("agreement with the early response", diagnosis.response.agreement),
        *(("limit", limit) for limit in diagnosis.limits),
    ]


def _sheet(title: str, parts: Sequence[Any], *, without: Sequence[str] = ()) -> Sheet:
    names = [name for name in _FIELDS[title] if name not in without]
    return title, names, [[_cell(getattr(part, name)) for name in names] for part in parts]


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else value


def _header(first: tuple[str, ...], kind: str) -> tuple[str, ...]:
    return (*first, *_FIELDS[kind])


def _fields() -> dict[str, list[str]]:
    from leukoscope.diagnosis import values

    kinds = {
        "Fusions": values.Fusion,
        "FusionSupport": values.FusionSupport,
        "Looked for": values.Target,
        "MarkerValue": values.MarkerValue,
        "Mutations": values.Variant,
        "Candidates": values.Candidate,
        "Subtype": values.Subtype,
        "Drugs": Therapy,
        "Resistance": Resistance,
        "Criterion": Criterion,
        "Explanation": Explanation,
        "QualityCheck": values.QualityCheck,
        "References": values.Reference,
    }
    return {name: [field.name for field in dataclasses.fields(kind)] for name, kind in kinds.items()}


_FIELDS = _fields()
