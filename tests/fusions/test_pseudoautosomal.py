"""What lies in both copies of a pseudoautosomal region is told of chrX, on a made genome and made reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pysam
import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import Genome, index_fasta
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.evidence import collect_evidence
from leukoscope.fusions.loci import Loci
from leukoscope.fusions.pseudoautosomal import find_regions, tables_of_chrx, told_of_chrx
from leukoscope.kernels import bam_records as records
from leukoscope.tables.fusions import CHIMERIC_JUNCTIONS, SPLICE_JUNCTIONS

SHARED = (3000, 9000)  #: on chrY; chrX has it 2,000 bases further on
OFFSET = 2000
GENES = ((4000, 4400), (7000, 7500))  #: one exon each, on chrY
rng = np.random.default_rng(5)


def _random(n):
    return "".join("ACGT"[i] for i in rng.integers(4, size=n))


def _reference(tmp_path, *, masked=False):
    shared = _random(SHARED[1] - SHARED[0])
    x = _random(SHARED[0] + OFFSET) + shared + _random(2000)
    y = _random(SHARED[0]) + ("N" * len(shared) if masked else shared) + _random(4000)
    fasta = f">chrX\n{x}\n>chrY\n{y}\n".encode()
    lines = [
        f'{contig}\tx\texon\t{left + 1 + shift}\t{right + shift}\t.\t+\t.\tgene_id "{name}{contig}"; '
        f'transcript_id "{name}{contig}.t"; gene_name "{name}";\n'
        for contig, shift in (("chrX", OFFSET), ("chrY", 0))
        for name, (left, right) in zip("AB", GENES, strict=True)
    ]
    (tmp_path / "a.gtf").write_text("".join(lines))
    return read_gene_model(tmp_path / "a.gtf"), Genome(index_fasta(fasta, "made"), fasta)


def _alignments(tmp_path, model):
    """Three fragments whose reads join A to B over an intron, aligned to both copies, one to chrX only.

    The primary alignment of the second lies on chrY.
    """
    path = tmp_path / "a.bam"
    with pysam.AlignmentFile(
        str(path), "wb", reference_names=["chrX", "chrY"], reference_lengths=[13000, 13000]
    ) as out:
        for fragment in range(3):
            for hit, (contig, shift) in enumerate((("chrX", OFFSET), ("chrY", 0)), start=1):
                if fragment == 2 and contig == "chrY":
                    continue
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.cigarstring = f"f{fragment}", "40M2600N40M"
                read.query_sequence, read.flag = "A" * 80, 256 * ((contig == "chrY") != (fragment == 1))
                read.reference_id, read.reference_start = ("chrX", "chrY").index(contig), 4360 + shift
                read.set_tags([("NH", 1 if fragment == 2 else 2), ("HI", hit)])
                out.write(read)
    return scan_alignments(path, model)


def test_the_region_reaches_as_far_as_the_copies_agree(tmp_path):
    model, genome = _reference(tmp_path)
    (region,) = find_regions(Loci(model, ("chrX", "chrY")), genome)
    assert (region.contig, region.contig_x, region.offset) == (1, 0, OFFSET)
    assert 3000 <= region.start < 4001
    assert 8000 < region.end <= 9000


@pytest.mark.parametrize("contigs", [("chrX", "chrY"), ("chrX",), ("X", "chrY")])
def test_a_masked_or_absent_copy_is_none(tmp_path, contigs):
    model, genome = _reference(tmp_path, masked=True)
    assert find_regions(Loci(model, contigs), genome) == []


def test_alignments_to_both_copies_are_one(tmp_path):
    model, genome = _reference(tmp_path)
    found = _alignments(tmp_path, model)
    told = told_of_chrx(found, find_regions(Loci(model, found.contigs), genome))
    assert set(told.rows[:, records.CONTIG]) == {0}
    evidence = collect_evidence(told, strand=0)
    places = {tuple(place) for place in evidence[["position_a", "position_b"]].to_numpy().tolist()}
    assert places == {(6399, 9000)}
    assert evidence["fragment"].nunique() == 3
    used = told.introns[told.introns[:, records.INTRON_UNIQUE] > 0]
    assert used[:, [records.INTRON_UNIQUE, records.INTRON_MULTIPLE]].tolist() == [[3, 0]]
    assert told.coverage_at(0, 6380) == found.coverage_at(0, 6380) + found.coverage_at(1, 4380)
    assert found.coverage_at(1, 4380) > told.coverage_at(1, 4380) == 0


def test_without_a_region_nothing_changes(tmp_path):
    model, _ = _reference(tmp_path)
    found = _alignments(tmp_path, model)
    assert told_of_chrx(found, []) is found


def _chimeric(*places):
    """Return one split read for each ((contig, position, far) of a, of b), all of one fragment."""
    rows = [
        {"read_name": "f", "junction_type": 1, "alternatives": 2, "length_a": 50, "length_b": 50}
        | {"contig_a": a[0], "position_a": a[1], "direction_a": 1, "far_a": a[2]}
        | {"contig_b": b[0], "position_b": b[1], "direction_b": -1, "far_b": b[2]}
        for a, b in places
    ]
    return CHIMERIC_JUNCTIONS.check(pd.DataFrame(rows))


def test_light_mode_tells_both_copies_as_one(tmp_path):
    """The fragment is aligned to both copies of A; reads across an intron of A, too, count once."""
    model, genome = _reference(tmp_path)
    contigs = ("chr9", "chrX", "chrY")
    regions = find_regions(Loci(model, contigs), genome)
    there = ("chr9", 50, 99)
    chimeric = _chimeric((("chrX", 6399, 6350), there), (("chrY", 4399, 4350), there))
    junctions = pd.DataFrame(
        [
            ("chrX", 6400, 9000, "+", 1, 5, 30),
            ("chrY", 4400, 7000, "+", 0, 5, 20),
            ("chrY", 50, 99, "+", 2, 0, 9),
        ],
        columns=SPLICE_JUNCTIONS.names,
    )
    chimeric, junctions = tables_of_chrx(chimeric, junctions, regions, contigs)
    assert chimeric[["contig_a", "position_a", "far_a"]].to_numpy().tolist() == [["chrX", 6399, 6350]]
    assert junctions.to_numpy().tolist() == [
        ["chrX", 6400, 9000, "+", 6, 0, 30],
        ["chrY", 50, 99, "+", 2, 0, 9],
    ]
