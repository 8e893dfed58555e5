"""One fusion as a picture: where it breaks, what it keeps, what it says, how sure it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

from leukoscope.formats.fusion_names import is_receptor_locus, locus_name
from leukoscope.fusions.plausibility import WARNINGS
from leukoscope.fusions.structure import FusionStructure, Side
from leukoscope.report.gene_track import (
    SIDE_COLOURS,
    Scale,
    band_name,
    breakpoint_x,
    draw_breakpoint,
    draw_coverage,
    draw_gene,
    draw_ideogram,
    exon_widths,
    gene_scale,
    is_reversed,
    kept_span,
)
from leukoscope.report.svg_shapes import (
    DOUBT,
    FAINT,
    FIVE,
    INK,
    INSERTED,
    LOST,
    MONO,
    MUTED,
    SMALL,
    THREE,
    Attribute,
    drawing,
    label,
    line,
    polygon,
    rect,
    tag,
    text_width,
)
from leukoscope.version import RESEARCH_USE

WIDTH, MARGIN, GUTTER = 1000, 30, 36
COVERAGE_HEIGHT = 42
SHOWN_BASES, SHOWN_RESIDUES, SHOWN_INSERTED = 34, 16, 64
JUNCTION_X, SUPPORT_X = 330.0, 700.0  # where the halves of the sequence meet, and what stands right of it
DARK = {FIVE: "#005a8f", THREE: "#9a6500"}  # text in the colour of a side, dark enough on white

FRAMES = {
    "in-frame": "in frame",
    "out-of-frame": "out of frame",
    "stop-codon": "stop codon before the junction",
    "": "reading frame not known",
}


def fusion_svg(structure: FusionStructure) -> str:
    """Return a self-contained SVG of one fusion, 1000 units wide.

    From above: name and verdict; chromosomes with the breakpoints (if bands are known); both genes
    with exons and numbers, drawn 5' to 3', lost parts grey, coverage above; the fused transcript with the
    domains it keeps; the bases at the junction and what they code for; supporting fragments; doubts.
    Exons are drawn to scale up to four times their median length, introns squeezed.

    The drawing has a name and a description for screen readers, refers to nothing outside itself, has
    neither style nor script, and is the same bytes for the same structure.
    """
    shapes = [rect(0, 0, WIDTH, 10_000, fill="#ffffff")]
    bottom, heading = _heading(structure)
    bottom, panels = _genes(structure, bottom)
    shapes += heading + panels.shapes
    bottom, fused = _fused(structure, bottom + 34, panels)
    shapes += fused
    bottom, words = _words(structure, bottom + 30)
    shapes += words
    height = bottom + 14
    shapes[0] = rect(0, 0, WIDTH, height, fill="#ffffff")
    return drawing(WIDTH, height, structure.fusion, describe(structure), shapes)


def drawing_names(structures: Sequence[FusionStructure]) -> list[str]:
    """Return a file name for each drawing, in their order: ``01-BCR-ABL1.svg``."""
    digits = max(2, len(str(len(structures))))
    return [
        f"{n:0{digits}d}-" + re.sub(r"[^A-Za-z0-9.]+", "-", structure.fusion).strip("-") + ".svg"
        for n, structure in enumerate(structures, start=1)
    ]


def describe(structure: FusionStructure) -> str:
    """Return the drawing in one sentence, for those who cannot see it."""
    sides = [
        f"{side.symbol or 'no gene'} at {side.contig}:{side.breakpoint + 1} ({side.site or 'site unknown'})"
        for side in (structure.five, structure.three)
    ]
    support = f"{sum(structure.split_reads)} split reads and {structure.discordant_mates} discordant mates"
    return (
        f"Fusion {structure.fusion} {structure.exon_name}".rstrip()
        + f": {sides[0]} joined to {sides[1]}, {structure.type}, {FRAMES.get(structure.reading_frame, '')}, "
        f"{support}."
    )


def _heading(structure: FusionStructure) -> tuple[float, list[str]]:
    shapes = [label(MARGIN, 36, structure.fusion, font_size=22, font_weight="bold")]
    x, y = MARGIN + text_width(structure.fusion, 22) * 1.3 + 14, 21.0  # bold capitals are wide
    for words, colour in _chips(structure):
        wide = text_width(words, SMALL) + 16
        if x + wide > WIDTH - MARGIN:
            x, y = float(MARGIN), y + 26
        shapes += [
            rect(x, y, wide, 19, rx=9.5, fill="none", stroke=colour, stroke_width=1.2),
            label(x + wide / 2, y + 13.5, words, text_anchor="middle", fill=colour),
        ]
        x += wide + 7
    if structure.vicc:
        shapes.append(label(MARGIN, y + 35, structure.vicc, fill=MUTED))
    return y + 55, shapes


def _chips(structure: FusionStructure) -> list[tuple[str, str]]:
    frame = FRAMES.get(structure.reading_frame, structure.reading_frame)
    confidence = f"confidence {structure.confidence}" if structure.confidence else "confidence not graded"
    known = INK if structure.reading_frame else MUTED
    driver = f"B-ALL class {structure.driver_class}" if structure.driver_class else ""
    chips = [(driver, DARK[FIVE]), (structure.exon_name, INK), (frame, known)]
    chips += [(structure.type, MUTED), (_repeated(structure), INK), (confidence, MUTED)]
    return [(words, colour) for words, colour in chips if words]


def _repeated(structure: FusionStructure) -> str:
    """Return how many bases a tandem duplication within one exon repeats; empty for other events."""
    five, three = structure.five, structure.three
    spans = kept_span(five), kept_span(three)
    both = max(a for a, _ in spans), min(b for _, b in spans)
    inside = any(e.start <= both[0] < both[1] <= e.end for e in five.exons)
    return f"{both[1] - both[0]} bp repeated" if structure.intragenic and inside and both[0] < both[1] else ""


@dataclass(frozen=True)
class _Panels:
    """The drawn genes, and where their kept parts end below: (left, right, y) of each side."""

    shapes: list[str]
    kept: tuple[tuple[float, float], tuple[float, float]]
    bottom: float


def _genes(structure: FusionStructure, top: float) -> tuple[float, _Panels]:
    sides = (structure.five, structure.three)
    middle = WIDTH / 2
    spans = [(MARGIN, middle - GUTTER / 2), (middle + GUTTER / 2, WIDTH - MARGIN)]
    together = structure.intragenic and is_reversed(sides[0]) == is_reversed(sides[1])
    if together:
        spans = [(MARGIN, WIDTH - MARGIN)] * 2
    scales = [gene_scale(side, *span) for side, span in zip(sides, spans, strict=True)]
    shapes: list[str] = []
    y = top
    if any(side.bands for side in sides):
        shapes += _ideograms(sides, spans, y + 18)
        y += 50
    covered = any(side.coverage for side in sides)
    header, axis = y + 12, y + (34 + COVERAGE_HEIGHT if covered else 18)
    gene_y = axis + 34
    deepest = max((b.depth for side in sides for b in side.coverage), default=0.0)
    kept = []
    for i, (side, span, scale, colour) in enumerate(zip(sides, spans, scales, SIDE_COLOURS, strict=True)):
        x0, x1 = sorted(scale.x(p) for p in kept_span(side))
        kept.append((x0, x1))
        if i == 0 or not together:
            shapes += _panel_heading(side, span, header, deepest)
            shapes += draw_coverage(side, scale, axis, COVERAGE_HEIGHT, deepest)
            parts = list(zip(sides, SIDE_COLOURS, strict=True)) if together else [(side, colour)]
            shapes += draw_gene(side, scale, gene_y, parts)
    for side, scale, colour in zip(sides, scales, SIDE_COLOURS, strict=True):
        shapes += draw_breakpoint(breakpoint_x(side, scale), axis + 16, gene_y + 14, colour)
    shapes += _places(sides, scales, gene_y + 46)
    return gene_y + 54, _Panels(shapes, (kept[0], kept[1]), gene_y + 52)


def _ideograms(sides: tuple[Side, Side], spans: list[tuple[float, float]], y: float) -> list[str]:
    shapes = []
    one = sides[0].contig == sides[1].contig
    marks = [(side.breakpoint, colour) for side, colour in zip(sides, SIDE_COLOURS, strict=True)]
    if one:
        shapes += draw_ideogram(sides[0], MARGIN + 150, WIDTH - MARGIN - 150, y, marks)
        for mark, side, x, anchor in zip(
            marks, sides, (MARGIN, WIDTH - MARGIN), ("start", "end"), strict=True
        ):
            shapes.append(
                label(x, y + 11, band_name(side), text_anchor=anchor, fill=DARK[mark[1]], font_weight="bold")
            )
        return shapes
    for side, span, mark in zip(sides, spans, marks, strict=True):
        shapes.append(
            label(span[0], y + 11, band_name(side) or side.contig, fill=DARK[mark[1]], font_weight="bold")
        )
        shapes += draw_ideogram(side, span[0] + 78, span[1], y, [mark])
    return shapes


def _panel_heading(side: Side, span: tuple[float, float], y: float, deepest: float) -> list[str]:
    name, told = side.symbol, side.neighbours or side.symbol
    if not side.exons:
        name = f"{locus_name(side.symbol)} locus" if is_receptor_locus(side.symbol) else "between genes"
    if side.exons:
        way = "read backwards (antisense)" if side.antisense else "5′ → 3′"
        told = f"{side.transcript_id}, {side.contig} ({'+' if side.strand > 0 else '−'}), {way}"
    shapes = [
        tag(
            "text",
            tag("tspan", escape(name), font_size=14, font_weight="bold", fill=INK),
            tag("tspan", escape(told), dx=8, font_size=SMALL, fill=MUTED),
            x=span[0],
            y=y,
        )
    ]
    if side.coverage:
        words = f"coverage, up to {deepest:,.0f}"
        shapes.append(label(span[1], y, words, fill=MUTED, text_anchor="end"))
    return shapes


def _places(sides: tuple[Side, Side], scales: list[Scale], y: float) -> list[str]:
    """Write position and site under each breakpoint, side by side where the two are close."""
    xs = [breakpoint_x(side, scale) for side, scale in zip(sides, scales, strict=True)]
    told = [f"{side.contig}:{side.breakpoint + 1:,} · {_site(side)}".rstrip(" ·") for side in sides]
    wide = [text_width(words, SMALL) for words in told]
    first, second = (0, 1) if xs[0] <= xs[1] else (1, 0)
    left = [min(max(x - w / 2, MARGIN), WIDTH - MARGIN - w) for x, w in zip(xs, wide, strict=True)]
    if left[first] + wide[first] > left[second]:
        meet = max((xs[0] + xs[1]) / 2, MARGIN + wide[first])
        left[second] = min(meet + 3, WIDTH - MARGIN - wide[second])
        left[first] = left[second] - 6 - wide[first]
    anchors = [(left[i], "start") if i == second else (left[i] + wide[i], "end") for i in (0, 1)]
    return [
        label(x, y, told[i], text_anchor=anchor, fill=DARK[SIDE_COLOURS[i]], font_weight="bold")
        for i, (x, anchor) in enumerate(anchors)
    ]


def _site(side: Side) -> str:
    """Return the site of a breakpoint; beside a gene that is kept whole, how far from it."""
    gap = _gap(side)
    return f"{gap:,} bases from {side.symbol}" if gap else side.site.replace("/", ", ")


def _gap(side: Side) -> int:
    """Return the bases between a breakpoint and the gene beside it; 0 in a gene, or where there is none."""
    if not side.exons:
        return 0
    first, last = min(e.start for e in side.exons), max(e.end for e in side.exons)
    return max(first - side.breakpoint, side.breakpoint - last + 1, 0)


@dataclass(frozen=True)
class _Piece:
    """A stretch of the fused transcript: its side, exon, place on the genome and relative width."""

    side: int
    number: str
    start: int
    end: int
    coding: bool
    width: float


def _pieces(side: Side, index: int) -> list[_Piece]:
    span = kept_span(side)
    if not side.exons or side.antisense:
        return [_Piece(index, "", *span, False, 1.0)]
    exons = [e for e in side.exons if e.start < span[1] and e.end > span[0]]
    widths = exon_widths(list(side.exons))
    per_exon = {e.number: w for e, w in zip(side.exons, widths, strict=True)}
    pieces = []
    for exon in exons:
        start, end = max(exon.start, span[0]), min(exon.end, span[1])
        share = (end - start) / (exon.end - exon.start)
        coding = exon.coding_start >= 0 and exon.coding_start < end and exon.coding_end > start
        width = max(per_exon[exon.number] * share, max(widths) / 60)
        pieces.append(_Piece(index, str(exon.number), start, end, coding, width))
    if not _gap(side) and not any(e.start <= side.breakpoint < e.end for e in exons):
        intron = _Piece(index, "i", side.breakpoint, side.breakpoint + 1, False, sum(widths) / len(widths))
        pieces = [*pieces, intron] if index == 0 else [intron, *pieces]
    return pieces


def _widened(pieces: list[_Piece]) -> list[_Piece]:
    """Give a side without a transcript a fifth of the width, or half if neither side has one."""
    rest = sum(piece.width for piece in pieces if piece.number)
    return [piece if piece.number else replace(piece, width=rest / 4 or 1.0) for piece in pieces]


def _fused(structure: FusionStructure, top: float, panels: _Panels) -> tuple[float, list[str]]:
    pieces = _widened(_pieces(structure.five, 0) + _pieces(structure.three, 1))
    total = sum(piece.width for piece in pieces)
    unit = (WIDTH - 2 * MARGIN - len(pieces)) / total
    y, x = top + 26, float(MARGIN)
    placed: list[tuple[_Piece, float, float]] = []
    for piece in pieces:
        placed.append((piece, x, x + piece.width * unit))
        x += piece.width * unit + 1
    joint = next(x0 for piece, x0, _ in placed if piece.side == 1) - 0.5
    shapes = _ribbons(panels, (MARGIN, joint, WIDTH - MARGIN), y - 15)
    shapes += [shape for piece, x0, x1 in placed for shape in _fused_piece(piece, x0, x1, y)]
    shapes.append(line(joint, y - 20, joint, y + 20, stroke=INK, stroke_width=1.6))
    if structure.inserted:
        told = f"+{len(structure.inserted)} nt"
        shapes.append(label(joint, y + 32, told, text_anchor="middle", fill=INSERTED))
    bottom, domains = _domains(structure, placed, y + 38)
    return bottom, shapes + domains


def _ribbons(panels: _Panels, below: tuple[float, float, float], y: float) -> list[str]:
    """Lead the eye from the kept part of each gene to its part of the fused transcript."""
    shapes = []
    for i, ((x0, x1), colour) in enumerate(zip(panels.kept, SIDE_COLOURS, strict=True)):
        points = [(x0, panels.bottom), (x1, panels.bottom), (below[i + 1], y), (below[i], y)]
        shapes.append(polygon(points, fill=colour, fill_opacity="0.12"))
    return shapes


def _fused_piece(piece: _Piece, x0: float, x1: float, y: float) -> list[str]:
    colour = SIDE_COLOURS[piece.side]
    reach = 12 if piece.coding else 6.5
    known = piece.number not in {"", "i"}
    outline = None if known else colour
    shapes = [
        rect(x0, y - reach, x1 - x0, 2 * reach, fill=colour if known else "#ffffff", stroke=outline,
             stroke_dasharray=None if known else "3 2")
    ]  # fmt: skip
    words = piece.number if known else "intron" if piece.number == "i" else "no transcript"
    if x1 - x0 > text_width(words, SMALL) + 2:
        fill = ("#ffffff" if piece.side == 0 and known else INK)  # fmt: skip
        shapes.append(label((x0 + x1) / 2, y + 3.5, words, text_anchor="middle", fill=fill))
    return shapes


def _domains(
    structure: FusionStructure, placed: list[tuple[_Piece, float, float]], top: float
) -> tuple[float, list[str]]:
    shapes: list[str] = []
    rows: list[float] = []  # where the text of each row ends
    drawn = False
    for i, side in enumerate((structure.five, structure.three)):
        silent = i == 1 and structure.reading_frame in {"out-of-frame", "stop-codon"}
        for domain in side.domains:
            spans = [s for start, end in domain.intervals for s in _on_transcript(placed, i, start, end)]
            if not spans:
                continue
            x0, x1 = min(a for a, _ in spans), max(b for _, b in spans)
            name = domain.name.replace("_", " ") + (
                f" ({domain.retained:.0%})" if domain.retained < 0.995 else ""
            )
            text_x = max(MARGIN, min(x0, WIDTH - MARGIN - text_width(name, SMALL)))
            row = next((r for r, end in enumerate(rows) if min(x0, text_x) > end + 6), len(rows))
            rows[row:] = [max(x1, text_x + text_width(name, SMALL)), *rows[row + 1 :]]
            y = top + 24 * row
            shapes.append(rect(x0, y, x1 - x0, 6, rx=3, fill=LOST if silent else DARK[SIDE_COLOURS[i]]))
            shapes.append(label(text_x, y + 16, name, fill=MUTED if silent else INK))
            drawn = True
    return (top + 24 * max(len(rows), 1) if drawn else top - 16), shapes


def _on_transcript(
    placed: list[tuple[_Piece, float, float]], index: int, start: int, end: int
) -> list[tuple[float, float]]:
    """Return where a stretch of the genome stands on the fused transcript."""
    found = []
    order = [p for p, _, _ in placed if p.side == index and p.number not in {"", "i"}]
    backwards = any(b.start < a.start for a, b in pairwise(order))
    for piece, x0, x1 in placed:
        a, b = max(start, piece.start), min(end, piece.end)
        if piece.side != index or a >= b or piece.number in {"", "i"}:
            continue
        per_base = (x1 - x0) / (piece.end - piece.start)
        if backwards:
            found.append((x0 + (piece.end - b) * per_base, x0 + (piece.end - a) * per_base))
        else:
            found.append((x0 + (a - piece.start) * per_base, x0 + (b - piece.start) * per_base))
    return found


def _words(structure: FusionStructure, top: float) -> tuple[float, list[str]]:
    """Draw the junction's bases and residues on the left, the support on the right, doubts below."""
    shapes = [line(MARGIN, top - 12, WIDTH - MARGIN, top - 12, stroke=FAINT)]
    shapes += _junction(structure, top + 8)
    shapes += _support(structure, SUPPORT_X, top + 8)
    y = top + 94
    for warning in structure.warnings:
        words = f"{warning}: {WARNINGS.get(warning, '')}"
        for n, part in enumerate(_wrapped(words, 150)):
            if n == 0:
                shapes.append(polygon([(MARGIN, y), (MARGIN + 10, y), (MARGIN + 5, y - 9)], fill=DOUBT))
            shapes.append(label(MARGIN + 16, y, part))
            y += 15
    y += 8 if structure.warnings else 0
    return y + 10, shapes + _legend(y + 6)


def _legend(y: float) -> list[str]:
    """Say what the colours and heights mean, and what the drawing is for."""
    shapes = [line(MARGIN, y - 18, WIDTH - MARGIN, y - 18, stroke=FAINT)]
    x = float(MARGIN)
    for colour, words in ((FIVE, "kept, 5′"), (THREE, "kept, 3′"), (LOST, "lost")):
        shapes += [rect(x, y - 8, 9, 9, fill=colour), label(x + 13, y, words, fill=MUTED)]
        x += 26 + text_width(words, SMALL)
    told = f"Tall: coding. Exons to scale up to 4 × their median, introns squeezed. {RESEARCH_USE}"
    return [*shapes, label(WIDTH - MARGIN, y, told, fill=MUTED, text_anchor="end")]


def _junction(structure: FusionStructure, y: float) -> list[str]:
    shapes = [label(MARGIN, y, "Junction", font_weight="bold")]
    if "|" not in structure.transcript:
        return [*shapes, label(MARGIN, y + 22, "The sequence at the junction is not known.", fill=MUTED)]
    left, _, rest = structure.transcript.partition("|")
    _, _, right = rest.rpartition("|")
    shapes += _sequence(
        _shown(left, -SHOWN_BASES), structure.inserted.lower(), _shown(right, SHOWN_BASES), y + 24, 12
    )
    if structure.peptide:
        parts = structure.peptide.split("|")
        middle = parts[1] if len(parts) == 3 else ""
        shapes += _sequence(parts[0][-SHOWN_RESIDUES:], middle, parts[-1][:SHOWN_RESIDUES], y + 46, 12)
    else:
        shapes.append(label(MARGIN, y + 46, FRAMES.get(structure.reading_frame, ""), fill=MUTED))
    return shapes


def _shown(sequence: str, count: int) -> str:
    plain = sequence.replace("___", "·").replace("...", "…")
    return plain[count:] if count < 0 else plain[:count]


def _sequence(left: str, middle: str, right: str, y: float, size: float) -> list[str]:
    """Write two coloured halves that meet at one x, as much of each as there is room for."""
    joint = JUNCTION_X
    advance = 0.602 * size
    if len(middle) > SHOWN_INSERTED:
        middle = f"{middle[: SHOWN_INSERTED // 2]}…{middle[-SHOWN_INSERTED // 2 :]}"
    half = len(middle) * advance / 2
    left = left[-max(int((joint - half - 4 - MARGIN) / advance), 1) :]
    right = right[: max(int((SUPPORT_X - 10 - joint - half - 4) / advance), 1)]
    font: dict[str, Attribute] = {"font_family": MONO, "font_size": size}
    return [
        tag("text", left, x=joint - half - 4, y=y, text_anchor="end", fill=DARK[FIVE], **font),
        tag(
            "text",
            middle or "|",
            x=joint,
            y=y,
            text_anchor="middle",
            fill=INSERTED if middle else MUTED,
            **font,
        ),
        tag("text", right, x=joint + half + 4, y=y, fill=DARK[THREE], **font),
    ]


def _support(structure: FusionStructure, x: float, y: float) -> list[str]:
    five, three = structure.five.symbol or "5′ side", structure.three.symbol or "3′ side"
    rows = [
        (f"split reads, mostly in {five}", structure.split_reads[0], FIVE),
        (f"split reads, mostly in {three}", structure.split_reads[1], THREE),
        ("discordant mates", structure.discordant_mates, MUTED),
    ]
    if structure.intragenic:
        rows[:2] = [("split reads, longer upstream", structure.split_reads[0], FIVE),
                    ("split reads, longer downstream", structure.split_reads[1], THREE)]  # fmt: skip
    most = max(1, *(count for _, count, _ in rows))
    shapes = [label(x, y, "Supporting fragments", font_weight="bold")]
    for n, (words, count, colour) in enumerate(rows):
        at = y + 18 + 15 * n
        shapes += [
            rect(x, at - 8, 62 * count / most, 9, fill=colour),
            label(x + 68, at, f"{count:,}  {words}"),
        ]
    depth = f"fragments near the breakpoints: {structure.coverage[0]:,} and {structure.coverage[1]:,}"
    return [*shapes, label(x, y + 64, depth, fill=MUTED)]


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
