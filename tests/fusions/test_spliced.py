"""Clips beside an intron: duplications that reach from one exon into the next, on made reads."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pysam
import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions import filters
from leukoscope.fusions.calling import call_fusions
from leukoscope.fusions.candidates import MIN_RECEPTOR_ANCHOR, measure_anchors
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci
from leukoscope.fusions.spliced import beyond_introns, transcripts_around

EXONS = ((1000, 1200), (3000, 3150), (5000, 5200))  # one gene, 0-based
FIRST, LAST = 1170, 3011  # the duplicated stretch: 30 bases of the first exon, 12 of the second
rng = np.random.default_rng(12)
BASES = "".join("ACGT"[i] for i in rng.integers(4, size=7000))
_OTHER = str.maketrans("ACGT", "CATG")
INSERTED = (
    f"{BASES[LAST + 1].translate(_OTHER)}TAC{BASES[FIRST - 1].translate(_OTHER)}"  # agree with neither side
)


@pytest.fixture
def around(tmp_path):
    (tmp_path / "g.fa").write_text(f">one\n{BASES}\n")
    lines = [
        f'one\tx\texon\t{left + 1}\t{right}\t.\t+\t.\tgene_id "G"; transcript_id "{transcript}";\n'
        for transcript, exons in (("T", EXONS), ("U", EXONS[::2]))
        for left, right in exons
    ]
    (tmp_path / "g.gtf").write_text("".join(lines))
    return read_gene_model(tmp_path / "g.gtf"), open_genome(tmp_path / "g.fa")


def _write(path, reads):
    with pysam.AlignmentFile(str(path), "wb", reference_names=["one"], reference_lengths=[len(BASES)]) as out:
        for number, (start, cigar, bases) in enumerate(reads):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.query_sequence, read.cigarstring = f"r{number}", bases, cigar
            read.reference_id, read.reference_start, read.flag = 0, start, 0
            read.set_tag("NM", 0)
            out.write(read)


def _reads():
    """Return reads across the junction as an aligner writes them: what lies beyond it is clipped."""
    copy = BASES[FIRST:1200] + BASES[3000 : LAST + 1]
    molecule = BASES[1000:1200] + BASES[3000 : LAST + 1] + INSERTED + copy + BASES[LAST + 1 : 3150]
    ends_at = 200 + LAST + 1 - 3000  # bases of the molecule before the inserted ones
    for kept in (70, 75, 80, 85):
        start = ends_at - kept
        yield start + 1000, f"{kept - 12}M1800N12M{100 - kept}S", molecule[start : start + 100]
    goes_on = ends_at + len(INSERTED)
    for clipped in (20, 25, 30):
        start = goes_on - clipped
        yield FIRST, f"{clipped}S30M1800N{70 - clipped}M", molecule[start : start + 100]


def test_a_duplication_from_one_exon_into_the_next_is_called_with_all_its_clips(tmp_path, around):
    """Its reads have 12 bases beyond the intron before a clip, and go on beyond the intron after 30 bases."""
    model, genome = around
    _write(tmp_path / "a.bam", _reads())
    calls = call_fusions(scan_alignments(tmp_path / "a.bam", model), model, genome).calls
    assert len(calls) == 1
    call = calls.iloc[0]
    assert (call["breakpoint1"], call["breakpoint2"]) == (f"one:{LAST + 1}", f"one:{FIRST + 1}")
    assert call["inserted"] == INSERTED
    assert call["split_reads1"] + call["split_reads2"] == 7


def test_transcripts_around_tell_each_way_of_splicing_once(around):
    model, _ = around
    loci = Loci(model, ("one",))
    found = [places.tolist() for places in transcripts_around(loci, 0, 1190, 30)]
    first = list(range(1160, 1200))
    assert found == [first + list(range(3000, 3020)), first + list(range(5000, 5020))]
    assert not list(transcripts_around(loci, 0, 1100, 30))  # no intron so near
    assert not list(transcripts_around(loci, 0, 2000, 30))  # not in an exon


@pytest.mark.parametrize(
    ("position", "direction", "path"),
    [
        pytest.param(1190, -1, BASES[1190:1200] + BASES[3000:3020], id="to the right"),
        pytest.param(3009, 1, BASES[1180:1200] + BASES[3000:3010], id="to the left"),
    ],
)
def test_beyond_the_most_used_intron(around, position, direction, path):
    """Of two introns that begin at one base the one with more reads counts; none is near the other breakpoint."""
    _, genome = around
    introns = [(1200, 5000, 2, 0, 0, 1), (1200, 3000, 9, 0, 0, 1), (1195, 3000, 50, 0, 0, 0)]
    alignments = SimpleNamespace(contigs=("one",), introns=np.array(introns, dtype=np.int64))
    places = [np.array(values, dtype=np.int64) for values in ([0, 0], [1100, position], [direction] * 2)]
    found, bases = beyond_introns(*places, 30, alignments, genome)
    assert found.tolist() == [1]
    told = "".join("ACGT"[code] for code in bases[0])
    assert told == (path if direction < 0 else path.translate(str.maketrans("ACGT", "TGCA"))[::-1])


@pytest.mark.parametrize(
    ("sides", "end", "coverage", "stands"),
    [
        pytest.param((FIRST, LAST), 0, 40, True, id="a short stretch of the transcript"),
        pytest.param((1000, 5199), 0, 40, False, id="the whole gene"),
        pytest.param((5100, 6900), -1, 40, False, id="to a place behind the gene"),
        pytest.param((FIRST, LAST), 0, 4000, False, id="in one of a thousand copies"),
    ],
)
def test_the_length_of_a_duplication_is_that_of_its_exons(around, sides, end, coverage, stands):
    model, genome = around
    event = dict(zip(SIDES, (0, sides[0], -1, 0, sides[1], 1), strict=True))
    event |= {"gene_a": 0, "gene_b": end, "same_contig": True, "same_gene": True, "both_spliced": False}
    event |= {"distance": sides[1] - sides[0], "split_a": 2, "split_b": 2, "total": 4, "homology": 0}
    event |= {"site_a": 0, "site_b": 0, "coverage_a": coverage, "coverage_b": coverage}
    surroundings = filters.Surroundings(Loci(model, ("one",)), genome)
    caught = filters.is_between_exons_of_a_gene(pd.DataFrame([event]), surroundings)
    assert caught.tolist() == [not stands]


@pytest.mark.parametrize(("length", "far", "anchor"), [(10, 3159, MIN_RECEPTOR_ANCHOR), (0, 3150, 0)])
def test_a_part_goes_on_beyond_an_intron_if_it_has_a_base_at_all(around, length, far, anchor):
    """One part lies from an exon's last base to the next exon; of another clip only inserted bases were read."""
    model, _ = around
    position = 3150 if length == 0 else 3140
    row = dict(zip(SIDES, (0, 1100, 1, 0, position, -1), strict=True))
    row |= {"length_a": 30, "far_a": 1071, "length_b": length, "far_b": far, "source": "clip", "rejected": ""}
    events = pd.DataFrame([{"n": 1}])
    measured = measure_anchors(events, np.array([0]), pd.DataFrame([row]), Loci(model, ("one",)))
    assert measured[["anchor_a", "anchor_b"]].to_numpy().tolist() == [[30, anchor]]
