"""Sheets of a workbook (XLSX, ECMA-376), written directly: the same sheets give the same bytes."""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import escape

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PARTS = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (  # format 0: plain, format 1: bold
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
Sheet = tuple[str, Sequence[str], Sequence[Sequence[Any]]]  #: title, header and rows


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
    packed = io.BytesIO()
    areas: list[tuple[str, str]] = []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(path: str, content: str) -> None:
            undated = zipfile.ZipInfo(path)  # 1980
            archive.writestr(undated, content.encode(), zipfile.ZIP_DEFLATED)

        for number, (title, header, rows) in enumerate(sheets, start=1):
            letters = [_letters(column) for column in range(1, len(header) + 1)]
            area = f"A1:{letters[-1]}{len(rows) + 1}"
            areas.append((title, area))
            add(f"xl/worksheets/sheet{number}.xml", _sheet(letters, header, rows, area, footer))
        for path, content in _frame(areas).items():
            add(path, content)
    return packed.getvalue()


def _sheet(
    letters: list[str], header: Sequence[str], rows: Sequence[Sequence[Any]], area: str, footer: str
) -> str:
    lines = [_row(1, letters, header, ' s="1"')]
    lines += [_row(number, letters, row) for number, row in enumerate(rows, start=2)]
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><dimension ref="{area}"/><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetData>{"".join(lines)}</sheetData><autoFilter ref="{area}"/>'
        f"<headerFooter><oddFooter>&amp;L{_text(footer.replace('&', '&&'))}</oddFooter></headerFooter></worksheet>"
    )


def _row(number: int, letters: list[str], values: Sequence[Any], style: str = "") -> str:
    cells = [
        f'<c r="{letter}{number}"{style}{_content(value)}</c>'
        for letter, value in zip(letters, values, strict=True)
        if value is not None and value != "" and value == value
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _content(value: Any) -> str:
    """Return the rest of a cell's opening tag and what stands in it."""
    if isinstance(value, bool):
        return f' t="b"><v>{int(value)}</v>'
    if isinstance(value, int | float) and abs(value) != math.inf:
        return f"><v>{value!r}</v>"
    return f' t="inlineStr"><is><t xml:space="preserve">{_text(str(value))}</t></is>'


def _text(value: str) -> str:
    return escape(_ILLEGAL.sub("", value))


def _letters(column: int) -> str:
    """Return the letters of a column, counted from 1.

    Examples
    --------
    >>> [_letters(column) for column in (1, 26, 27, 703)]
    ['A', 'Z', 'AA', 'AAA']
    """
    letters = ""
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def _frame(areas: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the parts of the archive that hold its sheets together, by path."""
    numbers = range(1, len(areas) + 1)
    sheets = "".join(
        f'<sheet name="{_quoted(title)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (title, _) in enumerate(areas, 1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{i}" hidden="1">'
        f"{_text(_place(title, area))}</definedName>"
        for i, (title, area) in enumerate(areas)
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n in numbers
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PARTS}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{kinds}</Types>',
        "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PARTS}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<bookViews><workbookView/></bookViews><sheets>{sheets}</sheets><definedNames>{filters}</definedNames></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PARTS}/relationships">{links}'
        f'<Relationship Id="rId{len(areas) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
    }


def _place(title: str, area: str) -> str:
    """Return an area as a formula names it: ``'Title'!$A$1:$C$9``."""
    return f"'{title}'!" + re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", area)


def _quoted(value: str) -> str:
    return escape(value, {'"': "&quot;"})
