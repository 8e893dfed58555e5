"""Size factors that make the counts of all genes likeliest, without a gene that every sample must express."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.cohort import Cohort
from leukoscope.differential.design import make_design
from leukoscope.differential.layout import lay_out
from leukoscope.differential.minimiser import minimise_in_box
from leukoscope.differential.model import Rules, model_genes
from leukoscope.errors import InputError, quote_some
from leukoscope.normalization import SizeFactorKind, size_factors

_MOST_ROUNDS = 10
_LEFT_OUT = 0.05  # share of genes that fit worst
_SETTLED = 1e-4  # squared change of all logarithms

Floats = NDArray[np.float64]


def factors_of(cohort: Cohort, kind: SizeFactorKind, *, n_threads: int = 1) -> Floats:
    """Return size factors of any kind, of a cohort of whole counts; see :func:`iterated_size_factors`."""
    refuse_empty_samples(cohort)
    if kind == "iterate":
        return iterated_size_factors(cohort.counts, n_threads=n_threads)
    return size_factors(cohort.counts, kind, n_threads=n_threads)


def refuse_empty_samples(cohort: Cohort) -> None:
    """Raise an InputError that names the samples without any count, if there are such."""
    empty = list(cohort.sample_names[~cohort.counts.any(axis=0)])
    if empty:
        raise InputError(f"{len(empty)} sample(s) have no count at all: {quote_some(empty)}; leave them out.")


def iterated_size_factors(counts: NDArray[Any], *, n_threads: int = 1) -> Floats:
    """Return DESeq2's size factors ``iterate``, of geometric mean 1.

    In turn, dispersions of a design of one group are estimated with the size factors, and the size factors are
    moved to where the likelihood of the genes is highest, the twentieth that fits worst left out.
    Which genes are left out changes on the way, so that the height has kinks; where the search meets one and
    finds no higher point, R gives up and this goes on.

    Parameters
    ----------
    counts
        Whole numbers, ``[gene, sample]``; every sample has some.
    n_threads
        Threads; the result does not depend on it.

    Raises
    ------
    InputError
        If the factors do not settle in ten rounds.
    """
    counts = counts[counts.any(axis=1)]
    design = make_design("~ 1", pd.DataFrame(index=range(counts.shape[1])))
    rules = Rules(trend="mean", n_threads=n_threads)
    logs = np.zeros(counts.shape[1])
    for turn in range(_MOST_ROUNDS):
        factors = np.exp(logs)
        models = model_genes(counts, lay_out(design, factors), factors, rules)
        mean = np.log(np.maximum(models.base_mean[:, None] * factors, rules.iteration.minimum_mean)) - logs
        found, _ = minimise_in_box(_Misfit(counts, mean, models.fits.alpha), logs[None, :], np.inf)
        last, logs = logs, found[0] - found[0].mean()
        if turn > 0 and ((logs - last) ** 2).sum() < _SETTLED:
            return np.asarray(np.exp(logs))
    raise InputError(
        "the size factors 'iterate' did not settle, as in DESeq2 they would not; use 'ratio' or 'poscounts'."
    )


class _Misfit:
    """The negative log-likelihood of the genes, at logarithms of size factors of which one is moved at a time."""

    def __init__(self, counts: NDArray[Any], log_mean: Floats, alpha: Floats) -> None:
        from scipy.special import gammaln

        self.counts, self.log_mean, self.alpha = counts, log_mean, alpha
        size = 1.0 / alpha
        self.of_counts = np.zeros(len(counts))
        for y in counts.T:
            self.of_counts += gammaln(y + size) - gammaln(size) - gammaln(y + 1.0) + y * np.log(alpha)

    def __call__(self, points: Floats, genes: NDArray[np.int64]) -> Floats:
        """Return values [1, point] of points[sample, 1, point], which differ from the last in one sample each."""
        at = points[:, 0] - points[:, 0].mean(axis=0)
        moved = (points[:, 0] - points[:, 0, -1:]).T
        values = np.empty((1, len(moved)))
        shared: dict[float, tuple[list[Floats], Floats]] = {}
        for k, move in enumerate(moved):
            shift = float(np.round(-move.mean(), 12))  # but for rounding, few are different
            if shift not in shared:
                each = [self._of_sample(i, value + shift) for i, value in enumerate(at[:, -1])]
                shared[shift] = each, np.asarray(np.sum(each, axis=0)) + self.of_counts
            each, heights = shared[shift]
            for i in map(int, np.flatnonzero(move)):
                heights = np.asarray(heights - each[i] + self._of_sample(i, at[i, k]))
            values[0, k] = -heights[heights > np.quantile(heights, _LEFT_OUT)].sum()
        return values

    def _of_sample(self, sample: int, log_factor: float) -> Floats:
        y, eta = self.counts[:, sample], self.log_mean[:, sample] + log_factor
        return np.asarray(y * eta - (y + 1.0 / self.alpha) * np.log1p(np.exp(eta) * self.alpha))
