"""The patients of the demonstration: onset and remission samples, two with a planted fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leukoscope.simulation.background import draw_expression
from leukoscope.simulation.event_classes import named_fusion
from leukoscope.simulation.events import Event
from leukoscope.simulation.fragments import Library
from leukoscope.simulation.genome_building import GenomePlan, build_genome
from leukoscope.simulation.reads import SamplePlan, simulate_sample
from leukoscope.simulation.reference_files import write_fasta, write_gtf
from leukoscope.simulation.sheets import write_sheet
from leukoscope.simulation.truth import write_truth

SUPPORT_PER_PAIR = 1 / 1_000  #: unique fragments across the junction, for each pair of the sample


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient of the demonstration."""

    name: str
    sex: str
    fusion: tuple[str, int, str, int] | None  #: 5' gene, its last exon, 3' gene, its first exon


PATIENTS = (
    Patient("P1", "female", ("ETV6", 5, "RUNX1", 2)),
    Patient("P2", "male", ("BCR", 14, "ABL1", 2)),
    Patient("P3", "male", None),
)

MARROW = {
    **dict.fromkeys(("DNTT", "RAG1", "VPREB1", "IGLL1", "CD34"), 0.08),
    **dict.fromkeys(("PAX5", "EBF1", "BLNK", "CD79A", "CD79B", "CD22", "FLT3"), 0.2),
    **dict.fromkeys(("HBB", "MPO", "LYZ", "CD33", "CD3E"), 8.0),
}
"""Expression of genes in remission, as a multiple of that in leukaemia: fewer precursor B cells, more of the rest."""


@dataclass(frozen=True, slots=True)
class SimulatedPatients:
    """Where everything stands."""

    genome: Path
    annotation: Path
    samples: Path  #: sample sheet
    truths: tuple[Path, ...]  #: one per sample, ``<sample>.truth.json``


def simulate_patients(
    outdir: Path, n_pairs: int = 30_000, seed: int = 1, *, patients: Sequence[Patient] = PATIENTS
) -> SimulatedPatients:
    """Simulate a small leukaemia genome and patients at onset and in remission.

    At onset a patient with a fusion has ``n_pairs / 1000`` unique fragments across its junction
    (at least 5); in remission there is none, and genes of precursor B cells are low.

    Parameters
    ----------
    outdir
        Gets ``genome.fa``, ``annotation.gtf``, ``samples.csv`` (reads named relative to it),
        and for each sample two FASTQ files and ``<sample>.truth.json``.
    n_pairs
        Read pairs per sample.
    seed
        Equal seeds give equal bytes.
    patients
        Who is simulated.
    """
    genome_rng, expression_rng, *rest = np.random.default_rng(seed).spawn(2 + 2 * len(patients))
    genome = build_genome(genome_rng, GenomePlan())
    files = SimulatedPatients(
        outdir / "genome.fa",
        outdir / "annotation.gtf",
        outdir / "samples.csv",
        tuple(outdir / f"{p.name}_{t}.truth.json" for p in patients for t in ("onset", "remission")),
    )
    write_fasta(genome, files.genome)
    write_gtf(genome, files.annotation)
    expression = draw_expression(expression_rng, genome)
    marrow = np.array([MARROW.get(gene.symbol, 1.0) for gene in genome.genes])
    rows = []
    persons = [seed * len(patients) + number for number in range(len(patients))]
    for patient, person, onset_rng, remission_rng in zip(
        patients, persons, rest[::2], rest[1::2], strict=True
    ):
        planted = [named_fusion(genome, *patient.fusion)] if patient.fusion else []
        for timepoint, rng, events, level in (
            ("onset", onset_rng, planted, expression),
            ("remission", remission_rng, [], expression * marrow),
        ):
            sample = f"{patient.name}_{timepoint}"
            plan = SamplePlan(sample, n_pairs, Library(), sex=patient.sex, person=person)
            truth = simulate_sample(rng, genome, level, plan, events, _support(events, n_pairs), outdir)
            write_truth(truth, outdir / f"{sample}.truth.json")
            rows.append((plan, patient.name, timepoint))
    write_sheet(files.samples, rows)
    return files


def _support(events: Sequence[Event], n_pairs: int) -> np.ndarray:
    return np.full(len(events), max(5, round(n_pairs * SUPPORT_PER_PAIR)), dtype=np.int64)
