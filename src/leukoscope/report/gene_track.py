"""Genes on a line: exons to scale, introns squeezed, coverage above, ideogram on top."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import median

from leukoscope.fusions.structure import Exon, Side
from leukoscope.report.svg_shapes import (
    FAINT,
    FIVE,
    INK,
    LOST,
    MUTED,
    SMALL,
    THREE,
    label,
    line,
    number,
    polygon,
    rect,
    tag,
    text_width,
)

INTRON_SHARE = 0.36  # of the width of a gene with introns
STAINS = {
    "gneg": "#ffffff",
    "gpos25": "#dfe3e7",
    "gpos33": "#d3d8dd",
    "gpos50": "#b8bfc6",
    "gpos66": "#a3abb3",
    "gpos75": "#8f98a1",
    "gpos100": "#69727b",
    "gvar": "#c9ced4",
    "stalk": "#e9ecef",
    "acen": "#b0656a",
}
WINDOW = 5_000  # base pairs shown on each side of a breakpoint between genes


@dataclass(frozen=True)
class Scale:
    """Positions on the genome to x; what lies between two stops is linear, beyond the ends it is held."""

    stops: tuple[tuple[float, float], ...]  #: (position, x), positions ascending

    def x(self, position: float) -> float:
        """Return where a position (0-based, left edge of the base) is drawn."""
        stops = self.stops
        if position <= stops[0][0]:
            return stops[0][1]
        for (p0, x0), (p1, x1) in itertools.pairwise(stops):
            if position <= p1:
                return x0 + (x1 - x0) * (position - p0) / (p1 - p0) if p1 > p0 else x1
        return stops[-1][1]


def is_reversed(side: Side) -> bool:
    """Tell whether a side is drawn right to left, so that its transcription runs left to right."""
    return (side.transcribed or side.strand) < 0


def gene_scale(side: Side, left: float, right: float) -> Scale:
    """Return the scale of a gene between two x: exons by length (very long ones cut), introns squeezed."""
    blocks = _blocks(side)
    total = sum(width for _, _, width in blocks)
    stops = [(float(blocks[0][0]), 0.0)]
    done = 0.0
    for _, end, width in blocks:
        done += width
        stops.append((float(end), done / total))
    if is_reversed(side):
        return Scale(tuple((p, right - share * (right - left)) for p, share in stops))
    return Scale(tuple((p, left + share * (right - left)) for p, share in stops))


def _blocks(side: Side) -> list[tuple[int, int, float]]:
    """Return exons and introns in genomic order as (start, end, relative width)."""
    exons = sorted(side.exons, key=lambda e: e.start)
    if not exons:
        return [(side.breakpoint - WINDOW, side.breakpoint + WINDOW, 1.0)]
    widths = exon_widths(exons)
    outside = [gap for gap in ((side.start, exons[0].start), (exons[-1].end, side.end)) if gap[0] < gap[1]]
    gaps = [(a.end, b.start) for a, b in itertools.pairwise(exons) if b.start > a.end] + outside
    logs = {gap: math.log10(gap[1] - gap[0] + 10) for gap in gaps}
    unit = sum(widths) * INTRON_SHARE / (1 - INTRON_SHARE) / sum(logs.values()) if logs else 0.0
    blocks = [(*gap, logs[gap] * unit) for gap in outside if gap[1] == exons[0].start]
    for exon, width in zip(exons, widths, strict=True):
        if blocks and exon.start > blocks[-1][1]:
            gap = (blocks[-1][1], exon.start)
            blocks.append((*gap, logs.get(gap, 1.0) * unit))
        blocks.append((exon.start, exon.end, width))
    blocks += [(*gap, logs[gap] * unit) for gap in outside if gap[0] == exons[-1].end]
    return blocks


def exon_widths(exons: list[Exon]) -> list[float]:
    """Return the relative widths of exons: their lengths, those beyond four times the median cut to that."""
    lengths = [exon.end - exon.start for exon in exons]
    longest = 4 * median(lengths)
    return [max(min(length, longest), longest / 60) for length in lengths]


def kept_span(side: Side) -> tuple[int, int]:
    """Return the part of the gene that the fusion keeps, 0-based half-open; empty if none."""
    start, end = (
        (side.start, side.end) if side.exons else (side.breakpoint - WINDOW, side.breakpoint + WINDOW)
    )
    return (start, side.breakpoint + 1) if side.keeps_left else (side.breakpoint, end)


def breakpoint_x(side: Side, scale: Scale) -> float:
    """Return the x of the edge at which the fusion cuts."""
    return scale.x(side.breakpoint + (1 if side.keeps_left else 0))


def draw_gene(side: Side, scale: Scale, y: float, parts: list[tuple[Side, str]]) -> list[str]:
    """Draw a gene around the line `y`: exons tall where coding, lost parts grey, kept parts coloured.

    `parts` are the sides that use this gene with their colours; two for an event within one gene,
    whose exons are then coloured in halves where both keep them.
    """
    if not side.exons:
        x0, x1 = sorted((scale.stops[0][1], scale.stops[-1][1]))
        return [line(x0, y, x1, y, stroke=MUTED, stroke_dasharray="2 4", stroke_width=1.2)]
    x0, x1 = sorted((scale.x(side.start), scale.x(side.end)))
    shapes = [line(x0, y, x1, y, stroke=MUTED, stroke_width=1.1), *_chevrons(side, scale, y)]
    for exon in side.exons:
        shapes += _exon(exon, scale, y, LOST, (0.0, 1.0), (exon.start, exon.end))
        spans = [(kept_span(part), colour) for part, colour in parts]
        for i, (span, colour) in enumerate(spans):
            half = (0.0, 1.0)
            if len(spans) == 2:
                half = (0.0, 0.5) if i == 0 else (0.5, 1.0)
            shapes += _exon(exon, scale, y, colour, half, span)
    return shapes + _numbers(side, scale, y + 25)


def _exon(
    exon: Exon, scale: Scale, y: float, colour: str, half: tuple[float, float], span: tuple[int, int]
) -> list[str]:
    shapes = []
    pieces = [(exon.start, exon.end, 6.5)]
    if exon.coding_start >= 0:
        pieces = [
            (exon.start, exon.coding_start, 6.5),
            (exon.coding_start, exon.coding_end, 12.0),
            (exon.coding_end, exon.end, 6.5),
        ]
    for start, end, reach in pieces:
        start, end = max(start, span[0]), min(end, span[1])
        if start >= end:
            continue
        a, b = sorted((scale.x(start), scale.x(end)))
        top, bottom = y - reach + 2 * reach * half[0], y - reach + 2 * reach * half[1]
        shapes.append(rect(a, top, b - a, bottom - top, fill=colour))
    return shapes


def _chevrons(side: Side, scale: Scale, y: float) -> list[str]:
    """Draw small arrow heads in the introns, pointing the way the gene is read."""
    exons = sorted(side.exons, key=lambda e: e.start)
    rightward = (side.strand > 0) != is_reversed(side)
    tip = 2.6 if rightward else -2.6
    shapes = []
    for a, b in itertools.pairwise(exons):
        x0, x1 = sorted((scale.x(a.end), scale.x(b.start)))
        if x1 - x0 > 9:
            x = (x0 + x1) / 2
            points = f"M{x - tip:.1f} {y - 3:.1f}L{x + tip:.1f} {y:.1f}L{x - tip:.1f} {y + 3:.1f}"
            shapes.append(tag("path", d=points, fill="none", stroke=MUTED, stroke_width=1.1))
    return shapes


def _numbers(side: Side, scale: Scale, y: float) -> list[str]:
    """Number the exons where there is room; first, last and fused exon go before the others."""
    wanted = sorted(
        side.exons, key=lambda e: (e.number != side.exon_number, e.number not in _ends(side), e.number)
    )
    taken: list[tuple[float, float]] = []
    shapes = []
    for exon in wanted:
        x = (scale.x(exon.start) + scale.x(exon.end)) / 2
        reach = text_width(str(exon.number), SMALL) / 2 + 1.5
        if all(x + reach < a or x - reach > b for a, b in taken):
            taken.append((x - reach, x + reach))
            fused = exon.number == side.exon_number
            shapes.append(
                label(x, y, str(exon.number), text_anchor="middle",
                      fill=INK if fused else MUTED, font_weight="bold" if fused else None)
            )  # fmt: skip
    return shapes


def _ends(side: Side) -> set[int]:
    return {side.exons[0].number, side.exons[-1].number}


def draw_coverage(side: Side, scale: Scale, y: float, height: float, deepest: float) -> list[str]:
    """Draw the coverage as an area standing on `y`, one step per unit of width; empty without coverage."""
    x0, x1 = sorted((scale.stops[0][1], scale.stops[-1][1]))
    columns = [0.0] * (math.ceil(x1 - x0) + 1)
    for b in side.coverage:
        a, z = sorted((scale.x(b.start), scale.x(b.end)))
        for column in range(int(a - x0), max(int(a - x0) + 1, math.ceil(z - x0))):
            columns[column] = max(columns[column], b.depth)
    if deepest <= 0 or not any(columns):
        return []
    steps, before = [f"M{number(x0)} {number(y)}"], 0.0
    for i, depth in enumerate([*columns[:-1], 0.0]):
        if depth != before:
            steps.append(f"H{number(min(x0 + i, x1))}V{number(y - height * min(depth / deepest, 1.0))}")
            before = depth
    return [line(x0, y, x1, y, stroke=FAINT), tag("path", d="".join(steps) + "Z", fill="#9aa7b3")]


def draw_breakpoint(x: float, top: float, bottom: float, colour: str) -> list[str]:
    """Draw where a gene breaks."""
    return [
        line(x, top, x, bottom, stroke=INK, stroke_width=1.3, stroke_dasharray="4 2.5"),
        polygon([(x - 5, top - 7), (x + 5, top - 7), (x, top)], fill=colour, stroke=INK, stroke_width=0.8),
    ]


def draw_ideogram(side: Side, left: float, right: float, y: float, marks: list[tuple[int, str]]) -> list[str]:
    """Draw the chromosome with its bands from `left` to `right` and a mark at each breakpoint."""
    if not side.bands:
        return []
    length = max(band.end for band in side.bands)
    unit = (right - left) / length
    shapes = []
    for band in side.bands:
        pinched = 3.0 if band.stain == "acen" else 0.0
        shapes.append(
            rect(left + band.start * unit, y + pinched, (band.end - band.start) * unit, 13 - 2 * pinched,
                 fill=STAINS.get(band.stain, "#ffffff"), stroke="#9aa3ab", stroke_width=0.5)
        )  # fmt: skip
    for position, colour in marks:
        x = left + min(position, length) * unit
        shapes += [
            line(x, y - 3, x, y + 16, stroke=colour, stroke_width=2.4),
            polygon([(x - 4, y - 8), (x + 4, y - 8), (x, y - 2)], fill=colour, stroke=INK, stroke_width=0.6),
        ]
    return shapes


def band_name(side: Side) -> str:
    """Return the cytogenetic band of the breakpoint, ``22q11.23``; empty without bands."""
    hit = [band.name for band in side.bands if band.start <= side.breakpoint < band.end]
    return side.contig.removeprefix("chr") + hit[0] if hit else ""


SIDE_COLOURS = (FIVE, THREE)
