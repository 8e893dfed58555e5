"""Counts that do not fit: Cook's distances, replacement, and which p-values to withhold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.fitting import Fits
from leukoscope.differential.layout import for_genes, whole
from leukoscope.kernels.nb_cooks import cooks_distances, trimmed_mean
from leukoscope.kernels.nb_layout import Layout

_REPLICATES_TO_JUDGE = 3
_REPLICATES_TO_REPLACE = 7
_TRIM = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Cook's distances of a fit, as far as they are needed."""

    cutoff: float  #: 99 % quantile of F(p, n - p)
    largest: NDArray[np.float64]  #: [gene, 2] over all samples; over samples with enough replicates
    flagged: NDArray[np.int64]  #: genes with any distance above the cutoff
    distances: NDArray[np.float64]  #: [flagged gene, sample]


def influence(counts: NDArray[np.int64], fits: Fits, *, n_threads: int) -> Influence:
    """Return the Cook's distances of fitted genes."""
    from scipy.special import fdtri

    n, p = counts.shape[1], fits.laid.n_coefficients
    cutoff = float(fdtri(p, n - p, 0.99))
    largest, _ = _distances(counts, fits, np.arange(len(counts)), n_threads, keep=False)
    flagged = np.flatnonzero(largest[:, 0] > cutoff)
    _, distances = _distances(counts, fits, flagged, n_threads, keep=True)
    return Influence(cutoff, largest, flagged, distances)


def has_replicates(layout: Layout, least: int) -> NDArray[np.bool_]:
    """Return which samples have at least so many samples, itself included, in their cell."""
    sizes = np.diff(layout.end, prepend=0)
    found = np.empty(layout.order.size, dtype=bool)
    found[layout.order] = np.repeat(sizes >= least, sizes)
    return found


def replaceable(layout: Layout) -> NDArray[np.bool_]:
    """Return the samples with enough replicates to replace a count."""
    return has_replicates(layout, _REPLICATES_TO_REPLACE)


def replace(
    counts: NDArray[np.int64], found: Influence, size_factors: NDArray[np.float64], samples: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the counts of the flagged genes with outliers replaced.

    A count of a replaceable sample whose distance exceeds the cutoff becomes the gene's
    trimmed mean times the size factor, without fraction.
    """
    flagged = counts[found.flagged]
    normal = flagged / size_factors
    middle = np.array([trimmed_mean(row.copy(), 0, row.size, _TRIM) for row in normal])
    instead = (middle.reshape(-1, 1) * size_factors).astype(np.int64)
    replaced = np.where((found.distances > found.cutoff) & samples, instead, flagged)
    replaced.setflags(write=False)
    return replaced


def withheld(
    counts: NDArray[np.int64],
    found: Influence,
    layout: Layout,
    replaced_samples: NDArray[np.bool_] | None,
    *,
    two_groups: bool,
) -> NDArray[np.int64]:
    """Return the genes whose p-value is withheld for an outlier that could not be replaced.

    Parameters
    ----------
    counts
        As given, before replacement.
    found
        Their distances.
    layout
        Design.
    replaced_samples
        Samples whose outliers were replaced; None if no gene was refitted.
    two_groups
        Whether one factor of two levels is the whole design: then a gene is kept if three
        samples or more exceed the outlier.
    """
    judged = has_replicates(layout, _REPLICATES_TO_JUDGE)
    if replaced_samples is not None:
        judged = judged & ~replaced_samples
    beyond = found.distances * judged > found.cutoff
    doubtful = np.flatnonzero(beyond.any(axis=1))
    if two_groups:
        own = counts[found.flagged[doubtful]]
        outlier = np.take_along_axis(own, found.distances[doubtful].argmax(axis=1)[:, None], axis=1)
        doubtful = doubtful[(own > outlier).sum(axis=1) < 3]
    return found.flagged[doubtful]


def _distances(
    counts: NDArray[np.int64], fits: Fits, genes: NDArray[np.int64], n_threads: int, *, keep: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    layout = fits.laid.layout
    judged = has_replicates(layout, _REPLICATES_TO_JUDGE)[layout.order]
    everything = genes.size == len(counts)
    own = counts if everything else counts[genes]
    own.setflags(write=False)
    largest = np.empty((genes.size, 2))
    distances = np.empty((genes.size if keep else 0, counts.shape[1]))
    for_genes(
        cooks_distances, genes.size, n_threads,
        own, whole(layout), fits.alpha[genes], whole(fits.ridge), whole(fits.rules.minimum_mean),
        fits.reweighted[genes], fits.parameters[genes], whole(bool(judged.any())), whole(judged), largest, distances,
    )  # fmt: skip
    return largest, distances
