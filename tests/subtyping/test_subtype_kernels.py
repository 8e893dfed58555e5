"""Fast kernels against slow, obvious twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, rankdata

from leukoscope.kernels.karyotype import level_likelihoods, segment_medians
from leukoscope.kernels.ranks import rank_samples
from leukoscope.kernels.singscore import singscores

values = st.lists(st.one_of(st.integers(0, 6).map(float), st.just(np.nan)), min_size=1, max_size=40)


@settings(deadline=None, max_examples=40)
@given(values)
def test_ranks_agree_with_scipy(sample):
    row = np.array(sample)
    known = ~np.isnan(row)
    for average, method in ((True, "average"), (False, "min")):
        ranks, n = rank_samples(row[None, :], average)
        assert n[0] == known.sum()
        assert np.isnan(ranks[0, ~known]).all()
        assert ranks[0, known].tolist() == rankdata(row[known], method=method).tolist()


def slow_singscore(ranks, members, is_up):
    n = int((~np.isnan(ranks)).sum())
    taken = [r if is_up else n - r + 1 for r in ranks[members] if not np.isnan(r)]
    k = len(taken)
    if k == 0 or k == n:
        return 0.0
    low, high = (k + 1) / 2, (2 * n - k + 1) / 2
    return (np.mean(taken) - low) / (high - low) - 0.5


@settings(deadline=None, max_examples=40)
@given(values, st.data())
def test_singscores_agree_with_the_formula(sample, data):
    row = np.array(sample)
    ranks, n = rank_samples(row[None, :], False)
    members = data.draw(st.lists(st.integers(0, row.size - 1), unique=True, max_size=row.size))
    for is_up in (True, False):
        got = singscores(
            ranks,
            n,
            np.array(members, dtype=np.int64),
            np.array([0, len(members)]),
            np.array([is_up]),
        )
        assert got[0, 0] == pytest.approx(slow_singscore(ranks[0], members, is_up), abs=1e-12)


def slow_median(row, weights):
    pairs = sorted((v, w) for v, w in zip(row, weights, strict=True) if not np.isnan(v))
    total, reached = sum(w for _, w in pairs), 0.0
    for value, weight in pairs:
        reached += weight
        if reached >= total / 2:
            return value
    return np.nan


@settings(deadline=None, max_examples=40)
@given(values, st.data())
def test_segment_medians_agree_with_sorting(sample, data):
    row = np.array(sample)
    weights = np.array(
        data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=row.size, max_size=row.size))
    )
    segment = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=row.size, max_size=row.size)))
    medians, n_used = segment_medians(row, np.argsort(row, kind="stable"), weights, segment, 3)
    for k in range(3):
        inside = segment == k
        assert medians[k] == pytest.approx(slow_median(row[inside], weights[inside]), nan_ok=True)
        assert n_used[k] == (~np.isnan(row[inside])).sum()


def test_level_likelihoods_agree_with_scipy():
    rng = np.random.default_rng(1)
    ratios, noise, tilt = rng.normal(size=5), rng.uniform(0.1, 0.3, 5), rng.normal(size=5)
    size = np.array([0.0, 1.0, 1.7])
    weight = rng.dirichlet(np.ones(3), 5)
    points = rng.normal(size=(4, 3))
    got = level_likelihoods(ratios, noise, tilt, size, np.log(weight), points, 0.03, 1 / 3)
    for p, (offset, position, apart) in enumerate(points):
        total = 0.0
        for c in range(5):
            density = sum(
                weight[c, k] * norm.pdf(ratios[c], offset + position * tilt[c] + apart * size[k], noise[c])
                for k in range(3)
            )
            total += np.log(0.97 * density + 0.03 / 3)
        assert got[p] == pytest.approx(total)
