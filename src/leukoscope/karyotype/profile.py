"""Copy-number profile of chromosomes and arms from the expression of their genes.

Each gene is compared with its median in B-ALL without copy-number change; an arm is the weighted
median of its genes.  The idea is that of RNAseqCNV (github.com/honzee/RNAseqCNV); baseline, weights and
decisions are our own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.expression import Expression
from leukoscope.kernels.karyotype import segment_medians

FloatArray = NDArray[np.float64]

CHROMOSOMES = (*(str(n) for n in range(1, 23)), "X")
#: Fewer genes than this say nothing about a segment.
LEAST_GENES = 10
HYPERDIPLOID = ("4", "6", "10", "14", "17", "18", "21", "X")
USUALLY_DISOMIC = ("1", "2", "3", "7", "9", "11", "13", "15", "16", "19", "20", "22")


@dataclass(frozen=True, slots=True, eq=False)
class CopyProfile:
    """Ratio of every segment in every sample, log2; NaN where too few genes say anything."""

    segments: tuple[str, ...]  #: chromosomes, then arms
    ratios: FloatArray  #: [sample, segment]
    n_genes: NDArray[np.int64]  #: [sample, segment]
    index: FloatArray  #: [sample] hyperdiploid index

    @property
    def chromosomes(self) -> FloatArray:
        """Return the ratios of whole chromosomes, [sample, chromosome]."""
        return self.ratios[:, : len(CHROMOSOMES)]


def arm_names(genes: pd.DataFrame) -> pd.Series:
    """Return 7p, 13q, Xp … of the genes of a gene reference."""
    return genes["chromosome"].str.removeprefix("chr") + genes["arm"]


def chromosome_of(segment: str) -> str:
    """Return the chromosome of an arm: 13 of 13q."""
    return segment.rstrip("pq")


def copy_ratios(values: FloatArray, genes: pd.DataFrame) -> FloatArray:
    """Return log2 ratios of genes against the baseline, their middle at 0 in every sample.

    Parameters
    ----------
    values
        ``[sample, gene]`` on the scale of counts; NaN where not measured.
    genes
        Baseline of these genes (:data:`~leukoscope.tables.karyotype.KARYOTYPE_GENES`).

    Returns
    -------
    NDArray
        NaN where a gene was not measured, or not seen at all.
    """
    weight = genes["weight"].to_numpy(np.float64)
    expected = genes["log2_cpm"].to_numpy(np.float64)
    depth = np.nansum(values, axis=1, keepdims=True)
    usual = np.where(np.isnan(values), 0.0, 2.0**expected - 1.0).sum(axis=1, keepdims=True)
    scale = usual / np.where(depth > 0, depth, 1.0)
    ratios = np.where(values > 0, np.log2(values * scale + 1.0) - expected, np.nan)
    ((middle, _),) = medians_by_segment(ratios, weight, np.zeros((1, len(genes)), dtype=np.int64))
    return np.asarray(ratios - middle)


def medians_by_segment(
    ratios: FloatArray, weight: FloatArray, segments: NDArray[np.int64]
) -> list[tuple[FloatArray, NDArray[np.int64]]]:
    """Return weighted medians and numbers of genes, ``[sample, segment]``, for each way to cut the genome.

    Parameters
    ----------
    ratios
        ``[sample, gene]``; NaN where a gene says nothing.
    weight
        ``[gene]``
    segments
        ``[way, gene]`` segment of each gene; -1 for none.
    """
    n_segments = [int(way.max()) + 1 for way in segments]
    results = [(np.empty((len(ratios), n)), np.empty((len(ratios), n), dtype=np.int64)) for n in n_segments]
    for row, sample in enumerate(ratios):
        order = np.argsort(sample, kind="stable")
        for (medians, n_used), way, n in zip(results, segments, n_segments, strict=True):
            medians[row], n_used[row] = segment_medians(sample, order, weight, way, n)
    return results


def copy_profile(expression: Expression, genes: pd.DataFrame) -> CopyProfile:
    """Return the profile of chromosomes and arms.

    Parameters
    ----------
    expression
        The samples.
    genes
        The baseline (:data:`~leukoscope.tables.karyotype.KARYOTYPE_GENES`).
    """
    used = genes[genes["weight"] > 0]
    ratios = copy_ratios(expression.of(used["gene_id"].tolist()), used)
    weight = used["weight"].to_numpy(np.float64)
    arms = tuple(
        a for c in CHROMOSOMES for a in (f"{c}p", f"{c}q") if (used["arm"] == a).sum() >= LEAST_GENES
    )
    ways = []
    for names, labels in ((CHROMOSOMES, used["arm"].map(chromosome_of)), (arms, used["arm"])):
        places = {name: at for at, name in enumerate(names)}
        ways.append([places.get(name, -1) for name in labels])
    parts = medians_by_segment(ratios, weight, np.array(ways, dtype=np.int64))
    medians = np.concatenate([part[0] for part in parts], axis=1)
    n_genes = np.concatenate([part[1] for part in parts], axis=1)
    medians = np.where(n_genes >= LEAST_GENES, medians, np.nan)
    return CopyProfile((*CHROMOSOMES, *arms), medians, n_genes, _index(medians))


def _index(medians: FloatArray) -> FloatArray:
    """Return the mean of the usually gained minus the mean of the usually disomic chromosomes."""
    place = {name: at for at, name in enumerate(CHROMOSOMES)}
    gained = medians[:, [place[name] for name in HYPERDIPLOID]]
    disomic = medians[:, [place[name] for name in USUALLY_DISOMIC]]
    enough = (~np.isnan(gained)).sum(axis=1) * (~np.isnan(disomic)).sum(axis=1) >= 24
    index = np.full(len(medians), np.nan)
    index[enough] = np.nanmean(gained[enough], axis=1) - np.nanmean(disomic[enough], axis=1)
    return index
