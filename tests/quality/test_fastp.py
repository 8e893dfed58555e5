"""fastp's JSON: a report of a real run, single-ended reports, damaged files."""

from __future__ import annotations

import json
import math
import subprocess

import pytest

from leukoscope.errors import InputError
from leukoscope.formats.fastp import read_fastp


def report(*, paired=True, histogram=(0, 0, 6, 4), unknown=0):
    before = {"total_reads": 200, "read1_mean_length": 100, "q30_rate": 0.9, "gc_content": 0.5}
    return {
        "summary": {"before_filtering": before, "after_filtering": before | {"gc_content": 0.48}},
        "filtering_result": {"passed_filter_reads": 190},
        "duplication": {"rate": 0.25},
        "adapter_cutting": {"adapter_trimmed_reads": 20},
        "insert_size": {"histogram": list(histogram), "unknown": unknown},
        **({"read2_before_filtering": {}} if paired else {}),
    }


def written(tmp_path, content):
    path = tmp_path / "fastp.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_reads_the_figures(tmp_path):
    summary = read_fastp(written(tmp_path, report()))
    assert (summary.paired, summary.reads, summary.fragments, summary.passed_reads) == (True, 200, 100, 190)
    assert (summary.q30_share, summary.gc_share, summary.duplicate_share) == (0.9, 0.48, 0.25)
    assert summary.adapter_share == 0.1
    assert summary.insert_median == 2


def test_a_single_ended_library_counts_reads(tmp_path):
    content = report(paired=False)
    del content["insert_size"]
    summary = read_fastp(written(tmp_path, content))
    assert summary.fragments == 200
    assert math.isnan(summary.insert_median)


@pytest.mark.parametrize(
    ("histogram", "unknown", "median"),
    [
        pytest.param([0, 0, 10], 0, 2, id="all known"),
        pytest.param([0, 5, 1], 6, 2, id="just half known"),
        pytest.param([0, 5], 6, math.nan, id="most pairs do not overlap"),
        pytest.param([0, 0], 0, math.nan, id="no pair"),
        pytest.param([], 0, math.nan, id="no histogram"),
    ],
)
def test_median_insert(tmp_path, histogram, unknown, median):
    summary = read_fastp(written(tmp_path, report(histogram=histogram, unknown=unknown)))
    assert summary.insert_median == pytest.approx(median, nan_ok=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param('{"summary": {"before', "not a whole JSON", id="cut off"),
        pytest.param("{}", "not a report of fastp.*summary", id="another JSON"),
        pytest.param("[]", "not a report of fastp", id="a list"),
    ],
)
def test_a_damaged_report_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_fastp(written(tmp_path, content))


@pytest.mark.tools
def test_a_real_run(shared, tmp_path):
    reads = shared / "reads" / "bcr_abl1"
    command = [
        "fastp",
        "-w",
        "1",
        "-i",
        "R1.fastq.gz",
        "-I",
        "R2.fastq.gz",
        "-h",
        tmp_path / "h",
        "-j",
        tmp_path / "j",
    ]
    subprocess.run(command, cwd=reads, check=True, capture_output=True)
    summary = read_fastp(tmp_path / "j")
    assert summary.fragments == 10848
    assert summary.read_length == 151
    assert 151 <= summary.insert_median <= 290
