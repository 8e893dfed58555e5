"""The scan of a BAM file against pysam reading every record, and files that are no BAM."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from threading import Thread

import numpy as np
import pysam
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats import bgzf
from leukoscope.formats.bam import Scan, scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.calling import call_fusions
from leukoscope.fusions.evidence import library_strand, read_bases
from leukoscope.kernels import bam_records as records


@pytest.fixture(scope="module")
def breast(shared):
    model = read_gene_model(shared / "reference" / "breast.gtf.gz")
    path = shared / "arriba-2.5.1" / "breast_cell_lines" / "Aligned.out.bam"
    with pysam.AlignmentFile(str(path), check_sq=False) as bam:
        reads = list(bam)
    return path, model, scan_alignments(path, model), reads


def _mapped(reads):
    return [read for read in reads if not read.is_unmapped]


def test_every_record_is_met(breast):
    _, _, found, reads = breast
    assert found.counters[records.N_RECORDS] == len(reads)
    primary = [r for r in _mapped(reads) if not r.is_secondary and not r.is_supplementary]
    assert found.counters[records.N_PRIMARY] == len(primary)


def test_chimeric_and_discordant_records_are_kept_whole(breast):
    _, _, found, reads = breast
    expected = {
        (r.query_name, r.flag, r.reference_start, r.query_sequence)
        for r in _mapped(reads)
        if r.is_supplementary or r.has_tag("SA") or r.has_tag("ch")
    }
    kept = np.flatnonzero(found.rows[:, records.KIND] & records.SPLIT)
    seen = {
        (
            found.name(i),
            int(found.rows[i, records.FLAG]),
            int(found.rows[i, records.START]),
            read_bases(found, i),
        )
        for i in kept.tolist()
    }
    assert seen == expected


def test_clips_ends_and_tags_are_those_of_pysam(breast):
    _, _, found, reads = breast
    by_place = {(r.query_name, r.flag, r.get_tag("HI")): r for r in _mapped(reads)}
    for i, row in enumerate(found.rows.tolist()):
        read = by_place[found.name(i), row[records.FLAG], row[records.HIT_INDEX]]
        clips = [
            sum(n for op, n in part if op in (4, 5)) for part in (read.cigartuples[:1], read.cigartuples[1:])
        ]
        assert [row[records.CLIP_LEFT], row[records.CLIP_RIGHT]] == clips
        assert row[records.END] == read.reference_end
        assert row[records.HITS] == read.get_tag("NH")
        assert row[records.START] == read.reference_start
        assert row[records.MISMATCHES] == read.get_tag("NM")
        assert row[records.ALIGNED] == read.query_alignment_length


def test_introns_are_counted_as_pysam_counts_them(breast):
    _, _, found, reads = breast
    expected: Counter[tuple[int, int, int]] = Counter()
    for read in _mapped(reads):
        if read.is_secondary or read.is_supplementary or read.get_tag("NH") > 1:
            continue
        position = read.reference_start
        for operation, n in read.cigartuples:
            if operation == 3:
                expected[read.reference_id, position, position + n] += 1
            position += n if operation in (0, 2, 3, 7, 8) else 0
    table = found.introns[found.introns[:, records.INTRON_UNIQUE] > 0]
    seen = {
        (key >> 32, key & 0xFFFFFFFF, end): n
        for key, end, n in table[:, [records.INTRON_KEY, records.INTRON_END, records.INTRON_UNIQUE]].tolist()
    }
    assert seen == expected


def test_more_introns_than_the_table_begins_with(breast, tmp_path):
    """As every human annotation has."""
    path, model, found, _ = breast
    line = f'{model.contigs[0]}\tx\texon\t%d\t%d\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    (tmp_path / "a.gtf").write_text("".join(line % (10 * i + 1, 10 * i + 5) for i in range(20_001)))
    again = scan_alignments(path, read_gene_model(tmp_path / "a.gtf"), threads=2)
    annotated = again.introns[again.introns[:, records.INTRON_STRAND] == 1]
    assert annotated[:, records.INTRON_KEY].tolist() == [10 * i + 5 for i in range(20_000)]
    assert annotated[:, records.INTRON_END].tolist() == [10 * i + 10 for i in range(20_000)]
    counts = [records.INTRON_UNIQUE, records.INTRON_MULTIPLE]
    columns = [records.INTRON_KEY, records.INTRON_END, *counts, records.INTRON_OVERHANG]
    spanned, expected = (scan.introns[scan.introns[:, counts].any(axis=1)] for scan in (again, found))
    assert np.array_equal(spanned[:, columns], expected[:, columns])


def test_coverage_is_that_of_pysam(breast):
    _, _, found, reads = breast
    expected = np.zeros_like(found.coverage)
    for read in _mapped(reads):
        if read.is_secondary or read.is_supplementary:
            continue
        position = read.reference_start
        for operation, n in read.cigartuples:
            if operation in (0, 7, 8):
                first = found.coverage_bounds[read.reference_id]
                low, high = position // records.COVERAGE_BIN, (position + n - 1) // records.COVERAGE_BIN
                expected[first + low : first + high + 1] += 1
            position += n if operation in (0, 2, 3, 7, 8) else 0
    assert np.array_equal(found.coverage, expected)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("slab", [1 << 12, 1 << 19])
@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_matter(breast, monkeypatch, threads, slab, ahead):
    path, model, found, _ = breast
    monkeypatch.setattr(bgzf, "_SLAB", slab)
    with bgzf.Blocks(path, ahead=ahead) as blocks:
        again = Scan(blocks, model, threads=threads).finish()
    assert np.array_equal(found.rows, again.rows)
    assert np.array_equal(found.store, again.store)
    assert np.array_equal(found.introns, again.introns)
    assert np.array_equal(found.coverage, again.coverage)
    assert np.array_equal(found.counters, again.counters)


def test_standard_input_is_read_as_a_file_is(breast, shared, tmp_path):
    command = [sys.executable, "-m", "leukoscope", "fusions", "--gtf", shared / "reference" / "breast.gtf.gz"]
    command += ["--fasta", shared / "reference" / "breast.fa.gz"]
    whole, piped = tmp_path / "whole.tsv", tmp_path / "piped.tsv"
    subprocess.run([*command, breast[0], "--output", whole, "--threads", "1"], check=True)
    data = breast[0].read_bytes()
    with subprocess.Popen([*command, "-", "--output", piped], stdin=subprocess.PIPE) as process:
        for start in range(0, len(data), 99_999):
            process.stdin.write(data[start : start + 99_999])
    assert process.returncode == 0
    assert piped.read_bytes() == whole.read_bytes()


def test_a_closed_standard_input_is_told_in_one_line(shared, tmp_path):
    command = [sys.executable, "-m", "leukoscope", "fusions", "-", "--output", tmp_path / "a.tsv"]
    command += [
        "--gtf",
        shared / "reference" / "breast.gtf.gz",
        "--fasta",
        shared / "reference" / "breast.fa.gz",
    ]
    told = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, text=True)
    assert told.returncode == 2
    assert told.stderr == "leukoscope: standard input: closed; pipe a BAM file into it, or name one.\n"


def test_the_librarys_strand(shared, breast):
    assert library_strand(breast[2]) == 0
    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    reverse = scan_alignments(shared / "arriba-2.5.1" / "bcr_abl1" / "Aligned.out.bam", model)
    assert library_strand(reverse) == -1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "cut short", id="empty"),
        pytest.param(b"chr1\t5\tx\n" * 9, "not a BAM file", id="text"),
    ],
)
def test_what_is_no_bam_is_refused(tmp_path, breast, content, message):
    (tmp_path / "a.bam").write_bytes(content)
    with pytest.raises(InputError, match=message):
        scan_alignments(tmp_path / "a.bam", breast[1])
    with pytest.raises(InputError, match="no such file"):
        scan_alignments(tmp_path / "absent.bam", breast[1])


def test_a_cut_or_damaged_file_is_refused(tmp_path, breast):
    path, model, _, _ = breast
    data = path.read_bytes()
    (tmp_path / "cut.bam").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cut short"):
        scan_alignments(tmp_path / "cut.bam", model)
    broken = bytearray(data)
    broken[len(data) // 2] ^= 255
    (tmp_path / "broken.bam").write_bytes(broken)
    with pytest.raises(InputError, match=r"damaged|not a BAM"):
        scan_alignments(tmp_path / "broken.bam", model)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_wrong_first_is_said_whatever_the_threads(tmp_path, breast, monkeypatch, threads, ahead):
    monkeypatch.setattr(bgzf, "_SLAB", 1 << 14)
    data = bytearray(breast[0].read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "broken.bam").write_bytes(data[: 3 * len(data) // 4])
    with (
        bgzf.Blocks(tmp_path / "broken.bam", ahead=ahead) as blocks,
        pytest.raises(InputError, match=r"broken.bam: damaged"),
    ):
        Scan(blocks, breast[1], threads=threads).finish()


def test_whoever_asks_for_a_part_when_the_file_is_closed_is_not_kept_waiting(tmp_path):
    (tmp_path / "a.bam").write_bytes(b"chr1\t5\tx\n" * 9)
    with bgzf.Blocks(tmp_path / "a.bam", ahead=True) as blocks, pytest.raises(InputError, match="not a BAM"):
        next(blocks)
    asking = Thread(target=list, args=(blocks,), daemon=True)
    asking.start()
    asking.join(10)
    assert not asking.is_alive()


def test_foreign_contig_names_are_refused(breast, shared, tmp_path):
    (tmp_path / "a.gtf").write_text('Z\tx\texon\t5\t9\t.\t+\t.\tgene_id "g"; transcript_id "t";\n')
    with pytest.raises(InputError, match="do both use the same names"):
        scan_alignments(breast[0], read_gene_model(tmp_path / "a.gtf"))


def test_no_reads_give_no_calls(breast, shared, tmp_path):
    path, model, _, _ = breast
    with pysam.AlignmentFile(str(path)) as source:
        pysam.AlignmentFile(str(tmp_path / "none.bam"), "wb", header=source.header).close()
    genome = open_genome(shared / "reference" / "breast.fa.gz")
    found = call_fusions(scan_alignments(tmp_path / "none.bam", model), model, genome)
    assert found.calls.empty
    assert found.discarded.empty


def test_the_calls_do_not_depend_on_whether_discarded_events_are_wanted(breast, shared):
    _, model, found, _ = breast
    genome = open_genome(shared / "reference" / "breast.fa.gz")
    whole, calls_alone = (
        call_fusions(found, model, genome, with_discarded=wanted) for wanted in (True, False)
    )
    assert calls_alone.calls.equals(whole.calls)
    assert len(whole.discarded)
    assert calls_alone.discarded.empty


def test_a_file_without_chimeric_records_is_told(breast, shared, tmp_path, capsys):
    """Plain STAR: clips and discordant mates alone, said in one line."""
    path, _, found, _ = breast
    assert found.has_chimeric_records()
    with (
        pysam.AlignmentFile(str(path)) as source,
        pysam.AlignmentFile(str(tmp_path / "plain.bam"), "wb", header=source.header) as sink,
    ):
        for read in source:
            if not read.is_supplementary:
                sink.write(read)
    files = [
        f"--{kind}={shared / 'reference' / f'breast.{end}.gz'}"
        for kind, end in (("gtf", "gtf"), ("fasta", "fa"))
    ]
    assert main(["fusions", str(tmp_path / "plain.bam"), *files, f"--output={tmp_path / 'f.tsv'}"]) == 0
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "plain.bam: no chimeric record" in told


def test_without_the_ch_tag_the_pairs_are_the_same(breast, shared, tmp_path):
    path, model, found, _ = breast
    with (
        pysam.AlignmentFile(str(path)) as source,
        pysam.AlignmentFile(str(tmp_path / "a.bam"), "wb", header=source.header) as sink,
    ):
        for read in source:
            read.set_tag("ch", None)
            sink.write(read)
    genome = open_genome(shared / "reference" / "breast.fa.gz")
    with_tag = call_fusions(found, model, genome).calls
    without = call_fusions(scan_alignments(tmp_path / "a.bam", model), model, genome).calls
    assert set(zip(with_tag["gene1"], with_tag["gene2"], strict=True)) == set(
        zip(without["gene1"], without["gene2"], strict=True)
    )
