"""Sample sheets of simulated reads, as ``leukoscope run`` takes them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from leukoscope.publishing import publish_text
from leukoscope.simulation.fastq import fastq_path
from leukoscope.simulation.reads import SamplePlan

COLUMNS = ("sample", "patient", "timepoint", "fastq_1", "fastq_2", "strandedness", "sex")


def write_sheet(path: Path, samples: Sequence[tuple[SamplePlan, str, str]]) -> None:
    """Write a sample sheet whose files are named relative to its folder.

    Parameters
    ----------
    path
        The sheet, in the folder of the reads.
    samples
        Plan, patient and timepoint of each sample.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for plan, patient, timepoint in samples:
        reads = [fastq_path(Path(), plan.sample, mate) for mate in (1, 2)]
        writer.writerow([plan.sample, patient, timepoint, *reads, plan.library.strandedness, plan.sex])
    publish_text(path, text.getvalue())
