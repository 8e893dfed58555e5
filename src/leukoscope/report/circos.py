"""All fusions of a sample, or of a cohort, on a circle of chromosomes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from leukoscope.genemodel import known_contig
from leukoscope.report.gene_track import STAINS
from leukoscope.report.svg_shapes import (
    DOUBT,
    FIVE,
    INK,
    INSERTED,
    MUTED,
    THREE,
    drawing,
    label,
    line,
    number,
    tag,
)
from leukoscope.version import RESEARCH_USE

if TYPE_CHECKING:
    import pandas as pd

SIZE, RING, BAND, NAMES = 860, 300, 15, 336  # of the drawing; radii of the ring, its thickness, of gene names
BELOW = 66  # what the legend takes under the circle
GAP = 1.4  # degrees between chromosomes
SMALLEST = 2.0  # degrees of the smallest contig
LABEL_STEP = 2.7  # degrees between gene names
MOST_NAMES = 70

COLOURS = {
    "translocation": FIVE,
    "deletion": DOUBT,
    "duplication": THREE,
    "inversion": INSERTED,
    "other": MUTED,
}
DASHES = {"deletion": "5 3", "duplication": "2 2.5", "inversion": "8 2 2 2"}  # told apart without colour
_PRIMARY = re.compile(r"^(chr)?(\d{1,2}|[XYM]|MT)$")


@dataclass(frozen=True)
class _Circle:
    """Where each contig begins and ends on the circle, in degrees clockwise from the top."""

    arcs: dict[str, tuple[float, float]]
    lengths: dict[str, int]

    def angle(self, contig: str, position: int) -> float:
        """Return the angle of a position (0-based)."""
        start, end = self.arcs[contig]
        return start + (end - start) * min(max(position / max(self.lengths[contig], 1), 0.0), 1.0)


@dataclass(frozen=True)
class _Link:
    """One line of the circle: a pair of genes, how often or how well it is seen, where."""

    name: str
    kind: str
    weight: int
    driver: bool
    ends: tuple[tuple[str, str, int], tuple[str, str, int]]  #: gene, contig, position (0-based)


def circos_svg(
    calls: pd.DataFrame,
    lengths: Mapping[str, int],
    *,
    cytobands: pd.DataFrame | None = None,
    title: str = "Fusions",
) -> str:
    """Return an SVG of all fusions on a circle.

    Events of one gene pair and kind are one line; it is wider the more patients have it (column
    ``patients``, if the table has it) or the more fragments support it.  Colour and dashes tell the kind of
    event; drivers of B-ALL are bold.  An event within 2 % of a chromosome is a tick outside the ring, where a
    line would be a spike.

    Parameters
    ----------
    calls
        Fusion calls (:data:`~leukoscope.tables.fusions.FUSIONS`), one row each; an optional column
        ``patients`` says how many patients have the event.
    lengths
        Length of each contig, in the order in which they are drawn.
    cytobands
        Bands of the chromosomes (:data:`~leukoscope.tables.driver_fusions.CYTOBANDS`).
    title
        Heading, and name of the drawing.
    """
    links = _links(calls, lengths)
    circle = _circle(lengths, {end[1] for link in links for end in link.ends})
    shapes = [tag("rect", x=0, y=0, width=SIZE, height=SIZE + BELOW, fill="#ffffff")]
    shapes += _ring(circle, cytobands)
    shapes += [
        shape for link in sorted(links, key=lambda k: (k.driver, k.weight)) for shape in _line(link, circle)
    ]
    shapes += _numbers(circle)
    shapes += _names(links, circle)
    shapes += _legend(links, title)
    told = ", ".join(link.name for link in links[:20]) or "none"
    return drawing(
        SIZE, SIZE + BELOW, title, f"{len(links)} gene pairs on a circle of chromosomes: {told}.", shapes
    )


def _links(calls: pd.DataFrame, lengths: Mapping[str, int]) -> list[_Link]:
    found: dict[tuple[str, str], _Link] = {}
    for call in calls.sort_values(["gene1", "gene2", "breakpoint1", "breakpoint2"]).to_dict("records"):
        kind = str(call["type"]).partition("/")[0]
        kind = kind if kind in COLOURS else "other"
        names = str(call.get("fusion") or f"{call['gene1']}::{call['gene2']}").split("::")
        places = [str(call[f"breakpoint{side}"]).rpartition(":")[::2] for side in (1, 2)]
        contigs = [known_contig(contig, lengths) for contig, _ in places]
        if not all(contig in lengths for contig in contigs):
            continue
        support = sum(int(call[c]) for c in ("split_reads1", "split_reads2", "discordant_mates"))
        weight = int(call.get("patients") or support)
        ends = [(g, c, int(p) - 1) for g, c, (_, p) in zip(names, contigs, places, strict=False)]
        link = _Link("::".join(names), kind, weight, bool(call.get("driver_class")), (ends[0], ends[-1]))
        before = found.get((link.name, kind))
        if before is None or weight > before.weight:
            found[link.name, kind] = link
    return list(found.values())


def _circle(lengths: Mapping[str, int], used: set[str]) -> _Circle:
    shown = sorted((name for name in lengths if name in used or _PRIMARY.match(name)), key=_natural)
    total = sum(lengths[name] for name in shown) or 1
    free = 360 - GAP * len(shown)
    raw = [max(free * lengths[name] / total, SMALLEST) for name in shown]
    unit = free / sum(raw) if raw else 1.0
    arcs, at = {}, GAP / 2
    for name, degrees in zip(shown, raw, strict=True):
        arcs[name] = (at, at + degrees * unit)
        at += degrees * unit + GAP
    return _Circle(arcs, {name: lengths[name] for name in shown})


def _natural(name: str) -> tuple[int, int, str]:
    """Order chromosomes as people do: 1 ... 22, X, Y, M, then the rest by name."""
    bare = name.removeprefix("chr")
    if bare.isdigit():
        return 0, int(bare), ""
    return (1, "XYM".find(bare[0]), bare) if _PRIMARY.match(name) else (2, 0, name)


def _point(angle: float, radius: float) -> tuple[float, float]:
    turn = math.radians(angle - 90)
    return SIZE / 2 + radius * math.cos(turn), SIZE / 2 + radius * math.sin(turn)


def _xy(point: tuple[float, float]) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _arc(start: float, end: float, inner: float, outer: float, **attributes: float | str | None) -> str:
    a, b, c, d = _point(start, outer), _point(end, outer), _point(end, inner), _point(start, inner)
    large = 1 if end - start > 180 else 0
    path = f"M{_xy(a)}A{outer} {outer} 0 {large} 1 {_xy(b)}L{_xy(c)}A{inner} {inner} 0 {large} 0 {_xy(d)}Z"
    return tag("path", d=path, **attributes)


def _ring(circle: _Circle, cytobands: pd.DataFrame | None) -> list[str]:
    shapes = []
    known = dict.fromkeys(cytobands["contig"]) if cytobands is not None else {}
    for i, (name, (start, end)) in enumerate(circle.arcs.items()):
        fill = "#c9d3dc" if i % 2 else "#dde4ea"
        shapes.append(_arc(start, end, RING, RING + BAND, fill=fill, stroke="#8f9aa5", stroke_width=0.6))
        alias = known_contig(name, known)
        if cytobands is not None and alias in known:
            for band in cytobands[cytobands["contig"] == alias].to_dict("records"):
                if int(band["start"]) < circle.lengths[name]:
                    a, b = circle.angle(name, int(band["start"])), circle.angle(name, int(band["end"]))
                    shapes.append(
                        _arc(a, b, RING, RING + BAND, fill=STAINS.get(str(band["giemsa"]), "#ffffff"))
                    )
            shapes.append(
                _arc(start, end, RING, RING + BAND, fill="none", stroke="#8f9aa5", stroke_width=0.6)
            )
    return shapes


def _numbers(circle: _Circle) -> list[str]:
    """Write the name of each chromosome inside the ring, with a white rim over the lines."""
    shapes = []
    for name, (start, end) in circle.arcs.items():
        x, y = _point((start + end) / 2, RING - 13)
        if end - start > 3:
            words = name.removeprefix("chr")
            rim: dict[str, str | float | None] = {
                "stroke": "#ffffff",
                "stroke_width": 4.0,
                "stroke_linejoin": "round",
            }
            shapes.append(label(x, y + 4, words, text_anchor="middle", fill="#ffffff", **rim))
            shapes.append(label(x, y + 4, words, text_anchor="middle", fill=MUTED))
    return shapes


def _line(link: _Link, circle: _Circle) -> list[str]:
    angles = [circle.angle(contig, position) for _, contig, position in link.ends]
    colour = COLOURS[link.kind]
    width = min(1.0 + 0.9 * math.log2(1 + link.weight) / 2, 6.0)
    (_, contig, first), (_, other, second) = link.ends
    if contig == other and abs(first - second) < 0.02 * circle.lengths[contig]:
        a, b = _point(angles[0], RING + BAND), _point(angles[0], RING + BAND + 9)
        return [line(*a, *b, stroke=colour, stroke_width=width)]
    a, b = _point(angles[0], RING - 2), _point(angles[1], RING - 2)
    apart = min(abs(angles[0] - angles[1]), 360 - abs(angles[0] - angles[1]))
    depth = 0.2 + 0.8 * min(apart / 100, 1.0)  # how far towards the middle: a hairpin for neighbours
    controls = [_point(angle, RING * (1 - depth)) for angle in angles]
    path = f"M{_xy(a)}C{_xy(controls[0])} {_xy(controls[1])} {_xy(b)}"
    opacity = "0.9" if link.driver else "0.6"
    dashes = DASHES.get(link.kind)
    return [
        tag("path", d=path, fill="none", stroke=colour, stroke_width=width, stroke_opacity=opacity,
            stroke_dasharray=dashes)
    ]  # fmt: skip


def _names(links: list[_Link], circle: _Circle) -> list[str]:
    """Write each gene once outside the ring, moved apart where they would touch, heaviest first if too many."""
    weights: dict[tuple[str, float], tuple[int, bool]] = {}
    for link in links:
        for gene, contig, position in link.ends:
            key = (gene, round(circle.angle(contig, position), 1))
            before = weights.get(key, (0, False))
            weights[key] = (max(before[0], link.weight), before[1] or link.driver)
    seen: dict[str, tuple[int, bool, float]] = {}
    for (gene, angle), (weight, driver) in weights.items():
        if gene not in seen or weight > seen[gene][0]:
            seen[gene] = (weight, driver, angle)
    kept = sorted(seen, key=lambda g: (not seen[g][1], -seen[g][0], g))[:MOST_NAMES]
    kept.sort(key=lambda g: (seen[g][2], g))
    shapes = []
    for gene, angle in zip(kept, _spread([seen[g][2] for g in kept]), strict=True):
        shapes += _name(gene, seen[gene][2], angle, bold=seen[gene][1])
    return shapes


def _name(gene: str, true_angle: float, angle: float, *, bold: bool) -> list[str]:
    a, b = _point(true_angle, RING + BAND + 2), _point(angle, NAMES - 4)
    x, y = _point(angle, NAMES)
    flipped = angle % 360 > 180
    turn = angle - 90 + (180 if flipped else 0)
    return [
        line(*a, *b, stroke="#aab3bb", stroke_width=0.7),
        label(x, y, gene, font_size=13, text_anchor="end" if flipped else "start", dominant_baseline="middle",
              transform=f"rotate({number(turn)} {number(x)} {number(y)})",
              font_weight="bold" if bold else None),
    ]  # fmt: skip


def _spread(angles: list[float]) -> list[float]:
    """Return the angles, ascending, pushed apart to the least step, around the circle as well."""
    if len(angles) < 2:
        return angles
    gaps = [(angles[(i + 1) % len(angles)] - angle) % 360 for i, angle in enumerate(angles)]
    seam = (gaps.index(max(gaps)) + 1) % len(angles)  # the circle is cut where it is emptiest
    placed = [angle + (360 if i < seam else 0) for i, angle in enumerate(angles)]
    placed = placed[seam:] + placed[:seam]
    for _ in range(400):
        lacks = [max(LABEL_STEP - (b - a), 0.0) for a, b in pairwise(placed)]
        if max(lacks) < 1e-3:
            break
        for i, lack in enumerate(lacks):
            placed[i] -= lack / 2
            placed[i + 1] += lack / 2
    back = len(angles) - seam
    return [angle % 360 for angle in placed[back:] + placed[:back]]


def _legend(links: list[_Link], title: str) -> list[str]:
    shapes = [label(18, 28, title, font_size=18, font_weight="bold")]
    counts = {kind: sum(1 for link in links if link.kind == kind) for kind in COLOURS}
    y = SIZE + 18
    x = 18.0
    for kind, count in counts.items():
        if not count:
            continue
        shapes.append(line(x, y - 4, x + 26, y - 4, stroke=COLOURS[kind], stroke_width=3,
                           stroke_dasharray=DASHES.get(kind)))  # fmt: skip
        shapes.append(label(x + 32, y, f"{kind} ({count})", font_size=14, fill=INK))
        x += 168
    told = "Wider: more fragments or patients. Tick outside the ring: both ends within 2 % of a chromosome."
    shapes += [
        label(18, y + 22, told, font_size=13, fill=MUTED),
        label(18, y + 40, RESEARCH_USE, font_size=13, fill=MUTED),
    ]
    if not links:
        shapes.append(label(SIZE / 2, SIZE / 2, "No fusion was found.", font_size=14, text_anchor="middle"))
    return shapes
