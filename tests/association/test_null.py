"""Where nothing differs: do the tests hold their level, and the adjusted p-values their rate?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from leukoscope.association import compare_carriers, describe_baseline
from leukoscope.enrichment import find_overrepresented
from leukoscope.genesets import gather_gene_sets
from leukoscope.kernels.contingency import chi_squared, exact_mcnemar, trend
from leukoscope.kernels.fisher import freeman_halton, two_by_two

N = 400  #: features of a simulation


def carriers(rng, sizes, rates) -> pd.DataFrame:
    """Independent features: carriers of each in groups of some sizes."""
    rates = np.broadcast_to(np.asarray(rates, dtype=float), (N, len(sizes)))
    parts = [
        pd.DataFrame(
            {"feature": [f"f{i:04d}" for i in range(N)], "group": f"g{g}", "carriers": rng.binomial(n, rates[:, g]),
             "total": n}
        )
        for g, n in enumerate(sizes)
    ]  # fmt: skip
    return pd.concat(parts)


def at_most(p_values, level: float) -> None:
    """The share of p-values at or below the level is not above it, but for chance."""
    p_values = np.asarray(p_values)
    assert (p_values <= level).mean() <= level + 4 * np.sqrt(level * (1 - level) / p_values.size)


def tables(rng, sizes, rate, n: int = 1500) -> list[np.ndarray]:
    """Carriers and others of each group."""
    carried = rng.binomial(sizes, rate, (n, len(sizes)))
    return [np.array([row, np.array(sizes) - row]) for row in carried]


@pytest.mark.parametrize("sizes", [(45, 25), (8, 60), (20, 17, 24)])
@pytest.mark.parametrize("rate", [0.05, 0.4])
def test_exact_p_values_are_not_too_small(sizes, rate):
    exact = two_by_two if len(sizes) == 2 else freeman_halton
    drawn, times = np.unique(tables(np.random.default_rng(11), sizes, rate), axis=0, return_counts=True)
    p_values = np.nan_to_num([exact(table) for table in drawn], nan=1.0)  # nobody or everybody carries it
    for level in (0.01, 0.05, 0.2):
        at_most(np.repeat(p_values, times), level)


def test_the_chosen_test_keeps_near_its_level():
    rng = np.random.default_rng(12)
    rates = rng.uniform(0.02, 0.6, (N, 1))
    p_values = compare_carriers(carriers(rng, (45, 25), rates))["p_value"]
    assert (p_values <= 0.05).mean() <= 0.08  # χ² is approximate where it is chosen; 4 errors of 400


def test_chi_squared_and_trend_are_uniform_in_large_groups():
    sizes = np.array([4000, 5000, 3000])
    drawn = tables(np.random.default_rng(13), sizes, 0.3)
    chi2 = [chi_squared(table)[2] for table in drawn]
    slopes = [trend(table[0], sizes, np.arange(3.0))[1] for table in drawn]
    assert stats.kstest(chi2, "uniform").pvalue > 1e-3
    assert stats.kstest(slopes, "uniform").pvalue > 1e-3


def test_mcnemar_is_not_too_small():
    rng = np.random.default_rng(14)
    discordant = rng.integers(0, 25, 4000)
    first = rng.binomial(discordant, 0.5)
    p_values = [exact_mcnemar(int(a), int(n - a)) for a, n in zip(first, discordant, strict=True)]
    for level in (0.01, 0.05, 0.2):
        at_most(p_values, level)


def test_false_discovery_rate_is_held_where_some_features_differ():
    shares = []
    for seed in range(2):
        rng = np.random.default_rng(100 + seed)
        rates = np.full((N, 2), 0.2)
        rates[:60, 0] = 0.7
        found = compare_carriers(carriers(rng, (45, 25), rates))
        called = (found["p_adjusted"] <= 0.05).to_numpy()
        assert called[:60].mean() > 0.8
        shares.append(called[60:].sum() / max(called.sum(), 1))
    assert np.mean(shares) <= 0.05


@pytest.mark.parametrize("groups", [2, 3])
def test_baseline_numbers_have_uniform_p_values(groups):
    rng = np.random.default_rng(15)
    patients = pd.DataFrame(rng.lognormal(size=(90, 150)), columns=[f"v{i}" for i in range(150)])
    patients["group"] = [f"g{i % groups}" for i in range(90)]
    table = describe_baseline(patients, variables=list(patients.columns[:-1]), by="group")
    p_values = table["p_value"].dropna()
    assert p_values.size == 150 and stats.kstest(p_values, "uniform").pvalue > 1e-3


@pytest.fixture(scope="module")
def overlapping_sets():
    rng = np.random.default_rng(16)
    genes = np.array([f"g{i}" for i in range(2000)])
    rows = [(f"s{i}", "", list(rng.choice(genes, rng.integers(10, 300), replace=False))) for i in range(150)]
    rows.append(("rest", "", list(genes)))
    return genes, gather_gene_sets("random", rows)


def test_random_lists_are_not_enriched(overlapping_sets):
    genes, gene_sets = overlapping_sets
    rng, p_values, families = np.random.default_rng(17), [], 0
    for _ in range(100):
        query = rng.choice(genes, 150, replace=False)
        table = find_overrepresented(query, gene_sets, families=None, max_size=500).table
        p_values.append(table["p_value"].to_numpy())
        families += (table["p_adjusted"] <= 0.05).any()
    every = np.concatenate(p_values)
    for level in (0.001, 0.01, 0.05, 0.2):  # lists share sets, so only a wide margin is certain
        assert (every <= level).mean() <= 1.15 * level + 1e-3
    assert families <= 12  # of 100 at 0.05: 5 expected; 13 or more has probability 1.5e-3
