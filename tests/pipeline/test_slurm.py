"""The pipeline on a real SLURM: every step is a job of the cluster, the results are those of a local run."""

from __future__ import annotations

import subprocess

import pytest
from pipeline_inputs import published_bytes, run_leukoscope
from slurm_cluster import cluster, why_not

from leukoscope.pipeline.reference import build_reference

pytestmark = pytest.mark.tools

OPTIONS = (
    "--executor", "slurm", "--jobs", "4", "--slurm-status-command", "squeue", "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1",
)  # fmt: skip


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "SLURM is here")
def test_slurm_runs_every_step(small, tmp_path):
    build_reference(small.fasta, small.gtf, tmp_path / "ref")
    (tmp_path / "counts.tsv").write_text("gene_id\tx1\nG1\t30\nG2\t10\n")
    sheet = tmp_path / "s.csv"
    sheet.write_text("sample,patient,timepoint,counts\nx1,P1,onset,counts.tsv\n")
    run = ("run", sheet, "--reference", tmp_path / "ref")
    local = run_leukoscope(*run, "--outdir", tmp_path / "local")
    assert local.returncode == 0, local.stderr
    with cluster(tmp_path / "slurm"):
        remote = run_leukoscope(*run, "--outdir", tmp_path / "out", "--", *OPTIONS, timeout=300)
        listed = subprocess.run(
            ["squeue", "--states=all", "-h", "-o", "%T"], capture_output=True, text=True, check=True
        ).stdout.split()
    assert remote.returncode == 0, remote.stderr
    assert listed == ["COMPLETED"] * 7  # adopt_counts, quality, matrix, subtype, karyotype, patient, multiqc
    assert published_bytes(tmp_path / "out") == published_bytes(tmp_path / "local")
