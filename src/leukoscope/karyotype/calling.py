"""Call gains, losses and the ploidy class of every sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.expression import Expression
from leukoscope.karyotype.iscn import karyotype_conflicts
from leukoscope.karyotype.ploidy import GENE_SPREAD, LEAST_NOISE, PloidyFit, fit_ploidy
from leukoscope.karyotype.profile import CHROMOSOMES, CopyProfile, chromosome_of, copy_profile
from leukoscope.tables.karyotype import KARYOTYPE, PLOIDY

FloatArray = NDArray[np.float64]

NOT_ASSESSABLE = "not assessable"
#: Chromosomes with a ratio below which no ploidy class is called.
LEAST_CHROMOSOMES = 18
#: Depth from which a site can tell one allele from two, and the minor fraction of a heterozygous one.
LEAST_DEPTH, MINOR_FRACTION = 20, 0.15
#: Sites with which allele fractions are of use to the ploidy class.
LEAST_SITES = 100
#: Log2 ratio and z from which an arm is called, and the ratio of a high gain.
ARM_RATIO, ARM_Z, HIGH_GAIN = 0.2, 3.0, 0.65


@dataclass(frozen=True, slots=True, eq=False)
class KaryotypeCalls:
    """What was found in every sample."""

    segments: pd.DataFrame  #: :data:`~leukoscope.tables.karyotype.KARYOTYPE`
    ploidy: pd.DataFrame  #: :data:`~leukoscope.tables.karyotype.PLOIDY`
    profile: CopyProfile
    fits: tuple[PloidyFit | None, ...]  #: per sample; None if too few chromosomes could be read

    def conflicts(self, sample: str, karyotype: str) -> list[str]:
        """Return how the karyotype of a sample, as cytogenetics wrote it, and its RNA contradict each other."""
        own = self.segments[self.segments["sample"] == sample]
        ploidy = self.ploidy.loc[self.ploidy["sample"] == sample].iloc[0].to_dict()
        return karyotype_conflicts(karyotype, ploidy, dict(zip(own["segment"], own["call"], strict=True)))


def call_karyotypes(
    expression: Expression,
    genes: pd.DataFrame,
    chromosomes: pd.DataFrame,
    allele_fractions: pd.DataFrame | None = None,
) -> KaryotypeCalls:
    """Call the karyotype of every sample from expression, and from allele fractions where given.

    Parameters
    ----------
    expression
        The samples.
    genes, chromosomes
        The baseline (:data:`~leukoscope.tables.karyotype.KARYOTYPE_GENES`,
        :data:`~leukoscope.tables.karyotype.KARYOTYPE_CHROMOSOMES`).
    allele_fractions
        Sites of a VCF (:data:`~leukoscope.tables.karyotype.ALLELE_FRACTIONS`), or None.

    Raises
    ------
    InputError
        If the result breaks its contract, which would be a bug.
    """
    profile = copy_profile(expression, genes)
    segments, ploidies, fits = [], [], []
    for row, sample in enumerate(expression.samples):
        sites = _sites(allele_fractions, sample)
        fit = None
        if (~np.isnan(profile.chromosomes[row])).sum() >= LEAST_CHROMOSOMES:
            given = sites if sites["n"].sum() >= LEAST_SITES else sites * 0
            fit = fit_ploidy(
                profile.chromosomes[row],
                profile.n_genes[row, : len(CHROMOSOMES)],
                chromosomes,
                given["heterozygous"].to_numpy(np.float64),
                (given["n"] - given["heterozygous"]).to_numpy(np.float64),
            )
        fits.append(fit)
        segments.append(_segment_rows(sample, profile, row, fit, chromosomes, sites))
        ploidies.append(_ploidy_row(sample, profile, row, fit, sites, allele_fractions is not None))
    return KaryotypeCalls(
        KARYOTYPE.check(pd.concat(segments, ignore_index=True)) if segments else KARYOTYPE.empty(),
        PLOIDY.check(pd.DataFrame(ploidies, columns=PLOIDY.names)),
        profile,
        tuple(fits),
    )


def _sites(allele_fractions: pd.DataFrame | None, sample: str) -> pd.DataFrame:
    """Return numbers of sites per chromosome: n, heterozygous, and the median distance from one half."""
    empty = pd.DataFrame({"n": 0.0, "heterozygous": 0.0, "imbalance": np.nan}, index=list(CHROMOSOMES))
    if allele_fractions is None:
        return empty
    own = allele_fractions[
        allele_fractions["sample"].isin([sample, ""]) & (allele_fractions["depth"] >= LEAST_DEPTH)
    ]
    fraction = own["alternative"] / own["depth"]
    is_both = (fraction >= MINOR_FRACTION) & (fraction <= 1 - MINOR_FRACTION)
    counted = own.assign(
        both=is_both, usable=fraction >= MINOR_FRACTION, distance=(fraction - 0.5).abs().where(is_both)
    ).groupby("chromosome")
    found = pd.DataFrame(
        {
            "n": counted["usable"].sum(),
            "heterozygous": counted["both"].sum(),
            "imbalance": counted["distance"].median(),
        }
    ).astype(float)
    return found.reindex(list(CHROMOSOMES)).fillna({"n": 0.0, "heterozygous": 0.0})


def _segment_rows(
    sample: str,
    profile: CopyProfile,
    row: int,
    fit: PloidyFit | None,
    chromosomes: pd.DataFrame,
    sites: pd.DataFrame,
) -> pd.DataFrame:
    of = [CHROMOSOMES.index(chromosome_of(name)) for name in profile.segments]
    scatter = GENE_SPREAD / np.sqrt(np.maximum(profile.n_genes[row], 1))
    noise = np.hypot(np.hypot(chromosomes["noise"].to_numpy(np.float64), LEAST_NOISE)[of], scatter)
    technical = chromosomes["technical"].to_numpy(np.float64)[of]
    offset, tilt = (fit.offset, fit.tilt) if fit else (0.0, 0.0)
    ratio = profile.ratios[row] - tilt * technical - (0.0 if _is_one_copy(fit) else offset)
    z = ratio / noise
    is_chromosome = np.arange(len(of)) < len(CHROMOSOMES)
    calls = [_call(r, value) for r, value in zip(ratio, z, strict=True)]
    copies = [_copies(fit, place) if whole else "" for place, whole in zip(of, is_chromosome, strict=True)]
    return pd.DataFrame(
        {
            "sample": sample,
            "segment": profile.segments,
            "log2_ratio": ratio.round(4),
            "genes": profile.n_genes[row],
            "z": z.round(2),
            "call": calls,
            "copies": copies,
            "heterozygous_sites": np.where(is_chromosome, sites["heterozygous"].to_numpy()[of], 0).astype(
                int
            ),
            "informative_sites": np.where(is_chromosome, sites["n"].to_numpy()[of], 0).astype(int),
            "allele_imbalance": np.where(is_chromosome, sites["imbalance"].to_numpy()[of], np.nan),
        }
    )


def _is_one_copy(fit: PloidyFit | None) -> bool:
    """Whether the lower level of a fit is a single copy, so that zero stays in the middle."""
    return fit is not None and fit.best.one_parent


def _call(ratio: float, z: float) -> str:
    if np.isnan(ratio):
        return NOT_ASSESSABLE
    if abs(ratio) < ARM_RATIO or abs(z) < ARM_Z:
        return "none"
    if ratio < 0:
        return "loss"
    return "high gain" if ratio >= HIGH_GAIN else "gain"


def _copies(fit: PloidyFit | None, chromosome: int) -> str:
    if fit is None:
        return NOT_ASSESSABLE
    lower = 1 if fit.best.one_parent else 2
    return str(lower + int(fit.level[chromosome]))


def _ploidy_row(
    sample: str, profile: CopyProfile, row: int, fit: PloidyFit | None, sites: pd.DataFrame, given: bool
) -> list[object]:
    place21 = CHROMOSOMES.index("21")
    chromosome21, index = float(profile.chromosomes[row, place21]), float(profile.index[row])
    n_sites = int(sites["n"].sum())
    used = "not given" if not given else ("used" if n_sites >= LEAST_SITES else "too few")
    if fit is None:
        note = f"fewer than {LEAST_CHROMOSOMES} chromosomes have enough measured genes"
        return [
            sample,
            NOT_ASSESSABLE,
            NOT_ASSESSABLE,
            np.nan,
            NOT_ASSESSABLE,
            index,
            chromosome21,
            "",
            "",
            used,
            note,
        ]
    name, share = fit.best.name, fit.shares[fit.best.name]
    status, note = ("not detected" if name == "diploid" else "detected"), ""
    if name == "near haploid" and used != "used":
        status = NOT_ASSESSABLE
        note = "the chromosomes look near haploid; allele fractions (a VCF) would tell it from hyperdiploidy"
    elif name == "hyperdiploid" and used != "used":
        note = "a doubled near-haploid or low-hypodiploid clone is not excluded without allele fractions"
    elif share < 0.5:
        status, note = NOT_ASSESSABLE, "no ploidy class is clearly the best"
    raised = fit.level > 0
    gained = [c for c, up in zip(CHROMOSOMES, raised, strict=True) if up and not fit.best.one_parent]
    lowered = (fit.level < 0) | (~raised & fit.best.one_parent)
    lost = [c for c, down in zip(CHROMOSOMES, lowered, strict=True) if down]
    number = _chromosome_number(fit) if status != NOT_ASSESSABLE else NOT_ASSESSABLE
    return [
        sample, name, status, round(share, 4), number, round(index, 4), round(chromosome21, 4),
        " ".join(gained), " ".join(lost), used, note,
    ]  # fmt: skip


def _chromosome_number(fit: PloidyFit) -> str:
    """Return the number of chromosomes under the best class; iAMP21 adds none."""
    if fit.best.name == "iAMP21":
        return "46"
    return str((23 if fit.best.one_parent else 46) + int(fit.level.sum()))
