"""Figures as files: the same figure gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from leukoscope.publishing import publish_text, published

FORMATS = ("svg", "pdf", "png")
Margins = tuple[float, float, float, float]  #: inches left, right, below and above of the axes
PRINT_DPI = 300  #: of PNG files made for print, and of the dots inside SVG and PDF
SCREEN_DPI = 150
_UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
_DROPPED = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LONG_NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d{3,}(?!\w)")


@contextmanager
def figure_file(path: Path, *, width: float = 5.0, height: float = 4.0) -> Iterator[Axes]:
    """Yield axes to draw on; the figure appears at `path` (.svg, .png or .pdf) on success.

    Parameters
    ----------
    path
        Where; the ending tells the format.
    width, height
        In inches.
    """
    with _style():
        figure = _figure(width, height)
        yield figure.add_subplot()
        _save(figure, path, SCREEN_DPI)


@contextmanager
def figure_files(
    stem: Path,
    *,
    formats: Sequence[str] = FORMATS,
    width: float = 5.0,
    height: float = 4.0,
    margins: Margins | None = None,
) -> Iterator[Figure]:
    """Yield a figure to draw on; it appears as `stem` with each ending on success, the SVG made compact.

    Parameters
    ----------
    stem
        Path without ending.
    formats
        Of :data:`FORMATS`.
    width, height
        In inches.
    margins
        Around all axes; None to measure everything that is drawn, which takes as long as drawing it.
    """
    with _style():
        figure = _figure(width, height)
        if margins is not None:
            left, right, below, above = margins
            figure.set_layout_engine(None)
            figure.subplots_adjust(left / width, below / height, 1 - right / width, 1 - above / height)
        yield figure
        _lay_out(figure)
        for ending in formats:
            path = stem.with_name(f"{stem.name}.{ending}")
            _save(figure, path, PRINT_DPI)
            if ending == "svg":
                publish_text(path, compact_svg(path.read_text(encoding="utf-8")))


def widest(words: Iterable[str], size: float) -> float:
    """Return the width in inches of the longest of some words at a font size in points."""
    font = FontProperties(size=size)
    widths = (text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] for text in words)
    return max(widths, default=0.0) / 72


def compact_svg(text: str) -> str:
    """Return an SVG without comments and metadata, its coordinates to two decimals; words and images stay as they are.

    Examples
    --------
    >>> compact_svg('<?xml version="1.0"?><!-- made --><svg><path d="M 1.23556 -2.5"/><text>p 0.0014</text></svg>')
    '<svg><path d="M 1.24 -2.5"/><text>p 0.0014</text></svg>'
    """
    return _TAG.sub(_shorten, _DROPPED.sub("", text)).strip()


def _shorten(tag: re.Match[str]) -> str:
    if tag.group().startswith("<image"):  # its transform scales thousands of cells
        return tag.group()
    return _LONG_NUMBER.sub(lambda number: f"{float(number.group()):.2f}", tag.group())


def _style() -> AbstractContextManager[None]:
    """Set words as text, and images cell by cell: a viewer scales them, they are not resampled to dots."""
    return rc_context(
        {"svg.hashsalt": "leukoscope", "svg.fonttype": "none", "font.size": 9, "image.interpolation": "none"}
    )


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _lay_out(figure: Figure) -> None:
    """Lay out a figure once, not once a format; the solver's last digits depend on where its values lie in memory."""
    if (engine := figure.get_layout_engine()) is None:
        return
    engine.execute(figure)
    figure.set_layout_engine(None)
    for ax in figure.axes:
        ax.set_position(np.round(ax.get_position(original=True).bounds, 6).tolist())


def _save(figure: Figure, path: Path, dpi: int) -> None:
    kind = path.suffix[1:]
    with published(path) as part:
        figure.savefig(part, format=kind, dpi=dpi, metadata=_UNDATED.get(kind, {}))
