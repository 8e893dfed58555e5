"""One request for simulated reads, from genome to truth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from leukoscope.errors import InputError, quote_some
from leukoscope.simulation.background import draw_expression
from leukoscope.simulation.event_classes import CLASSES, draw_events
from leukoscope.simulation.fragments import SHORTEST, Library
from leukoscope.simulation.genome_building import GenomePlan, build_genome
from leukoscope.simulation.planting import draw_support
from leukoscope.simulation.reads import SamplePlan, simulate_sample
from leukoscope.simulation.reference_files import read_genome, write_fasta, write_gtf
from leukoscope.simulation.sheets import write_sheet
from leukoscope.simulation.structures import Genome
from leukoscope.simulation.truth import write_truth

HIGHEST_SUPPORT = 150


@dataclass(frozen=True, slots=True)
class ReadsRequest:
    """What ``leukoscope simulate reads`` is asked for; see its ``--help``."""

    outdir: Path
    pairs: int
    seed: int
    sample: str = "sample"
    fasta: Path | None = None
    gtf: Path | None = None
    genome_seed: int | None = None
    fillers: int = 60
    gap: float = 7_000.0
    unmasked_par: bool = False
    events: str = "all"
    per_class: int = 3
    support: Sequence[int] | None = None
    negative: bool = False
    chimeras: float = 0.001
    read_length: int = 101
    fragment_length: float | None = None
    strandedness: str = "reverse"
    duplicates: float = 0.15
    unspliced: float = 0.06
    sex: str = "female"
    panel: int = 0


def run_reads(request: ReadsRequest) -> str:
    """Write genome, annotation, reads, sample sheet, ``truth.json`` and the panel; return one line on what was made.

    Raises
    ------
    InputError
        If an option is out of range, a file cannot be read, or the events ask for too much.
    """
    _check(request)
    classes = _classes(request)
    genome_rng = np.random.default_rng([_genome_seed(request), 0])
    expression_rng = np.random.default_rng([_genome_seed(request), 1])
    events_rng, sample_rng, panel_rng = np.random.default_rng([request.seed, 2]).spawn(3)
    genome = _genome(request, genome_rng)
    expression = draw_expression(expression_rng, genome)
    events = draw_events(events_rng, genome, classes, request.per_class)
    low, high = request.support or (1, int(np.clip(request.pairs // 2_000, 5, HIGHEST_SUPPORT)))
    support = draw_support(events_rng, len(events), low, high)
    plan = SamplePlan(request.sample, request.pairs, _library(request), request.chimeras, request.sex)
    truth = simulate_sample(sample_rng, genome, expression, plan, events, support, request.outdir)
    if request.fasta is None:
        write_fasta(genome, request.outdir / "genome.fa")
        write_gtf(genome, request.outdir / "annotation.gtf")
    write_truth(truth, request.outdir / "truth.json")
    write_sheet(request.outdir / "samples.csv", [(plan, request.sample, "onset")])
    _simulate_panel(panel_rng, genome, expression, plan, request)
    return f"{request.outdir}: {request.pairs:,} pairs of {request.sample}, {len(events)} events planted."


def _genome_seed(request: ReadsRequest) -> int:
    return request.seed if request.genome_seed is None else request.genome_seed


def _check(request: ReadsRequest) -> None:
    low, high = request.support or (1, 1)
    rules = (
        (request.pairs >= 1, f"--pairs is {request.pairs}; at least 1 is needed"),
        (
            min(request.seed, _genome_seed(request)) >= 0,
            "--seed and --genome-seed are whole numbers from 0 on",
        ),
        (
            re.fullmatch(r"[A-Za-z0-9._-]+", request.sample),
            f"--sample '{request.sample}': use letters, digits, . _ -",
        ),
        ((request.fasta is None) == (request.gtf is None), "--fasta and --gtf go together"),
        (0 <= request.chimeras <= 0.5, f"--chimeras is {request.chimeras}; a share from 0 to 0.5 is needed"),
        (
            0 <= request.duplicates <= 0.9,
            f"--duplicates is {request.duplicates}; a share from 0 to 0.9 is needed",
        ),
        (
            0 <= request.unspliced <= 0.5,
            f"--unspliced is {request.unspliced}; a share from 0 to 0.5 is needed",
        ),
        (
            SHORTEST <= request.read_length <= 300,
            f"--read-length is {request.read_length}; {SHORTEST} to 300 work",
        ),
        (
            request.fragment_length is None or request.fragment_length >= SHORTEST,
            f"--fragment-length is {request.fragment_length}; at least {SHORTEST} is needed",
        ),
        (1 <= low <= high, f"--support {low} {high}: two whole numbers are needed, the lower first"),
        (
            min(request.fillers, request.per_class, request.panel) >= 0 and request.gap > 0,
            "a count is negative",
        ),
    )
    for holds, complaint in rules:
        if not holds:
            raise InputError(f"simulate reads: {complaint}.")


def _classes(request: ReadsRequest) -> list[str]:
    if request.negative or request.events == "none":
        return []
    if request.events == "all":
        return list(CLASSES)
    asked = [name for name in request.events.split(",") if name]
    unknown = [name for name in asked if name not in CLASSES]
    if unknown:
        raise InputError(
            f"simulate reads: --events knows no class {quote_some(unknown)}; it knows {', '.join(CLASSES)}."
        )
    return asked


def _library(request: ReadsRequest) -> Library:
    return Library(
        read_length=request.read_length,
        fragment_mean=request.fragment_length or max(250.0, 2.0 * request.read_length + 50.0),
        strandedness=request.strandedness,
        duplicates=request.duplicates,
        unspliced=request.unspliced,
    )


def _genome(request: ReadsRequest, rng: np.random.Generator) -> Genome:
    """Read the given genome, or build one."""
    if request.fasta is not None and request.gtf is not None:
        return read_genome(request.fasta, request.gtf)
    return build_genome(rng, GenomePlan(request.fillers, request.gap, masked_par=not request.unmasked_par))


def _simulate_panel(
    rng: np.random.Generator, genome: Genome, expression: np.ndarray, plan: SamplePlan, request: ReadsRequest
) -> None:
    """Write normal samples of other people, as many pairs each, with nothing planted."""
    nothing, folder = np.empty(0, dtype=np.int64), request.outdir / "panel"
    rows = []
    for number, own in enumerate(rng.spawn(request.panel), start=1):
        normal = replace(plan, sample=f"normal_{number:02d}", sex="male" if number % 2 else "female")
        truth = simulate_sample(own, genome, expression, normal, [], nothing, folder)
        write_truth(truth, folder / f"{normal.sample}.truth.json")
        rows.append((normal, normal.sample, "remission"))
    if rows:
        write_sheet(folder / "samples.csv", rows)
