"""`Event`: one planted rearrangement, and what follows from its pieces.

An event is a spliced molecule, given as pieces of the genome, with one junction in it.  All else
(breakpoints, type, reading frame, equivalent positions) is derived from the pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leukoscope.simulation.sequences import STOP_CODONS, Bases
from leukoscope.simulation.structures import Gene, Genome, Piece, coding_phase, read_pieces

LONGEST_SHIFT = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One planted rearrangement."""

    kind: str  #: class of event, a key of :data:`leukoscope.simulation.event_classes.CLASSES`
    gene5: Gene
    gene3: Gene
    pieces: tuple[Piece, ...]
    junction: int  #: the junction falls after this many pieces
    share: float | None = None  #: share of the gene's molecules that carry the event; None if independent
    partner: int | None = (
        None  #: number, in its group, of the event that this one is reciprocal or isoform of
    )

    @property
    def left(self) -> Piece:
        """The piece that ends at the junction."""
        return self.pieces[self.junction - 1]

    @property
    def inserted(self) -> str:
        """Bases between the two sides that belong to neither."""
        return self.pieces[self.junction].literal

    @property
    def right(self) -> Piece:
        """The first piece of the genome after the junction."""
        return self.pieces[self.junction + (1 if self.inserted else 0)]


def rearrangement_type(event: Event) -> str:
    """Return translocation, deletion, duplication or inversion, as Arriba defines them."""
    left, right = event.left, event.right
    if left.contig != right.contig:
        return "translocation"
    if left.strand != right.strand:
        return "inversion"
    forward = (right.first - left.last) * left.strand
    return "deletion" if forward > 0 else "duplication"


def directions(event: Event) -> tuple[str, str]:
    """Return on which side of each breakpoint the partner is attached (upstream or downstream)."""
    return (
        "downstream" if event.left.strand > 0 else "upstream",
        "upstream" if event.right.strand > 0 else "downstream",
    )


def reading_frame(genome: Genome, event: Event) -> str:
    """Return in-frame, out-of-frame, stop-codon, or an empty text if it cannot be told.

    The frame is that of the principal transcripts.  It cannot be told unless both breakpoints
    lie in coding sequence read in its own sense.
    """
    phase5 = _phase_in_sense(event.gene5, event.left, event.left.last)
    phase3 = _phase_in_sense(event.gene3, event.right, event.right.first)
    if phase5 is None or phase3 is None:
        return ""
    if (phase5 + 1 + len(event.inserted)) % 3 != phase3:
        return "out-of-frame"
    return "stop-codon" if _stops(genome.contigs, event, phase5) else "in-frame"


def _phase_in_sense(gene: Gene, piece: Piece, position: int) -> int | None:
    if piece.contig != gene.contig or piece.strand != gene.strand:
        return None
    return coding_phase(gene, gene.transcripts[0], position)


def _stops(contigs: Mapping[str, Bases], event: Event, phase5: int) -> bool:
    """Return whether a codon that touches the insert or the junction is a stop."""
    start = event.junction + (1 if event.inserted else 0)
    before = read_pieces(contigs, event.pieces[: event.junction]).tobytes()
    after = read_pieces(contigs, event.pieces[start:]).tobytes()
    text = before[len(before) - phase5 - 1 :] + event.inserted.encode() + after[:3]
    return any(text[i : i + 3] in STOP_CODONS for i in range(0, len(text) - 2, 3))


def equivalent_shifts(contigs: Mapping[str, Bases], event: Event) -> tuple[int, int]:
    """Return by how many bases the junction can move left and right with the same sequence.

    Where the bases beside the two breakpoints agree, an aligner may report the junction at any
    of these places; both breakpoints then move together.
    """
    if event.inserted:
        return 0, 0
    left, right = event.left, event.right
    before_left, after_left = _around(contigs, left.contig, left.last, left.strand, after=1)
    before_right, after_right = _around(contigs, right.contig, right.first, right.strand, after=0)
    to_left = _shared(before_left[::-1], before_right[::-1])
    to_right = _shared(after_left, after_right)
    return to_left, to_right


def absorbed_bases(contigs: Mapping[str, Bases], event: Event) -> tuple[int, int]:
    """Return how many bases of the insert the genome itself continues with, on each side.

    The first bases of an insert may by chance be those that follow the left breakpoint in the
    genome, its last bases those that precede the right one; an aligner then cannot but take them
    for genome.
    """
    insert = event.inserted.encode()
    left, right = event.left, event.right
    after = _around(contigs, left.contig, left.last, left.strand, after=1)[1]
    before = _around(contigs, right.contig, right.first, right.strand, after=0)[0]
    return _shared(insert, after), _shared(insert[::-1], before[::-1])


def _around(
    contigs: Mapping[str, Bases], contig: str, position: int, strand: int, *, after: int
) -> tuple[bytes, bytes]:
    """Return the bases before and after a cut; `after` is 1 if the cut follows `position`."""
    size = contigs[contig].size
    cut = position + after if strand > 0 else position + 1 - after
    lo, hi = max(0, cut - LONGEST_SHIFT), min(size, cut + LONGEST_SHIFT)
    first, second = Piece(contig, lo, cut, strand), Piece(contig, cut, hi, strand)
    if strand < 0:
        first, second = second, first
    return read_pieces(contigs, [first]).tobytes(), read_pieces(contigs, [second]).tobytes()


def _shared(a: bytes, b: bytes) -> int:
    for count, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return count
    return min(len(a), len(b))
