"""`FigurePlan`: a figure before it is drawn, and how figures become files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.publishing import publish_text
from leukoscope.report.figure_files import FORMATS, Margins, figure_files
from leukoscope.report.svg_painting import paint_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class FigurePlan:
    """A figure: what it shows, what it was drawn from, and how to draw it."""

    chapter: str  #: anchor of its chapter
    stem: str  #: path of its files below ``figures/``, without ending
    title: str
    method: str  #: how it was made, in a sentence
    sources: tuple[str, ...]  #: tables that it shows, without ending
    draw: Callable[[Figure], None] | None  #: None if `svg` holds the drawing
    width: float = 5.0  #: inches
    height: float = 4.0
    svg: str = ""  #: a drawing that was made as SVG
    on_page: bool = True  #: whether the page shows the file; not if it draws the figure itself
    margins: Margins | None = None  #: around the axes; None to measure


def on_axes(draw: Callable[..., None], *args: Any, **options: Any) -> Callable[[Figure], None]:
    """Return a function (that other processes take) that draws on the only axes of a figure."""
    return partial(_draw_on_axes, draw, args, options)


def _draw_on_axes(
    draw: Callable[..., None], args: tuple[Any, ...], options: dict[str, Any], figure: Figure
) -> None:
    draw(figure.add_subplot(), *args, **options)


def draw_plan(plan: FigurePlan, folder: Path, formats: Sequence[str] = FORMATS) -> None:
    """Write the files of a figure below `folder`."""
    stem = folder / plan.stem
    draw, others = plan.draw, list(formats)
    if plan.svg:
        others = [ending for ending in formats if ending != "svg"]
        if "svg" in formats:
            publish_text(stem.with_name(f"{stem.name}.svg"), plan.svg)

        def draw(figure: Figure) -> None:
            paint_svg(figure, plan.svg)

    if draw is not None and others:
        with figure_files(
            stem, formats=others, width=plan.width, height=plan.height, margins=plan.margins
        ) as figure:
            draw(figure)
