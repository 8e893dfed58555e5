"""Which ploidy class explains the chromosomes of a sample best.

Every class says which chromosomes stand above the others and how often: the gained ones of high
hyperdiploidy, those that keep both copies in near haploidy and low hypodiploidy, chromosome 21 of iAMP21.
The likelihood of a class is averaged over what expression cannot tell: where zero lies, how far the
copies stand apart (which depends on the fraction of blasts), and a technical axis on which GC-rich
and GC-poor chromosomes part.  Where allele fractions are given, chromosomes with a single allele speak
for near haploidy or low hypodiploidy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from leukoscope.kernels.karyotype import level_likelihoods

FloatArray = NDArray[np.float64]

#: Share of heterozygous among heterozygous and homozygous variant sites, with both parents' copies and with one.
HETEROZYGOUS_BOTH = 0.6
HETEROZYGOUS_ONE = 0.1
#: A chromosome's sites count as at most this many independent ones: genes share haplotypes and errors.
MOST_SITES = 20


@dataclass(frozen=True, slots=True)
class PloidyClass:
    """How a class looks: which chromosomes stand out, by how much (log2), and how usual it is."""

    name: str
    column: str  #: of the chromosome table; empty: none, or any, or 21
    apart: tuple[float, float]  #: least and greatest distance between the two levels
    prior: float
    sign: int = 1  #: the chromosomes that stand out are above (1) or on either side (0)
    one_parent: bool = False  #: the other chromosomes have alleles of one parent only
    extra: bool = False  #: chromosomes can be gained twice


CLASSES = (
    PloidyClass("diploid", "", (0.0, 0.0), 0.48),
    PloidyClass("aneuploid", "any", (0.25, 0.6), 0.22, sign=0),
    PloidyClass("iAMP21", "21", (0.6, 1.3), 0.03),
    PloidyClass("hyperdiploid", "hyperdiploid", (0.25, 0.65), 0.23, extra=True),
    PloidyClass("near haploid", "near_haploid", (0.6, 1.1), 0.02, one_parent=True),
    PloidyClass("low hypodiploid", "low_hypodiploid", (0.4, 1.0), 0.02, one_parent=True),
)
_OFFSETS = np.arange(-0.5, 0.31, 0.05)
_TILTS = np.arange(-6.0, 6.1, 1.5)
_TILT_SPREAD = 2.0
#: Height of two extra copies in units of one: log2(4/2) against log2(3/2).
TWICE = 1.7
_OUTLIER = 0.03  # share of chromosomes that follow nothing
_OUTLIER_DENSITY = 1.0 / 3.0
LEAST_NOISE = 0.06
#: Scatter of a median of one gene, log2; of n genes it is this by the root of n.
GENE_SPREAD = 0.75
_RARE = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class PloidyFit:
    """The share of every class, and the levels of every chromosome under the best one."""

    shares: dict[str, float]
    best: PloidyClass
    level: NDArray[np.int64]  #: [chromosome] -1 below, 0 at, 1 above, 2 twice above the lower level
    apart: float  #: fitted distance between levels
    offset: float
    tilt: float


def fit_ploidy(
    ratios: FloatArray,
    n_genes: NDArray[np.int64],
    chromosomes: pd.DataFrame,
    heterozygous: FloatArray,
    homozygous: FloatArray,
) -> PloidyFit:
    """Weigh the ploidy classes for one sample.

    Parameters
    ----------
    ratios
        ``[chromosome]`` log2 ratios; NaN where unknown.
    n_genes
        ``[chromosome]`` genes that each ratio is the median of.
    chromosomes
        Noise, technical axis and frequencies
        (:data:`~leukoscope.tables.karyotype.KARYOTYPE_CHROMOSOMES`).
    heterozygous, homozygous
        ``[chromosome]`` numbers of variant sites with both alleles and with one; zeros without a VCF.
    """
    known = ~np.isnan(ratios)
    noise = np.hypot(
        chromosomes["noise"], np.hypot(LEAST_NOISE, GENE_SPREAD / np.sqrt(np.maximum(n_genes, 1)))
    )
    table = chromosomes.assign(noise=noise)[known].reset_index(drop=True)
    sites = _site_evidence(heterozygous[known], homozygous[known])
    fits = [_fit_class(kind, ratios[known], table, sites) for kind in CLASSES]
    evidence = np.array([fit[0] for fit in fits]) + np.log([kind.prior for kind in CLASSES])
    shares = np.exp(evidence - logsumexp(evidence))
    at = int(shares.argmax())
    _, levels, apart, offset, tilt = fits[at]
    level = np.zeros(ratios.size, dtype=np.int64)
    level[known] = levels
    named = {kind.name: float(share) for kind, share in zip(CLASSES, shares, strict=True)}
    return PloidyFit(named, CLASSES[at], level, apart, offset, tilt)


def _site_evidence(heterozygous: FloatArray, homozygous: FloatArray) -> FloatArray:
    """Return how much better one parent's copy explains the sites than two, log-likelihood ratio."""
    n = heterozygous + homozygous
    share = np.minimum(1.0, MOST_SITES / np.maximum(n, 1.0))
    one = heterozygous * np.log(HETEROZYGOUS_ONE) + homozygous * np.log(1 - HETEROZYGOUS_ONE)
    both = heterozygous * np.log(HETEROZYGOUS_BOTH) + homozygous * np.log(1 - HETEROZYGOUS_BOTH)
    return np.asarray(share * (one - both))


def _fit_class(
    kind: PloidyClass, ratios: FloatArray, table: pd.DataFrame, sites: FloatArray
) -> tuple[float, NDArray[np.int64], float, float, float]:
    """Return log evidence, levels, distance, offset and tilt of a class at its best point."""
    apart = np.linspace(*kind.apart, 6) if kind.apart[1] > 0 else np.zeros(1)
    axes = np.meshgrid(_OFFSETS, _TILTS, apart, indexing="ij")
    points = np.column_stack([axis.ravel() for axis in axes])
    levels, weights = _levels(kind, table)
    log_weight = np.log(weights)
    if kind.one_parent:
        log_weight = log_weight + np.where(levels == 0, sites[:, None], 0.0)
    noise = table["noise"].to_numpy(np.float64)
    technical = table["technical"].to_numpy(np.float64)
    size = np.where(levels == 2, TWICE, levels.astype(np.float64))
    likelihood = level_likelihoods(
        ratios, noise, technical, size, log_weight, points, _OUTLIER, _OUTLIER_DENSITY
    )
    likelihood -= 0.5 * (points[:, 1] / _TILT_SPREAD) ** 2
    offset, tilt, distance = points[int(likelihood.argmax())]
    residual = (ratios - offset - tilt * technical)[:, None] - distance * size
    chosen = levels[(log_weight - 0.5 * (residual / noise[:, None]) ** 2).argmax(axis=1)]
    evidence = float(logsumexp(likelihood) - np.log(len(points)))
    return evidence, chosen, float(distance), float(offset), float(tilt)


def _levels(kind: PloidyClass, table: pd.DataFrame) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the levels a chromosome can take, and [chromosome, level] how often it takes them."""
    n = len(table)
    if kind.column == "":
        return np.array([0]), np.ones((n, 1))
    if kind.column == "any":
        return np.array([-1, 0, 1]), np.tile([_RARE, 1 - 2 * _RARE, _RARE], (n, 1))
    if kind.column == "21":
        above = np.where(table["chromosome"] == "21", 1 - 1e-6, _RARE / 2)
    else:
        above = table[kind.column].to_numpy(np.float64)
    if not kind.extra:
        return np.array([0, 1]), np.column_stack([1 - above, above])
    twice = np.where(table["chromosome"].isin(["21", "14", "X", "10"]), 0.4, 0.1) * above
    return np.array([0, 1, 2]), np.column_stack([1 - above, above - twice, twice])
