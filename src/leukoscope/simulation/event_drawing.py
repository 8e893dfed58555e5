"""What the builders of events share: which genes are unused, and how two are joined."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leukoscope.simulation.events import Event
from leukoscope.simulation.sequences import as_text, random_bases
from leukoscope.simulation.structures import Gene, Genome, Piece, coding_phase, literal_piece


@dataclass
class Draw:
    """What the builders share: chance, the genome, and which genes are still unused."""

    rng: np.random.Generator
    genome: Genome
    used: set[str] = field(default_factory=set)

    def claim(self, *genes: Gene) -> None:
        """Mark genes, and all that overlap them, as used."""
        for gene in genes:
            self.used.add(gene.id)
            for other in self.genome.genes:
                if other.contig == gene.contig and other.start < gene.end and gene.start < other.end:
                    self.used.add(other.id)

    def is_free(self, gene: Gene) -> bool:
        """Return whether a gene may take part in an event."""
        return gene.id not in self.used and gene.contig not in ("chrM", "chrY", "MT", "Y")

    def named(self, *symbols: str) -> list[Gene] | None:
        """Return the genes of these names if all exist and are free."""
        genes = [self.genome.genes[self.genome.by_symbol[s]] for s in symbols if s in self.genome.by_symbol]
        return genes if len(genes) == len(symbols) and all(map(self.is_free, genes)) else None

    def free(self, *, exons: int = 4) -> list[Gene]:
        """Return the free genes of at least so many exons and 600 spliced bases, shuffled."""
        found = [
            g
            for g in self.genome.genes
            if self.is_free(g)
            and not g.family
            and len(g.transcripts[0].exons) >= exons
            and g.transcripts[0].length >= 600
        ]
        return [found[i] for i in self.rng.permutation(len(found))]

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def insert(self, low: int, high: int) -> list[Piece]:
        """Draw an insert as no piece or one."""
        length = self.between(low, high)
        return [literal_piece(as_text(random_bases(self.rng, length, 0.5)))] if length else []


def splice(a: Gene, last: int, b: Gene, first: int, kind: str, **more: object) -> Event:
    """Join exon `last` of one gene to exon `first` of another (both counted from 1)."""
    head, tail = a.pieces()[:last], b.pieces()[first - 1 :]
    return Event(kind, a, b, (*head, *tail), len(head), **more)  # type: ignore[arg-type]


def exon_pair(draw: Draw, a: Gene, b: Gene, *, in_frame: bool) -> tuple[int, int]:
    """Choose the last exon of `a` and the first of `b`, with or without a common frame if possible."""
    ends = [(i, phase(a, p.last)) for i, p in enumerate(a.pieces()[:-1], start=1)]
    starts = [(j, phase(b, p.first)) for j, p in enumerate(b.pieces()[1:], start=2)]
    fitting = [
        (i, j)
        for i, p in ends
        for j, q in starts
        if p is not None and q is not None and ((p + 1) % 3 == q) == in_frame
    ]
    pairs = fitting or [(i, j) for i, _ in ends for j, _ in starts]
    return pairs[draw.between(0, len(pairs) - 1)]


def phase(gene: Gene, position: int) -> int | None:
    """Return the phase of a base in the principal transcript; None outside its coding sequence."""
    return coding_phase(gene, gene.transcripts[0], position)
