"""Kernels compiled ahead, and where none can be kept."""

from __future__ import annotations

from contextlib import chdir

import numba.core.caching
import numpy as np

from leukoscope.cli import main
from leukoscope.cli.compilation import _write_inputs
from leukoscope.kernels._jit import njit
from leukoscope.tables.fusions import FUSIONS


def test_compile_says_what_each_analysis_took_and_where_kernels_are(capsys):
    assert main(["compile"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(" s CPU  ")[1].split()[0] for line in lines] == [
        "differential", "normalise", "cluster", "cluster", "cluster", "enrich", "enrich", "score", "score", "score",
        "network", "fusions",
    ]  # fmt: skip
    assert last.startswith("Kept in ")


def test_the_reads_that_are_made_up_reach_the_kernels_of_split_and_clipped_reads(tmp_path):
    with chdir(tmp_path):
        _write_inputs()
        assert (
            main(["fusions", "reads.bam", "--gtf", "genes.gtf", "--fasta", "genome.fa", "--output", "f.tsv"])
            == 0
        )
    calls = FUSIONS.read(tmp_path / "f.tsv")
    joined = calls[calls["breakpoint1"].eq("chr1:1400") & calls["breakpoint2"].eq("chr2:3001")]
    assert joined["evidence"].str.contains(r"chimeric.*clip").any(), calls["evidence"].tolist()
    assert "duplication/ITD" in set(calls["type"])


def test_a_kernel_works_where_no_folder_can_be_written(monkeypatch):
    monkeypatch.setattr(numba.core.caching.CompileResultCacheImpl, "_locator_classes", [])
    assert _double(np.arange(3.0)).tolist() == [0.0, 2.0, 4.0]


def _double(values):
    @njit
    def double(x):
        return 2 * x

    assert double.stats.cache_path is None
    return double(values)
