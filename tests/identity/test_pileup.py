"""The pile-up kernel against a slow twin over pysam, on made-up alignments of every kind."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.pileup import coding_regions, merge_regions, read_pileup

pysam = pytest.importorskip("pysam")

REGIONS = merge_regions([("c2", 30, 60), ("c1", 10, 40), ("c1", 35, 45), ("c1", 100, 180)])
CIGARS = ("40M", "5S30M5S", "10M20N30M", "15M2D25M", "12M3I25M", "20M50N20M", "3H37M", "10=1X29=")


def random_reads(rng, n):
    """Return reads of random place, mate, flag, quality and bases."""
    for i in range(n):
        cigar = str(rng.choice(CIGARS))
        length = 37 if "H" in cigar else 40
        contig, start = int(rng.integers(0, 2)), int(rng.integers(0, 160))
        flag = int(rng.choice([0, 16, 99, 147, 83, 163, 97, 145, 73, 256, 1024, 2048, 4, 512]))
        mate = (contig if rng.random() < 0.9 else 1 - contig, start + int(rng.integers(-30, 30)))
        bases = "".join(rng.choice(list("ACGTN"), length, p=[0.24] * 4 + [0.04]))
        yield (
            f"r{i}",
            flag,
            contig,
            start,
            cigar,
            bases,
            rng.integers(10, 40, length),
            int(rng.choice([0, 3, 60, 255])),
            mate,
        )


def write_bam(path, reads):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "c1", "LN": 400}, {"SN": "c2", "LN": 400}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for name, flag, contig, start, cigar, bases, qualities, mapping_quality, mate in reads:
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = name, flag, contig, start
            read.mapping_quality, read.cigarstring, read.query_sequence = mapping_quality, cigar, bases
            read.query_qualities = array("B", [int(q) for q in qualities])
            if flag & 1:
                read.next_reference_id, read.next_reference_start = mate[0], max(mate[1], 0)
            bam.write(read)
    return path


def slow_pileup(path, edge):
    """Count base by base, with dictionaries."""
    cells = {}
    for region in range(len(REGIONS.start)):
        for position in range(int(REGIONS.start[region]), int(REGIONS.end[region])):
            cells[REGIONS.contigs[REGIONS.contig[region]], position] = len(cells)
    counts = np.zeros((4, len(cells), 4), dtype=int)
    with pysam.AlignmentFile(str(path), check_sq=False) as bam:
        for read in bam.fetch(until_eof=True):
            bad = (
                read.is_unmapped
                or read.is_secondary
                or read.is_supplementary
                or read.is_duplicate
                or read.is_qcfail
            )
            if bad or read.mapping_quality < 10:
                continue
            mate = (
                read.is_paired and not read.mate_is_unmapped and read.next_reference_id == read.reference_id
            )
            later = mate and read.next_reference_start > read.reference_start
            later |= mate and read.next_reference_start == read.reference_start and not read.is_read2
            for query, position in read.get_aligned_pairs(matches_only=True):
                cell = cells.get((read.reference_name, position))
                base = read.query_sequence[query]
                if cell is None or base == "N" or read.query_qualities[query] < 20:
                    continue
                if later and position >= read.next_reference_start:
                    continue
                near = min(query, len(read.query_sequence) - 1 - query) < edge
                counts[2 * read.is_reverse + near, cell, "ACGT".index(base)] += 1
    return counts


def test_agrees_with_the_slow_twin(tmp_path):
    path = write_bam(tmp_path / "a.bam", random_reads(np.random.default_rng(3), 3_000))
    expected = slow_pileup(path, edge=5)
    assert expected.sum() > 5_000
    found = read_pileup(path, REGIONS, n_kinds=4, edge=5)
    assert (found == expected).all()
    assert (read_pileup(path, REGIONS)[0] == expected.sum(axis=0)).all()
    assert (read_pileup(path, REGIONS, n_kinds=4, threads=3) == found).all()


def test_regions_are_merged_and_sorted():
    assert REGIONS.contigs == ("c1", "c2")
    assert REGIONS.start.tolist() == [10, 100, 30]
    assert REGIONS.end.tolist() == [45, 180, 60]
    assert REGIONS.offset.tolist() == [0, 35, 115, 145]
    contig, position = REGIONS.positions()
    assert (contig[35], position[35], contig[-1], position[-1]) == (0, 100, 1, 59)


def test_empty_alignment_and_no_region_are_ordinary(tmp_path):
    path = write_bam(tmp_path / "a.bam", [])
    assert read_pileup(path, REGIONS).sum() == 0
    assert read_pileup(path, merge_regions([])).shape == (1, 0, 4)


def test_counts_stop_at_the_limit(tmp_path):
    read = ("r", 0, 0, 10, "1M", "A", [30], 255, (0, 0))
    path = write_bam(tmp_path / "a.bam", (read for _ in range(65_600)))
    assert read_pileup(path, merge_regions([("c1", 10, 11)]))[0, 0, 0] == 65_535


def test_other_contig_names_and_cut_files_are_refused(tmp_path):
    path = write_bam(tmp_path / "a.bam", random_reads(np.random.default_rng(3), 50))
    with pytest.raises(InputError, match="do both use the same names"):
        read_pileup(path, merge_regions([("chr1", 0, 5)]))
    (tmp_path / "cut.bam").write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"cut\.bam: cut short"):
        read_pileup(tmp_path / "cut.bam", REGIONS)


def test_coding_regions_leave_out_what_mutates_in_every_clone(shared):
    from leukoscope.formats.gtf import read_gene_model

    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    every, tp53 = coding_regions(model), coding_regions(model, {"TP53"})
    assert not {"chrM", "MT"} & set(every.contigs)
    assert tp53.contigs == ("chr17",) or tp53.contigs == ("17",)
    assert (
        tp53.offset[-1] % 3 == 0 or tp53.offset[-1] > 1_182
    )  # 394 codons, or more exons of other transcripts
    assert (
        every.start[1:][every.contig[1:] == every.contig[:-1]]
        > every.end[:-1][every.contig[1:] == every.contig[:-1]]
    ).all()
