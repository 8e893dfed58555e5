"""One small genome and one small sample for the tests of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.simulation.genome_building import GenomePlan, build_genome
from leukoscope.simulation.runs import ReadsRequest, run_reads
from leukoscope.simulation.truth import read_truth

PAIRS = 60_000


@pytest.fixture(scope="session")
def genome():
    return build_genome(np.random.default_rng(5), GenomePlan())


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """Return the folder of a sample with every class of event, and its truth."""
    folder = tmp_path_factory.mktemp("sample")
    run_reads(ReadsRequest(folder, PAIRS, 4, per_class=2, support=(3, 30), duplicates=0.2, chimeras=0.01))
    return folder, read_truth(folder / "truth.json")
