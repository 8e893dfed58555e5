"""One function per class of event: it takes unused genes and returns the events planted in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from leukoscope.simulation.events import Event
from leukoscope.simulation.sequences import as_text, random_bases
from leukoscope.simulation.structures import Gene, Genome, Piece, coding_phase, literal_piece

Build = Callable[["Draw"], "list[Event] | None"]

KNOWN_FUSIONS = (
    ("ETV6", 5, "RUNX1", 2),
    ("BCR", 14, "ABL1", 2),
    ("BCR", 1, "ABL1", 2),
    ("TCF3", 16, "PBX1", 3),
    ("KMT2A", 9, "AFF1", 5),
    ("KMT2A", 10, "MLLT1", 2),
    ("KMT2A", 8, "MLLT3", 6),
    ("EP300", 6, "ZNF384", 3),
    ("TCF3", 16, "HLF", 4),
    ("NUP214", 34, "ABL1", 2),
    ("MEF2D", 6, "BCL9", 10),
    ("EBF1", 15, "PDGFRB", 11),
    ("PAX5", 5, "ETV6", 3),
    ("PAX5", 7, "JAK2", 19),
)
"""Fusions that the literature on childhood B-ALL describes: 5' gene, its last exon, 3' gene, its first."""

NEIGHBOURS = (("P2RY8", 1, "CRLF2", 1), ("STIL", 1, "TAL1", 2))
DELETIONS = (("IKZF1", 4, 7), ("IKZF1", 2, 7), ("IKZF1", 2, 3), ("ERG", 3, 7), ("PAX5", 2, 6))
TANDEM_DUPLICATIONS = (("KMT2A", 2, 8), ("PAX5", 2, 5))
HIJACKED = ("CRLF2", "EPOR", "ID4", "CEBPA", "TAL1")


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


def _exon_pair(draw: Draw, a: Gene, b: Gene, *, in_frame: bool) -> tuple[int, int]:
    """Choose the last exon of `a` and the first of `b`, with or without a common frame if possible."""
    ends = [(i, _phase(a, p.last)) for i, p in enumerate(a.pieces()[:-1], start=1)]
    starts = [(j, _phase(b, p.first)) for j, p in enumerate(b.pieces()[1:], start=2)]
    fitting = [
        (i, j)
        for i, p in ends
        for j, q in starts
        if p is not None and q is not None and ((p + 1) % 3 == q) == in_frame
    ]
    pairs = fitting or [(i, j) for i, _ in ends for j, _ in starts]
    return pairs[draw.between(0, len(pairs) - 1)]


def _phase(gene: Gene, position: int) -> int | None:
    return coding_phase(gene, gene.transcripts[0], position)


def _two_genes(draw: Draw) -> tuple[Gene, Gene] | None:
    """Take two free genes that are no neighbours: on two contigs, or 1 Mb apart."""
    genes = draw.free()
    for a in genes[:1]:
        for b in genes[1:]:
            if a.contig != b.contig or abs(a.start - b.start) > 1_000_000:
                draw.claim(a, b)
                return a, b
    return None


def fusion(draw: Draw) -> list[Event] | None:
    """Join exon to exon: a known fusion if one is left, else any two genes, 70 % of them in frame."""
    for symbol5, last, symbol3, first in KNOWN_FUSIONS:
        pair = draw.named(symbol5, symbol3)
        if pair and draw.rng.random() < 0.7:
            draw.claim(*pair)
            return [splice(pair[0], last, pair[1], first, "fusion")]
    genes = _two_genes(draw)
    if genes is None:
        return None
    last, first = _exon_pair(draw, *genes, in_frame=bool(draw.rng.random() < 0.7))
    return [splice(genes[0], last, genes[1], first, "fusion")]


def reciprocal(draw: Draw) -> list[Event] | None:
    """Make both products of a balanced translocation."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last, first = _exon_pair(draw, a, b, in_frame=True)
    return [
        splice(a, last, b, first, "reciprocal"),
        splice(b, first - 1, a, last + 1, "reciprocal", partner=0),
    ]


def isoforms(draw: Draw) -> list[Event] | None:
    """Make one genomic fusion with two splice forms."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last, first = _exon_pair(draw, a, b, in_frame=True)
    further = (last - 1, first) if last > 1 else (last, min(first + 1, len(b.pieces())))
    return [
        splice(a, last, b, first, "isoforms"),
        splice(a, further[0], b, further[1], "isoforms", partner=0),
    ]


def fusion_in_exon(draw: Draw) -> list[Event] | None:
    """Break inside both exons; 0 to 5 bases are inserted."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last, first = _exon_pair(draw, a, b, in_frame=False)
    head, tail = a.pieces()[:last], b.pieces()[first - 1 :]
    head[-1] = cut(head[-1], three=_inside(draw, head[-1]))
    tail[0] = cut(tail[0], five=_inside(draw, tail[0]))
    return [Event("fusion_in_exon", a, b, (*head, *draw.insert(0, 5), *tail), len(head))]


def cut(piece: Piece, *, five: int = 0, three: int = 0) -> Piece:
    """Return a piece without its first `five` and last `three` bases, in reading order."""
    left, right = (five, three) if piece.strand > 0 else (three, five)
    return Piece(piece.contig, piece.start + left, piece.end - right, piece.strand)


def _inside(draw: Draw, piece: Piece) -> int:
    length = piece.end - piece.start
    least = min(15, length // 3)
    return draw.between(least, max(least, length - 20))


def fusion_intronic(draw: Draw) -> list[Event] | None:
    """Splice an exon to a cryptic acceptor in an intron of the partner, 30 to 400 bases before an exon."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last, first = _exon_pair(draw, a, b, in_frame=False)
    tail = b.pieces()[first - 1 :]
    before = b.pieces()[first - 2]
    room = abs(tail[0].first - before.last) - 1
    reach = draw.between(30, max(31, min(400, room - 20)))
    head = a.pieces()[:last]
    return [Event("fusion_intronic", a, b, (*head, cut(tail[0], five=-reach), *tail[1:]), len(head))]


def five_to_five(draw: Draw) -> list[Event] | None:
    """Join the 5' part of a gene to the antisense strand of another one."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last = draw.between(1, len(a.pieces()) - 1)
    head = a.pieces()[:last]
    return [Event("five_to_five", a, b, (*head, _antisense(draw, b)), len(head))]


def three_to_three(draw: Draw) -> list[Event] | None:
    """Join the antisense strand of a gene to the 3' part of another one."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    tail = b.pieces()[draw.between(2, len(b.pieces())) - 1 :]
    return [Event("three_to_three", a, b, (_antisense(draw, a), *tail), 1)]


def _antisense(draw: Draw, gene: Gene) -> Piece:
    """Return 300 to 600 bases of a gene that begin in an exon, on the opposite strand."""
    exon = gene.pieces()[draw.between(1, len(gene.pieces()) - 1)]
    start = max(gene.start, exon.start - draw.between(200, 400))
    return Piece(gene.contig, start, exon.end, -gene.strand)


def hijack(draw: Draw) -> list[Event] | None:
    """Put a gene's 5' end, with 0 to 60 inserted bases, behind an immunoglobulin or other foreign locus."""
    target = next((pair[0] for s in HIJACKED if (pair := draw.named(s))), None)
    if target is None or draw.rng.random() < 0.4:
        target = next(iter(draw.free(exons=2)), None)
    if target is None:
        return None
    draw.claim(target)
    source = _foreign_locus(draw, target)
    if source is None:
        return None
    locus, donor = source
    tail = target.pieces()
    tail[0] = cut(tail[0], five=draw.between(-120, min(40, tail[0].end - tail[0].start - 30)))
    return [Event("hijack", donor, target, (locus, *draw.insert(0, 60), *tail), 1)]


def _foreign_locus(draw: Draw, target: Gene) -> tuple[Piece, Gene] | None:
    """Return 250 to 500 bases of the IGH locus on either strand, or of another gene's introns."""
    joining = [g for g in draw.genome.genes if g.family == "IGH" and "IGHJ" in g.symbol]
    others = [g for g in draw.free() if g.contig != target.contig]
    donors = joining or others[:1]
    if not donors:
        return None
    donor = donors[draw.between(0, len(donors) - 1)]
    if not joining:
        draw.claim(donor)
    middle = donor.start + draw.between(0, max(1, donor.end - donor.start - 1))
    length = draw.between(250, 500)
    start = max(0, middle - length // 2)
    return Piece(donor.contig, start, start + length, 1 if draw.rng.random() < 0.5 else -1), donor


def neighbour_deletion(draw: Draw) -> list[Event] | None:
    """Delete what lies between two genes of one strand, 10 to 400 kb apart: P2RY8::CRLF2-like."""
    for symbol5, last, symbol3, first in NEIGHBOURS:
        pair = draw.named(symbol5, symbol3)
        if pair:
            draw.claim(*pair)
            return [splice(pair[0], last, pair[1], first, "neighbour_deletion")]
    genes = draw.free()
    for a in genes:
        for b in genes:
            if a.id != b.id and 10_000 <= _distance(a, b) <= 400_000:
                draw.claim(a, b)
                last, first = _exon_pair(draw, a, b, in_frame=bool(draw.rng.random() < 0.7))
                return [splice(a, last, b, first, "neighbour_deletion")]
    return None


def _distance(a: Gene, b: Gene) -> int:
    """Return from the end of `a` to the start of `b` downstream on the same strand; -1 if it is not so."""
    if a.contig != b.contig or a.strand != b.strand:
        return -1
    return b.start - a.end if a.strand > 0 else a.start - b.end


def read_through(draw: Draw) -> list[Event] | None:
    """Splice the last but one exon of a gene to the second of the next: 1 to 5 % of the gene's transcripts."""
    genes = draw.free(exons=2)
    for a in genes:
        after = [(d, b) for b in genes if (d := _distance(a, b)) >= 0 and b.id != a.id]
        if not after:
            continue
        distance, b = min(after, key=lambda pair: pair[0])
        if distance <= 100_000 and not _anything_between(draw.genome, a, b):
            draw.claim(a, b)
            share = float(draw.rng.uniform(0.01, 0.05))
            return [splice(a, len(a.pieces()) - 1, b, 2, "read_through", share=share)]
    return None


def _anything_between(genome: Genome, a: Gene, b: Gene) -> bool:
    low, high = (a.end, b.start) if a.start < b.start else (b.end, a.start)
    return any(g.contig == a.contig and g.strand == a.strand and low <= g.start < high for g in genome.genes)


def inversion(draw: Draw) -> list[Event] | None:
    """Invert between introns of two genes on opposite strands of one contig; both products are made."""
    genes = draw.free()
    for a in genes:
        for b in genes:
            if a.contig == b.contig and a.strand != b.strand and a.id < b.id:
                draw.claim(a, b)
                last, first = _exon_pair(draw, a, b, in_frame=bool(draw.rng.random() < 0.7))
                return [
                    splice(a, last, b, first, "inversion"),
                    splice(b, first - 1, a, last + 1, "inversion", partner=0),
                ]
    return None


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
            if p.end - p.start >= 80
            and _phase(gene, p.first) is not None
            and _phase(gene, p.last) is not None
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
    head = (*pieces[:exon], cut(piece, three=size - first - length))
    tail = (cut(piece, five=first), *pieces[exon + 1 :])
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


def dux4_truncation(draw: Draw) -> list[Event] | None:
    """Cut the 3' end off DUX4 and let the transcript run on into the immunoglobulin locus."""
    found = draw.named("DUX4")
    if found is None:
        return None
    draw.claim(*found)
    source = _foreign_locus(draw, found[0])
    if source is None:
        return None
    locus, acceptor = source
    gene = found[0]
    coding = gene.transcripts[0].cds
    body = gene.pieces()[-1]
    lost = draw.between(30, 250)
    if coding is not None:
        lost += body.end - coding[1] if gene.strand > 0 else coding[0] - body.start
    head = [*gene.pieces()[:-1], cut(body, three=lost)]
    return [Event("dux4_truncation", gene, acceptor, (*head, *draw.insert(0, 30), locus), len(head))]


CLASSES: dict[str, Build] = {
    "neighbour_deletion": neighbour_deletion,
    "dux4_truncation": dux4_truncation,
    "hijack": hijack,
    "intragenic_deletion": intragenic_deletion,
    "internal_tandem_duplication": internal_tandem_duplication,
    "exon_tandem_duplication": exon_tandem_duplication,
    "read_through": read_through,
    "inversion": inversion,
    "fusion": fusion,
    "fusion_in_exon": fusion_in_exon,
    "fusion_intronic": fusion_intronic,
    "reciprocal": reciprocal,
    "isoforms": isoforms,
    "five_to_five": five_to_five,
    "three_to_three": three_to_three,
}
"""Every class of event; those that need rare neighbourhoods take their genes first."""


def draw_events(
    rng: np.random.Generator, genome: Genome, classes: Sequence[str], per_class: int
) -> list[Event]:
    """Plant up to `per_class` groups of events of every class; each gene is in one group at most.

    A genome too small for all of them gets fewer; a class whose structure it lacks gets none.
    """
    draw = Draw(rng, genome)
    events: list[Event] = []
    for _ in range(per_class):
        for name, build in CLASSES.items():
            group = build(draw) if name in classes else None
            if group:
                first = len(events)
                events += [e if e.partner is None else replace(e, partner=first + e.partner) for e in group]
    return events


def named_fusion(genome: Genome, gene5: str, last: int, gene3: str, first: int) -> Event:
    """Return the fusion of two named genes at the given exons (counted from 1)."""
    a, b = (genome.genes[genome.by_symbol[symbol]] for symbol in (gene5, gene3))
    return splice(a, last, b, first, "fusion")
