"""The demonstration: simulated patients through the whole pipeline."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from leukoscope.errors import InputError
from leukoscope.formats.reference import DESCRIPTION
from leukoscope.pipeline.reference import build_reference
from leukoscope.pipeline.running import Outcome, Settings, run_pipeline
from leukoscope.pipeline.tools import require_tools
from leukoscope.simulation.patients import simulate_patients


def demonstrate(outdir: Path, *, pairs: int, seed: int, threads: int, say: Callable[[str], None]) -> Outcome:
    """Simulate patients with known fusions, build their reference, run the pipeline.

    What an earlier, interrupted demonstration finished is not done again.

    Parameters
    ----------
    outdir
        Gets ``patients/`` (reads and truth), ``reference/`` and ``results/``.
    pairs
        Read pairs per sample.
    seed
        Of the simulation; equal seeds give equal results.
    threads
        Threads to use.
    say
        Told about each stage.

    Raises
    ------
    InputError
        If `outdir` holds something else.
    """
    require_tools("fastp", "STAR", "RSEM")
    simulated, reference = outdir / "patients", outdir / "reference"
    if outdir.exists() and not (simulated / "samples.csv").exists() and any(outdir.iterdir()):
        raise InputError(f"{outdir}: holds other files; choose another --outdir.")
    if not (simulated / "samples.csv").exists():
        say(f"simulating a small genome and patients with {pairs} read pairs a sample")
        work = outdir / ".patients"
        shutil.rmtree(work, ignore_errors=True)
        simulate_patients(work, n_pairs=pairs, seed=seed)
        _publish(work, simulated)
    if not (reference / DESCRIPTION).exists():
        genome, annotation = simulated / "genome.fa", simulated / "annotation.gtf"
        build_reference(genome, annotation, reference, name="demo", threads=threads, say=say)
    return run_pipeline(
        simulated / "samples.csv", reference, outdir / "results", Settings(threads=threads), say=say
    )


def _publish(work: Path, simulated: Path) -> None:
    """Put the patients in place, with reads named relative to the sheet."""
    sheet = work / "samples.csv"
    sheet.write_text(sheet.read_text(encoding="utf-8").replace(f"{work.resolve()}/", ""), encoding="utf-8")
    work.rename(simulated)
