"""Log-likelihood of two samples' genotypes if they are one person, kin, or strangers.

Counted are the pairs of genotypes at positions where at least one of the two carries another base.
For an allele of frequency p the pair is drawn by the matrices of Li and Sacks (1954; remembered): I for
one person, T for parent and child, (I + 2T + O) / 4 for siblings, O for strangers; p is averaged over
the neutral spectrum, in proportion to 1/p.  What is seen differs from what is inherited: a heterozygote
looks homozygous where one allele is silent or was lost in the leukaemia, a share that is fitted for
each sample, up to nearly all in near haploidy; and a genotype is wrong by error in one of a hundred.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HYPOTHESES = ("same person", "parent or child", "siblings", "unrelated")
HIDDEN = (0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9)  #: shares of heterozygotes that look homozygous
ERROR = 0.01
#: Of one person at most one sample hides many: two leukaemias of a person lost the same alleles.
_BOTH_HIDDEN = np.minimum.outer(np.array(HIDDEN), np.array(HIDDEN)) > 0.1


def log_likelihoods(table: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Return the log-likelihood of each of the `HYPOTHESES`, at its best shares of hidden heterozygotes.

    Parameters
    ----------
    table : float64[3, 3]
        Positions by the copies of the other base in either sample.
    allowed : bool[3, 3]
        Pairs of genotypes that could have been seen; others are left out of the table.
    """
    seen = np.where(allowed, table, 0.0)
    probability = np.where(allowed, _seen_pairs(), 0.0)
    normed = probability / probability.sum(axis=(-2, -1), keepdims=True)
    logs = np.log(np.where(allowed, normed, 1.0))
    likelihood = (logs * seen).sum(axis=(-2, -1))
    likelihood[0, _BOTH_HIDDEN] = -np.inf
    best: Floats = likelihood.max(axis=(1, 2))
    return best


@cache
def _seen_pairs() -> Floats:
    """Return the probability of each seen pair: hypothesis, hidden share of either sample, genotypes."""
    seen = np.stack([_channel(share) for share in HIDDEN])  # share, true, seen
    pairs: Floats = np.einsum("htu,atx,buy->habxy", _inherited_pairs(), seen, seen)
    return pairs


def _channel(hidden: float) -> Floats:
    return np.array(
        [
            [1 - ERROR, 0.95 * ERROR, 0.05 * ERROR],
            [hidden / 2, 1 - hidden, hidden / 2],
            [0.05 * ERROR, 0.95 * ERROR, 1 - ERROR],
        ]
    )


def _inherited_pairs() -> Floats:
    p = np.linspace(0.005, 0.995, 199)[:, None, None]
    q, zero = 1 - p, np.zeros_like(p)
    stranger = np.concatenate([q * q, 2 * p * q, p * p], axis=2)
    one = np.eye(3)[None] + zero
    child = np.concatenate(
        [np.concatenate(row, axis=2) for row in ([q, p, zero], [q / 2, zero + 0.5, p / 2], [zero, q, p])],
        axis=1,
    )
    unrelated = np.repeat(stranger, 3, axis=1)
    given_first = np.stack([one, child, (one + 2 * child + unrelated) / 4, unrelated])
    pairs = np.swapaxes(stranger, 1, 2) * given_first
    weight = 1 / p / (1 / p).sum()
    averaged: Floats = (weight * pairs).sum(axis=1)
    return averaged
