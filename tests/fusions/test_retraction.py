"""Clips behind a block that was forced beyond an intron, on made reads in made alignments."""

from __future__ import annotations

import numpy as np
import pysam
import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.clips import collect_clips, letters

EXONS = ((1000, 1100), (2000, 2060), (3000, 3100))  # one gene, 0-based
NONE = np.empty(0, dtype=np.int64)
CLIPPED = "CATTCGACGGATCAATGCCAGG"
rng = np.random.default_rng(8)
BASES = "".join("ACGT"[i] for i in rng.integers(4, size=5000))


def _clips(folder, reads):
    """Return the clips of reads (start, CIGAR, bases, mismatches), after retraction."""
    (folder / "g.fa").write_text(f">one\n{BASES}\n")
    (folder / "g.gtf").write_text(
        "".join(
            f'one\tx\texon\t{left + 1}\t{right}\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
            for left, right in EXONS
        )
    )
    with pysam.AlignmentFile(
        str(folder / "a.bam"), "wb", reference_names=["one"], reference_lengths=[5000]
    ) as out:
        for number, (start, cigar, bases, mismatches) in enumerate(reads):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.query_sequence, read.cigarstring = f"r{number}", bases, cigar
            read.reference_id, read.reference_start, read.flag = 0, start, 0
            read.set_tag("NM", mismatches)
            out.write(read)
    model, genome = read_gene_model(folder / "g.gtf"), open_genome(folder / "g.fa")
    return collect_clips(scan_alignments(folder / "a.bam", model), NONE, genome)


def _clip(folder, start, cigar, *reads, mismatches=0):
    """Return position, direction, block and bases of the first read's clip, after retraction."""
    found = _clips(folder, [(start, cigar, bases, mismatches) for bases in reads])
    clip = found.table.iloc[0]
    return clip["position"], clip["direction"], clip["block"], letters(found.codes[: found.bounds[1]])


def _other(bases):
    return bases.translate(str.maketrans("ACGT", "CATG"))


def test_a_block_that_fits_behind_an_annotated_intron_stays(tmp_path):
    bases = BASES[1060:1100] + BASES[2000:2010] + CLIPPED
    assert _clip(tmp_path, 1060, "40M900N10M22S", bases) == (2009, 1, 10, CLIPPED)


@pytest.mark.parametrize("gap", [900, 1300], ids=["annotated", "novel"])
def test_a_block_that_differs_is_given_back_to_the_clip(tmp_path, gap):
    """The block reads on as the genome does for two bases before the intron ends."""
    wrong = BASES[1100:1102] + _other(BASES[1102]) + _other(BASES[1103 + gap : 1120 + gap])
    bases = BASES[1060:1100] + wrong + CLIPPED
    found = _clip(tmp_path, 1060, f"40M{gap}N20M22S", bases)
    assert found == (1101, 1, 42, wrong[2:] + CLIPPED)


def test_a_short_block_beyond_an_intron_of_no_annotation_may_lie_anywhere(tmp_path):
    bases = BASES[1060:1100] + BASES[2400:2412] + CLIPPED
    position, _, block, clip = _clip(tmp_path, 1060, "40M1300N12M22S", bases)
    assert position < 1110
    assert block < 50
    assert clip.endswith(CLIPPED)


def test_a_left_clip_is_retracted_to_the_right(tmp_path):
    """A repeat of exon 3: the end of its first copy, put onto the end of exon 2."""
    repeat = BASES[3078:3100]
    bases = CLIPPED + repeat + BASES[3000:3050]
    found = _clip(tmp_path, 2038, "22S22M940N50M", bases)
    backwards = (CLIPPED + repeat).translate(str.maketrans("ACGT", "TGCA"))[::-1]
    agreed = next(i for i in range(22) if repeat[21 - i] != BASES[2999 - i])
    assert found == (3000 - agreed, -1, 50 + agreed, backwards[agreed:])


def test_among_introns_that_end_at_one_base_the_read_tells(tmp_path):
    """Two annotated introns end at exon 3; the read comes from exon 1."""
    bases = BASES[1060:1100] + _other(BASES[3000:3020]) + CLIPPED
    position, _, _, _ = _clip(tmp_path, 1060, "40M1900N20M22S", bases)
    assert 1099 <= position < 1110


@pytest.mark.parametrize(("agreeing", "position"), [(3, 1059), (6, 1066)])
def test_bases_that_agree_by_chance_beyond_a_mismatch_belong_to_the_clip(tmp_path, agreeing, position):
    tail = _other(BASES[1060]) + BASES[1061 : 1061 + agreeing]
    bases = BASES[1020:1060] + tail + CLIPPED
    cigar = f"{41 + agreeing}M22S"
    found = _clip(tmp_path, 1020, cigar, bases, bases, mismatches=1)
    beyond = tail if agreeing == 3 else ""
    assert found == (position, 1, position - 1019, beyond + CLIPPED)


def test_an_error_of_one_read_moves_no_clip(tmp_path):
    bases = BASES[1020:1060] + CLIPPED
    wrong = BASES[1020:1058] + _other(BASES[1058]) + BASES[1059] + CLIPPED
    for reads in ((bases, wrong), (wrong, bases), (bases, wrong, bases)):
        assert _clip(tmp_path, 1020, "40M22S", *reads, mismatches=1) == (1059, 1, 40, reads[0][40:])


@pytest.mark.parametrize(("n_others", "stays"), [(0, True), (2, False)])
def test_a_block_beyond_an_intron_that_other_clips_take_away_is_none(tmp_path, n_others, stays):
    """What most clips at one place say counts: the others give back more bases than the block has."""
    across = (1060, "40M900N10M22S", BASES[1060:1100] + BASES[2000:2010] + CLIPPED, 1)
    other = (1960, "50M22S", BASES[1960:1999] + _other(BASES[1999:2010]) + CLIPPED, 11)
    table = _clips(tmp_path, [across, *[other] * n_others]).table
    block = table.loc[table["far"] == 1060, ["annotated", "block"]].iloc[0]
    assert (bool(block["annotated"]), int(block["block"]) > 0) == (stays, stays)
