"""Fold changes under a Cauchy prior: the posterior mode of Zhu, Ibrahim & Love (the R program apeglm).

One coefficient has a Cauchy prior, whose heavy tails leave strong effects alone; the others a normal one so
wide that it hardly matters.  The likelihood is concave, so that the posterior has at most two modes, one near
zero and one near the data.  Newton's method climbs from zero, as apeglm does: where both exist, the data do
not suffice to leave zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.differential.design import Design
from leukoscope.differential.layout import for_genes, whole

Rows = NDArray[np.float64]  # [gene, …]

_WIDE = 15.0**2  # variance of the other coefficients' prior, natural logarithm
_FEWEST_LEVELS = 8  # of a factor, for which it pays to know that its columns exclude one another
_MOST_STEPS = 200
_SETTLED = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Where the posterior of one coefficient peaks, natural logarithm."""

    mode: NDArray[np.float64]
    deviation: NDArray[np.float64]  #: from the curvature there; NaN where it does not curve down
    converged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """A design matrix, its parameters in order: levels of one large factor, then the border.

    A sample has one level at most, so that the levels' normal equations are a diagonal.
    """

    order: NDArray[np.intp]  #: [position] sample; samples of one level stand together
    level: NDArray[np.intp]  #: [position] level, `n_levels` if none
    starts: NDArray[np.intp]  #: first position of each level
    n_levels: int
    border: NDArray[np.float64]  #: [position, r]
    products: NDArray[np.float64]  #: [position, r · r] of the border's columns
    log_size: NDArray[np.float64]  #: [position]
    shrunk: int  #: parameter under the Cauchy prior
    column: NDArray[np.intp]  #: the design's column of each parameter


@dataclass(frozen=True, slots=True, eq=False)
class _Genes:
    """Some genes and all that their posterior depends on."""

    counts: Rows  #: [gene, position]
    alpha: Rows  #: [gene, 1]
    columns: _Columns
    scale: float

    def only(self, chosen: NDArray[np.intp]) -> _Genes:
        """Return some of the genes."""
        return _Genes(self.counts[chosen], self.alpha[chosen], self.columns, self.scale)


def cauchy_posterior(
    counts: NDArray[np.int64],
    design: Design,
    coefficient: int,
    size_factors: NDArray[np.float64],
    dispersions: NDArray[np.float64],
    start: NDArray[np.float64],
    scale: float,
    *,
    n_threads: int = 1,
) -> Posterior:
    """Return the posterior mode and standard deviation of one coefficient of every gene.

    Parameters
    ----------
    counts
        int64[genes, samples].
    design, coefficient
        The design, and the column to shrink.
    size_factors, dispersions
        Of samples; of genes.
    start
        float64[genes, coefficients], natural logarithm: where the others begin.
    scale
        Of the Cauchy prior, natural logarithm.
    n_threads
        Threads; the numbers do not depend on it.

    References
    ----------
    Zhu, Ibrahim & Love, Bioinformatics 35 (2019) 2084, doi:10.1093/bioinformatics/bty895
    """
    columns = _cut(design, coefficient, np.log(size_factors))
    found = np.empty((len(counts), 3))
    for_genes(_maximise, len(counts), n_threads, counts, dispersions, start, whole((columns, scale)), found)
    return Posterior(found[:, 0], found[:, 1], found[:, 2] == 1.0)


def _maximise(
    counts: NDArray[np.int64],
    dispersions: NDArray[np.float64],
    start: Rows,
    shared: tuple[_Columns, float],
    found: Rows,
) -> None:
    """Write mode, deviation and whether the search settled."""
    columns, scale = shared
    genes = _Genes(counts[:, columns.order].astype(np.float64), dispersions[:, None], columns, scale)
    begin = start[:, columns.column]
    begin[:, columns.shrunk] = 0.0
    best, settled = _climb(genes, begin)
    found[:, 0] = best[:, columns.shrunk]
    found[:, 1] = np.sqrt(_newton(genes, best)[1])
    found[:, 2] = settled


def _climb(genes: _Genes, start: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """Return the nearest peak of every gene, and whether the search settled."""
    at, height = start.copy(), _height(genes, start)
    left = np.arange(len(start))
    for _ in range(_MOST_STEPS):
        here = genes.only(left)
        step = _newton(here, at[left])[0]
        floor = height[left] - 1e-12 * np.abs(height[left])
        for _ in range(30):
            reached = _height(here, at[left] + step)
            fallen = ~(reached >= floor)
            if not fallen.any():
                break
            step[fallen] /= 2
        step[fallen] = 0.0
        at[left] += step
        height[left] = np.where(fallen, height[left], reached)
        left = left[np.abs(step).max(axis=1) > _SETTLED * (1.0 + np.abs(at[left]).max(axis=1))]
        if not left.size:
            break
    settled = np.ones(len(start), dtype=bool)
    settled[left] = False
    return at, settled


def _predict(columns: _Columns, at: Rows) -> Rows:
    """Return the linear predictor at size factor 1, [gene, position]."""
    found = np.zeros((len(at), columns.order.size))
    for j, column in enumerate(columns.border.T):
        found += at[:, columns.n_levels + j, None] * column
    if columns.n_levels:
        levels = np.concatenate([at[:, : columns.n_levels], np.zeros((len(at), 1))], axis=1)
        found += levels[:, columns.level]
    return found


def _height(genes: _Genes, at: Rows) -> NDArray[np.float64]:
    """Return the log posterior without its constant."""
    linear = _predict(genes.columns, at)
    with np.errstate(over="ignore", invalid="ignore"):
        means = np.exp(linear + genes.columns.log_size)
        parts = genes.counts * linear - (genes.counts + 1.0 / genes.alpha) * np.log1p(genes.alpha * means)
    shrunk = at[:, genes.columns.shrunk]
    wide = ((at * at).sum(axis=1) - shrunk**2) / (2.0 * _WIDE)
    return np.asarray(parts.sum(axis=1) - wide - np.log1p((shrunk / genes.scale) ** 2))


def _newton(genes: _Genes, at: Rows) -> tuple[Rows, NDArray[np.float64]]:
    """Return Newton's step, and the variance of the shrunken parameter (NaN where the posterior is hollow).

    Where it is hollow, the Cauchy prior's curvature gives way to that of a parabola above it.
    """
    columns = genes.columns
    means = np.exp(_predict(columns, at) + columns.log_size)
    over = 1.0 + genes.alpha * means
    slopes = (genes.counts - means) / over
    weights = means * (1.0 + genes.alpha * genes.counts) / over**2
    shrunk = at[:, columns.shrunk]
    spread = genes.scale**2 + shrunk**2
    gradient = _project(columns, slopes) - at / _WIDE
    gradient[:, columns.shrunk] += shrunk / _WIDE - 2.0 * shrunk / spread
    parabola = 2.0 / spread
    unit = np.zeros_like(gradient)
    unit[:, columns.shrunk] = 1.0
    step, along = _solve(columns, weights, parabola, gradient, unit)
    own = along[:, columns.shrunk]
    curvature = 2.0 * (genes.scale**2 - shrunk**2) / spread**2
    rest = 1.0 + (curvature - parabola) * own  # Sherman & Morrison
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(rest > 0.0, own / rest, np.nan)
        exact = step - along * ((curvature - parabola) * step[:, columns.shrunk] / rest)[:, None]
    return np.where(rest[:, None] > 0.05, exact, step), variance


def _project(columns: _Columns, values: Rows) -> Rows:
    """Return values · design matrix, in order of the parameters."""
    of_border = [(values * column).sum(axis=1)[:, None] for column in columns.border.T]
    if not columns.n_levels:
        return np.concatenate(of_border, axis=1)
    of_levels = np.add.reduceat(values, columns.starts, axis=1)[:, : columns.n_levels]
    return np.concatenate([of_levels, *of_border], axis=1)


def _solve(columns: _Columns, weights: Rows, penalty: Rows, *right: Rows) -> tuple[Rows, ...]:
    """Solve the penalised normal equations for each right-hand side, [gene, parameter]."""
    r, n_levels = columns.border.shape[1], columns.n_levels
    corner = np.einsum("gi,im->gm", weights, columns.products).reshape(-1, r, r)
    ridge = np.full((len(weights), r), 1.0 / _WIDE)
    ridge[:, columns.shrunk - n_levels] = penalty
    corner[:, np.arange(r), np.arange(r)] += ridge
    columns_right = np.stack(right, axis=2)
    if not n_levels:
        return tuple(np.moveaxis(np.linalg.solve(corner, columns_right), 2, 0))
    diagonal = np.add.reduceat(weights, columns.starts, axis=1)[:, :n_levels] + 1.0 / _WIDE
    coupling = np.stack(
        [
            np.add.reduceat(weights * column, columns.starts, axis=1)[:, :n_levels]
            for column in columns.border.T
        ],
        axis=2,
    )
    scaled = coupling / diagonal[:, :, None]
    corner -= np.einsum("glj,glk->gjk", coupling, scaled)
    of_border = columns_right[:, n_levels:] - np.einsum("glj,glk->gjk", scaled, columns_right[:, :n_levels])
    border = np.linalg.solve(corner, of_border)
    levels = columns_right[:, :n_levels] / diagonal[:, :, None] - np.einsum("glj,gjk->glk", scaled, border)
    return tuple(np.moveaxis(np.concatenate([levels, border], axis=1), 2, 0))


def _cut(design: Design, coefficient: int, log_size: NDArray[np.float64]) -> _Columns:
    factors = [c for c in design.factor_columns.values() if len(c) >= _FEWEST_LEVELS and coefficient not in c]
    large = np.array(max(factors, key=len, default=()), dtype=np.intp)
    rest = np.setdiff1d(np.arange(design.matrix.shape[1]), large)
    dummies = design.matrix[:, large]
    level = (
        np.where(dummies.any(axis=1), dummies.argmax(axis=1), large.size)
        if large.size
        else np.zeros(len(dummies))
    )
    order = np.argsort(level, kind="stable")
    starts = np.searchsorted(level[order], np.arange(large.size + 1))
    border = np.ascontiguousarray(design.matrix[np.ix_(order, rest)])
    return _Columns(
        order=order,
        level=level[order].astype(np.intp),
        starts=starts[starts < order.size],
        n_levels=int(large.size),
        border=border,
        products=(border[:, :, None] * border[:, None, :]).reshape(order.size, -1),
        log_size=log_size[order],
        shrunk=int(large.size + np.flatnonzero(rest == coefficient)[0]),
        column=np.concatenate([large, rest]),
    )
