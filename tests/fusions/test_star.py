"""STAR's junction files, and calls from them alone."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

from leukoscope.errors import InputError
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.formats.star import read_chimeric_junctions, read_splice_junctions
from leukoscope.fusions.calling import call_fusions_lightly
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.light import light_evidence

HEADER = (
    "chr_donorA\tbrkpt_donorA\tstrand_donorA\tchr_acceptorB\tbrkpt_acceptorB\tstrand_acceptorB\tjunction_type\t"
    "repeat_left_lenA\trepeat_right_lenB\tread_name\tstart_alnA\tcigar_alnA\tstart_alnB\tcigar_alnB\tnum_chim_aln\n"
)
LINE = "chr9\t934577\t-\tchr22\t1993473\t-\t2\t0\t0\tr1\t934578\t35S100M500N26M\t1993438\t35M126S\t1\n"


def test_chimeric_junctions_are_outermost_exonic_bases(tmp_path):
    (tmp_path / "c.junction").write_text(HEADER + LINE + "# 2.7.10b STAR\n# Nreads 4\n")
    row = read_chimeric_junctions(tmp_path / "c.junction").iloc[0]
    assert (row["contig_a"], row["position_a"], row["direction_a"]) == ("chr9", 934577, -1)
    assert (row["contig_b"], row["position_b"], row["direction_b"]) == ("chr22", 1993471, 1)
    assert (row["length_a"], row["length_b"]) == (100, 35)
    assert (row["far_a"], row["far_b"]) == (934577 + 626 - 1, 1993437)


def test_splice_junctions_count_from_0(tmp_path):
    (tmp_path / "SJ.out.tab").write_text("chr1\t101\t200\t1\t1\t0\t7\t2\t30\n")
    row = read_splice_junctions(tmp_path / "SJ.out.tab").iloc[0]
    assert (row["start"], row["end"], row["strand"], row["unique"]) == (100, 200, "+", 7)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        pytest.param(
            read_splice_junctions, "chr1\tx\t200\t1\t1\t0\t7\t2\t30\n", "not a whole number", id="no number"
        ),
        pytest.param(read_splice_junctions, "chr1\t1\t200\t5\t1\t0\t7\t2\t30\n", "strand '5'", id="strand"),
        pytest.param(read_chimeric_junctions, "", "empty, without even the header", id="empty"),
        pytest.param(read_chimeric_junctions, "a\tb\n1\t2\n", "no column chr_donorA", id="other table"),
        pytest.param(
            read_chimeric_junctions, HEADER + LINE.replace("934577", "x"), "1 line", id="no breakpoint"
        ),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, read, text, message):
    (tmp_path / "f").write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        read(tmp_path / "f")
    assert "\n" not in str(raised.value)
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent")


def test_tables_without_a_row_are_ordinary(tmp_path):
    """Without introns SJ.out.tab is empty; without chimeric reads Chimeric.out.junction is its header alone."""
    (tmp_path / "introns").write_text("")
    assert read_splice_junctions(tmp_path / "introns").empty
    (tmp_path / "chimeric").write_text(HEADER)
    assert read_chimeric_junctions(tmp_path / "chimeric").empty


@pytest.fixture(scope="module")
def tables(shared):
    folder = shared / "arriba-2.5.1" / "bcr_abl1"
    return (
        read_chimeric_junctions(folder / "Chimeric.out.junction.gz"),
        read_splice_junctions(folder / "SJ.out.tab"),
        read_gene_model(shared / "reference" / "leukaemia.gtf.gz"),
        open_genome(shared / "reference" / "leukaemia.fa.gz"),
    )


def test_light_evidence_does_not_depend_on_the_order_of_the_files(tables):
    chimeric, introns, model, _ = tables
    backward = (table[::-1].reset_index(drop=True) for table in (chimeric, introns))
    sides = [*SIDES, "fragment", "source"]
    one, other = (
        light_evidence(*both, model)[1][sides].sort_values(sides, ignore_index=True)
        for both in ((chimeric, introns), backward)
    )
    assert one["fragment"].nunique() > 5
    assert_frame_equal(one, other)


def test_light_calls_of_real_reads(tables):
    found = call_fusions_lightly(*tables)
    best = found.calls.iloc[0]
    assert (best["fusion"], best["exons"], best["confidence"]) == ("BCR::ABL1", "e14a2", "high")
    assert (best["breakpoint1"], best["breakpoint2"]) == ("chr22:1993472", "chr9:934578")
