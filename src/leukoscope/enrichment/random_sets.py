"""Scores of random gene sets, and how rarely they reach a score."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels.enrichment import draw_sets, find_heights, raise_sets, score_parts
from leukoscope.kernels.enrichment_tail import draw_counts, fit_tilts, weigh_draws
from leukoscope.workers import call_on_threads

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
States = NDArray[np.uint32]

DEPTH = 5.0  #: a way of gathering is left out if it is exp(DEPTH) times less likely than the likeliest


def score_random_sets(weight: Floats, sizes: Indices, states: States, n_each: int) -> Floats:
    """Return scores of random sets of every size; within a draw the smaller set is part of the larger.

    Parameters
    ----------
    weight
        Non-negative weight of each gene, best-ranked first.
    sizes
        Ascending, different, below the number of genes.
    states : uint32[streams, 625]
        Random states; each makes `n_each` draws.
    n_each
        Draws.

    Returns
    -------
    scores : float64[sizes, streams * n_each]
    """
    scores = np.empty((len(states), sizes.size, n_each))

    def one(stream: int) -> None:
        drawn = np.empty((n_each, int(sizes[-1])), np.int64)
        draw_sets(states[stream].copy(), np.arange(weight.size), drawn)
        turn = np.argsort(drawn, axis=1)  # when each gene was drawn, in the order of their ranks
        genes = np.take_along_axis(drawn, turn, axis=1)
        score_parts(weight, genes, turn, np.cumsum(weight[drawn], axis=1), sizes, scores[stream])

    call_on_threads(one, len(states), numba.get_num_threads())
    return scores.transpose(1, 0, 2).reshape(sizes.size, -1)


def sample_tail(
    weight: Floats, sizes: Indices, scores: Floats, tops: Indices, states: States, n_draws: int
) -> tuple[Floats, Floats]:
    """Return the probability that a random set of some size reaches a positive score, by importance sampling.

    Parameters
    ----------
    weight
        Non-negative weight of each gene, best-ranked first.
    sizes, scores, tops : [sets]
        Size and positive score of each set, and how many genes are ranked down to its peak.
    states : uint32[sets, 625]
        A random state for each set.
    n_draws
        Random sets for each; for probabilities below exp(-10) more, in proportion to the logarithm.

    Returns
    -------
    log_p : float64[sets]
        Natural logarithm of the probability; -inf if no drawn set reaches the score.
    variance : float64[sets]
        Variance of `log_p`, from the spread of the draws; inf where `log_p` is -inf.
    """
    found = np.empty((2, sizes.size))

    def one(s: int) -> None:
        found[:, s] = _sample(
            weight, int(sizes[s]), float(scores[s]) - 1e-12, int(tops[s]), states[s].copy(), n_draws
        )

    call_on_threads(one, sizes.size, numba.get_num_threads())
    return found[0], found[1]


def _sample(
    weight: Floats, size: int, score: float, top: int, state: States, n_draws: int
) -> tuple[float, float]:
    begins = _bins(weight.size, top)
    width, n_bins = np.diff(begins), begins.size - 1
    tilts, log_p = np.empty((n_bins, n_bins)), np.empty(n_bins)
    fit_tilts(weight, begins, width, size, score, np.empty((3, n_bins)), tilts, log_p)
    kept = log_p > log_p.max() - DEPTH
    tilts, log_p = tilts[kept], log_p[kept]
    if not log_p.size:
        return -np.inf, np.inf
    n_draws = int(n_draws * max(1.0, -0.1 * float(log_p.max())))
    counts, share, log_norm = (
        np.empty((n_draws, n_bins), np.int64),
        np.empty(log_p.size),
        np.empty(log_p.size),
    )
    chance, rest = np.empty((n_bins, size + 1)), np.empty((n_bins + 1, size + 1))
    draw_counts(
        width, tilts, log_p, size, state, np.empty((2, n_bins), np.int64), chance, rest, counts, share, log_norm
    )  # fmt: skip
    return weigh_draws(
        weight, begins, counts, score, tilts, share, log_norm, state,
        np.arange(weight.size), np.empty(size, np.int64), np.empty(share.size), np.empty(n_draws),
    )  # fmt: skip


def _bins(n: int, top: int) -> Indices:
    """Begins of bins of ranks, and their end; wider away from both ends; one begins after `top` genes."""
    begins = {0, top, n}
    from_first, from_last = 1.0, 1.0
    while from_first < n / 2:
        begins.add(int(from_first))
        from_first *= 1.3
    while from_last < n / 2:
        begins.add(n - int(from_last))
        from_last *= 2.0
    return np.array(sorted(begins), dtype=np.int64)


def split_tail(
    weight: Floats, sizes: Indices, scores: Floats, states: States, n_chains: int, least: float
) -> tuple[Floats, Floats]:
    """Return the probability that a random set's positive peak reaches a score, by multilevel splitting.

    A population of random sets is raised level by level: the lower half is replaced by copies of
    the upper, and every set is shaken by swaps of genes that keep it above the level.

    Parameters
    ----------
    weight
        Non-negative weight of each gene, best-ranked first.
    sizes, scores : [sets]
        Size and positive score of each set.
    states : uint32[sets, 625]
        A random state for each set.
    n_chains
        Sets in the population; odd.
    least
        Probability below which a set is given up.

    Returns
    -------
    log_p : float64[sets]
        Natural logarithm of the probability.
    variance : float64[sets]
        Its variance, from the spread of order statistics; the dependence of chains is not in it.
    """
    found = np.empty((2, sizes.size))

    def one(s: int) -> None:
        found[:, s] = _split(weight, int(sizes[s]), float(scores[s]), states[s].copy(), n_chains, least)

    call_on_threads(one, sizes.size, numba.get_num_threads())
    return found[0], found[1]


def _split(
    weight: Floats, size: int, score: float, state: States, n_chains: int, least: float
) -> tuple[float, float]:
    half = n_chains // 2
    chains, heights, marks = np.empty((n_chains, size), np.int64), np.empty(n_chains), np.empty((n_chains, 4))
    draw_sets(state, np.arange(weight.size), chains)
    chains.sort(axis=1)
    find_heights(weight, chains, heights)
    # the level is the middle of n_chains values: log of a Beta(half + 1, half + 1) share stays above it
    upper_half = np.arange(half + 1, n_chains + 1)
    share, spread = float((1.0 / upper_half).sum()), float((1.0 / upper_half**2).sum())
    log_p, variance = 0.0, 0.0
    while True:
        level = float(np.sort(heights)[half])
        if level >= score or log_p < math.log(least):
            break
        log_p -= share
        variance += spread
        upper = np.flatnonzero(heights > level)
        if not upper.size:  # all tie at the level
            upper = np.flatnonzero(heights >= level)
        raise_sets(level, weight, upper, chains, heights, marks, state)
    reaching = max(int((heights >= score).sum()), 1)
    return log_p + math.log(reaching / n_chains), variance + 1.0 / reaching - 1.0 / n_chains
