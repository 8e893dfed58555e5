"""Single clips beside discordant mates, on made pairs."""

from __future__ import annotations

import numpy as np
import pysam
import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.bridging import _clips_beside, _Side
from leukoscope.fusions.calling import call_fusions
from leukoscope.fusions.clips import LONGEST, codes_of, match_each_other
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.fusions.loci import site_key

rng = np.random.default_rng(41)
GENOME = {name: "".join("ACGT"[i] for i in rng.integers(4, size=4000)) for name in ("one", "two")}
LAST, FIRST = 1999, 1500  # the fusion reads contig one up to LAST, then contig two from FIRST
_OTHER = str.maketrans("ACGT", "CATG")
GENOME["two"] = (  # agrees with contig one on neither side of the junction
    GENOME["two"][: FIRST - 1] + GENOME["one"][LAST : LAST + 2].translate(_OTHER) + GENOME["two"][FIRST + 1 :]
)
INSERTED = "".join("ACGT"[i] for i in rng.integers(4, size=30))


@pytest.fixture
def around(tmp_path):
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in GENOME.items()))
    line = '{0}\tx\texon\t1001\t3000\t.\t+\t.\tgene_id "G{0}"; transcript_id "T{0}";\n'
    (tmp_path / "g.gtf").write_text("".join(line.format(name) for name in GENOME))
    return read_gene_model(tmp_path / "g.gtf"), open_genome(tmp_path / "g.fa")


def _calls(folder, pairs, around):
    """Write pairs (fragment, each mate's contig, start, CIGAR, bases) and call their fusions, as strings."""
    model, genome = around
    lengths = [len(bases) for bases in GENOME.values()]
    path = str(folder / "a.bam")
    with pysam.AlignmentFile(path, "wb", reference_names=list(GENOME), reference_lengths=lengths) as out:
        for number, mates in enumerate(pairs):
            for mate, (contig, start, cigar, bases) in enumerate(mates):
                read, other = pysam.AlignedSegment(out.header), mates[1 - mate]
                read.query_name, read.query_sequence, read.cigarstring = f"r{number}", bases, cigar
                read.reference_id, read.reference_start = contig, start
                read.next_reference_id, read.next_reference_start = other[0], other[1]
                read.flag = 0x1 | (0x80 | 0x10 if mate else 0x40 | 0x20)
                read.set_tag("NM", 0)
                out.write(read)
    calls = call_fusions(scan_alignments(folder / "a.bam", model), model, genome).calls
    columns = ["breakpoint1", "breakpoint2", "inserted", "split_reads1", "split_reads2", "discordant_mates"]
    return [tuple(row) for row in calls[columns].itertuples(index=False)]


def _mates(n):
    """Return pairs around the junction whose mates do not reach it."""
    for i in range(n):
        left, right = LAST - 100 - 7 * i, FIRST + 20 + 5 * i
        yield [
            (0, left, "75M", GENOME["one"][left : left + 75]),
            (1, right, "75M", GENOME["two"][right : right + 75]),
        ]


def _clipped(side, beyond, bases):
    """Return a pair with one mate that is clipped at the junction, after which it reads `bases`."""
    if side == "one":
        start = LAST - 59
        clip = (0, start, f"60M{beyond}S", GENOME["one"][start : LAST + 1] + bases[:beyond])
        return [clip, (1, FIRST + 90, "75M", GENOME["two"][FIRST + 90 : FIRST + 165])]
    clip = (1, FIRST, f"{beyond}S60M", bases[-beyond:] + GENOME["two"][FIRST : FIRST + 60])
    return [(0, LAST - 160, "75M", GENOME["one"][LAST - 160 : LAST - 85]), clip]


def test_one_clip_beside_the_mates_tells_the_junction(tmp_path, around):
    clip = _clipped("one", 20, GENOME["two"][FIRST : FIRST + 20])
    found = _calls(tmp_path, [*_mates(5), clip], around)
    assert found == [(f"one:{LAST + 1}", f"two:{FIRST + 1}", "", 1, 0, 5)]


def test_two_clips_that_read_the_same_inserted_bases_tell_it(tmp_path, around):
    """Neither clip reaches far enough into the other side to be found there."""
    clips = [
        _clipped("one", 25, INSERTED),
        _clipped("two", 38, GENOME["one"][LAST - 7 : LAST + 1] + INSERTED),
    ]
    found = _calls(tmp_path, [*_mates(5), *clips], around)
    assert found == [(f"one:{LAST + 1}", f"two:{FIRST + 1}", INSERTED, 1, 1, 5)]


@pytest.mark.parametrize("bases", [INSERTED, reverse_complement(GENOME["two"][FIRST : FIRST + 30])])
def test_a_clip_of_other_bases_or_the_other_strand_tells_nothing(tmp_path, around, bases):
    found = _calls(tmp_path, [*_mates(5), _clipped("one", 30, bases)], around)
    assert all(split == (0, 0) for *_, first, second, _ in found for split in [(first, second)])


def test_a_clip_beside_two_pairs_is_not_looked_for(tmp_path, around):
    clip = _clipped("one", 20, GENOME["two"][FIRST : FIRST + 20])
    assert _calls(tmp_path, [*_mates(1), clip], around) == []


@pytest.mark.parametrize("direction", [1, -1])
def test_clips_beside_mates_at_the_start_of_a_contig_are_of_that_contig(direction):
    contig, position = np.array([0, 0, 1, 2]), np.array([3990, 3995, 2, 3990])
    key = site_key(contig, position, np.int64(direction))
    assert _clips_beside(_Side(1, 3, direction), key, np.full(4, 20)).tolist() == [2]


@pytest.mark.parametrize(("sides", "n_found"), [((0, 1), 1), ((1, 1), 0)])
def test_clips_of_one_side_tell_no_junction_with_each_other(sides, n_found):
    places = np.array([(0, LAST, 1), (1, FIRST, -1)])
    sequences = np.full((2, LONGEST), 4, dtype=np.uint8)
    for row, bases in enumerate((INSERTED, reverse_complement(INSERTED))):
        sequences[row, : len(bases)] = codes_of(bases)
    lengths = np.full(2, len(INSERTED))
    found = match_each_other(places, sequences, lengths, np.array(sides))
    assert found["inserted_bases"].tolist() == [INSERTED] * n_found
