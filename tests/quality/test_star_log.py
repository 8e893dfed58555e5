"""STAR's final log and counts per strand, from real runs and from damaged files."""

from __future__ import annotations

import pytest

from leukoscope.errors import InputError
from leukoscope.formats.star_log import read_star_log, read_strand_counts

LOG = """\
                          Number of input reads |\t200
                      Average input read length |\t202
                   Uniquely mapped reads number |\t150
                          Average mapped length |\t200.5
                       Number of splices: Total |\t80
            Number of splices: Annotated (sjdb) |\t76
                      Mismatch rate per base, % |\t0.36%
        Number of reads mapped to multiple loci |\t20
        Number of reads mapped to too many loci |\t1
  Number of reads unmapped: too many mismatches |\t2
            Number of reads unmapped: too short |\t25
                Number of reads unmapped: other |\t2
                       Number of chimeric reads |\t10
"""


def test_reads_the_counts_that_star_wrote(tmp_path):
    path = tmp_path / "Log.final.out"
    path.write_text("                                 Started job on |\tNov 22 09:26:54\n" + LOG)
    log = read_star_log(path)
    assert (log.input_reads, log.uniquely_mapped, log.multi_mapped, log.chimeric) == (200, 150, 20, 10)
    assert log.average_mapped_length == 200.5
    assert log.mismatch_percent == 0.36
    assert isinstance(log.input_reads, int)


@pytest.mark.parametrize(
    ("reads", "pairs", "unique", "chimeric"),
    [
        ("bcr_abl1", 10848, 10024, 445),
        ("flt3_itd", 25964, None, None),
        ("breast_cell_lines", 8741, None, None),
    ],
)
def test_real_runs(shared, reads, pairs, unique, chimeric):
    log = read_star_log(shared / "arriba-2.5.1" / reads / "Log.final.out")
    assert log.input_reads == pairs
    parts = log.uniquely_mapped + log.multi_mapped + log.too_many_loci
    unmapped = log.unmapped_mismatches + log.unmapped_short + log.unmapped_other
    # STAR counts a read whose only alignment is chimeric in no other class
    assert 0 <= pairs - parts - unmapped <= log.chimeric
    if unique is not None:
        assert (log.uniquely_mapped, log.chimeric) == (unique, chimeric)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "".join(LOG.splitlines(keepends=True)[:5]), "Annotated.*Did the STAR run finish", id="cut off"
        ),
        pytest.param("", "Number of input reads", id="empty"),
        pytest.param(LOG.replace("200\n", "many\n", 1), "'many', not a number", id="not a number"),
    ],
)
def test_a_damaged_log_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "Log.final.out"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as told:
        read_star_log(path)
    assert "\n" not in str(told.value)


def test_a_missing_or_binary_log_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_star_log(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\x1f\x8b\xff\xfe")
    with pytest.raises(InputError, match="not a text file"):
        read_star_log(tmp_path / "binary")


def test_counts_per_strand_leave_out_the_summary_lines(tmp_path):
    path = tmp_path / "ReadsPerGene.out.tab"
    path.write_text("N_unmapped\t5\t5\t5\nN_noFeature\t1\t9\t2\nENSG1.4\t10\t1\t9\nENSG2.1\t4\t0\t4\n")
    counted = read_strand_counts(path)
    assert counted.to_dict("list") == {
        "gene_id": ["ENSG1", "ENSG2"],
        "unstranded": [10, 4],
        "forward": [1, 0],
        "reverse": [9, 4],
    }


def test_counts_that_are_not_counts_are_refused(tmp_path):
    path = tmp_path / "ReadsPerGene.out.tab"
    path.write_text("gene\tcount\nENSG1\tmany\n")
    with pytest.raises(InputError, match="not STAR's ReadsPerGene"):
        read_strand_counts(path)
