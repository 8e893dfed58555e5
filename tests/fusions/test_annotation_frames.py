"""Frame and peptide against a slow twin that walks the fused transcript base by base."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.formats.fasta import Genome, index_fasta
from leukoscope.formats.fusion_rows import fusion_table
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions import joining
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.fusions.joining import joined_product
from leukoscope.fusions.partners import Annotation, find_partners

STOPS = {"TAA", "TAG", "TGA"}


@dataclass(frozen=True)
class Made:
    """A made gene: exon sequences 5' to 3', coding part of the joined exons (without stop codon)."""

    exons: tuple[str, ...]
    coding: tuple[int, int]
    strand: int

    @property
    def transcript(self):
        return "".join(self.exons)


INTRON = "GTAAGTTTTTTTTTTTTTCAG"


@st.composite
def made_genes(draw):
    bases = st.text("ACGT", min_size=5, max_size=18)
    exons = draw(st.lists(bases, min_size=2, max_size=4))
    total = sum(map(len, exons))
    start = draw(st.integers(0, total - 8))
    codons = draw(st.integers(1, (total - start - 5) // 3 if total - start > 7 else 1))
    end = min(start + 3 * codons, total - 3)
    end -= (end - start) % 3
    sequence = list("".join(exons))
    sequence[end : end + 3] = "TAA"
    cuts = np.cumsum([0, *map(len, exons)])
    joined = "".join(sequence)
    pieces = tuple(joined[a:b] for a, b in itertools.pairwise(cuts))
    return Made(pieces, (start, end), draw(st.sampled_from([1, -1])))


def _placed(gene, contig):
    """Return the contig's sequence and the GTF lines of a made gene."""
    forward = "C" * 30 + INTRON.join(gene.exons) + "C" * 30
    places, at, done = [], 30, 0
    for exon in gene.exons:
        left, right = max(gene.coding[0], done), min(gene.coding[1], done + len(exon))
        coding = (at + left - done, at + right - done) if left < right else None
        phase = (-(left - gene.coding[0])) % 3
        places.append(((at, at + len(exon)), coding, phase))
        at, done = at + len(exon) + len(INTRON), done + len(exon)
    size = len(forward)
    lines = []
    for exon, coding, phase in places:
        for feature, span in (("exon", exon), ("CDS", coding)):
            if span is None:
                continue
            a, b = span if gene.strand > 0 else (size - span[1], size - span[0])
            lines.append(
                f"{contig}\tx\t{feature}\t{a + 1}\t{b}\t.\t{'+' if gene.strand > 0 else '-'}\t"
                f'{phase if feature == "CDS" else "."}\tgene_id "G{contig}"; transcript_id "T{contig}"; '
                f'gene_name "G{contig}"; gene_type "protein_coding";'
            )
    reverse = forward.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    return (forward if gene.strand > 0 else reverse), lines


def _on_genome(gene, base):
    """Return the genome position, from 1, of a base of the transcript."""
    done = 0
    for n, exon in enumerate(gene.exons):
        if base < done + len(exon):
            forward = 30 + base + n * len(INTRON)
            size = 60 + len(INTRON) * (len(gene.exons) - 1) + len(gene.transcript)
            return forward + 1 if gene.strand > 0 else size - forward
        done += len(exon)
    raise AssertionError


def slow_frame(five, last, inserted, three, first):
    """Return frame and peptide by looking at every base: its gene, and its annotated codon position."""
    if last < five.coding[0]:
        return "", ""
    if last >= five.coding[1]:
        return "stop-codon", ""
    marks = [("5", base, (i - five.coding[0]) % 3) for i, base in enumerate(five.transcript[: last + 1])]
    marks = marks[five.coding[0] :] + [("i", base, None) for base in inserted]
    for i, base in enumerate(three.transcript[first:], start=first):
        coding = three.coding[0] <= i < three.coding[1]
        marks.append(("3", base, (i - three.coding[0]) % 3 if coding else None))
    codons = [marks[i : i + 3] for i in range(0, len(marks) - 2, 3)]
    at = next(
        (i for i, (gene, _, position) in enumerate(marks) if gene == "3" and position is not None), None
    )
    frame = "in-frame" if at is not None and marks[at][2] == at % 3 else "out-of-frame"
    if frame == "in-frame" and any("".join(b for _, b, _ in c) in STOPS for c in codons[: -(-at // 3)]):
        return "stop-codon", ""
    sides = {"5": "", "i": "", "3": ""}
    for codon in codons:
        letters = "".join(base for _, base, _ in codon)
        owner = max("5i3", key=lambda g: (sum(m[0] == g for m in codon), g == "i"))
        own = len({m[0] for m in codon}) == 1 and [m[2] for m in codon] == [0, 1, 2]
        amino = joining.CODONS[letters]
        sides[owner] += amino if own else amino.lower()
        if letters in STOPS:
            break
    return frame, "|".join(sides.values() if inserted else (sides["5"], sides["3"]))


@settings(deadline=None, max_examples=120)
@given(five=made_genes(), three=made_genes(), inserted=st.text("ACGT", max_size=5), data=st.data())
def test_frame_and_peptide_agree_with_the_slow_twin(five, three, inserted, data, tmp_path_factory):
    last = data.draw(st.integers(0, len(five.transcript) - 1))
    first = data.draw(st.integers(0, len(three.transcript) - 1))
    (sequence5, lines5), (sequence3, lines3) = _placed(five, "c5"), _placed(three, "c3")
    gtf = tmp_path_factory.mktemp("made") / "a.gtf"
    gtf.write_text("\n".join(lines5 + lines3) + "\n")
    fasta = f">c5\n{sequence5}\n>c3\n{sequence3}\n".encode()
    genome = Genome(index_fasta(fasta, "made"), fasta)
    signs = {1: "+", -1: "-"}
    call = {
        "gene1": "Gc5", "gene2": "Gc3", "breakpoint1": f"c5:{_on_genome(five, last)}", "type": "translocation",
        "breakpoint2": f"c3:{_on_genome(three, first)}", "inserted": inserted,
        "strand1(gene/fusion)": 2 * signs[five.strand], "strand2(gene/fusion)": 2 * signs[three.strand],
        "direction1": "downstream" if five.strand > 0 else "upstream",
        "direction2": "upstream" if three.strand > 0 else "downstream",
    }  # fmt: skip
    call["strand1(gene/fusion)"] = "/".join(call["strand1(gene/fusion)"])
    call["strand2(gene/fusion)"] = "/".join(call["strand2(gene/fusion)"])
    row = fusion_table([call], source="made").iloc[0].to_dict()
    partners = find_partners(row, Annotation(read_gene_model(gtf)))
    sides = tuple(
        (p, contig, int(row[f"breakpoint{n}"].split(":")[1]) - 1, gene.strand)
        for n, p, contig, gene in ((1, partners[0], "c5", five), (2, partners[1], "c3", three))
    )
    product = joined_product(genome, sides, inserted, excerpt=10_000)
    frame, peptide = slow_frame(five, last, inserted, three, first)
    assert (product.reading_frame, product.peptide) == (frame, peptide)
    left, _, right = product.transcript.partition("|")
    assert left.replace("___", "") == five.transcript[: last + 1]
    assert right.rpartition("|")[2].replace("___", "") == three.transcript[first:]


def test_exon_names_offsets_and_vicc(tmp_path):
    """Exon boundaries, inside an exon, in an intron; both strands."""
    five = Made(("ACGTACGTAC", "ATGGCCGCCG", "CCGCCTAAGG"), (10, 24), 1)
    three = Made(("ATGAAACCCA", "AACCCAAACC", "CAAATAAGGG"), (0, 24), -1)
    (sequence5, lines5), (sequence3, lines3) = _placed(five, "c5"), _placed(three, "c3")
    (tmp_path / "a.gtf").write_text("\n".join(lines5 + lines3) + "\n")
    fasta = f">c5\n{sequence5}\n>c3\n{sequence3}\n".encode()
    genome, model = Genome(index_fasta(fasta, "made"), fasta), read_gene_model(tmp_path / "a.gtf")

    def named(position5, position3):
        call = {
            "gene1": "Gc5", "gene2": "Gc3", "breakpoint1": f"c5:{position5}", "breakpoint2": f"c3:{position3}",
            "strand1(gene/fusion)": "+/+", "strand2(gene/fusion)": "-/-", "direction1": "downstream",
            "direction2": "downstream", "type": "translocation",
        }  # fmt: skip
        found = annotate_calls(fusion_table([call], source="made"), model, genome).iloc[0]
        return found.exons, found.vicc, found.site1, found.site2

    end5, start3 = _on_genome(five, 19), _on_genome(three, 10)
    assert named(end5, start3) == ("e2e2", "Tc5(Gc5):e.2::Tc3(Gc3):e.2", "CDS/splice-site", "CDS/splice-site")
    assert named(end5 - 3, start3 - 2) == ("e2e2", "Tc5(Gc5):e.2-3::Tc3(Gc3):e.2+2", "CDS", "CDS")
    assert named(end5 + 4, start3 + 5) == ("i2i2", "Tc5(Gc5):e.2+4::Tc3(Gc3):e.2-5", "intron", "intron")
    assert named(_on_genome(five, 3), start3)[2] == "5'UTR"
    assert named(end5, _on_genome(three, 28))[3] == "3'UTR"


@pytest.mark.parametrize(
    ("codon", "letter"), [("ATG", "M"), ("TGA", "*"), ("GGN", "?"), ("TTT", "F"), ("GGG", "G")]
)
def test_genetic_code(codon, letter):
    assert joining.translate(codon) == letter


def test_genetic_code_is_whole():
    """The counts of the standard code: 61 codons for 20 amino acids, three stops."""
    letters = list(joining.CODONS.values())
    assert len(joining.CODONS) == 64 and letters.count("*") == 3 and len(set(letters)) == 21
    assert {c for c, a in joining.CODONS.items() if a == "*"} == STOPS
    counts = {a: letters.count(a) for a in "MWCDEFHIKNQYAGPTVLRS"}
    assert counts == {"M": 1, "W": 1, "C": 2, "D": 2, "E": 2, "F": 2, "H": 2, "I": 3, "K": 2, "N": 2, "Q": 2, "Y": 2,
                      "A": 4, "G": 4, "P": 4, "T": 4, "V": 4, "L": 6, "R": 6, "S": 6}  # fmt: skip
