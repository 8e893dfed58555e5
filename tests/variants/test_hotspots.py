"""Hot spots: located by the gene model, called from fragments, against hand-made and real alignments."""

from __future__ import annotations

import gzip
import shutil

import pandas as pd
import pytest

from leukoscope.errors import InputError
from leukoscope.formats.codon_reads import read_codons
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.variants import CODON_READS, HOTSPOTS
from leukoscope.variants.coding import coding_transcripts
from leukoscope.variants.hotspots import (
    GENETIC_CODE,
    CodingTranscript,
    LocatedCodon,
    call_hotspots,
    locate_hotspots,
)

pysam = pytest.importorskip("pysam")


def hotspot_table(*rows):
    return HOTSPOTS.check(
        pd.DataFrame(
            [(*row, "RAS", "Activates", "codon", "PMID:1") for row in rows],
            columns=[
                "gene",
                "codon",
                "reference",
                "alternatives",
                "significance",
                "meaning",
                "evidence",
                "source",
            ],
        )
    )


def fragments(*rows):
    return CODON_READS.check(pd.DataFrame(rows, columns=CODON_READS.names))


#           M  G  R  stop, on the reverse strand in two exons; the codon of G is split by the intron
REVERSE = CodingTranscript(
    "T1", "chr1", False, [29, 28, 27, 26, 19, 18, 17, 16, 15, 14, 13, 12], "ATGGGTCGTTAA"
)
G2 = LocatedCodon("KRAS", 2, "T1", "chr1", False, (26, 19, 18), "GGT")


def test_genetic_code_is_the_standard_one():
    assert len(GENETIC_CODE) == 64
    assert [GENETIC_CODE[c] for c in ("ATG", "TGG", "TAA", "GGC", "CGA", "AGT")] == list("MW*GRS")


def test_codon_is_located_across_the_intron():
    (found,) = locate_hotspots(hotspot_table(("KRAS", 2, "G", "")), {"KRAS": [REVERSE]})
    assert found == G2


@pytest.mark.parametrize(
    ("row", "transcripts", "reason"),
    [
        pytest.param(
            ("KRAS", 2, "A", ""),
            [REVERSE],
            "no transcript reads A at codon 2: T1 reads G",
            id="other residue",
        ),
        pytest.param(
            ("KRAS", 9, "G", ""),
            [REVERSE],
            "no transcript reads G at codon 9: T1 ends before",
            id="too short",
        ),
        pytest.param(
            ("KRAS", 2, "G", ""), [], "the reference has no coding transcript of this gene", id="no gene"
        ),
    ],
)
def test_codon_that_is_not_there_says_why(row, transcripts, reason):
    (found,) = locate_hotspots(hotspot_table(row), {"KRAS": transcripts})
    assert found.reason == reason


@pytest.mark.parametrize(
    ("seen", "status", "change", "fraction"),
    [
        pytest.param([("GGT", 60, 30), ("GAT", 40, 20)], "detected", "p.G2D", 0.4, id="mutation"),
        pytest.param(
            [("GGT", 60, 30), ("GAT", 20, 9), ("GAC", 20, 9)], "detected", "p.G2D", 0.4, id="two codons of it"
        ),
        pytest.param([("GGT", 60, 30), ("GGC", 40, 20)], "not detected", "p.G2=", 0.0, id="synonymous"),
        pytest.param([("GGT", 97, 30), ("GAT", 3, 1)], "not detected", "p.G2=", 0.0, id="too few"),
        pytest.param(
            [("GGT", 980, 500), ("GAT", 20, 9)], "not detected", "p.G2=", 0.0, id="too small a share"
        ),
        pytest.param([("GGT", 19, 9)], "not assessable", "p.G2=", 0.0, id="too shallow"),
        pytest.param([("GAT", 6, 3)], "detected", "p.G2D", 1.0, id="shallow but all of it"),
    ],
)
def test_decision(seen, status, change, fraction):
    called = call_hotspots(hotspot_table(("KRAS", 2, "G", "")), [G2], fragments(*[(0, *row) for row in seen]))
    assert called[["status", "protein_change", "fraction"]].to_numpy().tolist() == [
        [status, change, fraction]
    ]


def test_no_fragment_at_all_is_not_assessable():
    called = call_hotspots(hotspot_table(("KRAS", 2, "G", "")), [G2], fragments())
    assert called["status"][0] == "not assessable"
    assert called["reason"][0] == "only 0 of 20 fragments needed"
    assert called["position"][0] == "27"


def test_another_change_of_the_codon_is_not_given_the_known_meaning():
    called = call_hotspots(
        hotspot_table(("KRAS", 2, "G", "D")), [G2], fragments((0, "GGT", 50, 20), (0, "GTT", 50, 20))
    )
    assert called["protein_change"][0] == "p.G2V"
    assert called["significance"][0] == "unknown"


def write_bam(path, reads):
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 1000}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as bam:
        for name, start, cigar, bases, flag, quality, base_quality in reads:
            read = pysam.AlignedSegment(bam.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = name, flag, 0, start
            read.mapping_quality, read.cigarstring, read.query_sequence = quality, cigar, bases
            read.query_qualities = pysam.qualitystring_to_array(base_quality * len(bases))
            bam.write(read)


def test_fragments_are_counted_once_and_poor_reads_not_at_all(tmp_path):
    # genome positions 18, 19 | intron 20-25 | 26: bases complemented give the codon
    spliced = "2M6N2M"  # covers 18, 19, 26, 27
    write_bam(
        tmp_path / "reads.bam",
        [
            ("reference", 18, spliced, "ACCC", 0, 255, "I"),
            ("mutated", 18, spliced, "ATCC", 0, 255, "I"),
            ("mutated", 18, spliced, "ATCC", 16, 255, "I"),  # its mate says the same: one fragment
            ("quarrel", 18, spliced, "ATCC", 0, 255, "I"),
            ("quarrel", 18, spliced, "ACCC", 16, 255, "I"),
            ("multiple", 18, spliced, "ATCC", 0, 3, "I"),
            ("duplicate", 18, spliced, "ATCC", 1024, 255, "I"),
            ("faint", 18, spliced, "ATCC", 0, 255, "#"),
            ("unspliced", 18, "9M", "ACGGGGGGC", 0, 255, "I"),  # bases of the intron lie within the codon
            ("elsewhere", 500, "4M", "ACCC", 0, 255, "I"),
        ],
    )
    seen = read_codons(tmp_path / "reads.bam", [G2])
    assert seen[["bases", "fragments", "forward"]].to_numpy().tolist() == [["GAT", 1, 1], ["GGT", 1, 1]]


def test_places_that_do_not_exist_need_no_reads(tmp_path):
    write_bam(tmp_path / "reads.bam", [])
    assert read_codons(tmp_path / "reads.bam", [LocatedCodon("X", 1, reason="absent")]).empty


def test_file_that_is_no_bam_is_refused(tmp_path):
    (tmp_path / "reads.bam").write_text("not a BAM")
    with pytest.raises(InputError, match=r"reads\.bam: not a readable BAM"):
        read_codons(tmp_path / "reads.bam", [G2])


def test_known_hotspots_read_their_amino_acid_in_the_human_genome(shared, tmp_path):
    """Every listed codon of the genes in the real mini reference reads the listed residue."""
    with (
        gzip.open(shared / "reference" / "leukaemia.fa.gz") as packed,
        (tmp_path / "g.fa").open("wb") as plain,
    ):
        shutil.copyfileobj(packed, plain)
    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    table = read_knowledge(HOTSPOTS)
    transcripts = coding_transcripts(model, open_genome(tmp_path / "g.fa"), set(table["gene"]))
    assert set(transcripts) == {"ABL1", "FLT3", "NRAS", "TP53"}
    located = locate_hotspots(table, transcripts)
    wrong = [c.reason for c in located if c.gene in transcripts and c.reason]
    assert not wrong

    bam = shared / "arriba-2.5.1" / "flt3_itd" / "Aligned.out.bam"
    called = call_hotspots(table, located, read_codons(bam, located)).set_index(["gene", "codon"])
    assert called.loc[("FLT3", 835), "status"] == "not detected"
    assert called.loc[("FLT3", 835), "depth"] > 100
    assert called.loc[("KRAS", 12), "reason"] == "the reference has no coding transcript of this gene"
