"""The fused transcript: its sequence around the junction, its reading frame and its peptide."""

from __future__ import annotations

from dataclasses import dataclass

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.partners import Exon, Partner
from leukoscope.genemodel import is_mitochondrial_contig, known_contig

EXCERPT = 150  # bases on each side of the junction that are shown
INTRON, UNKNOWN, JUNCTION = "___", "...", "|"

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_BASES = "TCAG"
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
CODONS = {
    first + second + third: _AMINO_ACIDS[16 * i + 4 * j + k]
    for i, first in enumerate(_BASES)
    for j, second in enumerate(_BASES)
    for k, third in enumerate(_BASES)
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one side gives to the fused transcript, 5' to 3'."""

    pieces: tuple[str, ...]  #: exons, or a stretch of intron or genome, in the order of transcription
    coding: tuple[int, int]  #: coding bases of the joined pieces, half-open; (-1, -1) if none
    codon_position: int  #: position in its codon (0, 1, 2) of the first of them
    whole: bool  #: False if what lies beyond the pieces is not known

    @property
    def sequence(self) -> str:
        """The pieces as one text."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Product:
    """What the fused transcript says."""

    transcript: str  #: excerpt around the junction in Arriba's notation
    reading_frame: str  #: in-frame, out-of-frame, stop-codon, or empty if it cannot be told
    peptide: str  #: translation of the excerpt in Arriba's notation, or empty


def joined_product(
    genome: Genome,
    sides: tuple[tuple[Partner | None, str, int, int], tuple[Partner | None, str, int, int]],
    inserted: str,
    *,
    excerpt: int = EXCERPT,
) -> Product:
    """Return sequence, frame and peptide of a fusion.

    Parameters
    ----------
    genome
        The bases.
    sides
        For the 5' and the 3' side: the partner (None if no transcript explains the side), and contig,
        position (0-based) and transcribed strand (+1, -1, 0 if unknown) of the breakpoint.
    inserted
        Bases between the sides that belong to neither.
    excerpt
        Bases shown on each side of the junction.

    Notes
    -----
    The frame follows from the annotated codons at both sides of the junction: it is kept if the codon
    position that the 5' part and the inserted bases have reached is the one that the 3' part expects.
    Where the 3' part enters before its start codon, the bases up to there are read as well.  The frame
    cannot be told if the 5' breakpoint lies before the start codon, in an intron or between genes, if the
    3' breakpoint lies in an intron, or if a side is mitochondrial (another genetic code).
    """
    if not sides[0][3] or not sides[1][3]:
        return Product("", "", "")
    five, three = _part(genome, *sides[0], 5), _part(genome, *sides[1], 3)
    transcript = _excerpt5(five, excerpt) + JUNCTION
    transcript += f"{inserted.lower()}{JUNCTION}" if inserted else ""
    transcript += _excerpt3(three, excerpt)
    telling = sides[0][0] is not None and sides[0][0].at in {"splice-site", "exon"}
    telling = telling and not any(is_mitochondrial_contig(side[1]) for side in sides)
    if not telling or five.coding[0] < 0 or (sides[1][0] is not None and sides[1][0].at == "intron"):
        return Product(transcript, "", "")
    frame = reading_frame(five, inserted.upper(), three)
    if frame == "stop-codon":
        return Product(transcript, frame, "")
    return Product(transcript, frame, peptide(five, inserted.upper(), three, frame == "in-frame", excerpt))


def reading_frame(five: Part, inserted: str, three: Part) -> str:
    """Return ``in-frame``, ``out-of-frame`` or ``stop-codon``; `five` must contain a start of translation."""
    read = five.sequence[five.coding[0] :]
    if five.coding[1] < len(five.sequence):
        return "stop-codon"
    reached = five.codon_position + len(read) + len(inserted)
    start = three.coding[0]
    if start < 0 or (reached + start) % 3 != three.codon_position:
        return "out-of-frame"
    leader = (3 - five.codon_position) % 3
    before_three = (read + inserted + three.sequence[: start + 2])[leader:]
    whole = len(before_three) - len(before_three) % 3
    stops = "*" in translate(before_three[:whole])
    return "stop-codon" if stops else "in-frame"


def translate(bases: str) -> str:
    """Return the amino acids of the whole codons; ``?`` for a codon with an unknown base.

    Examples
    --------
    >>> translate("ATGNNNTAAC")
    'M?*'
    """
    return "".join(CODONS.get(bases[i : i + 3], "?") for i in range(0, len(bases) - 2, 3))


def peptide(five: Part, inserted: str, three: Part, in_frame: bool, excerpt: int) -> str:
    """Return the translated excerpt: 5' part | inserted | 3' part, lower case where no gene reads so.

    Lower case are codons across a junction, of inserted bases, before the start codon of the 3' gene
    and out of its frame.  A codon across the junction stands on the side that has two of its bases.
    Translation ends with the first stop codon (``*``).
    """
    read = five.sequence[five.coding[0] :]
    first = max(0, len(read) - excerpt)
    first += -(five.codon_position + first) % 3
    left = len(read) - first
    bases = read[first:] + inserted + three.sequence[:excerpt]
    coding_from = left + len(inserted) + max(three.coding[0], 0) if in_frame else len(bases)
    ends = (left, left + len(inserted))
    parts = ["", "", ""]
    for at in range(0, len(bases) - 2, 3):
        letter = CODONS.get(bases[at : at + 3], "?")
        own = at + 3 <= ends[0] or at >= coding_from
        parts[_owner(at, ends)] += letter if own else letter.lower()
        if letter == "*":
            break
    return JUNCTION.join(parts if inserted else (parts[0], parts[2]))


def _owner(at: int, ends: tuple[int, int]) -> int:
    """Return 0, 1 or 2: the part (5', inserted, 3') to which most bases of the codon at `at` belong."""
    owners = sorted(0 if i < ends[0] else 1 if i < ends[1] else 2 for i in range(at, at + 3))
    return owners[1]


def _part(
    genome: Genome, partner: Partner | None, contig: str, position: int, strand: int, role: int
) -> Part:
    contig = known_contig(contig, genome.contigs)
    if partner is None or partner.at in {"intron", "outside"}:
        left = position - EXCERPT + 1 if (role == 5) == (strand > 0) else position
        return Part((_fetch(genome, contig, left, left + EXCERPT, strand),), (-1, -1), 0, False)
    kept = partner.retained()
    pieces = tuple(_fetch(genome, contig, exon.start, exon.end, strand) for exon in kept)
    coding = _coding_span(kept, strand)
    before = sum(_coding_length(exon) for exon in partner.exons) - sum(_coding_length(exon) for exon in kept)
    first = partner.first_codon_position + (before if role == 3 else 0)
    return Part(pieces, coding, first % 3, True)


def _coding_length(exon: Exon) -> int:
    return exon.coding_end - exon.coding_start


def _coding_span(exons: tuple[Exon, ...], strand: int) -> tuple[int, int]:
    """Return where the coding bases of the joined exons begin and end; (-1, -1) if there are none."""
    done, start, end = 0, -1, -1
    for exon in exons:
        if exon.coding_start >= 0:
            left = exon.coding_start - exon.start if strand > 0 else exon.end - exon.coding_end
            start = done + left if start < 0 else start
            end = done + left + _coding_length(exon)
        done += exon.end - exon.start
    return start, end


def _fetch(genome: Genome, contig: str, start: int, end: int, strand: int) -> str:
    bases = genome.fetch(contig, start, end)
    return bases if strand > 0 else bases.translate(_COMPLEMENT)[::-1]


def _excerpt5(part: Part, excerpt: int) -> str:
    return _excerpt3(Part(tuple(p[::-1] for p in part.pieces[::-1]), (-1, -1), 0, part.whole), excerpt)[::-1]


def _excerpt3(part: Part, excerpt: int) -> str:
    shown: list[str] = []
    for piece in part.pieces:
        left = excerpt - sum(map(len, shown))
        if left <= 0:
            break
        shown.append(piece[:left])
    return INTRON.join(shown) + ("" if part.whole else UNKNOWN)
