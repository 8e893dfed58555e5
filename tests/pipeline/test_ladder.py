"""Samples that enter with tables instead of reads, and samples that fail."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from pipeline_inputs import run_leukoscope

from leukoscope.pipeline.reference import build_reference
from leukoscope.tables.fusions import FUSIONS

pytestmark = [pytest.mark.tools, pytest.mark.xdist_group("pipeline")]

STARFUSION = (
    "#FusionName\tJunctionReadCount\tSpanningFragCount\test_J\test_S\tSpliceType\tLeftGene\tLeftBreakpoint\t"
    "RightGene\tRightBreakpoint\tLargeAnchorSupport\tFFPM\tLeftBreakDinuc\tLeftBreakEntropy\tRightBreakDinuc\t"
    "RightBreakEntropy\tannots\n"
    "G1--G2\t20\t5\t20\t5\tONLY_REF_SPLICE\tG1^G1\tchr1:300:+\tG2^G2\tchr2:200:+\tYES_LDAS\t1.5\tGT\t1.9\tAG\t1.9\t[]\n"
)


@pytest.fixture
def tables(small):
    """A reference of two genes, counts of two samples, and a fusion that STAR-Fusion called."""
    build_reference(small.fasta, small.gtf, small.folder / "ref")
    (small.folder / "counts.tsv").write_text("gene_id\tx1\tother\nG1\t30\t1\nG2\t10\t2\n")
    (small.folder / "fusions.tsv").write_text(STARFUSION)
    (small.folder / "letters.tsv").write_text("gene_id\tx2\nG1\tmany\nG2\t1\n")
    return small.folder


def test_tables_become_a_report(tables):
    sheet = tables / "s.csv"
    sheet.write_text("sample,patient,timepoint,counts,fusions\nx1,P1,onset,counts.tsv,fusions.tsv\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", tables / "out")
    assert done.returncode == 0, done.stderr
    calls = FUSIONS.read(tables / "out" / "samples" / "x1" / "fusions.tsv")
    assert list(zip(calls["gene1"], calls["gene2"], strict=True)) == [("G1", "G2")]
    genes = pd.read_csv(tables / "out" / "samples" / "x1" / "genes.tsv", sep="\t", index_col="gene_id")
    assert genes["count"].to_dict() == {"G1": 30, "G2": 10}
    assert genes["tpm"].to_dict() == pytest.approx({"G1": 750_000, "G2": 250_000})  # both are 300 bases long
    assert (tables / "out" / "patients" / "P1" / "report.html").is_file()


def test_one_failed_sample_does_not_stop_the_other(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text(
        "sample,patient,timepoint,counts,fusions\n"
        "x1,P1,onset,counts.tsv,fusions.tsv\n"
        "x2,P2,onset,letters.tsv,\n"
    )
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out)
    assert done.returncode == 3
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "leukoscope: 2 not finished: x2, P2. adopt_counts of x2: letters.tsv: column 'x2' "
    )
    assert "logs/adopt_counts/x2.log" in last
    assert (out / "patients" / "P1" / "report.html").is_file()
    assert json.loads((out / "run.json").read_text())["failed"] == ["x2"]


def test_mended_sample_is_all_that_is_done_again(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text("sample,patient,timepoint,counts\nx1,P1,onset,counts.tsv\nx2,P2,onset,letters.tsv\n")
    assert run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out).returncode == 3
    genes = out / "samples" / "x1" / "genes.tsv"
    before = genes.stat().st_mtime_ns
    (tables / "letters.tsv").write_text("gene_id\tx2\nG1\t4\nG2\t1\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out)
    assert done.returncode == 0, done.stderr
    assert genes.stat().st_mtime_ns == before
    assert pd.read_csv(out / "expression" / "counts.tsv.gz", sep="\t")["x2"].tolist() == [4, 1]


def test_snakemake_sees_what_follows_the_dashes(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text("sample,counts\nx1,counts.tsv\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--", "--summary")
    assert "samples/x1/genes.tsv" in (out / "logs" / "snakemake.log").read_text()
    assert not (out / "samples" / "x1" / "genes.tsv").exists()
    assert done.returncode == 3
    wrong = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--", "--nonsense")
    assert wrong.returncode == 3
    assert "unrecognized arguments: --nonsense" in wrong.stderr


def test_dry_run_makes_nothing(tables):
    sheet, out = tables / "s.csv", tables / "out"
    sheet.write_text("sample,counts\nx1,counts.tsv\n")
    done = run_leukoscope("run", sheet, "--reference", tables / "ref", "--outdir", out, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "adopt_counts" in done.stderr
    assert not (out / "samples").exists()
    assert not (out / "run.json").exists()
