"""Contingency kernels against enumeration, scipy and R."""

from __future__ import annotations

import itertools
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from leukoscope.association import minimal_detectable
from leukoscope.kernels.contingency import (
    chi_squared,
    exact_mcnemar,
    paired_odds_ratio,
    trend,
    without_empty_margins,
)
from leukoscope.kernels.fisher import freeman_halton, odds_ratio, two_by_two
from leukoscope.kernels.hypergeometric import upper_tail
from leukoscope.kernels.multiplicity import benjamini_hochberg, q_values

GOLDEN = Path(__file__).parents[1] / "golden" / "r-4.2.2"


def enumerated(table: np.ndarray) -> float:
    """Slow twin: write down every table with these margins."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)

    def tables(left, k):
        if k == len(columns):
            yield 0.0
            return
        for way in itertools.product(*(range(n + 1) for n in left)):
            if sum(way) == columns[k]:
                rest = [n - w for n, w in zip(left, way, strict=True)]
                for log in tables(rest, k + 1):
                    yield log - sum(math.lgamma(w + 1) for w in way)

    logs = np.array(list(tables(list(rows), 0)))
    logs = logs[logs > -np.inf]
    density = np.exp(logs - logs.max())
    observed = np.exp(-sum(math.lgamma(x + 1) for x in table.ravel()) - logs.max())
    return density[density <= observed * (1 + 1e-7)].sum() / density.sum()


small_tables = st.integers(2, 3).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 5), min_size=columns, max_size=columns), min_size=2, max_size=3
    )
)


@settings(max_examples=60, deadline=None)
@given(small_tables)
def test_freeman_halton_is_the_sum_over_all_tables(rows):
    table = without_empty_margins(np.array(rows))
    if min(table.shape) < 2:
        return
    assert freeman_halton(table) == pytest.approx(min(1.0, enumerated(table)), rel=1e-10)


@settings(deadline=None)
@given(small_tables)
def test_order_of_rows_and_columns_does_not_matter(rows):
    table = without_empty_margins(np.array(rows))
    if min(table.shape) < 2:
        return
    assert freeman_halton(table[::-1, ::-1].T) == pytest.approx(freeman_halton(table), rel=1e-10)


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=4, max_size=4))
def test_two_by_two_agrees_with_scipy_and_the_network(counts):
    table = np.array(counts).reshape(2, 2)
    expected = stats.fisher_exact(table).pvalue if table.sum() else 1.0
    assert two_by_two(table) == pytest.approx(expected, rel=1e-9)
    kept = without_empty_margins(table)
    if min(kept.shape) == 2:
        assert freeman_halton(table) == pytest.approx(expected, rel=1e-9)


def test_a_table_too_large_is_not_computed_and_the_rule_says_so():
    from leukoscope.association.choice import compare

    table = np.random.default_rng(0).integers(2, 90, (6, 7))
    assert np.isnan(freeman_halton(table, max_ways=100_000))
    table[0] = [1, 0, 0, 0, 1, 0, 0]
    tests = compare(table)
    assert tests.test == "Pearson χ²" and "too large" in tests.rule


def random_tables(n: int = 120, *, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    tables = []
    while len(tables) < n:
        shape = rng.integers(2, 5, size=2)
        flat = rng.multinomial(rng.integers(8, 55), rng.dirichlet(np.ones(shape.prod())))
        table = without_empty_margins(flat.reshape(shape))
        if min(table.shape) > 1:
            tables.append(table)
    return tables


def as_lines(tables: list[np.ndarray]) -> str:
    """Return the input of ``tables.R``."""
    return "".join(" ".join(map(str, [*t.shape, *t.ravel()])) + "\n" for t in tables)


def assert_same_as_r(lines: str, answers: str) -> None:
    """Compare p-values to 1e-10; odds ratios as far as R searches their root in (0, 1), which is to 1.2e-4."""
    expected = np.array([[float(x) for x in line.split()] for line in answers.splitlines()])
    numbers = [list(map(int, line.split())) for line in lines.splitlines()]
    ours = np.full(expected.shape, np.nan)
    for row, (n_rows, n_columns, *counts) in zip(ours, numbers, strict=True):
        t = np.array(counts).reshape(n_rows, n_columns)
        row[:3] = freeman_halton(t), chi_squared(t)[2], chi_squared(t, corrected=True)[2]
        if t.shape == (2, 2):
            row[3] = exact_mcnemar(int(t[0, 1]), int(t[1, 0]))
            row[5:] = odds_ratio(t)
        if n_rows == 2:
            row[4] = trend(t[0], t.sum(axis=0), np.arange(n_columns, dtype=float))[1]
    np.testing.assert_allclose(ours[:, :5], expected[:, :5], rtol=1e-10)
    with np.errstate(divide="ignore"):
        ours_small, small = (np.minimum(v[:, 5:], 1 / v[:, 5:]) for v in (ours, expected))
    np.testing.assert_allclose(ours_small, small, atol=2.5e-4)
    np.testing.assert_array_equal(np.isinf(ours), np.isinf(expected))
    assert np.isfinite(expected).any(axis=0).all()


def test_same_numbers_as_r():
    assert_same_as_r(*((GOLDEN / f"tables{part}.txt").read_text() for part in ("", ".expected")))


@pytest.mark.r
def test_r_itself_agrees_today():
    lines = as_lines(random_tables(seed=8))
    script = ["Rscript", str(GOLDEN / "tables.R")]
    run = subprocess.run(script, input=lines, text=True, capture_output=True, check=True)
    assert_same_as_r(lines, run.stdout)


def test_odds_ratio_solves_its_equations():
    table = np.array([[7, 10], [5, 23]])
    ratio, low, high = odds_ratio(table)
    distribution = stats.nchypergeom_fisher(45, 17, 12, np.array([ratio, low, high]))
    assert distribution.mean()[0] == pytest.approx(7, rel=1e-8)
    assert distribution.sf(6)[1] == pytest.approx(0.025, rel=1e-6)
    assert distribution.cdf(7)[2] == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize(
    ("table", "ratio"),
    [
        pytest.param([[0, 5], [6, 9]], 0.0, id="none in one group"),
        pytest.param([[5, 0], [9, 6]], np.inf, id="all in one group"),
        pytest.param([[0, 5], [0, 6]], np.nan, id="nobody carries it"),
    ],
)
def test_odds_ratio_corner(table, ratio):
    assert odds_ratio(np.array(table))[0] == pytest.approx(ratio, nan_ok=True)


def test_paired_odds_ratio_is_clopper_pearson():
    ratio, low, high = paired_odds_ratio(8, 2)
    interval = stats.binomtest(8, 10).proportion_ci(0.95)
    assert ratio == 4.0
    assert (low, high) == pytest.approx(
        (interval.low / (1 - interval.low), interval.high / (1 - interval.high))
    )


def test_smallest_number_that_the_papers_groups_can_show():
    assert minimal_detectable(17, 28) == 3
    assert minimal_detectable(2, 2) == -1


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 60), st.integers(0, 60), st.integers(60, 90))
def test_hypergeometric_tail_agrees_with_scipy(k, size, drawn, universe):
    expected = stats.hypergeom.sf(k - 1, universe, size, drawn)
    ours = upper_tail(np.array([k]), np.array([size]), universe, drawn)[0]
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_hypergeometric_tail_far_out():
    far = upper_tail(np.array([120]), np.array([200]), 20_000, 500)[0]
    assert far == pytest.approx(stats.hypergeom.sf(119, 20_000, 200, 500), rel=1e-9)
    assert 0 < far < 1e-100


@given(st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), max_size=30))
def test_adjustment_agrees_with_scipy_and_keeps_missing(p):
    p = np.array(p, dtype=float)
    ours = benjamini_hochberg(p)
    assert (np.isnan(ours) == np.isnan(p)).all()
    if (~np.isnan(p)).any():
        np.testing.assert_allclose(
            ours[~np.isnan(p)], stats.false_discovery_control(p[~np.isnan(p)]), atol=1e-15
        )
    assert (np.isnan(q_values(p)) | (q_values(p) <= ours + 1e-15)).all()
