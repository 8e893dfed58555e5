"""Differential expression: slow twins, simulated truth, degenerate input."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from leukoscope.cohort import Cohort
from leukoscope.differential import Rules, contrast_genes, fit_model
from leukoscope.differential.design import make_design
from leukoscope.differential.filtering import adjust
from leukoscope.differential.fitting import describe, fit
from leukoscope.differential.layout import lay_out
from leukoscope.differential.testing import wald
from leukoscope.errors import InputError
from leukoscope.kernels import special as fast
from leukoscope.kernels._jit import scratch_njit
from leukoscope.kernels.nb_irls import Iteration
from leukoscope.normalization import fpkm, size_factors, tpm


def simulate(seed, groups, *, n_genes=1500, effect=0.0, alpha=0.1):
    """Return a cohort of negative-binomial counts and the true log2 effects."""
    rng = np.random.default_rng(seed)
    groups = np.asarray(groups)
    truth = np.where(rng.random(n_genes) < 0.2, rng.choice([-effect, effect], n_genes), 0.0)
    mean = np.exp(rng.normal(5.0, 1.0, n_genes))[:, None] * 2.0 ** (truth[:, None] * groups)
    counts = rng.poisson(rng.gamma(1 / alpha, mean * alpha))
    names = [f"s{i}" for i in range(groups.size)]
    samples = pd.DataFrame({"sample": names, "group": np.array(["a", "b"])[groups]})
    return Cohort(counts, pd.DataFrame({"gene_id": [f"g{i}" for i in range(n_genes)]}), samples), truth


def compare(cohort, formula="~ group", request=("group", "b", "a"), **rules):
    return contrast_genes(fit_model(cohort, formula, rules=Rules(**rules)), request)


@scratch_njit
def run_each(which, x, found):
    """Write one of the functions that only kernels can call, for each x."""
    for i in range(x.size):
        if which == 0:
            found[i] = fast.log_near_one(x[i], x[i] - 1.0)
        elif which == 1:
            found[i] = fast.log_near_one(1.0 + x[i], x[i])
        elif which == 2:
            found[i] = fast.log_near_one(1.0 - x[i], -x[i])
        elif which == 3:
            found[i] = fast.exp(math.log(x[i]))
        elif which == 4:
            found[i] = fast.gamma_remainder(x[i])
        elif which == 5:
            found[i] = fast.digamma_remainder(x[i])
        elif which == 6:
            found[i] = fast.long_gamma_remainder(x[i])[0]
        elif which == 7:
            found[i] = fast.long_gamma_remainder(x[i])[1]


def stirling_remainder(z):
    return float(special.gammaln(z) - ((z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi)))


@pytest.mark.parametrize(
    ("which", "theirs", "low", "high"),
    [
        pytest.param(0, math.log, 1e-300, 1e300, id="log"),
        pytest.param(1, math.log1p, 1e-18, 1e18, id="log1p"),
        pytest.param(2, lambda x: math.log1p(-x), 1e-18, 0.99, id="log1p below"),
        pytest.param(3, lambda x: math.exp(math.log(x)), 1e-300, 1e300, id="exp"),
        pytest.param(4, stirling_remainder, 8.0, 30.0, id="gamma_remainder"),
        pytest.param(5, lambda z: float(special.digamma(z) - np.log(z)), 8.0, 1e6, id="digamma_remainder"),
        pytest.param(6, stirling_remainder, 1e-6, 30.0, id="long_gamma_remainder"),
        pytest.param(
            7, lambda z: float(special.digamma(z) - np.log(z)), 1e-6, 1e6, id="long_digamma_remainder"
        ),
    ],
)
def test_special_functions_agree_with_the_library(which, theirs, low, high):
    x = np.exp(np.random.default_rng(1).uniform(np.log(low), np.log(high), 300))
    found = np.empty(x.size)
    run_each(which, x, found)
    assert found == pytest.approx([theirs(float(value)) for value in x], rel=2e-13, abs=2e-14)


def slow_fit(y, matrix, factors, alpha):
    """Return the penalised maximum-likelihood coefficients (natural log) by a general minimiser."""

    def objective(beta):
        mu = factors * np.exp(matrix @ beta)
        likelihood = stats.nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * mu)).sum()
        return -likelihood + 0.5 * 1e-6 / np.log(2) ** 2 * (beta**2).sum()

    start = np.linalg.lstsq(matrix, np.log(y / factors + 0.1), rcond=None)[0]
    return optimize.minimize(objective, start, method="BFGS", options={"gtol": 1e-7}).x


def test_coefficients_agree_with_a_general_minimiser():
    cohort, _ = simulate(2, [0, 0, 0, 1, 1, 1], n_genes=12, effect=2.0)
    design = make_design("~ group", cohort.samples)
    factors = size_factors(cohort.counts)
    fits = fit(cohort.counts, lay_out(design, factors), np.full(12, 0.1), rules=Iteration(), n_threads=1)
    for gene in range(12):
        expected = slow_fit(cohort.counts[gene], design.matrix, factors, 0.1) / np.log(2)
        assert fits.coefficients()[gene] == pytest.approx(expected, abs=2e-5)


def test_an_arrow_gives_the_numbers_of_the_plain_matrix():
    rng = np.random.default_rng(3)
    patient, time = np.repeat(np.arange(10), 2), np.tile([0, 1], 10)
    counts = rng.negative_binomial(5, 0.02, (200, 20))
    samples = pd.DataFrame({"patient": [f"p{i}" for i in patient], "time": np.array(["a", "b"])[time]})
    for formula in ("~ patient + time", "~ time + patient", "~ 0 + patient + time"):
        design = make_design(formula, samples)
        results = []
        for arrow in (True, False):
            laid = lay_out(design, size_factors(counts), arrow=arrow)
            assert laid.plan.start[-1] < 66 or not arrow  # entries of a full triangle
            fits = fit(counts, laid, np.full(200, 0.2), rules=Iteration(), n_threads=1)
            results.append(
                np.hstack([*describe(counts, fits, np.eye(11), n_threads=1)[:2], fits.means()[:, :1]])
            )
        assert results[0] == pytest.approx(results[1], rel=1e-8, abs=1e-9)


def test_optimum_is_where_the_posterior_is_highest():
    cohort, _ = simulate(4, [0] * 5 + [1] * 5, n_genes=300)
    exact = fit_model(cohort, "~ group", rules=Rules(mode="optimum")).fitted.models.own
    design, factors = make_design("~ group", cohort.samples), size_factors(cohort.counts)
    cells = design.matrix[:, 1].astype(int)
    for gene in range(0, 300, 25):
        y = cohort.counts[gene]
        means = np.array([(y / factors)[cells == c].mean() for c in (0, 1)])
        mu = np.maximum(means[cells] * factors, 0.5)

        def height(log_alpha, y=y, mu=mu):
            alpha = np.exp(log_alpha)
            w = mu / (1 + alpha * mu)
            adjustment = -0.5 * np.linalg.slogdet(design.matrix.T * w @ design.matrix)[1]
            return stats.nbinom.logpmf(y, 1 / alpha, 1 / (1 + alpha * mu)).sum() + adjustment

        grid = np.linspace(np.log(1e-7), np.log(10), 400)
        assert height(np.log(exact[gene])) >= max(map(height, grid)) - 1e-6


def test_p_values_are_uniform_without_an_effect():
    cohort, _ = simulate(5, [0] * 10 + [1] * 10, n_genes=3000)
    p = compare(cohort).table["p_value"].dropna()
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize("mode", ["r", "optimum"])
def test_effects_and_dispersions_come_back_and_fdr_is_held(mode):
    cohort, truth = simulate(6, [0] * 12 + [1] * 12, n_genes=2000, effect=1.5)
    table = compare(cohort, mode=mode).table
    found = table["p_adjusted"].to_numpy() < 0.1
    assert (truth[found] == 0).mean() < 0.14
    assert found[truth != 0].mean() > 0.95
    assert table["log2_fold_change"].to_numpy()[truth > 0].mean() == pytest.approx(1.5, abs=0.05)
    assert np.median(table["dispersion"]) == pytest.approx(0.1, rel=0.1)


def test_degenerate_genes_are_ordinary():
    cohort, _ = simulate(7, [0] * 4 + [1] * 4, n_genes=600)
    counts = cohort.counts.copy()
    counts[0] = 0
    counts[1] = 7
    counts[2] = [0, 0, 0, 0, 90, 110, 80, 100]
    counts[3] = [0, 0, 0, 0, 0, 0, 0, 1]
    counts[4] = 2_000_000_000
    table = compare(Cohort(counts, cohort.genes, cohort.samples)).table
    assert table["status"][0] == "no counts"
    assert math.isnan(table["p_value"][0])
    assert table["p_value"][1] > 0.3
    assert table["log2_fold_change"][2] > 5
    assert table["fit"][2] in {"reweighted", "minimised"}
    assert np.isfinite(table.loc[[1, 2, 3, 4], "log2_fold_change"]).all()


def test_fractional_counts_are_rounded_and_counted():
    cohort, _ = simulate(8, [0, 0, 0, 1, 1, 1], n_genes=200)
    shifted = Cohort(cohort.counts + 0.3, cohort.genes, cohort.samples)
    model = fit_model(shifted, "~ group")
    assert model.n_rounded == shifted.counts.size
    assert "1200 fractional counts rounded" in model.summary()
    found = contrast_genes(model, ["group", "b", "a"]).table
    pd.testing.assert_frame_equal(found, compare(cohort).table)


def test_swapped_contrast_changes_the_sign_only():
    cohort, _ = simulate(9, [0] * 4 + [1] * 4, n_genes=300, effect=1.0)
    forth, back = compare(cohort).table, compare(cohort, request=("group", "a", "b")).table
    assert forth["log2_fold_change"].to_numpy() == pytest.approx(-back["log2_fold_change"].to_numpy())
    assert forth["p_value"].to_numpy() == pytest.approx(back["p_value"].to_numpy())


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param(
            lambda c: compare(c, "~ group + batch"), "'batch_y_vs_x' is a combination of 'group_b_vs_a'", id="collinear"
        ),
        pytest.param(lambda c: compare(c, "~ sample"), "without replicates", id="no replicates"),
        pytest.param(lambda c: compare(c, "~ ward"), "no column 'ward'", id="absent"),
        pytest.param(lambda c: compare(c, "group"), "starts with '~'", id="no tilde"),
        pytest.param(lambda c: compare(c, "~ log(age)"), "is no variable", id="function"),
        pytest.param(lambda c: compare(c, "~ same"), "every sample has the same same 'z'", id="constant"),
        pytest.param(lambda c: compare(c, request=("group", "b", "c")), "which has 'a', 'b'", id="no level"),
        pytest.param(lambda c: compare(c, "~ age", ("age", "1", "2")), "'age' is no factor", id="numeric"),
        pytest.param(lambda c: compare(c, request=(1.0,)), "1 number(s) for 2 coefficients", id="vector"),
        pytest.param(lambda c: compare(c, request="groupb"), "no such coefficient", id="coefficient"),
        pytest.param(lambda c: compare(Cohort(c.counts * 0, c.genes, c.samples)), "none of the 50 genes", id="zeros"),
        pytest.param(
            lambda c: contrast_genes(fit_model(c, "~ group"), "group_b_vs_a", reduced="~ age"), "not nested",
            id="nested",
        ),
    ],
)  # fmt: skip
def test_refuses_in_one_line(action, message):
    cohort, _ = simulate(10, [0, 0, 0, 1, 1, 1], n_genes=50)
    sheet = cohort.samples.assign(batch=list("xxxyyy"), age=["1", "2", "3", "4", "5", "7"], same="z")
    with pytest.raises(InputError) as raised:
        action(Cohort(cohort.counts, cohort.genes, sheet))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("formula", "names"),
    [
        pytest.param("~ group*sex", ("Intercept", "group_b_vs_a", "sex_m_vs_f", "groupb.sexm"), id="crossed"),
        pytest.param("~ 0 + group", ("groupa", "groupb"), id="no intercept"),
        pytest.param("~ group + sex - 1", ("groupa", "groupb", "sex_m_vs_f"), id="one factor is full"),
        pytest.param("~ factor(age) + group", ("Intercept", "factor(age)_2_vs_1", "group_b_vs_a"), id="as levels"),
        pytest.param("~ age:group", ("Intercept", "age.groupa", "age.groupb"), id="slopes"),
        pytest.param("~ group + age", ("Intercept", "group_b_vs_a", "age"), id="numeric"),
    ],
)  # fmt: skip
def test_formula(formula, names):
    samples = pd.DataFrame({"group": list("aabbaabb"), "sex": list("fmfmfmfm"), "age": list("11112222")})
    assert make_design(formula, samples).names == names


def test_adjustment_agrees_with_its_definition():
    p = np.random.default_rng(11).random(50)
    p[7] = np.nan
    kept = np.sort(p[~np.isnan(p)])
    by_hand = [
        min(1, min(kept[j] * kept.size / (j + 1) for j in range(i, kept.size))) for i in range(kept.size)
    ]
    assert np.sort(adjust(p)[~np.isnan(p)]) == pytest.approx(by_hand)
    assert math.isnan(adjust(p)[7])


def test_wald_thresholds_contain_the_plain_test():
    effect, error = np.array([-2.0, 0.0, 3.0]), np.ones(3)
    assert wald(effect, error)[1] == pytest.approx(2 * stats.norm.sf(np.abs(effect)))
    assert wald(effect, error, alternative="greater")[1] == pytest.approx(stats.norm.sf(effect))
    assert wald(effect, error, threshold=1, alternative="less")[1] == pytest.approx(
        stats.norm.cdf(effect + 1)
    )


def test_tpm_and_fpkm():
    counts, lengths = np.array([[10, 0], [30, 5], [9, 9]]), np.array([1000.0, 3000.0, 0.0])
    assert np.nansum(tpm(counts, lengths), axis=0) == pytest.approx([1e6, 1e6])
    assert fpkm(counts, lengths)[0, 0] == pytest.approx(10 / 1.0 / (49 / 1e6))
    assert np.isnan(tpm(counts, lengths)[2]).all()


def test_no_reference_gene_is_said():
    with pytest.raises(InputError, match="poscounts"):
        size_factors(np.array([[0, 1], [1, 0]]))
