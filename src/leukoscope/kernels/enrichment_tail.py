"""Small p-values of enrichment scores, by importance sampling [1]_.

A set scores high if its genes, and their weight, gather above some rank.  Here random sets are drawn that gather
there, and each counts as much as it is likelier under the null than under the draw.  Genes of a narrow bin of ranks
are equally likely, so a set is drawn bin by bin: first how many genes of each bin, then any of them.

.. [1] Owen, Monte Carlo theory, methods and examples (2013)
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, parallel_njit
from leukoscope.kernels.enrichment import peak
from leukoscope.kernels.r_random import State, uniform

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

STRIDE = 3  #: bins between the ranks that sets are gathered above
DEPTH = (
    5.0  #: such a rank is left out if sets gather above it exp(DEPTH) times less often than at the likeliest
)


@parallel_njit
def rare_scores(
    weight: Floats, sizes: Indices, scores: Floats, tops: Indices, states: NDArray[np.uint32], n_draws: int
) -> tuple[Floats, Floats]:
    """Probability that a random set of some size reaches a positive score.

    Parameters
    ----------
    weight : float64[genes]
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
    log_p, variance = np.empty(sizes.size), np.empty(sizes.size)
    for s in numba.prange(sizes.size):
        log_p[s], variance[s] = _rare_score(
            weight, sizes[s], scores[s] - 1e-12, tops[s], states[s].copy(), n_draws
        )
    return log_p, variance


@njit
def _rare_score(
    weight: Floats, size: int, score: float, top: int, state: State, n_draws: int
) -> tuple[float, float]:
    begins = _bins(weight.size, top)
    tilts, log_p = _tilts(weight, begins, size, score)
    if log_p.size == 0:
        return -np.inf, np.inf
    n_draws = int(n_draws * max(1.0, -0.1 * log_p.max()))
    counts, share, log_norm = _draw_counts(np.diff(begins), tilts, log_p, size, n_draws, state)
    ratio = np.full(n_draws, -np.inf)
    pool, genes = np.arange(weight.size), np.empty(size, np.int64)
    for i in range(n_draws):
        _draw_genes(begins, counts[i], pool, genes, state)
        if peak(weight, genes, weight.size)[0] >= score:
            ratio[i] = -_log_density(tilts, share, log_norm, counts[i])
    largest = ratio.max()
    if largest == -np.inf:
        return -np.inf, np.inf
    total, squares = 0.0, 0.0
    for i in range(n_draws):
        total += math.exp(ratio[i] - largest)
        squares += math.exp(2.0 * (ratio[i] - largest))
    return largest + math.log(total / n_draws), squares / total**2 - 1.0 / n_draws


@njit
def _bins(n: int, top: int) -> Indices:
    """Begins of bins of ranks, and their end; wider away from both ends; one begins after `top` genes."""
    begins = np.zeros(n + 1, np.bool_)
    begins[0] = begins[top] = begins[n] = True
    from_first, from_last = 1.0, 1.0
    while from_first < n / 2:
        begins[int(from_first)] = True
        from_first *= 1.3
    while from_last < n / 2:
        begins[n - int(from_last)] = True
        from_last *= 2.0
    return np.flatnonzero(begins)


@njit
def _tilts(weight: Floats, begins: Indices, size: int, score: float) -> tuple[Floats, Floats]:
    """Ways of gathering genes above one rank or other: log-odds of the bins, and roughly each one's log p."""
    n_bins = begins.size - 1
    means = np.empty(n_bins)
    for b in range(n_bins):
        means[b] = weight[begins[b] : begins[b + 1]].mean()
    means /= weight.mean()
    tilts, log_p = np.empty((n_bins, n_bins)), np.full(n_bins, -np.inf)
    for above in range(STRIDE, n_bins, STRIDE):
        log_p[above] = _tilt(means, begins, above, size, score, tilts[above])
    kept = np.flatnonzero(log_p > log_p.max() - DEPTH)
    return tilts[kept], log_p[kept] - _log_choose(begins[n_bins], size)


@njit
def _tilt(means: Floats, begins: Indices, above: int, size: int, score: float, tilt: Floats) -> float:
    """Write the log-odds under which the mean set has the running sum `score` after bin `above`.

    Of all such, those of least relative entropy: exponential in a gene's gain, which is the
    derivative of the running sum.  Returns the entropy, or -inf if there is no solution.
    """
    n, n_bins, width = begins[begins.size - 1], means.size, np.diff(begins)
    chance, gain = np.full(n_bins, size / n), np.zeros(n_bins)
    level, slope = math.log(size / (n - size)), 0.0
    for _ in range(200):
        expected, total, before = 0.0, 0.0, 0.0
        for b in range(n_bins):
            total += width[b] * chance[b] * means[b]
            if b < above:
                before += width[b] * chance[b] * means[b]
                expected += width[b] * chance[b]
        lost = score + (begins[above] - expected) / (n - size)
        for b in range(n_bins):
            gain[b] = means[b] * (1.0 - lost) + total / (n - size) if b < above else -lost * means[b]
        variance = _spread(width, chance, gain)
        if lost >= 1.0 or not variance > 0.0:
            return -np.inf
        step, longest = (total * lost - before) / variance, 2.0 / np.abs(gain).max()
        if abs(step) * math.sqrt(variance) < 0.02:
            break
        slope = max(slope + min(max(step, -longest), longest), 0.0)
        level = _fit_level(width, gain, slope, level, size, chance)
    entropy = 0.0
    for b in range(n_bins):
        tilt[b] = level + slope * gain[b]
        entropy += width[b] * (_log1p_exp(tilt[b]) - tilt[b] * chance[b])
    return entropy


@njit
def _spread(width: Indices, chance: Floats, gain: Floats) -> float:
    """Variance of the sum of gains over random sets of a fixed size."""
    v0, v1, v2 = 0.0, 0.0, 0.0
    for b in range(width.size):
        v = width[b] * chance[b] * (1.0 - chance[b])
        v0, v1, v2 = v0 + v, v1 + v * gain[b], v2 + v * gain[b] ** 2
    return v2 - v1 * v1 / v0


@njit
def _fit_level(width: Indices, gain: Floats, slope: float, level: float, size: int, chance: Floats) -> float:
    """Find the level of the log-odds at which `size` genes are expected; write every bin's chance."""
    for _ in range(20):
        excess, variance = -1.0 * size, 0.0
        for b in range(gain.size):
            chance[b] = 1.0 / (1.0 + math.exp(-level - slope * gain[b]))
            excess += width[b] * chance[b]
            variance += width[b] * chance[b] * (1.0 - chance[b])
        change = min(max(-excess / variance, -2.0), 2.0)
        level += change
        if abs(change) < 0.01:
            break
    return level


@njit
def _log1p_exp(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@njit
def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@njit
def _draw_counts(
    width: Indices, tilts: Floats, log_p: Floats, size: int, n_draws: int, state: State
) -> tuple[Indices, Floats, Floats]:
    """Draw how many genes each bin gives.

    Returns
    -------
    counts : int64[draws, bins]
    share : float64[tilts]
        Of the draws; flatter than the probabilities, which are rough.
    log_norm : float64[tilts]
        A set is exp(tilt · counts − log_norm) times as likely as under the null.
    """
    n_bins, n_tilts = width.size, log_p.size
    counts, share, log_norm = (
        np.zeros((n_draws, n_bins), np.int64),
        np.exp(0.5 * (log_p - log_p.max())),
        np.empty(n_tilts),
    )
    share /= share.sum()
    chance, rest = np.empty((n_bins, size + 1)), np.empty((n_bins + 1, size + 1))
    least, most = np.empty(n_bins, np.int64), np.empty(n_bins, np.int64)
    first, wanted = 0, 0.0
    for t in range(n_tilts):
        wanted += share[t] * n_draws
        last = n_draws if t == n_tilts - 1 else int(wanted + 0.5)
        _tabulate(width, tilts[t], size, chance, least, most, rest)
        log_norm[t] = math.log(rest[0, size]) - _log_choose(width.sum(), size)
        for b in range(n_bins):
            log_norm[t] += width[b] * _log1p_exp(tilts[t, b])
        for i in range(first, last):
            _draw_count(chance, rest, least, most, counts[i], state)
        share[t] = (last - first) / n_draws
        first = last
    return counts, share, log_norm


@njit
def _draw_count(
    chance: Floats, rest: Floats, least: Indices, most: Indices, counts: Indices, state: State
) -> None:
    left = chance.shape[1] - 1
    for b in range(counts.size):
        count, limit = least[b], min(most[b], left)
        sought = uniform(state) * rest[b, left] - chance[b, 0] * rest[b + 1, left - count]
        while sought > 0.0 and count < limit:
            count += 1
            sought -= chance[b, count - least[b]] * rest[b + 1, left - count]
        counts[b] = count
        left -= count


@njit
def _tabulate(
    width: Indices, tilt: Floats, size: int, chance: Floats, least: Indices, most: Indices, rest: Floats
) -> None:
    """Tabulate binomial chances of each bin's count from `least`, and of the sum of this and later bins."""
    n_bins, reach = width.size, 0
    rest[:] = 0.0
    rest[n_bins, 0] = 1.0
    for b in range(n_bins - 1, -1, -1):
        least[b], most[b] = _binomial(width[b], 1.0 / (1.0 + math.exp(-tilt[b])), size, chance[b])
        for later in range(reach + 1):
            if rest[b + 1, later] > 1e-40:
                for count in range(least[b], min(most[b], size - later) + 1):
                    rest[b, later + count] += rest[b + 1, later] * chance[b, count - least[b]]
        reach = min(size, reach + most[b])


@njit
def _binomial(n: int, p: float, limit: int, chance: Floats) -> tuple[int, int]:
    """Write binomial probabilities down to 1e-10 of the largest; return the counts of the first and last."""
    odds, mode = p / (1.0 - p), min(int((n + 1) * p), n, limit)
    least, most, ratio = mode, mode, 1.0
    while least > 0 and ratio > 1e-10:
        ratio *= least / ((n - least + 1.0) * odds)
        least -= 1
    ratio = 1.0
    while most < min(n, limit) and ratio > 1e-10:
        ratio *= (n - most) * odds / (most + 1.0)
        most += 1
    chance[mode - least] = math.exp(_log_choose(n, mode) + mode * math.log(p) + (n - mode) * math.log1p(-p))
    for k in range(mode, least, -1):
        chance[k - 1 - least] = chance[k - least] * k / ((n - k + 1.0) * odds)
    for k in range(mode, most):
        chance[k + 1 - least] = chance[k - least] * (n - k) * odds / (k + 1.0)
    return least, most


@njit
def _draw_genes(begins: Indices, counts: Indices, pool: Indices, genes: Indices, state: State) -> None:
    """Draw the genes of every bin, ascending; `pool` keeps the genes of a bin together, in any order."""
    n = 0
    for b in range(counts.size):
        for first in range(begins[b], begins[b] + counts[b]):
            at = first + int(uniform(state) * (begins[b + 1] - first))
            gene = pool[at]
            pool[at], pool[first] = pool[first], gene
            place = n
            while place > 0 and genes[place - 1] > gene:
                genes[place] = genes[place - 1]
                place -= 1
            genes[place] = gene
            n += 1


@njit
def _log_density(tilts: Floats, share: Floats, log_norm: Floats, counts: Indices) -> float:
    """How many times as likely a set is to be drawn as under the null, logarithm."""
    each = np.full(share.size, -np.inf)
    for t in range(share.size):
        if share[t] > 0.0:
            each[t] = math.log(share[t]) - log_norm[t]
            for b in range(counts.size):
                each[t] += tilts[t, b] * counts[b]
    largest, total = each.max(), 0.0
    for t in range(share.size):
        total += math.exp(each[t] - largest)
    log_density: float = largest + math.log(total)
    return log_density
