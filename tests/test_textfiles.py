"""Damaged, misnamed and misplaced files: one line that names the file, and nothing written."""

from __future__ import annotations

import gzip
import os
import threading

import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.gtf import read_gene_model
from leukoscope.publishing import publish_text
from leukoscope.tables.cohort import SAMPLES
from leukoscope.textfiles import open_text

SHEET = "sample\tpatient\nA\tP1\nB\tP2\n"
PACKED = gzip.compress(SHEET.encode(), mtime=0)

DAMAGED = [
    pytest.param(b"\xb5\x00\xff", id="no text"),
    pytest.param("sample\nMüller\n".encode("latin-1"), id="Latin-1"),
    pytest.param(PACKED[:-9], id="cut off"),
    pytest.param(PACKED[:14] + b"\xff\xff\xff" + PACKED[17:], id="altered"),
]


@pytest.mark.parametrize("content", DAMAGED)
def test_damage_is_one_line_that_names_the_file(tmp_path, content):
    (tmp_path / "f.tsv").write_bytes(content)
    with pytest.raises(InputError, match=r"^f\.tsv: not a readable list \(.*\)\.$") as raised, open_text(
        tmp_path / "f.tsv", "list"
    ) as source:  # fmt: skip
        source.read()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["s.tsv", "s.tsv.gz"])
@pytest.mark.parametrize("content", [SHEET.encode(), PACKED, b"\xef\xbb\xbf" + SHEET.encode()])
def test_the_content_tells_whether_a_table_is_packed(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert SAMPLES.read(tmp_path / name)["sample"].tolist() == ["A", "B"]


@pytest.mark.parametrize("content", [SHEET.encode(), PACKED])
def test_a_table_is_read_from_a_pipe(tmp_path, content):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
    writer.start()
    assert SAMPLES.read(tmp_path / "pipe")["sample"].tolist() == ["A", "B"]
    writer.join()


def test_a_folder_and_a_missing_file_are_told_apart(tmp_path):
    for path, told in ((tmp_path, "is a folder"), (tmp_path / "x", "there is no such file")):
        with pytest.raises(InputError, match=told):
            SAMPLES.read(path)


def test_a_long_row_is_told_in_one_line(tmp_path):
    (tmp_path / "s.tsv").write_text("sample\nA\tB\tC\nA\tB\tC\tD\n")
    with pytest.raises(InputError) as raised:
        SAMPLES.read(tmp_path / "s.tsv")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("mark", [",", ";"])
@pytest.mark.parametrize("begin", ["", "\ufeff"])
def test_a_table_of_commas_or_semicolons_is_read_alike(tmp_path, mark, begin):
    """As the sheet of a run is, and as Excel saves tables."""
    (tmp_path / "s.tsv").write_text(SHEET)
    (tmp_path / "s.csv").write_text(begin + SHEET.replace("\t", mark).replace("\n", "\r\n"), encoding="utf-8")
    assert SAMPLES.read(tmp_path / "s.csv").equals(SAMPLES.read(tmp_path / "s.tsv"))


def test_an_annotation_reads_the_same_however_it_is_saved(tmp_path):
    lines = [
        f'1\tt\texon\t{start}\t{start + 99}\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "ABC";'
        for start in (101, 301)
    ]
    plain = ("\n".join(lines) + "\n").encode()
    told = []
    for name, content in (
        ("a.gtf", plain), ("a.gtf.gz", gzip.compress(plain)), ("b.gtf", gzip.compress(plain)), ("b.gtf.gz", plain),
        ("c.gtf", plain.replace(b"\n", b"\r\n")), ("d.gtf", b"\xef\xbb\xbf" + plain),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        told.append({k: v.tolist() for k, v in read_gene_model(tmp_path / name).arrays().items()})
    assert all(model == told[0] for model in told)


def test_an_output_that_cannot_be_written_is_named_as_given(tmp_path):
    (tmp_path / "file").write_text("precious")
    for path in (tmp_path, tmp_path / "file" / "x"):
        with pytest.raises(OSError) as raised:  # which kind depends on the system
            publish_text(path, "text")
        assert ".part-" not in str(raised.value)
    assert (tmp_path / "file").read_text() == "precious"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize("content", DAMAGED)
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            "differential FILE --samples s.tsv --design ~sample --contrast x --output o", id="counts"
        ),
        pytest.param("normalise FILE --output o", id="normalise"),
        pytest.param("cluster FILE --outdir o", id="cluster"),
        pytest.param("enrich FILE --gene-sets go_bp --output o", id="genes"),
        pytest.param("associate FILE --by sex --baseline age --output o", id="associate"),
        pytest.param("convert-fusions FILE --output o.tsv", id="fusions"),
        pytest.param("subtype FILE --output o", id="subtype"),
        pytest.param("quality --star-log FILE --output o", id="quality"),
        pytest.param("fusions FILE --gtf FILE --fasta FILE --output o", id="gtf"),
        pytest.param("identity A=FILE B=FILE --output o", id="identity"),
        pytest.param("report FILE --outdir o", id="report"),
        pytest.param("compare FILE FILE", id="compare"),
        pytest.param("strandedness FILE --output o", id="strandedness"),
    ],
)
def test_commands_refuse_damaged_files_and_write_nothing(tmp_path, monkeypatch, capsys, words, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.tsv").write_bytes(content)
    (tmp_path / "s.tsv").write_text(SHEET)
    assert main([word.replace("FILE", "f.tsv") for word in words.split()]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "f.tsv" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.tsv", "s.tsv"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "N_unmapped\t1\t2\t3\n",
        "G1\t1\t2\t3\n",
        "N_unmapped\t1\t2\nG1\t1\t2\n",
        "N_unmapped\t1\t2\t3\nG1\t1\t2\tinf\n",
        "N_unmapped\t1\t2\t3\nG1\t1\t2\t99999999999999999999\n",
    ],
)
def test_counts_per_strand_that_are_none_of_stars_are_refused(tmp_path, capsys, text):
    (tmp_path / "f.tab").write_text(text)
    assert main(["strandedness", str(tmp_path / "f.tab"), "--output", str(tmp_path / "o")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "f.tab" in told


def test_a_matrix_of_no_sample_is_refused(tmp_path, capsys):
    (tmp_path / "samples.tsv").write_text(
        "sample\tpatient\ttimepoint\tstrandedness\tlanes\tentry\nA\tP\tonset\tauto\t1\treads\n"
    )
    words = ["matrix", "--samples", str(tmp_path / "samples.tsv"), "--evidence", str(tmp_path), "--outdir"]
    assert main([*words, str(tmp_path / "out")]) == 2
    assert "no sample has a table of gene expression" in capsys.readouterr().err


def test_an_alignment_that_is_missing_or_none_is_one_line(tmp_path, capfd):
    from leukoscope.formats.codon_reads import read_codons
    from leukoscope.variants.hotspots import LocatedCodon

    (tmp_path / "no.bam").write_text("not a BAM")
    place = LocatedCodon("G", 1, contig="1", forward=True, positions=(1, 2, 3))
    for name, told in (
        ("no.bam", "not a readable BAM file"),
        ("absent.bam", "no such file"),
        ("", "a folder"),
    ):
        with pytest.raises(InputError, match=told):
            read_codons(tmp_path / name, [place])
    assert capfd.readouterr().err == ""
