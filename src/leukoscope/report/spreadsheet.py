"""Sheets of a workbook (XLSX): the same sheets give the same bytes."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

Sheet = tuple[str, Sequence[str], Sequence[Sequence[Any]]]  #: title, header and rows

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML
A4 = 9  #: as XLSX numbers paper
_EPOCH = datetime(1980, 1, 1)


def pack_sheets(sheets: Iterable[Sheet], footer: str) -> bytes:
    """Return sheets as XLSX, each with a bold header that stays in sight and filters.

    A text is written as text, also if it begins like a formula; None, NaN and no text leave
    their cell empty.

    Parameters
    ----------
    sheets
        Title, header and rows of each.
    footer
        What every printed page says.
    """
    from xlsxwriter import Workbook

    packed = io.BytesIO()
    with Workbook(packed, {"constant_memory": True}) as book:
        book.set_properties({"created": _EPOCH, "author": "leukoscope"})
        bold = book.add_format({"bold": True})
        for title, header, rows in sheets:
            sheet = book.add_worksheet(title)
            sheet.freeze_panes(1, 0)
            sheet.repeat_rows(0)
            sheet.set_landscape()
            sheet.set_paper(A4)
            sheet.fit_to_pages(1, 0)
            sheet.autofilter(0, 0, len(rows), len(header) - 1)
            sheet.set_footer(f"&L{footer.replace('&', '&&')}")
            for column, text in enumerate(header):
                sheet.write_string(0, column, text, bold)
            for number, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    _write(sheet, number, column, value)
    return packed.getvalue()


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if value is None or value == "" or value != value:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | np.number) and abs(value) != math.inf:
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _ILLEGAL.sub("", str(value)))
