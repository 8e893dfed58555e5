"""A diagnosis as a workbook (XLSX): its lists as sheets, for those who sort and filter."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from leukoscope.diagnosis.values import Diagnosis
from leukoscope.therapy import Therapy

_EPOCH = datetime(1980, 1, 1)
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def workbook(diagnosis: Diagnosis) -> bytes:
    """Return the diagnosis as XLSX; equal diagnoses give equal bytes.

    A text that begins like a formula is written as text.
    """
    return pack_sheets(_sheets(diagnosis), diagnosis.intended_use)


def pack_sheets(sheets: Iterable[tuple[str, Sequence[str], Sequence[Sequence[Any]]]], footer: str) -> bytes:
    """Return sheets as XLSX; equal sheets give equal bytes.

    Parameters
    ----------
    sheets
        Title, header and rows of each.
    footer
        What every printed page says.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.properties.created = book.properties.modified = _EPOCH
    book.properties.creator = "leukoscope"
    book.remove(book.worksheets[0])
    for title, header, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.append(list(header))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for number, row in enumerate(rows, start=2):
            for column, value in enumerate(row, start=1):
                cell = sheet.cell(number, column, _cell(value))
                if isinstance(value, str):
                    cell.data_type = "s"
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
        sheet.oddFooter.left.text = footer
    packed = io.BytesIO()
    book.save(packed)
    return _undated(packed.getvalue())


def _sheets(diagnosis: Diagnosis) -> Iterable[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]:
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
    yield _sheet("Subtype", diagnosis.subtypes)
    yield _sheet("Drugs", diagnosis.therapies)
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
        *(("limit", limit) for limit in diagnosis.limits),
    ]


def _sheet(
    title: str, parts: Sequence[Any], *, without: Sequence[str] = ()
) -> tuple[str, Sequence[str], Sequence[Sequence[Any]]]:
    names = [name for name in _FIELDS[title] if name not in without]
    return title, names, [[getattr(part, name) for name in names] for part in parts]


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
        "Subtype": values.Subtype,
        "Drugs": Therapy,
        "QualityCheck": values.QualityCheck,
        "References": values.Reference,
    }
    return {name: [field.name for field in dataclasses.fields(kind)] for name, kind in kinds.items()}


_FIELDS = _fields()


def _cell(value: object) -> str | int | float | None:
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    if isinstance(value, str):
        return _ILLEGAL.sub("", value)
    return value if value is None or isinstance(value, int | float) else str(value)


def _undated(packed: bytes) -> bytes:
    """Return the archive with every entry dated 1980, so that the hour does not show."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as given,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as plain,
    ):
        for name in sorted(given.namelist()):
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content
                )
            plain.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return written.getvalue()
