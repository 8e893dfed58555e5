"""Genes, transcripts and genomes as the simulator sees them.

Coordinates are 0-based and half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from leukoscope.simulation.sequences import Bases, as_bases, reverse_complement

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the genome, read on one strand, or literal bases that stand nowhere in it."""

    contig: str
    start: int
    end: int
    strand: int  #: +1 or -1
    literal: str = ""

    @property
    def first(self) -> int:
        """Position of the base that is read first."""
        return self.start if self.strand > 0 else self.end - 1

    @property
    def last(self) -> int:
        """Position of the base that is read last."""
        return self.end - 1 if self.strand > 0 else self.start

    def trimmed(self, *, five: int = 0, three: int = 0) -> Piece:
        """Return the piece without its first `five` and last `three` bases; negative numbers extend it."""
        left, right = (five, three) if self.strand > 0 else (three, five)
        return Piece(self.contig, self.start + left, self.end - right, self.strand)


def literal_piece(bases: str) -> Piece:
    """Return a piece of bases that are in no genome (an insert)."""
    return Piece("", 0, 0, 1, bases)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Exons in ascending order, and the coding range with its stop codon (None if non-coding)."""

    id: str
    exons: tuple[Interval, ...]
    cds: Interval | None = None

    @property
    def length(self) -> int:
        """Number of bases after splicing."""
        return sum(end - start for start, end in self.exons)


@dataclass(frozen=True, slots=True)
class Gene:
    """One gene; its first transcript is the principal one."""

    id: str
    symbol: str
    biotype: str
    contig: str
    strand: int
    transcripts: tuple[Transcript, ...]
    level: float = 1.0  #: expression, as a multiple of what chance gives this gene
    family: str = ""  #: genes of one family are near-identical copies

    @property
    def start(self) -> int:
        """Leftmost base."""
        return min(t.exons[0][0] for t in self.transcripts)

    @property
    def end(self) -> int:
        """End of the rightmost base."""
        return max(t.exons[-1][1] for t in self.transcripts)

    def pieces(self, transcript: int = 0) -> list[Piece]:
        """Return the exons of one transcript in the order of transcription."""
        exons = self.transcripts[transcript].exons
        return [
            Piece(self.contig, start, end, self.strand)
            for start, end in (exons if self.strand > 0 else reversed(exons))
        ]


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """A rearranged immunoglobulin transcript of one clone, and its share of the locus."""

    pieces: tuple[Piece, ...]
    weight: float


@dataclass(frozen=True)
class Genome:
    """Contigs, genes, and the rearrangements of the immunoglobulin locus in normal cells."""

    contigs: Mapping[str, Bases]
    genes: tuple[Gene, ...]
    rearrangements: tuple[Rearrangement, ...] = ()
    by_symbol: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Index the genes by symbol (the first of a repeated symbol)."""
        index: dict[str, int] = {}
        for number, gene in enumerate(self.genes):
            index.setdefault(gene.symbol, number)
        object.__setattr__(self, "by_symbol", index)

    def overlapping(self, contig: str, position: int) -> list[str]:
        """Return the symbols of the genes over a position, sorted."""
        return sorted({g.symbol for g in self.genes if g.contig == contig and g.start <= position < g.end})


def read_pieces(contigs: Mapping[str, Bases], pieces: Iterable[Piece]) -> Bases:
    """Return the sequence of the pieces, one after the other."""
    return np.concatenate([np.empty(0, dtype=np.uint8), *(_read(contigs, piece) for piece in pieces)])


def _read(contigs: Mapping[str, Bases], piece: Piece) -> Bases:
    if piece.literal:
        return as_bases(piece.literal)
    bases = contigs[piece.contig][piece.start : piece.end]
    return bases if piece.strand > 0 else reverse_complement(bases)


def coding_phase(gene: Gene, transcript: Transcript, position: int) -> int | None:
    """Return the phase of a base in its codon (0, 1, 2), or None outside the coding sequence.

    Parameters
    ----------
    gene, transcript
        Whose reading frame.
    position
        A base of the genome, 0-based.
    """
    if transcript.cds is None or not transcript.cds[0] <= position < transcript.cds[1]:
        return None
    before, inside = 0, False
    first, last = transcript.cds
    for start, end in transcript.exons:
        lo, hi = max(start, first), min(end, last)
        inside = inside or start <= position < end
        if gene.strand > 0:
            before += max(0, min(hi, position) - lo)
        else:
            before += max(0, hi - max(lo, position + 1))
    return before % 3 if inside else None
