"""Whether a sample holds the RNA of two people: allele fractions where one person has none.

Fractions of one person lie near 0, 0.5 or 1, wider in RNA than in DNA; another person pulls those near 1
down on every chromosome.  (Fractions near 0 tell less: misaligned reads make them too.)  A chromosome that
the leukaemia lost does the same where normal cells are in the sample, but on that chromosome only: hence
the median over chromosomes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.identity.genotypes import REFERENCE, UNKNOWN, GenotypeMatrix

MIN_DEPTH = 20
MIN_SITES = 5  #: of a chromosome
MIN_CHROMOSOMES = 5
MAX_ODD_SHARE = 0.25
MIN_EXPLAINED = 0.7


@dataclass(frozen=True, slots=True)
class Mixture:
    """What the allele fractions of one sample say."""

    odd_share: float  #: of fractions above 0.75, those not above 0.96; NaN if not assessable
    mixed: str  #: yes, no or not assessable
    source: str  #: sample whose alleles explain the odd fractions; empty if none


def measure_mixture(table: pd.DataFrame, matrix: GenotypeMatrix, sample: int) -> Mixture:
    """Return the share of odd allele fractions of a sample, and who else may be in it.

    Parameters
    ----------
    table
        Its genotypes (:data:`~leukoscope.tables.identity.GENOTYPES`).
    matrix
        Genotypes and allele fractions of the cohort.
    sample
        Row of the matrix.
    """
    deep = table[table["depth"] >= MIN_DEPTH]
    fraction = deep["alternative_reads"] / deep["depth"]
    high = pd.DataFrame({"contig": deep["contig"], "odd": fraction <= 0.96})[fraction > 0.75]
    shares = high.groupby("contig")["odd"].agg(["mean", "size"])
    shares = shares[shares["size"] >= MIN_SITES]
    if len(shares) < MIN_CHROMOSOMES:
        return Mixture(float("nan"), "not assessable", "")
    share = float(shares["mean"].median())
    if share <= MAX_ODD_SHARE:
        return Mixture(share, "no", "")
    return Mixture(share, "yes", _explaining_sample(matrix, sample))


def _explaining_sample(matrix: GenotypeMatrix, sample: int) -> str:
    """Return the sample that carries most of the alleles of which this one has a little."""
    fraction = matrix.fraction[sample]
    low = (matrix.depth[sample] >= MIN_DEPTH) & (fraction >= 0.03) & (fraction < 0.3)
    known = low & (matrix.genotype > UNKNOWN)
    known[sample] = False
    n = known.sum(axis=1)
    carried = (known & (matrix.genotype > REFERENCE)).sum(axis=1) / np.maximum(n, 1)
    carried[n < MIN_SITES * MIN_CHROMOSOMES] = 0.0
    best = int(carried.argmax())
    return matrix.samples[best] if carried[best] >= MIN_EXPLAINED else ""
