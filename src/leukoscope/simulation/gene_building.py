"""Write one gene into a stretch of DNA: exons, splice sites, reading frame, isoforms.

A gene is laid out in the direction of transcription ("sense"), written into the bases, and only
then turned to its strand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leukoscope.simulation.sequences import Bases, as_bases, coding_sequence, random_bases
from leukoscope.simulation.structures import Gene, Interval, Transcript

MARGIN = 20  #: bases before and after a gene that its splice signals may touch
SHORTEST_CODING = 150  #: bases of the shortest reading frame


@dataclass(frozen=True, slots=True)
class GenePlan:
    """What a gene shall look like."""

    gene_id: str
    symbol: str
    biotype: str
    strand: int
    exons: int
    coding_from: int  #: exon in which the reading frame begins; 0 for a non-coding gene
    framed: tuple[int, ...] = ()  #: exons whose 3' end falls between two codons
    level: float = 1.0
    gap: int = 0  #: distance from the gene before; 0 for chance


@dataclass(frozen=True, slots=True)
class Layout:
    """Exons in sense coordinates (0 is the first base of the gene) and the coding range."""

    exons: tuple[Interval, ...]
    cds: Interval | None

    @property
    def length(self) -> int:
        """Length of the gene body."""
        return self.exons[-1][1]


def lay_out(rng: np.random.Generator, plan: GenePlan, *, intron_scale: float = 1.0) -> Layout:
    """Draw exon and intron lengths, and fit the reading frame to the plan.

    Lengths are log-normal: exons around 140 bases, introns around 900 × `intron_scale` but 80 to
    9,000.  Exons named in ``plan.framed`` are made longer by 0 to 2 bases, so that genes cut
    there fuse in frame with each other; at all others the phase is what chance gives.
    """
    sizes = np.clip(rng.lognormal(np.log(140), 0.35, plan.exons), 60, 900).astype(int)
    sizes[-1] += int(rng.integers(300, 1200))  # 3' untranslated
    if plan.coding_from >= plan.exons:
        sizes[-1] += int(rng.integers(600, 1500))  # the whole reading frame stands in the last exon
    sizes[0] += int(rng.integers(40, 160))  # 5' untranslated
    cds = _fit_frame(rng, plan, sizes) if plan.coding_from else None
    introns = np.clip(rng.lognormal(np.log(900 * intron_scale), 0.9, plan.exons - 1), 80, 9_000).astype(int)
    starts = np.concatenate([[0], np.cumsum(sizes[:-1] + introns)])
    exons = tuple((int(s), int(s + n)) for s, n in zip(starts, sizes, strict=True))
    if cds is None:
        return Layout(exons, None)
    return Layout(exons, (_to_gene(exons, cds[0]), _to_gene(exons, cds[1] - 1) + 1))


def _fit_frame(rng: np.random.Generator, plan: GenePlan, sizes: np.ndarray) -> Interval:
    """Adjust `sizes` in place; return the coding range in spliced coordinates."""
    first = min(plan.coding_from, plan.exons)
    lead = int(rng.integers(20, 40)) if first > 1 else int(rng.integers(50, sizes[0] // 2 + 1))
    start = int(sizes[: first - 1].sum()) + lead
    for exon in sorted(plan.framed):
        if first <= exon < plan.exons:
            sizes[exon - 1] += -(int(sizes[:exon].sum()) - start) % 3
    room = int(sizes.sum()) - start
    untranslated = min(int(rng.integers(250, min(1_000, int(sizes[-1]) - 30))), room - SHORTEST_CODING)
    return start, start + (room - untranslated) // 3 * 3


def _to_gene(exons: Sequence[Interval], spliced: int) -> int:
    for start, end in exons:
        if spliced < end - start:
            return start + spliced
        spliced -= end - start
    raise ValueError("beyond the transcript")


def write_gene(rng: np.random.Generator, layout: Layout) -> Bases:
    """Return the bases of a gene in sense, with `MARGIN` bases on both sides.

    Introns begin with GT and end with AG inside the consensus around them; the coding sequence
    is open from its ATG to its one stop.  The first exon has an acceptor site before it too,
    as genes have that take part in promoter-driven fusions.
    """
    bases = random_bases(rng, layout.length + 2 * MARGIN, float(rng.uniform(0.38, 0.55)))
    body = bases[MARGIN : MARGIN + layout.length]
    for start, end in layout.exons:
        body[start:end] = random_bases(rng, end - start, 0.5)
    if layout.cds is not None:
        write_coding(rng, body, layout)
    donors = [end for _, end in layout.exons[:-1]]
    acceptors = [start for start, _ in layout.exons]
    for at in donors:
        bases[MARGIN + at : MARGIN + at + 6] = as_bases("GTAAGT")
    for at in acceptors:
        tract = as_bases("CT")[rng.integers(0, 2, 11)]
        bases[MARGIN + at - 15 : MARGIN + at] = np.concatenate([tract, as_bases("GCAG")])
    return bases


def write_coding(rng: np.random.Generator, body: Bases, layout: Layout) -> None:
    """Write an open reading frame over the coding range of `layout`, in place."""
    if layout.cds is None:
        return
    first, last = layout.cds
    parts = [(max(s, first), min(e, last)) for s, e in layout.exons if s < last and e > first]
    frame = coding_sequence(rng, sum(e - s for s, e in parts) // 3)
    done = 0
    for start, end in parts:
        body[start:end] = frame[done : done + end - start]
        done += end - start


def place(plan: GenePlan, layout: Layout, contig: str, start: int, isoforms: Sequence[Layout]) -> Gene:
    """Return the gene at its place in the genome; ``isoforms`` come after the principal transcript."""

    def turned(interval: Interval) -> Interval:
        a, b = interval
        return (
            (start + a, start + b)
            if plan.strand > 0
            else (start + layout.length - b, start + layout.length - a)
        )

    transcripts = tuple(
        Transcript(
            f"{plan.gene_id.replace('ENSG', 'SIMT').replace('SIMG', 'SIMT')}{number:02d}",
            tuple(sorted(turned(exon) for exon in one.exons)),
            None if one.cds is None else turned(one.cds),
        )
        for number, one in enumerate((layout, *isoforms), start=1)
    )
    return Gene(plan.gene_id, plan.symbol, plan.biotype, contig, plan.strand, transcripts, plan.level)


def draw_isoforms(rng: np.random.Generator, layout: Layout) -> list[Layout]:
    """Draw up to two further transcripts: one skips an inner exon, one begins later.

    The reading frame is kept where skipping leaves it intact; else the isoform is non-coding.
    """
    isoforms: list[Layout] = []
    n = len(layout.exons)
    if n >= 4 and rng.random() < 0.5:
        skipped = int(rng.integers(1, n - 1))
        exons = layout.exons[:skipped] + layout.exons[skipped + 1 :]
        isoforms.append(Layout(exons, _kept_frame(layout, layout.exons[skipped])))
    if n >= 5 and rng.random() < 0.3:
        isoforms.append(Layout(layout.exons[int(rng.integers(2, n - 2)) :], None))
    return isoforms


def _kept_frame(layout: Layout, skipped: Interval) -> Interval | None:
    if layout.cds is None:
        return None
    first, last = layout.cds
    coding = max(0, min(skipped[1], last) - max(skipped[0], first))
    holds_an_end = skipped[0] <= first < skipped[1] or skipped[0] < last <= skipped[1]
    return layout.cds if coding % 3 == 0 and not holds_an_end else None
