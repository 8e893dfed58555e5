"""Start Snakemake on the packaged workflow, and say which steps failed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from leukoscope.pipeline.progress import Progress
from leukoscope.pipeline.step import die_with_parent
from leukoscope.publishing import publish_text

STATE = ".leukoscope"  #: hidden folder of a run: configuration, lock, links, failures


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed."""

    step: str
    subject: str  #: sample, patient or "cohort"
    log: str
    error: str


def run_workflow(
    outdir: Path,
    target: str,
    config: Mapping[str, Any],
    *,
    threads: int,
    memory_mb: int,
    options: Sequence[str] = (),
) -> list[Failure]:
    """Make what `target` names, going on with whatever does not depend on a failed step.

    Snakemake's own lock is off: the caller holds the lock of `outdir`.  Steps that were
    interrupted are done again; steps whose inputs, parameters and rules have not changed are not.

    Parameters
    ----------
    outdir
        Output folder, the working folder of the workflow.
    target
        Rule to make: ``samples`` or ``cohort``.
    config
        What the rules need, see the Snakefile.
    threads, memory_mb
        What steps on this machine may use together.
    options
        For Snakemake, after ours, so that they win.

    Returns
    -------
    The steps that failed; Snakemake itself if it failed for another reason.
    """
    state = outdir / STATE
    publish_text(state / "config.json", json.dumps(config, indent=1, sort_keys=True) + "\n")
    (state / "failures.tsv").unlink(missing_ok=True)
    with as_file(files("leukoscope.pipeline")) as package:
        command = [sys.executable, "-m", "snakemake", target, "--snakefile", str(package / "Snakefile")]
        command += ["--directory", str(outdir.resolve()), "--configfile", f"{STATE}/config.json"]
        command += ["--cores", str(threads), "--scheduler", "greedy", "--keep-going", "--nocolor"]
        command += ["--nolock", "--rerun-incomplete"]  # the lock of the output folder is ours
        if not {"--executor", "--profile"} & set(options):  # a cluster has memory of its own
            command += ["--resources", f"mem_mb={memory_mb}"]
        command += options
        status, words = _snakemake(command, outdir, target)
    failures = read_failures(state / "failures.tsv")
    if status and not failures:
        failures = [Failure("Snakemake", target, "logs/snakemake.log", words)]
    return failures


def _snakemake(command: Sequence[str], outdir: Path, title: str) -> tuple[int, str]:
    """Run Snakemake with a progress display; return its exit status and what it said of an error."""
    log = outdir / "logs" / "snakemake.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    progress, said = Progress(title), ""
    shown = "--dry-run" in command or "-n" in command
    with (
        log.open("a", encoding="utf-8", buffering=1) as sink,
        subprocess.Popen(
            command,
            cwd=outdir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            preexec_fn=die_with_parent,
        ) as running,
    ):
        for line in running.stdout or ():
            sink.write(line)
            if shown:
                sys.stderr.write(line)
            else:
                progress.see(line)
            if "rror" in line and not said:
                said = line.strip()[:200]
    if not shown:
        progress.close()
    return running.returncode, said or "it gave no reason."


def workflow_checksum() -> str:
    """Return the SHA-256 of the packaged workflow: every parameter of every tool stands in it."""
    with as_file(files("leukoscope.pipeline")) as package:
        rules = [package / "Snakefile", *sorted((package / "rules").glob("*.smk"))]
        return hashlib.sha256(b"".join(path.read_bytes() for path in rules)).hexdigest()


def read_failures(path: Path) -> list[Failure]:
    """Return the failed steps that the step wrapper wrote down."""
    if not path.is_file():
        return []
    failures = []
    for line in path.read_text(encoding="utf-8").splitlines():
        name, log, error = line.split("\t", 2)
        step, _, subject = name.partition(":")
        failures.append(Failure(step, subject, log, error))
    return failures
