"""Exact tests of contingency tables: Fisher's 2 × 2 with its odds ratio, Freeman–Halton r × c."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from leukoscope.kernels._jit import njit

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

TIE = 1.0 + 1e-7  #: tables this much more probable than the observed one still count as ties, as in R


def two_by_two(table: Counts) -> float:
    """Two-sided p-value of Fisher's exact test: all tables that are not more probable.

    Parameters
    ----------
    table : int64[2, 2]
        Counts.

    Returns
    -------
    p_value : float
        1.0 where the margins allow one table only.
    """
    support, log_density = _margins(table)
    density = _tilted(log_density, support, 0.0)
    observed = density[int(table[0, 0] - support[0])]
    return min(1.0, float(density[density <= observed * TIE].sum()))


def odds_ratio(table: Counts, *, level: float = 0.95) -> tuple[float, float, float]:
    """Conditional maximum-likelihood odds ratio and its exact interval, as R's ``fisher.test``.

    R stops its root search at 1e-4; here the roots are exact to rounding.

    Returns
    -------
    ratio, low, high
        NaN throughout where the margins allow one table only.
    """
    support, log_density = _margins(table)
    if support.size == 1:
        return np.nan, np.nan, np.nan
    count, tail = int(table[0, 0]), (1.0 - level) / 2.0
    at_most, at_least = support <= count, support >= count

    def mean(log_ratio: float) -> float:
        return float((support * _tilted(log_density, support, log_ratio)).sum()) - count

    def upper(log_ratio: float) -> float:
        return tail - float(_tilted(log_density, support, log_ratio)[at_most].sum())

    def lower(log_ratio: float) -> float:
        return float(_tilted(log_density, support, log_ratio)[at_least].sum()) - tail

    first, last = count == support[0], count == support[-1]
    ratio = 0.0 if first else np.inf if last else _root(mean)
    return ratio, 0.0 if first else _root(lower), np.inf if last else _root(upper)


def freeman_halton(table: Counts, *, max_ways: int = 5_000_000) -> float:
    """Exact p-value of an r × c table: all tables that are not more probable than this one.

    The tables are walked column by column.  What is left of the row sums is a node; all ways
    to a node that are equally probable are walked as one, and a way is cut short where even its
    most probable end is improbable enough to count, or even its least probable end is not
    (the network algorithm [1]_, here with exact bounds).

    Parameters
    ----------
    table : int64[rows, columns]
        Counts, no row or column empty.
    max_ways
        Give up where a stage has more ways than this to fill a column, or open ways.

    Returns
    -------
    p_value : float
        NaN if a dimension is below 2 or the network is too large.

    References
    ----------
    .. [1] Mehta & Patel, J Am Stat Assoc 78 (1983) 427, doi:10.1080/01621459.1983.10477989
    """
    table = table if table.shape[0] <= table.shape[1] else table.T
    if table.shape[0] < 2:
        return np.nan
    rows = np.sort(table.sum(axis=1))
    columns = np.sort(table.sum(axis=0))[::-1]
    stages = _network(rows, columns, max_ways)
    if stages is None:
        return np.nan
    scale = special.gammaln(rows + 1.0).sum() + special.gammaln(columns + 1.0).sum()
    scale -= special.gammaln(columns.sum() + 1.0)
    limit = scale - special.gammaln(table + 1.0).sum() + np.log(TIE)
    return _walk(stages, columns, scale, limit, max_ways)


class _Stage(NamedTuple):
    """The nodes after some columns were filled, and the arcs that leave them, node by node."""

    nodes: Counts  #: int64[nodes, rows], what is left of each row sum, ascending
    begins: Counts  #: int64[nodes + 1], where the arcs of each node begin
    arcs: Floats  #: log Π 1/n! of each way to fill the next column
    children: Counts  #: the node of the next stage that each arc reaches
    highest: Floats  #: per node, the most probable way to the end
    lowest: Floats  #: per node, the least probable one


def _network(rows: Counts, columns: Counts, max_ways: int) -> list[_Stage] | None:
    layers, steps = [rows[None, :]], []
    radix = np.cumprod(np.concatenate(([1], rows[:0:-1] + 1)))
    for column in columns:
        filled, room = [], max_ways
        for node in layers[-1]:
            filled.append(_fillings(node, int(column), room))
            room -= len(filled[-1])
            if room <= 0:
                return None
        width = np.array([len(ways) for ways in filled])
        ways = np.concatenate(filled)
        left = np.sort(np.repeat(layers[-1], width, axis=0) - ways, axis=1)
        _, first, child = np.unique(left @ radix, return_index=True, return_inverse=True)
        layers.append(left[first])
        begins = np.concatenate(([0], np.cumsum(width)))
        steps.append((begins, -special.gammaln(ways + 1.0).sum(axis=1), child.ravel()))
    none = np.zeros(0, dtype=np.int64)
    stages = [_Stage(layers.pop(), none, np.zeros(0), none, np.zeros(1), np.zeros(1))]
    for begins, arcs, child in reversed(steps):
        highest = np.maximum.reduceat(arcs + stages[0].highest[child], begins[:-1])
        lowest = np.minimum.reduceat(arcs + stages[0].lowest[child], begins[:-1])
        stages.insert(0, _Stage(layers.pop(), begins, arcs, child, highest, lowest))
    return stages


def _fillings(limits: Counts, total: int, most: int) -> Counts:
    """Return the ways to write `total` as a sum with each part between 0 and its limit, `most` at most."""
    ways = np.zeros((1, 0), dtype=np.int64)
    left = np.array([total])
    for position, limit in enumerate(limits):
        room = int(limits[position + 1 :].sum())
        low, high = np.maximum(0, left - room), np.minimum(limit, left)
        width = high - low + 1
        start = np.repeat(np.cumsum(width) - width, width)
        part = np.arange(width.sum()) - start + np.repeat(low, width)
        ways = np.column_stack((np.repeat(ways, width, axis=0), part))
        left = np.repeat(left, width) - part
        if len(ways) >= most:
            break
    return ways


def _walk(stages: list[_Stage], columns: Counts, scale: float, limit: float, max_ways: int) -> float:
    p_value = 0.0
    at, past, weight = np.array([0]), np.array([scale]), np.array([1.0])  # node, log probability, ways
    for filled, (stage, ahead) in enumerate(pairwise(stages), start=1):
        rest = columns[filled:]
        whole = special.gammaln(rest.sum() + 1.0) - special.gammaln(rest + 1.0).sum()
        whole = whole - special.gammaln(ahead.nodes + 1.0).sum(axis=1)  # log Σ Π 1/n! of all ways on
        arcs = (stage.begins, stage.arcs, stage.children)
        n_open = _count_open(at, past, *arcs, ahead.highest, ahead.lowest, limit)
        if n_open > max_ways:
            return np.nan
        gained, at, past, weight = _step(
            at, past, weight, *arcs, ahead.highest, ahead.lowest, whole, limit, n_open
        )
        p_value += gained
        at, past, weight = _merged(at, past, weight)
    return min(1.0, p_value)


@njit
def _count_open(
    at: Counts,
    past: Floats,
    begins: Counts,
    arcs: Floats,
    children: Counts,
    highest: Floats,
    lowest: Floats,
    limit: float,
) -> int:
    """Count the continued ways that are neither wholly within the limit nor wholly beyond it."""
    n_open = 0
    for way in range(at.size):
        for arc in range(begins[at[way]], begins[at[way] + 1]):
            reached, child = past[way] + arcs[arc], children[arc]
            if reached + highest[child] > limit and reached + lowest[child] <= limit:
                n_open += 1
    return n_open


@njit
def _step(
    at: Counts,
    past: Floats,
    weight: Floats,
    begins: Counts,
    arcs: Floats,
    children: Counts,
    highest: Floats,
    lowest: Floats,
    whole: Floats,
    limit: float,
    n_open: int,
) -> tuple[float, Counts, Floats, Floats]:
    """Continue every way by one column; return the probability that is now certain, and what is open."""
    to, log_probability, ways = np.empty(n_open, np.int64), np.empty(n_open), np.empty(n_open)
    gained, k = 0.0, 0
    for way in range(at.size):
        for arc in range(begins[at[way]], begins[at[way] + 1]):
            reached, child = past[way] + arcs[arc], children[arc]
            if reached + highest[child] <= limit:
                gained += weight[way] * np.exp(reached + whole[child])
            elif reached + lowest[child] <= limit:
                to[k], log_probability[k], ways[k] = child, reached, weight[way]
                k += 1
    return gained, to, log_probability, ways


def _merged(at: Counts, past: Floats, weight: Floats) -> tuple[Counts, Floats, Floats]:
    """Join the ways to a node that are equally probable (to 1e-10); sorted by node."""
    if at.size == 0:
        return at, past, weight
    order = np.lexsort((past, at))
    at, past, weight = at[order], past[order], weight[order]
    new = np.ones(at.size, dtype=np.bool_)
    new[1:] = (np.diff(at) != 0) | (np.diff(past) > 1e-10)
    return at[new], past[new], np.add.reduceat(weight, np.flatnonzero(new))


def _margins(table: Counts) -> tuple[Counts, Floats]:
    """Support of the upper left count, and its log density (up to a constant) at odds ratio 1."""
    (first, second), (column, _) = table.sum(axis=1), table.sum(axis=0)
    support = np.arange(max(0, column - second), min(first, column) + 1)
    parts = (support, first - support, column - support, second - column + support)
    log_density: Floats = -np.sum([special.gammaln(part + 1.0) for part in parts], axis=0)
    return support, log_density


def _tilted(log_density: Floats, support: Counts, log_ratio: float) -> Floats:
    """Density of the upper left count at an odds ratio."""
    tilted = log_density + support * log_ratio
    density = np.exp(tilted - tilted.max())
    return np.asarray(density / density.sum(), dtype=np.float64)


def _root(rising: Callable[[float], float]) -> float:
    """Odds ratio at which a rising function of its logarithm is zero."""
    low, high = -1.0, 1.0
    while rising(low) > 0.0:
        low *= 2.0
    while rising(high) < 0.0:
        high *= 2.0
    return float(np.exp(optimize.brentq(rising, low, high, xtol=1e-15, rtol=1e-15)))
