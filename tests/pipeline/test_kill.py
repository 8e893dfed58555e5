"""A run that is killed again and again ends with the bytes of an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pipeline_inputs import published_bytes, run_leukoscope

pytestmark = pytest.mark.tools

MOMENTS = ("trim", "align", "quantify", "fusions", "multiqc")


def start(real_run, outdir: Path, threads: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "leukoscope", "run", real_run.sheet, "--reference", real_run.reference]
    command += ["--outdir", outdir, "--threads", str(threads)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(list(map(str, command)), stdout=quiet, stderr=quiet, start_new_session=True)


def wait_for_step(running: subprocess.Popen[bytes], outdir: Path, step: str) -> None:
    """Wait until a step is at work, which its hidden folder shows."""
    deadline = time.monotonic() + 120
    while not any(name.startswith(f".part-{step}") for _, folders, _ in os.walk(outdir) for name in folders):
        assert running.poll() is None, f"the run ended before '{step}' began"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.15)  # well into it


def test_killed_runs_end_like_an_undisturbed_one(real_run, tmp_path):
    undisturbed = published_bytes(real_run.outdir)
    tables = {name for name in undisturbed if name != "run.json"}
    outdir = tmp_path / "out"
    for number, moment in enumerate(MOMENTS):
        running = start(real_run, outdir, threads=2)
        wait_for_step(running, outdir, moment)
        if number % 2:
            running.kill()  # the driver alone: all else must die with it
        else:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        left = published_bytes(outdir)
        assert {name: left[name] for name in tables & left.keys()} == {
            name: undisturbed[name] for name in tables & left.keys()
        }, f"something half-written was left when '{moment}' was killed"
    finished = run_leukoscope("run", real_run.sheet, "--reference", real_run.reference, "--outdir", outdir)
    assert finished.returncode == 0, finished.stderr
    assert published_bytes(outdir) == undisturbed
    assert not list(outdir.rglob(".part-*"))


def test_nothing_is_done_twice(real_run):
    before = {path: path.stat().st_mtime_ns for path in real_run.outdir.rglob("samples/*/*.tsv")}
    again = run_leukoscope(
        "run", real_run.sheet, "--reference", real_run.reference, "--outdir", real_run.outdir, "--threads", 2
    )
    assert again.returncode == 0, again.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_second_run_on_the_same_folder_is_refused(real_run, tmp_path):
    outdir = tmp_path / "out"
    running = start(real_run, outdir, threads=1)
    try:
        wait_for_step(running, outdir, "")
        refused = run_leukoscope("run", real_run.sheet, "--reference", real_run.reference, "--outdir", outdir)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert refused.returncode == 2
    assert f"in use by process {running.pid} on" in refused.stderr
