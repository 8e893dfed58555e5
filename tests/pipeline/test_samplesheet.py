"""Sample sheets that are right, in the forms that people write them."""

from __future__ import annotations

import gzip

import pytest
from pipeline_inputs import write_fastq

from leukoscope.errors import InputError
from leukoscope.formats.fastq import Read, first_reads, measure
from leukoscope.formats.samplesheet import read_sample_sheet


@pytest.fixture
def sheet(small):
    def write(text: str, name: str = "samples.csv"):
        path = small.folder / name
        path.write_text(text)
        return read_sample_sheet(path)

    return write


def test_names_of_nf_core(sheet, small):
    (sample,) = sheet("sample,fastq_1,fastq_2,strandedness\na,a_R1.fastq.gz,a_R2.fastq.gz,reverse\n").samples
    assert (sample.name, sample.patient, sample.timepoint, sample.strandedness) == ("a", "a", "", "reverse")
    assert sample.lanes == (small.reads,)


@pytest.mark.parametrize(
    "header",
    [
        "sample_id,patient_id,condition,read1,read2",
        "Sample ID,Patient ID,Time point,Read 1,Read 2",
        "ID,Subject,Timepoint,R1,R2",
        "sample,patient,stage,left,right",
    ],
)
def test_aliases(header, sheet):
    (sample,) = sheet(f"{header}\na,P,Relapse,a_R1.fastq.gz,a_R2.fastq.gz\n").samples
    assert (sample.name, sample.patient, sample.timepoint, len(sample.lanes)) == ("a", "P", "relapse", 1)


@pytest.mark.parametrize("separator", ["\t", ";", ","])
def test_separators_byte_order_mark_and_blank_lines(separator, sheet):
    text = "\ufeffsample,fastq_1,fastq_2\r\n\r\na,a_R1.fastq.gz,a_R2.fastq.gz\r\n"
    assert [sample.name for sample in sheet(text.replace(",", separator)).samples] == ["a"]


@pytest.mark.parametrize("header_too", [True, False])
def test_cells_that_excel_saves_beyond_the_table_are_left_out(header_too, sheet):
    header = "sample;read1;read2" + (";;" if header_too else "")
    (sample,) = sheet(f"\ufeff{header}\r\na;a_R1.fastq.gz;a_R2.fastq.gz;;\r\n;;;;\r\n").samples
    assert (sample.name, len(sample.lanes)) == ("a", 1)


def test_a_cell_without_a_header_is_not_left_out(sheet):
    with pytest.raises(InputError, match="column 4 has no name"):
        sheet("sample,read1,read2,,\na,a_R1.fastq.gz,a_R2.fastq.gz,note,\n")


def test_repeated_rows_are_lanes(sheet, small):
    for mate in (1, 2):
        write_fastq(small.folder / f"b_R{mate}.fastq.gz", [f"q{i}/{mate}" for i in range(3)])
    found = sheet(
        "sample,patient,timepoint,fastq_1,fastq_2\n"
        "a,P,onset,a_R1.fastq.gz,a_R2.fastq.gz\n"
        "a,P,onset,b_R1.fastq.gz,b_R2.fastq.gz\n"
    )
    assert [[path.name for path in lane] for lane in found.samples[0].lanes] == [
        ["a_R1.fastq.gz", "a_R2.fastq.gz"],
        ["b_R1.fastq.gz", "b_R2.fastq.gz"],
    ]
    assert found.table[["sample", "lanes", "entry"]].to_dict("records") == [
        {"sample": "a", "lanes": 2, "entry": "fastq"}
    ]


def test_table_keeps_the_columns_of_the_user_but_no_path(sheet):
    table = sheet("sample,counts,sex,age,ward\na,a_R1.fastq.gz,F,3.5,12\n").table
    assert list(table.columns) == [
        "sample", "patient", "timepoint", "strandedness", "entry", "lanes", "sex", "age", "ward"
    ]  # fmt: skip
    assert table.iloc[0]["sex"] == "female"
    assert table.iloc[0]["age"] == 3.5


def test_reads_tell_their_mate(tmp_path):
    """Both ways of saying which mate a read is, and neither."""
    write_fastq(tmp_path / "x.fastq.gz", ["r1/2", "r2 2:N:0:ACGT", "r3", "SRR1.7 7 length=30"])
    expected = [Read("r1", 2, 30), Read("r2", 2, 30), Read("r3", 0, 30), Read("SRR1.7", 0, 30)]
    assert first_reads(tmp_path / "x.fastq.gz") == expected


def test_every_read_is_counted_whatever_ends_the_file(tmp_path):
    record = b"@r\nACGT\n+\nIIII\n"
    for ending, text in {
        "line": record * 5,
        "no line": (record * 5)[:-1],
        "windows": record.replace(b"\n", b"\r\n") * 5,
    }.items():
        path = tmp_path / f"{ending}.fastq.gz"
        path.write_bytes(gzip.compress(text))
        assert measure(path).reads == 5


def test_reads_across_blocks_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("leukoscope.formats.fastq._CHUNK", 37)
    write_fastq(tmp_path / "x.fastq.gz", [f"read{i}" for i in range(100)])
    assert measure(tmp_path / "x.fastq.gz").reads == 100


@pytest.mark.parametrize(
    ("stated", "kept"), [("30", "30"), ("12.5 %", "12.5"), ("", ""), ("NA", ""), ("0", "0")]
)
def test_blasts_are_a_percentage_or_nothing(stated, kept, sheet):
    table = sheet(f"sample,fastq_1,fastq_2,blast_percent\na,a_R1.fastq.gz,a_R2.fastq.gz,{stated}\n").table
    assert table["blast_percent"].tolist() == [kept]


@pytest.mark.parametrize("stated", ["many", "120", "-1", "nan"])
def test_blasts_that_are_no_percentage_are_refused(stated, sheet):
    with pytest.raises(InputError, match=r"blast_percent '.*' is not a number from 0 to 100"):
        sheet(f"sample,fastq_1,fastq_2,blast_percent\na,a_R1.fastq.gz,a_R2.fastq.gz,{stated}\n")
