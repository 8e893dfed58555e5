"""Building a reference: what is copied, masked, planned, fetched; and that it appears whole."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from pipeline_inputs import GTF_LINE

from leukoscope.errors import InputError, ReferenceDataError, ToolError
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.reference import open_reference
from leukoscope.pipeline.assembly import copy_annotation, copy_genome, known_references
from leukoscope.pipeline.doctor import judge_capabilities
from leukoscope.pipeline.download import locate_genome
from leukoscope.pipeline.reference import build_reference, fit_star_index, plan_star_index
from leukoscope.pipeline.tools import FAILING, TOOLS, require_tools, tool_version

PAR_GENES = {"chrY": (10_001, 2_781_479)}


def quiet(_: str) -> None: ...


@pytest.mark.tools
def test_reference_has_what_others_open(small):
    reference = build_reference(small.fasta, small.gtf, small.folder / "ref", name="tiny", read_length=76)
    assert reference.name == "tiny"
    assert list(reference.gene_model().gene_symbol) == ["G1", "G2"]
    assert reference.genome().fetch("chr2", 0, 7) == "TTGACCA"
    assert reference.gene_table.read_text().splitlines()[1].split("\t") == [
        "G1", "G1", "NA", "chr1", "100", "400", "+", "300"
    ]  # fmt: skip
    assert reference.description["star"]["sjdbOverhang"] == 75


@pytest.mark.tools
def test_equal_inputs_give_equal_references(small):
    one = build_reference(small.fasta, small.gtf, small.folder / "one", name="x", threads=1)
    two = build_reference(small.fasta, small.gtf, small.folder / "two", name="x", threads=2)
    assert (one.folder / "reference.json").read_bytes() == (two.folder / "reference.json").read_bytes()
    for path in one.folder.rglob("*"):
        if path.is_file():
            assert str(small.folder).encode() not in path.read_bytes(), path.name


@pytest.mark.tools
def test_killed_build_leaves_no_reference_and_the_next_one_is_whole(shared, tmp_path):
    folder = shared / "reference"
    command = [sys.executable, "-m", "leukoscope", "reference", "build", "--outdir", tmp_path / "ref"]
    command += ["--fasta", folder / "leukaemia.fa.gz", "--gtf", folder / "leukaemia.gtf.gz"]
    running = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL, start_new_session=True)
    while not (tmp_path / ".ref.building" / "star").exists():
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    with pytest.raises(ReferenceDataError):
        open_reference(tmp_path / "ref")
    build_reference(folder / "leukaemia.fa.gz", folder / "leukaemia.gtf.gz", tmp_path / "ref")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ref"]


def test_genome_is_copied_with_its_index(small):
    copied = copy_genome(small.fasta, small.folder / "copy.fa")
    assert copied.contigs == {"chr1": 1200, "chr2": 700}
    original, copy = open_genome(small.fasta), open_genome(small.folder / "copy.fa")
    for contig, length in copied.contigs.items():
        assert copy.fetch(contig, 0, length) == original.fetch(contig, 0, length)


@pytest.mark.parametrize("entry", known_references()["pseudoautosomal"], ids=lambda e: e["assembly"])
def test_pseudoautosomal_regions_of_y_become_n(entry, tmp_path):
    """A chromosome Y of the assembly's length, all A; and one base longer, which is none of the known."""
    length = entry["length"]
    (tmp_path / "y.fa").write_text(">chrY\n" + "A" * length + "\n>Y\n" + "A" * (length + 1) + "\n")
    copied = copy_genome(tmp_path / "y.fa", tmp_path / "copy.fa")
    genome = open_genome(tmp_path / "copy.fa")
    assert copied.assembly == entry["assembly"]
    assert genome.fetch("chrY", 0, length).count("N") == sum(end - start for start, end in entry["regions"])
    for start, end in entry["regions"]:
        assert genome.fetch("chrY", start, end) == "N" * (end - start)
        assert start == 0 or genome.fetch("chrY", start - 1, start) == "A"
        assert end == length or genome.fetch("chrY", end, end + 1) == "A"
    assert "N" not in genome.fetch("Y", 0, length + 1)


def test_genes_of_masked_and_missing_contigs_leave_the_annotation(tmp_path, small):
    genome = copy_genome(small.fasta, tmp_path / "g.fa")
    genome.masked["chr2"] = [(0, 100)]
    text = small.gtf.read_text() + GTF_LINE.format(contig="chrUn", kind="exon", start=1, end=9, gene="G3")
    (tmp_path / "x.gtf").write_text(text)
    copied = copy_annotation(tmp_path / "x.gtf", tmp_path / "copy.gtf", genome)
    assert (copied.kept, copied.in_masked_regions, copied.on_missing_contigs) == (3, 3, 1)
    lines = (tmp_path / "copy.gtf").read_text().splitlines()
    assert [line.startswith("#") for line in lines] == [False] * 3 + [True] * 4


def test_index_of_the_small_genome_takes_what_it_was_measured_to_take():
    """3 x 2 Mb: STAR 2.7.10b wrote SA 50 MB, Genome 6.4 MB, SAindex 6.1 MB."""
    plan = plan_star_index({f"c{i}": 2_000_000 for i in range(3)}, read_length=101)
    assert plan.index_bases == 10
    assert (plan.memory_mb - 500) / 1.1 == pytest.approx(50 + 6.4 + 6.1, rel=0.03)


def test_human_genome_takes_what_the_manual_says():
    """STAR's manual: about 30 GB for a human index; sparse indices take less."""
    human = {f"chr{i}": 3_100_000_000 // 24 for i in range(24)}
    dense = plan_star_index(human, read_length=101)
    assert dense.index_bases == 14
    assert 30_000 < dense.memory_mb < 36_000
    assert fit_star_index(human, read_length=101, memory=24 * 10**9).sparsity in {2, 3}
    with pytest.raises(ToolError, match=r"STAR needs about .* GB of memory .* this machine has 8\.0 GB"):
        fit_star_index(human, read_length=101, memory=8 * 10**9)


def test_doctor_tells_what_lacks():
    versions = {"fastp": "1", "STAR": "2", "RSEM": "", "samtools": "1", "arriba": "", "sbatch": ""}
    found = {c.name.split(" (")[0]: c for c in judge_capabilities(versions, 64 * 10**9)}
    assert not found["reads to reports"].usable
    assert found["reads to reports"].reason == "not installed: RSEM; on Debian: apt-get install rsem"
    assert found["tables to reports"].usable
    assert found["the whole human genome"].usable
    assert not found["a SLURM cluster"].required


def test_doctor_does_not_count_on_a_program_that_fails(tmp_path, monkeypatch):
    """Debian's sbatch without a slurm.conf."""
    for name, words in (("sbatch", "echo 'no configuration source' >&2; exit 1"), ("fastp", "echo 0.23.2")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    versions = {tool.name: tool_version(tool) for tool in TOOLS} | {"STAR": "2", "RSEM": FAILING}
    assert versions["fastp"] == "0.23.2"
    found = {c.name.split(" (")[0]: c for c in judge_capabilities(versions, 64 * 10**9)}
    assert not found["a SLURM cluster"].usable
    assert "no cluster is configured" in found["a SLURM cluster"].reason
    assert not found["reads to reports"].usable
    assert found["reads to reports"].reason == f"RSEM: {FAILING}"
    with pytest.raises(ToolError, match=f"sbatch: {FAILING}; 'sbatch -V' says why"):
        require_tools("sbatch", "fastp")
    assert require_tools("fastp") == {"fastp": "0.23.2"}


@pytest.fixture
def publisher(tmp_path):
    """A mirror on this machine, and what the table of references would say of it."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    sums = []
    for name, text in (("g.fa.gz", b"genome"), ("a.gtf.gz", b"annotation")):
        (folder / name).write_bytes(text)
        sums.append(f"{hashlib.md5(text, usedforsecurity=False).hexdigest()}  {name}\n")
    (folder / "MD5SUMS").write_text("".join(sums))
    entry = {"fasta": "g.fa.gz", "gtf": "a.gtf.gz", "md5sums": "MD5SUMS"}
    return folder, {"small": {role: (folder / name).as_uri() for role, name in entry.items()}}


def test_known_genome_is_fetched_and_compared(publisher, tmp_path):
    _, known = publisher
    target, said = tmp_path / "ref", []
    with locate_genome("small", None, None, beside=target, say=said.append, known=known) as (
        fasta,
        gtf,
        name,
    ):
        assert (fasta.read_bytes(), gtf.read_bytes(), name) == (b"genome", b"annotation", "small")
    assert len(said) == 2
    assert not fasta.exists()


def test_download_that_differs_from_the_publishers_checksum_is_refused(publisher, tmp_path):
    folder, known = publisher
    (folder / "a.gtf.gz").write_bytes(b"annotatioN")
    with (
        pytest.raises(
            ReferenceDataError, match=r"a\.gtf\.gz: what arrived differs from the publisher's checksum"
        ),
        locate_genome("small", None, None, beside=tmp_path / "ref", say=quiet, known=known),
    ):
        pass
    assert {path.name for path in (tmp_path / ".ref.downloads").iterdir()} == {
        "g.fa.gz"
    }  # kept for the next attempt


def test_unreachable_publisher_is_named(publisher, tmp_path):
    folder, known = publisher
    (folder / "MD5SUMS").unlink()
    with (
        pytest.raises(ReferenceDataError, match=r"MD5SUMS: cannot be fetched"),
        locate_genome("small", None, None, beside=tmp_path / "ref", say=quiet, known=known),
    ):
        pass


def test_packaged_addresses_are_complete():
    for entry in known_references()["genomes"].values():
        names = [entry[role].rsplit("/", 1) for role in ("fasta", "gtf", "md5sums")]
        assert len({folder for folder, _ in names}) == 1
        assert entry["fasta"].startswith("https://")


def test_damaged_description_is_refused(tmp_path):
    (tmp_path / "reference.json").write_text(json.dumps({"format": 1, "name": "x"}))
    with pytest.raises(ReferenceDataError, match="lacks 'files', 'inputs', 'software'"):
        open_reference(tmp_path)


def test_impossible_read_length_is_refused(small):
    with pytest.raises(InputError, match="a read length of 5"):
        build_reference(small.fasta, small.gtf, small.folder / "ref", read_length=5)
