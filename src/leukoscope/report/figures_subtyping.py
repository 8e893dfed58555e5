"""Figures of the subtype call: evidence card, class bars, chromosome strip, neighbours, reference map.

Each function takes axes and checked tables, opens nothing and sets no global style.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.publishing import published
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from leukoscope.subtyping.calling import SubtypeCalls

GAIN, LOSS, NEUTRAL, ACCENT = "#b5483b", "#35618f", "#8a8a8a", "#1f6f5c"
_SHOWN_CLASSES = 8
_HASH_SALT = "leukoscope"  # SVG identifiers must not differ from run to run


def class_bars(ax: Axes, probabilities: pd.DataFrame, *, n: int = _SHOWN_CLASSES) -> None:
    """Draw the likeliest classes of one sample: all evidence as bars, the two experts as marks.

    Parameters
    ----------
    ax
        Where to draw.
    probabilities
        Rows of one sample (:data:`~leukoscope.tables.subtyping.SUBTYPE_PROBABILITIES`).
    n
        Classes to show; the others are left out.
    """
    shown = probabilities.sort_values("probability", ascending=False, kind="stable").head(n).iloc[::-1]
    at = np.arange(len(shown))
    ax.barh(at, shown["probability"], color=ACCENT, height=0.6, label="all evidence")
    ax.plot(shown["panel"], at, "|", color="black", markersize=10, label="panel expert")
    ax.plot(shown["score"], at, "x", color=GAIN, markersize=5, label="signature expert")
    ax.set_yticks(at, shown["group"])
    ax.set_xlim(0, 1.02)
    ax.set_xlabel("probability")
    ax.legend(loc="lower right", frameon=False, fontsize=7)


def karyotype_strip(ax: Axes, segments: pd.DataFrame) -> None:
    """Draw the ratio of every chromosome arm of one sample, in genome order.

    Segments that could not be assessed are left out.

    Parameters
    ----------
    ax
        Where to draw.
    segments
        Rows of one sample (:data:`~leukoscope.tables.karyotype.KARYOTYPE`).
    """
    arms = segments[segments["segment"].str.contains("[pq]$") & segments["log2_ratio"].notna()]
    colours = {"gain": GAIN, "high gain": GAIN, "loss": LOSS}
    at = np.arange(len(arms))
    ax.bar(at, arms["log2_ratio"], color=[colours.get(call, NEUTRAL) for call in arms["call"]], width=0.8)
    ax.axhline(0, color="black", linewidth=0.6)
    ax.set_xticks(at, arms["segment"], rotation=90, fontsize=6)
    ax.set_xlim(-0.6, max(len(arms) - 0.4, 0.4))
    ax.set_ylabel("log2 ratio")


def neighbour_bars(ax: Axes, classes: list[str]) -> None:
    """Draw of which class the nearest reference samples are.

    Parameters
    ----------
    ax
        Where to draw.
    classes
        Class of each neighbour.
    """
    counted = pd.Series(classes, dtype=object).value_counts().sort_values(kind="stable")
    ax.barh(np.arange(len(counted)), counted.to_numpy(), color=NEUTRAL, height=0.6)
    ax.set_yticks(np.arange(len(counted)), counted.index)
    ax.set_ylim(-0.6, max(len(counted), 5) - 0.4)
    ax.set_xlabel(f"of the {len(classes)} nearest reference samples")


def reference_map(ax: Axes, references: pd.DataFrame, nearest: NDArray[np.int64]) -> None:
    """Draw the map of the reference samples, and one sample amid its nearest ones.

    The map (t-SNE of the signature scores) was made once and ships with the reference; the sample
    stands at the median of its nearest reference samples.  Distances on the map mean little.

    Parameters
    ----------
    ax
        Where to draw.
    references
        Reference samples with ``subtype``, ``map_x`` and ``map_y``.
    nearest
        Rows of the nearest ones.
    """
    places = references[["map_x", "map_y"]].to_numpy(np.float64)
    labels = references["subtype"].to_numpy()
    names = sorted(set(labels) - {"B-other"})
    ax.plot(*places[labels == "B-other"].T, ".", color="#dddddd", markersize=2, zorder=0)
    for name, colour in zip(names, _palette(len(names)), strict=True):
        points = places[labels == name]
        ax.plot(points[:, 0], points[:, 1], ".", color=colour, markersize=2.5)
        ax.annotate(name, np.median(points, axis=0), fontsize=5.5, ha="center", color="black")
    at = np.median(places[nearest], axis=0)
    ax.plot(at[0], at[1], "*", color="black", markersize=11, markeredgecolor="white")
    ax.set_xticks([])
    ax.set_yticks([])


def _palette(n: int) -> list[tuple[float, float, float]]:
    import colorsys

    return [colorsys.hsv_to_rgb(at / max(n, 1), 0.65, 0.8 if at % 2 else 0.6) for at in range(n)]


def evidence_card(calls: SubtypeCalls, sample: str) -> Figure:
    """Return one page: the call in words, its classes, chromosomes, neighbours and place in the reference."""
    from matplotlib.figure import Figure

    from leukoscope.knowledge.subtype_tables import reference_scores
    from leukoscope.subtyping.signatures import nearest_references

    row = calls.table["sample"].tolist().index(sample)
    call = calls.table.iloc[row]
    table = reference_scores()
    references = table[list(calls.vote.signatures.names)].to_numpy(np.float64)
    classes = table["subtype"].tolist()
    scaled = calls.vote.signatures.scaled[row]
    near = nearest_references(scaled[None, :], references)[0]
    figure = Figure(figsize=(9, 7.2), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=[0.5, 1.2, 1.0])
    _words(figure.add_subplot(grid[0, :]), sample, call)
    class_bars(figure.add_subplot(grid[1, 0]), calls.probabilities[calls.probabilities["sample"] == sample])
    reference_map(figure.add_subplot(grid[1, 1]), table, near)
    segments = calls.karyotype.segments
    karyotype_strip(figure.add_subplot(grid[2, 0]), segments[segments["sample"] == sample])
    neighbour_bars(figure.add_subplot(grid[2, 1]), [classes[at] for at in near])
    return figure


def _words(ax: Axes, sample: str, call: pd.Series) -> None:
    import textwrap

    ax.axis("off")
    lines = [f"{call['subtype']} ({call['tier']}, {call['probability']:.0%}); lineage {call['lineage']}"]
    for title in ("evidence", "conflicts", "notes"):
        if call[title]:
            lines += textwrap.wrap(f"{title.capitalize()}: {call[title]}", 130)
    lines.append(RESEARCH_USE)
    ax.text(0, 1, sample, fontsize=12, fontweight="bold", va="top", transform=ax.transAxes)
    ax.text(0, 0.75, "\n".join(lines[:9]), fontsize=7, va="top", transform=ax.transAxes)


def draw_cards(calls: SubtypeCalls, folder: Path) -> None:
    """Write ``<sample>.subtype.svg`` of every sample."""
    for sample in calls.table["sample"]:
        _write(evidence_card(calls, sample), folder / f"{_file_name(sample)}.subtype.svg")


def draw_karyotypes(segments: pd.DataFrame, folder: Path) -> None:
    """Write ``<sample>.karyotype.svg`` of every sample.

    Parameters
    ----------
    segments
        :data:`~leukoscope.tables.karyotype.KARYOTYPE`
    folder
        Folder to fill.
    """
    from matplotlib.figure import Figure

    for sample, rows in segments.groupby("sample", sort=False):
        figure = Figure(figsize=(8, 2.4), layout="constrained")
        ax = figure.add_subplot()
        karyotype_strip(ax, rows)
        ax.set_title(str(sample), fontsize=9)
        _write(figure, folder / f"{_file_name(str(sample))}.karyotype.svg")


def _file_name(sample: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in sample)


def _write(figure: Figure, path: Path) -> None:
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": _HASH_SALT, "svg.fonttype": "none"}), published(path) as part:
        figure.savefig(part, format="svg", metadata={"Date": None, "Creator": "leukoscope"})
