# ruff: noqa: E501  one case a line
"""Bad inputs: one clear line and an exit status each, no traceback, nothing half-written."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pysam
import pytest
from pipeline_inputs import GTF_LINE, SmallInputs, write_fastq

from leukoscope.cli import main

HEADER = "sample,patient,timepoint,fastq_1,fastq_2,strandedness\n"
GOOD = "a,P1,onset,a_R1.fastq.gz,a_R2.fastq.gz,auto\n"


def refused(capsys, status: int, said: str, outdir: Path, *arguments: object) -> None:
    """Check that a command is refused with one line that matches, and leaves nothing."""
    assert main([str(argument) for argument in arguments]) == status
    shown = capsys.readouterr()
    lines = [line for line in shown.err.strip().splitlines() if not line.startswith("leukoscope: copying")]
    assert re.fullmatch(said, "\n".join(lines)), shown.err
    assert shown.out == ""
    left = [path.name for path in outdir.parent.iterdir() if outdir.name in path.name]
    assert left == []


SHEETS = [
    pytest.param("", r"leukoscope: s\.csv: is empty\.", id="empty"),
    pytest.param(HEADER, r"leukoscope: s\.csv: line 1: no sample follows the header\.", id="header only"),
    pytest.param("name,fastq_1\nx,y\n", r".*line 1: no column 'sample'; found 'name', 'fastq_1'\.", id="no sample column"),
    pytest.param("sample,age\nx,3\n", r".*line 1: no column that names a file.*", id="no file column"),
    pytest.param("sample,sample_id,bam\na,a,x\n", r".*line 1: 1 column\(s\) stand twice: 'sample'\.", id="two names for a column"),
    pytest.param(HEADER + "a,P1,onset\n", r".*line 2: has 3 fields where the header has 6\.", id="short row"),
    pytest.param(HEADER + '"a,P1\n', r".*not a readable CSV or TSV file.*", id="open quote"),
    pytest.param(HEADER + GOOD.replace("a,P1", "a b,P1"), r".*line 2: the sample 'a b' is not made of A-Z.*", id="blank in a name"),
    pytest.param(HEADER + GOOD.replace("a,P1", "../a,P1"), r".*line 2: the sample '\.\./a' is not made of A-Z.*", id="path in a name"),
    pytest.param(HEADER + GOOD.replace("a,P1", ",P1"), r".*line 2: the sample is empty\.", id="no name"),
    pytest.param(HEADER + GOOD.replace("P1", "P/1"), r".*line 2: the patient 'P/1' is not.*", id="bad patient"),
    pytest.param(HEADER + GOOD.replace("onset", "day 33"), r".*line 2: unknown timepoint 'day 33'; known: onset, remission, relapse\.", id="timepoint"),
    pytest.param(HEADER + GOOD.replace("auto", "sense"), r".*line 2: unknown strandedness 'sense'.*", id="strandedness"),
    pytest.param("sample,bam,age\na,a_R1.fastq.gz,old\n", r".*line 2: the age 'old' is not a number of years\.", id="age"),
    pytest.param("sample,bam,sex\na,a_R1.fastq.gz,x\n", r".*line 2: unknown sex 'x'.*", id="sex"),
    pytest.param(HEADER + "a,P1,onset,,,auto\n", r".*line 2: sample 'a' names no file\.", id="no file"),
    pytest.param(HEADER + GOOD.replace("a_R2.fastq.gz", ""), r".*line 2: fastq_2 is empty; paired reads are needed\.", id="one mate"),
    pytest.param(HEADER + GOOD.replace("a_R2", "b_R2"), r".*line 2: fastq_2: there is no file 'b_R2\.fastq\.gz' in the sheet's folder '.*'\.", id="missing file"),
    pytest.param(HEADER + GOOD.replace("a_R2.fastq.gz", "."), r".*line 2: fastq_2: '\.' is a folder, not a file\.", id="folder for a file"),
    pytest.param("sample,bam\na,a_R1.fastq.gz\n", r".*line 2: a_R1\.fastq\.gz: not a BAM file \(its blocks are not BGZF\)\.", id="no BAM file"),
    pytest.param(HEADER + GOOD.replace("a_R2", "a_R1"), r".*line 2: fastq_2 'a_R1\.fastq\.gz' was already used in line 2\.", id="file twice in a row"),
    pytest.param(HEADER + GOOD + GOOD.replace("a,P1", "b,P2"), r".*: 2 problems\.\n  line 3: fastq_1 .* line 2\.\n  line 3: fastq_2 .* line 2\.", id="file twice"),
    pytest.param("sample,counts\na,a_R1.fastq.gz\nb,a_R1.fastq.gz\n", r".*line 3: counts 'a_R1\.fastq\.gz' was already used in line 2, and has no column 'b'\.", id="counts twice"),
    pytest.param("sample,bam\na,a_R1.fastq.gz\na,a_R2.fastq.gz\n", r".*line 3: sample 'a' stands in line 2 with another bam\.", id="sample twice"),
    pytest.param(HEADER + GOOD + GOOD.replace("P1", "P2").replace("a_R", "b_R"), r".*problems\.\n(.*\n)*  line 3: sample 'a' stands in line 2 with another patient\.", id="lanes of two patients"),
    pytest.param(HEADER + GOOD.replace("a_R1", "a_R3").replace("a_R2.fastq.gz", "a_R1.fastq.gz").replace("a_R3", "a_R2"), r".*line 2: mates are swapped: a_R2\.fastq\.gz holds second mates\.", id="mates swapped"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), SHEETS)
def test_sheet(text, said, small, capsys):
    sheet, out = small.folder / "s.csv", small.folder / "out"
    sheet.write_text(text)
    refused(capsys, 2, said, out, "run", sheet, "--reference", small.folder / "ref", "--outdir", out)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_than_utf8_is_named(encoding, small, capsys):
    """As Excel saves 'Unicode text', and CSV of former days."""
    sheet, out = small.folder / "s.csv", small.folder / "out"
    sheet.write_bytes((HEADER + GOOD.replace("P1", "Jürgen")).encode(encoding))
    said = r"leukoscope: s\.csv: not in UTF-8 \(invalid [a-z ]+\)\. In Excel save it as 'CSV UTF-8'\."
    refused(capsys, 2, said, out, "run", sheet, "--reference", small.folder / "ref", "--outdir", out)


def test_every_violation_at_once(small, capsys):
    sheet, out = small.folder / "s.csv", small.folder / "out"
    sheet.write_text(HEADER + "a b,P1,day,x,y,auto\n" + "c,P2,onset,,,none\n")
    said = r"leukoscope: s\.csv: 6 problems\.(\n  line [23]: .*\.){6}"
    refused(capsys, 2, said, out, "run", sheet, "--reference", small.folder / "ref", "--outdir", out)


def test_reads_need_a_reference(small, capsys):
    sheet, out = small.folder / "s.csv", small.folder / "out"
    sheet.write_text(HEADER + GOOD)
    said = r"leukoscope: 1 sample\(s\) enter with reads, .* which need --reference REF: 'a'\."
    refused(capsys, 2, said, out, "run", sheet, "--outdir", out)


def _swap_names(small: SmallInputs) -> None:
    write_fastq(small.reads[1], [f"r{i}/2" for i in (0, 1, 3, 2, 4)])


def _lose_a_read(small: SmallInputs) -> None:
    write_fastq(small.reads[1], [f"r{i}/2" for i in range(4)])


def _unpack(small: SmallInputs) -> None:
    small.reads[1].write_bytes(gzip.decompress(small.reads[1].read_bytes()))


def _truncate(small: SmallInputs) -> None:
    small.reads[1].write_bytes(small.reads[1].read_bytes()[:-12])


def _empty(small: SmallInputs) -> None:
    small.reads[1].write_bytes(b"")


def _no_reads(small: SmallInputs) -> None:
    small.reads[1].write_bytes(gzip.compress(b""))


def _fasta_instead(small: SmallInputs) -> None:
    small.reads[1].write_bytes(gzip.compress(b">r0\nACGT\n"))


def _cut_a_record(small: SmallInputs) -> None:
    whole = gzip.decompress(small.reads[1].read_bytes())
    small.reads[1].write_bytes(gzip.compress(whole[: whole.rindex(b"+")]))


def _short_quality(small: SmallInputs) -> None:
    small.reads[1].write_bytes(gzip.compress(b"@r0/2\nACGT\n+\nIII\n"))


def _damage_late(small: SmallInputs) -> None:
    for mate, path in enumerate(small.reads, start=1):
        write_fastq(path, [f"r{i}/{mate}" for i in range(3000)])
    whole = gzip.decompress(small.reads[1].read_bytes())
    small.reads[1].write_bytes(gzip.compress(whole.replace(b"@r2500/2\n", b"@r2500/2\nA")))


def _damage_the_end(small: SmallInputs) -> None:
    for mate, path in enumerate(small.reads, start=1):
        write_fastq(path, [f"r{i}/{mate}" for i in range(3000)])
    whole = gzip.decompress(small.reads[1].read_bytes())
    small.reads[1].write_bytes(gzip.compress(whole[: whole.rindex(b"+")]))


READS = [
    pytest.param(
        _swap_names, r"read 3 is 'r2' in a_R1\.fastq\.gz and 'r3' in a_R2\.fastq\.gz: .*", id="other order"
    ),
    pytest.param(
        _lose_a_read, r"a_R1\.fastq\.gz holds 5 reads and a_R2\.fastq\.gz 4; one .*", id="unequal numbers"
    ),
    pytest.param(
        _unpack, r"a_R2\.fastq\.gz: is not gzipped; 'gzip a_R2\.fastq\.gz' packs it\.", id="not gzip"
    ),
    pytest.param(_truncate, r"a_R2\.fastq\.gz: damaged or truncated gzip file\.", id="truncated gzip"),
    pytest.param(_empty, r"a_R2\.fastq\.gz: is empty\.", id="empty file"),
    pytest.param(_no_reads, r"a_R2\.fastq\.gz: no read in it\.", id="no read"),
    pytest.param(_fasta_instead, r"a_R2\.fastq\.gz: not FASTQ at line 1\.", id="FASTA instead"),
    pytest.param(_cut_a_record, r"a_R2\.fastq\.gz: not FASTQ at line 17\.", id="cut record"),
    pytest.param(
        _damage_late, r"a_R2\.fastq\.gz: the read at line 10001 is no FASTQ, .*", id="damage in the middle"
    ),
    pytest.param(
        _damage_the_end, r"a_R2\.fastq\.gz: the read at line 11997 is cut off\.", id="cut in the last read"
    ),
    pytest.param(
        _short_quality, r"a_R2\.fastq\.gz: the read at line 1 has 4 bases and 3 qualities\.", id="qualities"
    ),
]


@pytest.mark.parametrize(("damage", "said"), READS)
def test_reads(damage: Callable[[SmallInputs], None], said, small, capsys):
    damage(small)
    sheet, out = small.folder / "s.csv", small.folder / "out"
    sheet.write_text(HEADER + GOOD)
    said = r"leukoscope: s\.csv: line 2: " + said
    refused(capsys, 2, said, out, "run", sheet, "--reference", small.folder / "ref", "--outdir", out)


def _line(kind: str = "exon", **changed: object) -> str:
    fields = {"contig": "chr1", "kind": kind, "start": 101, "end": 400, "gene": "G1"} | changed
    return GTF_LINE.format(**fields)


ANNOTATIONS = [
    pytest.param("", r"genes\.gtf: no feature in it; is this a GTF annotation\?", id="empty"),
    pytest.param("chr1\tx\texon\n", r"genes\.gtf: line 1 has 3 column\(s\), not the 9 of GTF\.", id="columns"),
    pytest.param(_line(start="one"), r"genes\.gtf: line 1 has the coordinates .* not numbers\.", id="coordinates"),
    pytest.param(_line(end=50), r"genes\.gtf: line 1 runs from 101 to 50\.", id="ends before it starts"),
    pytest.param(_line(end=5000), r"genes\.gtf: line 1 reaches to 5000 on 'chr1', which has only 1200 bases.*", id="beyond the end"),
    pytest.param(_line(contig="1"), r"genes\.gtf: none of its 1 contig\(s\) \('1'\) is usable .*", id="contig names"),
    pytest.param(_line("gene"), r"genes\.gtf: no exon found; .*", id="no exon"),
    pytest.param(_line().replace("\t+\t", "\t?\t"), r"genes\.gtf: line 1 \(exon\) has the strand '\?', .*", id="strand"),
    pytest.param(_line().replace("gene_id", "id"), r"genes\.gtf: line 1 \(exon\) has no gene_id\.", id="no gene_id"),
    pytest.param("#\n" + _line() + _line(contig="chr2"), r"genes\.gtf: line 3 puts gene 'G1' on a second contig or strand\.", id="two contigs"),
]  # fmt: skip


@pytest.mark.tools
@pytest.mark.parametrize(("text", "said"), ANNOTATIONS)
def test_annotation(text, said, small, capsys):
    small.gtf.write_text(text)
    out = small.folder / "out"
    command = ("reference", "build", "--fasta", small.fasta, "--gtf", small.gtf, "--outdir", out)
    refused(capsys, 2, "leukoscope: " + said, out, *command)


GENOMES = [
    pytest.param(b"", r"genome\.fa: empty, no contig in it\.", id="empty"),
    pytest.param(b"ACGT\n", r"genome\.fa: a FASTA file begins with '>'.*", id="no header"),
    pytest.param(b"@r\nACGT\n+\nIIII\n", r"genome\.fa: a FASTA file begins with '>'.*", id="FASTQ instead"),
    pytest.param(b">chr1\nACGT\n>chr1\nAC\n", r"genome\.fa: two contigs are called 'chr1'\.", id="name twice"),
    pytest.param(b">chr1\nAC!GT\n", r"genome\.fa: contig 'chr1' holds 1 character\(s\) that are no base, .*", id="no base"),
    pytest.param(b">chr1\n>chr2\nACGT\n", r"genome\.fa: contig 'chr1' has no bases\.", id="no bases"),
    pytest.param(b"> \nACGT\n", r"genome\.fa: line 1: a contig has no name\.", id="no name"),
    pytest.param(gzip.compress(b">chr1\n" + b"ACGT" * 500)[:-9], r"genome\.fa: damaged or truncated gzip .*", id="truncated gzip"),
]  # fmt: skip


@pytest.mark.tools
@pytest.mark.parametrize(("content", "said"), GENOMES)
def test_genome(content, said, small, capsys):
    small.fasta.write_bytes(content)
    out = small.folder / "out"
    command = ("reference", "build", "--fasta", small.fasta, "--gtf", small.gtf, "--outdir", out)
    refused(capsys, 2, "leukoscope: " + said, out, *command)


def _flip_a_bit(reference: Path) -> None:
    path = reference / "star" / "SA"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)


def _cut_the_genome(reference: Path) -> None:
    path = reference / "genome.fa"
    path.write_bytes(path.read_bytes()[:-10])


def _lose_rsem(reference: Path) -> None:
    (reference / "rsem" / "reference.grp").unlink()


def _age(reference: Path) -> None:
    path = reference / "reference.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 0}))


def _garble(reference: Path) -> None:
    (reference / "reference.json").write_text("{")


REFERENCES = [
    pytest.param(shutil.rmtree, r".*: no reference here \(no reference\.json\)\. Make one with .*", id="missing"),
    pytest.param(_flip_a_bit, r".*: 1 file\(s\) changed after the reference was built: 'star/SA'\. .*", id="one bit"),
    pytest.param(_cut_the_genome, r".*: 1 file\(s\) changed .* 'genome\.fa'\. .*", id="cut genome"),
    pytest.param(_lose_rsem, r".*: 1 file\(s\) of the reference are missing: 'rsem/reference\.grp'\. .*", id="file missing"),
    pytest.param(_age, r".*: made for another version of leukoscope\. .*", id="older format"),
    pytest.param(_garble, r".*reference\.json: not readable .*", id="no JSON"),
]  # fmt: skip


@pytest.mark.tools
@pytest.mark.parametrize(("damage", "said"), REFERENCES)
def test_reference(damage: Callable[[Path], None], said, leukaemia_reference, small, capsys):
    reference, out = small.folder / "ref", small.folder / "out"
    shutil.copytree(leukaemia_reference, reference)
    damage(reference)
    assert main(["reference", "check", str(reference)]) == 3
    assert re.fullmatch("leukoscope: " + said + "\n", capsys.readouterr().err)
    sheet = small.folder / "s.csv"
    sheet.write_text(HEADER + GOOD)
    refused(capsys, 3, "leukoscope: " + said, out, "run", sheet, "--reference", reference, "--outdir", out)


@pytest.mark.tools
@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param((), r"give --fasta and --gtf, or --genome GRCh38\.", id="nothing"),
        pytest.param(("--genome", "GRCh99"), r"--genome: 'GRCh99' is not known; known: GRCh38\.", id="unknown genome"),
        pytest.param(("--genome", "GRCh38", "--fasta", "x"), r"give --genome, or .* not both\.", id="both"),
        pytest.param(("--fasta", "/no/x.fa", "--gtf", "/no/x.gtf"), r"/no/x\.fa: there is no such file\.", id="missing"),
    ],
)  # fmt: skip
def test_what_to_build_from(options, said, tmp_path, capsys):
    out = tmp_path / "out"
    refused(capsys, 2, "leukoscope: " + said, out, "reference", "build", *options, "--outdir", out)


@pytest.mark.tools
def test_folder_that_is_no_reference_is_not_replaced(small, capsys):
    (small.folder / "mine").mkdir()
    (small.folder / "mine" / "thesis.txt").write_text("important")
    command = [
        "reference",
        "build",
        "--fasta",
        small.fasta,
        "--gtf",
        small.gtf,
        "--outdir",
        small.folder / "mine",
    ]
    assert main([*map(str, command), "--force"]) == 2
    assert "exists and is no reference" in capsys.readouterr().err
    assert (small.folder / "mine" / "thesis.txt").read_text() == "important"


@pytest.mark.tools
def test_every_reader_of_alignments_refuses_another_genome(shared, leukaemia_reference, tmp_path, capsys):
    """What is called not detected must have been looked for where it is."""
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr22", "LN": 50_818_468}]}
    pysam.AlignmentFile(str(tmp_path / "hg38.bam"), "wb", header=header).close()
    for verb in ("variants", "genotypes", "deletions"):
        words = [verb, str(tmp_path / "hg38.bam"), "--reference", str(leukaemia_reference)]
        assert main([*words, "--output", str(tmp_path / "o.tsv")]) == 2
        assert "is not what the reads were aligned to" in capsys.readouterr().err
    recorded = shared / "arriba-2.5.1" / "bcr_abl1" / "Aligned.out.bam"
    with pysam.AlignmentFile(str(recorded)) as source:
        lines = [line | {"SN": line["SN"].removeprefix("chr")} for line in source.header.to_dict()["SQ"]]
    header = {"HD": {"VN": "1.6"}, "SQ": lines}
    pysam.AlignmentFile(str(tmp_path / "bare.bam"), "wb", header=header).close()
    words = ["variants", str(tmp_path / "bare.bam"), "--reference", str(leukaemia_reference)]
    assert main([*words, "--output", str(tmp_path / "o.tsv")]) == 2
    assert "named otherwise than the reference's ('1', 'chr1')" in capsys.readouterr().err
    assert not (tmp_path / "o.tsv").exists()
