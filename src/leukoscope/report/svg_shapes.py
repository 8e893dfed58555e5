"""SVG elements as text: escaped, with presentation attributes only, and the same bytes every time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from html import escape

SANS = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MONO = "Menlo, Consolas, 'Liberation Mono', monospace"

INK, MUTED, FAINT, LOST = "#1b2733", "#5b6875", "#d9dee3", "#c5ccd3"
FIVE, THREE, INSERTED, DOUBT = "#0072b2", "#e69f00", "#009e73", "#d55e00"
"""Colours that stay apart for the colour-blind and in grey (after Okabe and Ito): 5' dark, 3' light."""

SMALL = 11.0  #: the smallest type: 5.6 points where 1,000 units are printed 180 mm wide

Number = float | int
Attribute = float | int | str | None


def number(value: Number) -> str:
    """Return a coordinate with at most two decimals and no trailing zeros.

    Examples
    --------
    >>> number(12.0), number(1.256), number(-0.001)
    ('12', '1.26', '0')
    """
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def tag(name: str, *content: str, **attributes: Attribute) -> str:
    """Return an element; ``stroke_width`` becomes ``stroke-width``, None is left out, content is not escaped."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(content)
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


def _value(value: Number | str) -> str:
    return escape(value) if isinstance(value, str) else number(value)


def rect(x: Number, y: Number, width: Number, height: Number, **attributes: Attribute) -> str:
    """Return a rectangle, at least a hair wide."""
    return tag("rect", x=x, y=y, width=max(width, 0.6), height=max(height, 0.6), **attributes)


def line(x1: Number, y1: Number, x2: Number, y2: Number, **attributes: Attribute) -> str:
    """Return a line."""
    attributes.setdefault("stroke", INK)
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def polygon(points: Iterable[tuple[Number, Number]], **attributes: Attribute) -> str:
    """Return a closed shape."""
    return tag("polygon", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), **attributes)


def label(x: Number, y: Number, words: str, **attributes: Attribute) -> str:
    """Return escaped text in the drawing's type."""
    attributes.setdefault("font_size", SMALL)
    attributes.setdefault("fill", INK)
    return tag("text", escape(words), x=x, y=y, **attributes)


def text_width(words: str, size: Number) -> float:
    """Return about how wide text is drawn; a rough guess that errs wide."""
    return 0.58 * float(size) * len(words)


def drawing(width: Number, height: Number, title: str, description: str, shapes: Sequence[str]) -> str:
    """Return a whole SVG with a name and a description for those who cannot see it.

    It refers to nothing outside itself; its identifiers follow from its content, so that several
    drawings can stand in one page.
    """
    key = hashlib.sha256("".join((title, description, *shapes)).encode()).hexdigest()[:10]
    return tag(
        "svg",
        tag("title", escape(title), id=f"t{key}"),
        tag("desc", escape(description), id=f"d{key}"),
        *shapes,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"t{key} d{key}",
        font_family=SANS,
    )
