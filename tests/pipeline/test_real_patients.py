"""Two real leukaemias from reads to reports, compared with what is published about them."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from leukoscope.formats.fasta import open_genome
from leukoscope.provenance import sha256_of
from leukoscope.tables.fusions import FUSIONS

pytestmark = pytest.mark.tools


def to_grch38(place: str, shared, reference) -> str:
    """Lead a breakpoint on the cut-out genome back to GRCh38.

    Every contig begins with Ns so that no two overlap, then come the regions of the origin table.
    """
    contig, position = place.split(":")
    with (shared / "reference" / "leukaemia.origin.tsv").open() as source:
        regions = [row for row in csv.DictReader(source, delimiter="\t") if row["contig"] == contig]
    genome = open_genome(reference / "genome.fa")
    bases = genome.fetch(contig, 0, genome.length(contig))
    stagger = len(bases) - len(bases.lstrip("N")) - min(int(row["new_start0"]) for row in regions)
    for row in regions:
        start, size = int(row["new_start0"]) + stagger, int(row["orig_end"]) - int(row["orig_start0"])
        if start < int(position) <= start + size:
            return f"{contig}:{int(position) - start + int(row['orig_start0'])}"
    raise AssertionError(f"{place} lies in no region")


def test_run_succeeds_and_names_the_reports(real_run):
    assert real_run.finished.returncode == 0, real_run.finished.stderr
    printed = real_run.finished.stdout.split()
    assert printed == [str(real_run.outdir / "patients" / p / "report.html") for p in ("P1", "P2")]


def test_finds_bcr_abl1_at_the_published_breakpoints(real_run, shared):
    calls = FUSIONS.read(real_run.outdir / "samples" / "bcr_abl1" / "fusions.tsv")
    best = calls.iloc[0]
    assert (best["fusion"], best["exons"]) == ("BCR::ABL1", "e14a2")
    assert (best["confidence"], best["reading_frame"]) == ("high", "in-frame")
    assert to_grch38(best["breakpoint1"], shared, real_run.reference) == "chr22:23290413"
    assert to_grch38(best["breakpoint2"], shared, real_run.reference) == "chr9:130854064"
    assert set(calls["fusion"]) == {"BCR::ABL1"}


def test_finds_no_fusion_beside_the_duplication_of_flt3(real_run):
    calls = FUSIONS.read(real_run.outdir / "samples" / "flt3_itd" / "fusions.tsv")
    assert set(calls["gene1"]) | set(calls["gene2"]) <= {"FLT3"}
    assert all("ITD" in kind for kind in calls["type"])


def test_partners_are_expressed(real_run):
    tpm = pd.read_csv(real_run.outdir / "expression" / "tpm.tsv.gz", sep="\t", index_col="symbol")
    counts = pd.read_csv(real_run.outdir / "expression" / "counts.tsv.gz", sep="\t", index_col="symbol")
    assert list(counts.columns) == ["gene_id", "bcr_abl1", "flt3_itd"]
    assert counts.loc[["BCR", "ABL1"], "bcr_abl1"].min() > 1000
    assert counts.loc["FLT3", "flt3_itd"] > 10_000
    assert tpm["bcr_abl1"].sum() == pytest.approx(1e6, rel=1e-3)


def test_counts_agree_with_stars_own(real_run):
    """RSEM sees what STAR leads to transcripts, which is not the reads that a duplication clips."""
    own = real_run.outdir / "samples" / "flt3_itd"
    star = pd.read_csv(own / "alignment" / "ReadsPerGene.out.tab", sep="\t", header=None, index_col=0)[1]
    genes = pd.read_csv(own / "genes.tsv", sep="\t", index_col="gene_id")["count"]
    assert 0.8 * star["ENSG00000122025"] < genes["ENSG00000122025"] <= star["ENSG00000122025"]


def test_report_says_so_first(real_run):
    report = (real_run.outdir / "patients" / "P1" / "report.html").read_text()
    first_screen = report[report.index("<body") :][:6000]
    assert "BCR::ABL1" in first_screen
    assert "For research use only" in first_screen
    negative = (real_run.outdir / "patients" / "P2" / "report.html").read_text()
    assert "BCR::ABL1" not in negative[negative.index("<body") :][:3000]


def test_multiqc_knows_both_samples(real_run):
    content = (real_run.outdir / "multiqc" / "fusions_mqc.tsv").read_text()
    assert "bcr_abl1\t1\t0\t0\tBCR::ABL1\n" in content
    page = (real_run.outdir / "multiqc" / "multiqc_report.html").read_text()
    assert "leukoscope: fusions" in page
    assert "flt3_itd" in page


def test_provenance_names_versions_inputs_and_outputs(real_run, shared):
    run = json.loads((real_run.outdir / "run.json").read_text())
    assert {"STAR", "RSEM", "fastp", "leukoscope", "Python"} <= run["software"].keys()
    assert run["failed"] == []
    read1 = shared / "reads" / "bcr_abl1" / "R1.fastq.gz"
    assert run["inputs"]["bcr_abl1:1:R1.fastq.gz"] == sha256_of(read1)
    for name, checksum in run["outputs"].items():
        assert sha256_of(real_run.outdir / name) == checksum
    assert {"patients/P1/report.html", "samples/flt3_itd/fusions.tsv"} <= run["outputs"].keys()


def test_nothing_published_names_the_machine(real_run, shared):
    for name in ("run.json", "samples.tsv", "patients/P1/diagnosis.json", "samples/bcr_abl1/fastp.json"):
        text = (real_run.outdir / name).read_text()
        assert str(shared) not in text
        assert str(real_run.outdir.parent) not in text


def test_large_intermediates_are_gone(real_run):
    left = {path.name for path in (real_run.outdir / "samples" / "bcr_abl1").rglob("*")}
    assert not {"trimmed_1.fastq.gz", "Aligned.toTranscriptome.out.bam"} & left
    assert not [name for name in left if name.startswith((".part", ".lock"))]
