"""Small p-values of enrichment scores, by importance sampling [1]_.

A set scores high if its genes, and their weight, gather above some rank.  Here random sets are drawn that gather
there, and each counts as much as it is likelier under the null than under the draw.  Genes of a narrow bin of ranks
are equally likely, so a set is drawn bin by bin: first how many genes of each bin, then any of them.

.. [1] Owen, Monte Carlo theory, methods and examples (2013)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, scratch_njit
from leukoscope.kernels.enrichment import peak
from leukoscope.kernels.r_random import State, uniform

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@scratch_njit
def fit_tilts(
    weight: Floats,
    begins: Indices,
    width: Indices,
    size: int,
    score: float,
    room: Floats,
    tilts: Floats,
    log_p: Floats,
) -> None:
    """Find ways of gathering a set's genes above one rank or other.

    Parameters
    ----------
    weight : float64[genes]
        Non-negative weight of each gene, best-ranked first.
    begins, width : int64[bins + 1], int64[bins]
        Where each bin of ranks begins, and its genes.
    size, score
        Of the set; the score is positive.
    room : float64[3, bins]
        Scratch.
    tilts : float64[bins, bins]
        Written, but for the first row: log-odds of the bins' genes under which the mean set has its peak after so
        many bins.
    log_p : float64[bins]
        Written: roughly the logarithm of the probability of such a set, -inf where there is no row.
    """
    means, n_bins, n, all_weights = room[0], width.size, weight.size, 0.0
    for b in range(n_bins):
        means[b] = 0.0
        for i in range(begins[b], begins[b + 1]):
            means[b] += weight[i]
            all_weights += weight[i]
        means[b] /= width[b]
    for b in range(n_bins):
        means[b] /= all_weights / n
        log_p[b] = -math.inf
    for above in range(1, n_bins):
        entropy = _tilt(means, begins, width, above, size, score, room[1], room[2], tilts[above])
        log_p[above] = entropy - _log_choose(n, size)


@inner_njit
def _tilt(
    means: Floats,
    begins: Indices,
    width: Indices,
    above: int,
    size: int,
    score: float,
    chance: Floats,
    gain: Floats,
    tilt: Floats,
) -> float:
    """Write the log-odds under which the mean set has the running sum `score` after bin `above`.

    Of all such, those of least relative entropy: exponential in a gene's gain, which is the
    derivative of the running sum.  Returns the entropy, or -inf if there is no solution.
    """
    n, n_bins = begins[begins.size - 1], means.size
    for b in range(n_bins):
        chance[b] = size / n
    level, slope = math.log(size / (n - size)), 0.0
    for _ in range(200):
        expected, total, before = 0.0, 0.0, 0.0
        for b in range(n_bins):
            total += width[b] * chance[b] * means[b]
            if b < above:
                before += width[b] * chance[b] * means[b]
                expected += width[b] * chance[b]
        lost, largest = score + (begins[above] - expected) / (n - size), 0.0
        for b in range(n_bins):
            gain[b] = means[b] * (1.0 - lost) + total / (n - size) if b < above else -lost * means[b]
            largest = max(largest, abs(gain[b]))
        variance = _spread(width, chance, gain)
        if lost >= 1.0 or not variance > 0.0:
            return -math.inf
        step, longest = (total * lost - before) / variance, 2.0 / largest
        if abs(step) * math.sqrt(variance) < 0.02:
            break
        slope = max(slope + min(max(step, -longest), longest), 0.0)
        level = _fit_level(width, gain, slope, level, size, chance)
    entropy = 0.0
    for b in range(n_bins):
        tilt[b] = level + slope * gain[b]
        entropy += width[b] * (_log1p_exp(tilt[b]) - tilt[b] * chance[b])
    return entropy


@inner_njit
def _spread(width: Indices, chance: Floats, gain: Floats) -> float:
    """Variance of the sum of gains over random sets of a fixed size."""
    v0, v1, v2 = 0.0, 0.0, 0.0
    for b in range(width.size):
        v = width[b] * chance[b] * (1.0 - chance[b])
        v0, v1, v2 = v0 + v, v1 + v * gain[b], v2 + v * gain[b] ** 2
    return v2 - v1 * v1 / v0


@inner_njit
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


@inner_njit
def _log1p_exp(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@inner_njit
def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@scratch_njit
def draw_counts(
    width: Indices,
    tilts: Floats,
    log_p: Floats,
    size: int,
    state: State,
    bounds: Indices,
    chance: Floats,
    rest: Floats,
    counts: Indices,
    share: Floats,
    log_norm: Floats,
) -> None:
    """Draw how many genes each bin gives.

    Parameters
    ----------
    width : int64[bins]
    tilts, log_p : float64[tilts, bins], float64[tilts]
        Some of :func:`fit_tilts`.
    size
        Genes of a set.
    state : uint32[625]
        Random state.
    bounds, chance, rest : int64[2, bins], float64[bins, size + 1], float64[bins + 1, size + 1]
        Scratch.
    counts : int64[draws, bins]
        Written.
    share : float64[tilts]
        Written: of the draws; flatter than the probabilities, which are rough.
    log_norm : float64[tilts]
        Written: a set is exp(tilt · counts - log_norm) times as likely as under the null.
    """
    n_bins, n_tilts, n_draws = width.size, log_p.size, counts.shape[0]
    largest, all_shares, n = -math.inf, 0.0, 0
    for t in range(n_tilts):
        largest = max(largest, log_p[t])
    for t in range(n_tilts):
        share[t] = math.exp(0.5 * (log_p[t] - largest))
        all_shares += share[t]
    for b in range(n_bins):
        n += width[b]
    first, wanted = 0, 0.0
    for t in range(n_tilts):
        wanted += share[t] / all_shares * n_draws
        last = n_draws if t == n_tilts - 1 else int(wanted + 0.5)
        _tabulate(width, tilts[t], size, chance, bounds[0], bounds[1], rest)
        log_norm[t] = math.log(rest[0, size]) - _log_choose(n, size)
        for b in range(n_bins):
            log_norm[t] += width[b] * _log1p_exp(tilts[t, b])
        for i in range(first, last):
            _draw_count(chance, rest, bounds[0], bounds[1], counts[i], state)
        share[t] = (last - first) / n_draws
        first = last


@inner_njit
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


@inner_njit
def _tabulate(
    width: Indices, tilt: Floats, size: int, chance: Floats, least: Indices, most: Indices, rest: Floats
) -> None:
    """Tabulate binomial chances of each bin's count from `least`, and of the sum of this and later bins."""
    n_bins, reach = width.size, 0
    for b in range(n_bins + 1):
        for count in range(size + 1):
            rest[b, count] = 0.0
    rest[n_bins, 0] = 1.0
    for b in range(n_bins - 1, -1, -1):
        least[b], most[b] = _binomial(width[b], 1.0 / (1.0 + math.exp(-tilt[b])), size, chance[b])
        for later in range(reach + 1):
            if rest[b + 1, later] > 1e-40:
                first = min(later + least[b], size + 1)
                _add_scaled(chance[b], rest[b + 1, later], rest[b, first : min(later + most[b], size) + 1])
        reach = min(size, reach + most[b])


@inner_njit
def _add_scaled(values: Floats, factor: float, sums: Floats) -> None:
    for i in range(sums.size):
        sums[i] += factor * values[i]


@inner_njit
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


@inner_njit
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


@inner_njit
def _log_density(tilts: Floats, share: Floats, log_norm: Floats, counts: Indices, each: Floats) -> float:
    """How many times as likely a set is to be drawn as under the null, logarithm."""
    largest, total = -math.inf, 0.0
    for t in range(share.size):
        each[t] = -math.inf
        if share[t] > 0.0:
            each[t] = math.log(share[t]) - log_norm[t]
            for b in range(counts.size):
                each[t] += tilts[t, b] * counts[b]
        largest = max(largest, each[t])
    for t in range(share.size):
        total += math.exp(each[t] - largest)
    return largest + math.log(total)


@scratch_njit
def weigh_draws(
    weight: Floats,
    begins: Indices,
    counts: Indices,
    score: float,
    tilts: Floats,
    share: Floats,
    log_norm: Floats,
    state: State,
    pool: Indices,
    genes: Indices,
    each: Floats,
    ratio: Floats,
) -> tuple[float, float]:
    """Draw the genes of every set and weigh those that reach the score.

    Parameters
    ----------
    weight, begins, score
        As in :func:`fit_tilts`.
    counts, tilts, share, log_norm
        As in :func:`draw_counts`.
    state : uint32[625]
        Random state.
    pool : int64[genes]
        Scratch: all ranks, ascending.
    genes, each, ratio : int64[size], float64[tilts], float64[draws]
        Scratch.

    Returns
    -------
    log_p : float64
        Natural logarithm of the probability of the score; -inf if no drawn set reaches it.
    variance : float64
        Variance of `log_p`, from the spread of the draws; inf where `log_p` is -inf.
    """
    largest = -math.inf
    for i in range(ratio.size):
        _draw_genes(begins, counts[i], pool, genes, state)
        ratio[i] = -math.inf
        if peak(weight, genes, weight.size)[0] >= score:
            ratio[i] = -_log_density(tilts, share, log_norm, counts[i], each)
        largest = max(largest, ratio[i])
    if largest == -math.inf:
        return -math.inf, math.inf
    total, squares = 0.0, 0.0
    for i in range(ratio.size):
        total += math.exp(ratio[i] - largest)
        squares += math.exp(2.0 * (ratio[i] - largest))
    return largest + math.log(total / ratio.size), squares / total**2 - 1.0 / ratio.size
