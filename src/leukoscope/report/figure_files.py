"""Figures as files: the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from leukoscope.publishing import published


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
    with rc_context({"svg.hashsalt": "leukoscope", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure.add_subplot()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(path.suffix[1:], {})
        with published(path) as part:
            figure.savefig(part, format=path.suffix[1:], dpi=150, metadata=undated)
