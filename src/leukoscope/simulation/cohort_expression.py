"""Counts of a simulated cohort: leukaemia and normal marrow mixed, with planted programmes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

PROGRAMMES: tuple[tuple[str, int, float, str, str], ...] = (
    ("GROUP1_PROGRAMME_UP", 80, 1.8, "group", "group1"),
    ("GROUP1_PROGRAMME_DOWN", 60, -1.5, "group", "group1"),
    ("GROUP1_OTHER_GENES", 260, 1.6, "group", "group1"),
    ("GROUP2_PROGRAMME_A", 80, 1.8, "group", "group2"),
    ("GROUP2_PROGRAMME_B", 60, 1.5, "group", "group2"),
    ("GROUP2_OTHER_GENES", 260, -1.6, "group", "group2"),
    ("GROUP3_PROGRAMME_UP", 80, 1.8, "group", "group3"),
    ("GROUP3_PROGRAMME_DOWN", 60, -1.5, "group", "group3"),
    ("GROUP3_OTHER_GENES", 260, 1.6, "group", "group3"),
    ("RESISTANCE_UP", 60, 1.5, "risk", "high"),
    ("RESISTANCE_DOWN", 60, -1.5, "risk", "high"),
    ("RAS_SIGNALLING", 60, 1.3, "ras", "yes"),
    ("ETV6_RUNX1_TARGETS", 80, 2.0, "etv6_runx1", "yes"),
    ("RELAPSE_UP", 60, 1.5, "timepoint", "relapse"),
)
"""Planted in leukaemic cells: name, genes, log2 fold change, and the column and level that has it."""

MARROW: tuple[tuple[str, int, float], ...] = (
    ("ERYTHROID_PROGRAMME", 80, 3.0),
    ("MYELOID_PROGRAMME", 80, 2.5),
    ("T_CELL_PROGRAMME", 60, 2.5),
    ("PROLIFERATION", 80, -2.0),
)
"""Planted in normal marrow against leukaemia: name, genes, log2 fold change."""

EXPRESSED = 4.0  #: log2 counts per million from which a gene can carry a programme
PATIENT_SPREAD = 0.25  #: log2; a patient's own level of each gene, at all timepoints
EXTRA_CHROMOSOMES = ("chr4", "chr10", "chr17", "chr21")


@dataclass(frozen=True)
class CohortExpression:
    """Counts, and the truth about them."""

    counts: NDArray[np.int64]  #: [gene, sample]
    expected: FloatArray  #: [gene, sample] relative expression before the patient's own level and noise
    programmes: dict[str, NDArray[np.int64]]  #: genes of each planted programme
    decoys: dict[str, NDArray[np.int64]]  #: sets of genes without a programme


def simulate_counts(rng: np.random.Generator, genes: pd.DataFrame, samples: pd.DataFrame) -> CohortExpression:
    """Simulate counts of a cohort.

    Expression of a sample is ``blasts × leukaemia + (1 − blasts) × marrow``.  Leukaemia starts from the
    usual expression of B-ALL without the markers of normal cells.  Marrow has these, and differs
    from leukaemia in a quarter of the genes (log2 normal, SD 1.3) and in the sets of `MARROW`;
    leukaemias differ from each other by `PROGRAMMES`, by sex, and in hyperdiploid patients by 1.5
    copies of four chromosomes.  Counts are negative binomial with dispersion 0.04 + 3 / mean,
    log-normally scattered by gene; libraries have 15 to 40 million reads.

    Parameters
    ----------
    rng
        Source of chance.
    genes
        Columns gene_id, symbol, chromosome, log2_cpm (usual in B-ALL, of CPM + 1) and marrow_cpm (of
        markers of normal cells, else missing).
    samples
        One row per sample, as :func:`leukoscope.simulation.cohort_patients.draw_samples` makes
        them, with ``etv6_runx1``.
    """
    base, markers = _usual(genes)
    sets = _draw_sets(rng, base)
    planted = {name: sets[name] for name in _planted_sizes()}
    effects = _leukaemic_effects(genes, samples, planted)
    leukaemia: FloatArray = base[:, None] + effects
    marrow = base + np.where(rng.random(len(base)) < 0.25, rng.normal(0.0, 1.3, len(base)), 0.0)
    of_leukaemia = np.concatenate([planted[name] for name, *_ in PROGRAMMES])
    marrow[of_leukaemia] = base[of_leukaemia]
    marrow[markers] = np.log2(genes["marrow_cpm"].to_numpy(dtype=float)[markers])
    for name, _, effect in MARROW:
        marrow[planted[name]] = base[planted[name]] + effect
    share = samples["blast_percent"].to_numpy(dtype=float) / 100.0
    male = (samples["sex"] == "male").to_numpy()
    by_sex = _sex_factor(genes, male)
    expected = (share * 2.0**leukaemia + (1.0 - share) * 2.0 ** marrow[:, None]) * by_sex
    expected /= expected.sum(axis=0)
    own = _patient_levels(rng, len(base), samples["patient"])
    mean = expected * own * rng.uniform(15e6, 40e6, len(samples))
    dispersion = (0.04 + 3.0 / np.maximum(mean.mean(axis=1), 0.1)) * rng.lognormal(0.0, 0.4, len(base))
    size = 1.0 / dispersion[:, None]
    counts = rng.negative_binomial(size, size / (size + np.maximum(mean, 1e-9)))
    decoys = {name: members for name, members in sets.items() if name not in planted}
    return CohortExpression(counts, expected, planted, decoys)


def _usual(genes: pd.DataFrame) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return log2 CPM of blasts, and which genes mark normal cells; what is not expressed has a sixteenth CPM."""
    markers = genes["marrow_cpm"].notna().to_numpy()
    cpm = np.where(markers, 0.0, 2.0 ** genes["log2_cpm"].to_numpy(dtype=float) - 1.0)
    return np.log2(np.maximum(cpm, 1.0 / 16.0)), markers


def _planted_sizes() -> dict[str, int]:
    return {name: size for name, size, *_ in PROGRAMMES} | {name: size for name, size, _ in MARROW}


def _draw_sets(rng: np.random.Generator, base: FloatArray, decoys: int = 60) -> dict[str, NDArray[np.int64]]:
    """Draw disjoint sets of well expressed genes for the programmes, and decoys of any expressed genes.

    Decoys are drawn from all that can be tested, planted genes among them, so that the null hypothesis of
    ranked enrichment, a set drawn by chance, is true of them.
    """
    order = rng.permutation(np.flatnonzero((base > EXPRESSED) & (base < 9.0)))
    sets: dict[str, NDArray[np.int64]] = {}
    done = 0
    for name, size in _planted_sizes().items():
        sets[name] = np.sort(order[done : done + size])
        done += size
    expressed = np.flatnonzero(base > 0.0)
    for number in range(1, decoys + 1):
        size = int(rng.integers(20, 120))
        sets[f"DECOY_{number:02d}"] = np.sort(rng.choice(expressed, size, replace=False))
    return sets


def _leukaemic_effects(
    genes: pd.DataFrame, samples: pd.DataFrame, planted: dict[str, NDArray[np.int64]]
) -> FloatArray:
    """Return log2 changes [gene, sample] of the leukaemic cells of each sample."""
    effects = np.zeros((len(genes), len(samples)))
    for name, _, effect, column, level in PROGRAMMES:
        who = (samples[column] == level).to_numpy()
        effects[np.ix_(planted[name], np.flatnonzero(who))] += effect
    extra = genes["chromosome"].isin(EXTRA_CHROMOSOMES).to_numpy()
    hyperdiploid = (samples["hyperdiploid"] == "yes").to_numpy()
    effects[np.ix_(extra, hyperdiploid)] += np.log2(1.5)
    return effects


def _sex_factor(genes: pd.DataFrame, male: NDArray[np.bool_]) -> FloatArray:
    on_y = (genes["chromosome"] == "chrY").to_numpy()[:, None]
    xist = (genes["symbol"] == "XIST").to_numpy()[:, None]
    return np.where((on_y & ~male) | (xist & male), 0.001, 1.0)


def _patient_levels(rng: np.random.Generator, n_genes: int, patient: pd.Series) -> FloatArray:
    """Return [gene, sample] factors that are equal in all samples of a patient."""
    names, which = np.unique(patient.to_numpy(dtype=str), return_inverse=True)
    levels: FloatArray = 2.0 ** rng.normal(0.0, PATIENT_SPREAD, (n_genes, names.size))
    return levels[:, which]


def expected_change(
    expected: FloatArray, reference: NDArray[np.bool_], target: NDArray[np.bool_]
) -> FloatArray:
    """Return log2 of the mean expected expression of target over reference samples, per gene."""
    change: FloatArray = np.log2(expected[:, target].mean(axis=1) / expected[:, reference].mean(axis=1))
    return change
