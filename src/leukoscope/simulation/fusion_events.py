"""Events between two genes: each function takes unused genes and returns the events planted in them."""

from __future__ import annotations

from leukoscope.simulation.event_drawing import Draw, exon_pair, splice
from leukoscope.simulation.events import Event
from leukoscope.simulation.structures import Gene, Genome, Piece

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


HIJACKED = ("CRLF2", "EPOR", "ID4", "CEBPA", "TAL1")


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
    last, first = exon_pair(draw, *genes, in_frame=bool(draw.rng.random() < 0.7))
    return [splice(genes[0], last, genes[1], first, "fusion")]


def reciprocal(draw: Draw) -> list[Event] | None:
    """Make both products of a balanced translocation."""
    genes = _two_genes(draw)
    if genes is None:
        return None
    a, b = genes
    last, first = exon_pair(draw, a, b, in_frame=True)
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
    last, first = exon_pair(draw, a, b, in_frame=True)
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
    last, first = exon_pair(draw, a, b, in_frame=False)
    head, tail = a.pieces()[:last], b.pieces()[first - 1 :]
    head[-1] = head[-1].trimmed(three=_inside(draw, head[-1]))
    tail[0] = tail[0].trimmed(five=_inside(draw, tail[0]))
    return [Event("fusion_in_exon", a, b, (*head, *draw.insert(0, 5), *tail), len(head))]


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
    last, first = exon_pair(draw, a, b, in_frame=False)
    tail = b.pieces()[first - 1 :]
    before = b.pieces()[first - 2]
    room = abs(tail[0].first - before.last) - 1
    reach = draw.between(30, max(31, min(400, room - 20)))
    head = a.pieces()[:last]
    return [Event("fusion_intronic", a, b, (*head, tail[0].trimmed(five=-reach), *tail[1:]), len(head))]


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
    tail[0] = tail[0].trimmed(five=draw.between(-120, min(40, tail[0].end - tail[0].start - 30)))
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
    head = [*gene.pieces()[:-1], body.trimmed(three=lost)]
    return [Event("dux4_truncation", gene, acceptor, (*head, *draw.insert(0, 30), locus), len(head))]


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
                last, first = exon_pair(draw, a, b, in_frame=bool(draw.rng.random() < 0.7))
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
                last, first = exon_pair(draw, a, b, in_frame=bool(draw.rng.random() < 0.7))
                return [
                    splice(a, last, b, first, "inversion"),
                    splice(b, first - 1, a, last + 1, "inversion", partner=0),
                ]
    return None
