"""Events within one gene: each function takes an unused gene and returns the event planted in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from leukoscope.simulation.event_drawing import Draw, phase, splice
from leukoscope.simulation.events import Event
from leukoscope.simulation.structures import Gene, Piece

DELETIONS = (("IKZF1", 4, 7), ("IKZF1", 2, 7), ("IKZF1", 2, 3), ("ERG", 3, 7), ("PAX5", 2, 6))


TANDEM_DUPLICATIONS = (("KMT2A", 2, 8), ("PAX5", 2, 5))


def exon_tandem_duplication(draw: Draw) -> list[Event] | None:
    """Repeat one to eight exons of a gene (KMT2A-PTD-like)."""
    for symbol, first, last in TANDEM_DUPLICATIONS:
        found = draw.named(symbol)
        if found:
            return [_repeat(draw, found[0], first, last)]
    for gene in draw.free(exons=5):
        n = len(gene.pieces())
        first = draw.between(2, n - 2)
        return [_repeat(draw, gene, first, min(n - 1, first + draw.between(0, 7)))]
    return None


def _repeat(draw: Draw, gene: Gene, first: int, last: int) -> Event:
    draw.claim(gene)
    share = float(draw.rng.uniform(0.1, 0.6))
    return splice(gene, last, gene, first, "exon_tandem_duplication", share=share)


def internal_tandem_duplication(draw: Draw) -> list[Event] | None:
    """Repeat 9 to 150 bases inside a coding exon, 0 to 6 inserted, 70 % of them in frame (FLT3-ITD-like)."""
    named = draw.named("FLT3")
    candidates = [(g, 14) for g in named or []] + [(g, 0) for g in draw.free()]
    for gene, exon in candidates:
        pieces = gene.pieces()
        coding = [
            i
            for i, p in enumerate(pieces)
            if p.end - p.start >= 80 and phase(gene, p.first) is not None and phase(gene, p.last) is not None
        ]
        inner = [exon - 1] if exon and exon - 1 in coding else coding
        if not inner:
            continue
        draw.claim(gene)
        return [_duplicate_within(draw, gene, pieces, inner[draw.between(0, len(inner) - 1)])]
    return None


def _duplicate_within(draw: Draw, gene: Gene, pieces: Sequence[Piece], exon: int) -> Event:
    piece = pieces[exon]
    size = piece.end - piece.start
    longest = min(150, size - 20)
    length = round(float(np.exp(draw.rng.uniform(np.log(9), np.log(longest)))))
    insert = draw.insert(0, 6) if draw.rng.random() < 0.5 else []
    if draw.rng.random() < 0.7:
        length = max(9, length - (length + sum(len(p.literal) for p in insert)) % 3)
    first = draw.between(5, max(5, size - length - 5))
    head = (*pieces[:exon], piece.trimmed(three=size - first - length))
    tail = (piece.trimmed(five=first), *pieces[exon + 1 :])
    share = float(np.exp(draw.rng.uniform(np.log(0.05), np.log(0.9))))
    return Event("internal_tandem_duplication", gene, gene, (*head, *insert, *tail), len(head), share=share)


def intragenic_deletion(draw: Draw) -> list[Event] | None:
    """Leave out one or more inner exons (IKZF1 4-7-like), in 5 to 100 % of the gene's transcripts."""
    share = float(np.exp(draw.rng.uniform(np.log(0.05), 0.0)))
    named = [(d[1], d[2], found[0]) for d in DELETIONS if (found := draw.named(d[0]))]
    choices = [named[i] for i in draw.rng.permutation(len(named))]
    for gene in draw.free(exons=6):
        first = draw.between(2, len(gene.pieces()) - 2)
        choices.append((first, draw.between(first, min(len(gene.pieces()) - 1, first + 5)), gene))
    for first, last, gene in choices:
        event = splice(gene, first - 1, gene, last + 1, "intragenic_deletion", share=share)
        if not _is_annotated(gene, event):
            draw.claim(gene)
            return [event]
    return None


def _is_annotated(gene: Gene, event: Event) -> bool:
    """Return whether some transcript of the gene has the intron that the event makes."""
    low, high = sorted((event.left.last, event.right.first))
    return any(
        (left, right) == (low + 1, high)
        for transcript in gene.transcripts
        for (_, left), (right, _) in pairwise(transcript.exons)
    )
