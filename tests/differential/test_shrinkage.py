"""Shrunken fold changes against DESeq2, apeglm and a slow twin."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from deseq2_cases import GOLDEN, golden_case, read_r, run

from leukoscope.cli import main
from leukoscope.differential import shrink_effects
from leukoscope.differential.cauchy_shrinkage import cauchy_posterior
from leukoscope.differential.design import make_design
from leukoscope.differential.effect_priors import matched_variance, spread_variance
from leukoscope.differential.shrinkage import s_values
from leukoscope.errors import InputError
from leukoscope.tables.differential import DIFFERENTIAL

EFFECT, ERROR = "shrunken_log2_fold_change", "shrunken_error"


@pytest.fixture(scope="module", params=["replaced", "paired", "levels", "covariate", "interaction"])
def solved(request):
    case = golden_case(request.param)
    theirs = read_r(GOLDEN / request.param, "moderated").set_index("gene_id")
    return request.param, case, *run(case), theirs


def shrunken(model, found, request, genes, **how):
    return shrink_effects(model, found, request, **how).table.set_index("gene_id").loc[genes]


def test_normal_prior_is_deseq2s(solved):
    name, case, model, found, theirs = solved
    if name == "interaction":
        with pytest.raises(InputError, match="not defined for designs with interactions"):
            shrink_effects(model, found, case.request, kind="normal")
        return
    ours = shrunken(model, found, case.request, theirs.index, kind="normal")
    assert ours[EFFECT].to_numpy() == pytest.approx(theirs["normal"].to_numpy(), abs=1e-8, nan_ok=True)
    assert ours[ERROR].to_numpy() == pytest.approx(theirs["normal_error"].to_numpy(), abs=1e-8, nan_ok=True)
    assert "s_value" not in ours
    kept = ["log2_fold_change", "p_value", "p_adjusted"]
    pd.testing.assert_frame_equal(ours[kept], found.table.set_index("gene_id").loc[theirs.index, kept])


def test_cauchy_prior_is_apeglms_as_far_as_that_climbs(solved):
    """It stops where a step gains next to nothing, some hundredths before the peak."""
    name, case, model, found, theirs = solved
    ours = shrunken(model, found, case.request, theirs.index)
    assert (ours[EFFECT].isna() == theirs["apeglm"].isna()).all()
    apart = (ours[EFFECT] - theirs["apeglm"]).abs()
    same_peak = apart < 0.05
    assert (~same_peak).sum() <= theirs["apeglm"].isna().sum()
    assert apart[same_peak].quantile(0.99) < 0.02
    relative = (ours[ERROR] / theirs["apeglm_sd"] - 1).abs()[same_peak]
    assert relative.quantile(0.95) < 0.01
    scale = read_r(GOLDEN / name, "moderated_parameters").set_index("parameter")["value"]["prior_scale"]
    said = shrink_effects(model, found, case.request).prior
    assert said == f"Cauchy prior of scale {scale / np.log(2):.3g} (log2)"


def test_s_values_are_apeglms(solved):
    _, case, model, found, theirs = solved
    for column, threshold in (("s_value", 0.0), ("s_value_small", 0.5)):
        ours = shrunken(model, found, case.request, theirs.index, threshold=threshold)
        apart = (ours[EFFECT] - theirs["apeglm"]).abs() >= 0.05
        assert (ours["s_value"] - theirs[column]).abs()[~apart].max() < 0.02


def log_posterior(point, y, matrix, factors, alpha, scale, shrunk):
    """Negative-binomial likelihood, wide normal priors, and one Cauchy prior; natural logarithm, no constants."""
    mean = factors * np.exp((matrix * point).sum(axis=1))
    likelihood = (y * np.log(mean) - (y + 1 / alpha) * np.log(1 + alpha * mean)).sum()
    others = np.delete(point, shrunk)
    return likelihood - (others**2).sum() / (2 * 15.0**2) - np.log(1 + (point[shrunk] / scale) ** 2)


def test_the_posterior_is_higher_than_where_apeglm_stops(solved):
    """With the other coefficients at their best for each of the two effects, in every gene that differs."""
    name, case, model, found, theirs = solved
    both = shrunken(model, found, case.request, theirs.index)[[EFFECT]].join(theirs["apeglm"]).dropna()
    both = both[(both[EFFECT] - both["apeglm"]).abs() > 0.003]
    assert 0 < len(both) < 30
    levels = case.contrast.split(",")
    order = {**model.design.levels, **({levels[0]: (levels[2],)} if len(levels) == 3 else {})}
    design = make_design(case.design, model.cohort.samples, order)
    wanted = f"{levels[0]}_{levels[1]}_vs_{levels[2]}" if len(levels) == 3 else case.contrast
    shrunk = design.names.index(wanted)
    scale = read_r(GOLDEN / name, "moderated_parameters").set_index("parameter")["value"]["prior_scale"]
    gene_ids = model.cohort.gene_ids
    alpha = pd.Series(model.fitted.models.fits.alpha, gene_ids[model.has_counts])
    for gene, effects in both.iterrows():
        y = model.cohort.counts[gene_ids == gene][0]
        own, apeglms = (
            highest_posterior(
                effect * np.log(2), y, design.matrix, model.size_factors, alpha[gene], scale, shrunk
            )
            for effect in effects
        )
        assert own > apeglms, gene


def highest_posterior(effect, y, matrix, factors, alpha, scale, shrunk):
    """Return the log posterior at an effect, highest over the other coefficients."""
    from scipy.optimize import minimize

    others = np.delete(np.arange(matrix.shape[1]), shrunk)

    def fall(rest):
        point = np.insert(rest, shrunk, effect)
        mean = factors * np.exp((matrix * point).sum(axis=1))
        slope = matrix[:, others].T @ ((y - mean) / (1 + alpha * mean)) - rest / 15.0**2
        return -log_posterior(point, y, matrix, factors, alpha, scale, shrunk), -slope

    logs = np.log(y / factors + 0.5) - matrix[:, shrunk] * effect
    start = np.linalg.lstsq(matrix[:, others], logs, rcond=None)[0]
    return -minimize(fall, start, jac=True, method="BFGS", options={"gtol": 1e-9}).fun


@pytest.mark.parametrize("n_patients", [0, 3, 9])
def test_posterior_is_the_peak_next_to_zero(n_patients):
    """Against a general minimiser with numeric gradients; nine patients take the way of the large factor."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(n_patients)
    n = 2 * n_patients or 8
    samples = pd.DataFrame({"sample": [f"s{i}" for i in range(n)], "time": ["a", "b"] * (n // 2)})
    samples["patient"] = [f"p{i // 2}" for i in range(n)]
    design = make_design("~ patient + time" if n_patients else "~ time", samples)
    matrix, shrunk = design.matrix, design.matrix.shape[1] - 1
    counts = rng.negative_binomial(2, 0.05, (3, n))
    counts[0, samples["time"] == "b"] = 0
    counts[1] = 0
    counts[1, 0] = 1
    factors, alpha, scale = rng.uniform(0.5, 2.0, n), rng.uniform(0.1, 1.0, 3), 0.4
    start = np.zeros((3, matrix.shape[1]))
    start[:, 0], start[:, shrunk] = np.log(counts.mean(axis=1)), rng.normal(0, 3, 3)
    found = cauchy_posterior(counts, design, shrunk, factors, alpha, start, scale)
    assert found.converged.all()
    for gene, y in enumerate(counts):
        given = (y, matrix, factors, alpha[gene], scale, shrunk)

        def fall(point, given=given):
            return -log_posterior(point, *given)

        begin = start[gene].copy()
        begin[shrunk] = 0.0
        best = minimize(fall, begin, method="BFGS", options={"gtol": 1e-8}).x
        assert found.mode[gene] == pytest.approx(best[shrunk], abs=1e-4)
        step = 1e-4 * np.eye(best.size)
        hessian = [
            [
                (fall(best + a + b) - fall(best + a - b) - fall(best - a + b) + fall(best - a - b)) / 4e-8
                for b in step
            ]
            for a in step
        ]
        assert found.deviation[gene] == pytest.approx(
            np.sqrt(np.linalg.inv(hessian)[shrunk, shrunk]), rel=1e-3
        )


def test_noise_is_shrunken_more_than_signal(solved):
    _, case, model, found, _ = solved
    table = shrink_effects(model, found, case.request).table.dropna(subset=[EFFECT])
    table = table[table["base_mean"] > 20]
    part = (table[EFFECT] / table["log2_fold_change"]).clip(-1, 2)
    sure = (table["log2_fold_change"].abs() / table["standard_error"]) > 5
    assert part[sure].median() > 0.97
    assert part[~sure].median() < part[sure].median()


def test_matched_variance_is_that_of_a_normal():
    effects = np.random.default_rng(1).normal(0, 1.5, 20_000)
    assert matched_variance(effects, np.ones(effects.size)) == pytest.approx(1.5**2, rel=0.05)


def test_spread_variance_takes_the_noise_away():
    rng = np.random.default_rng(1)
    noise = rng.uniform(0.1, 1.0, 20_000)
    effects = rng.normal(0, 0.7, noise.size) + rng.normal(0, noise)
    assert spread_variance(effects, noise) == pytest.approx(0.49, rel=0.05)
    assert spread_variance(rng.normal(0, 0.5 * noise), noise) == 1e-6


def test_s_values_of_nothing_and_ties():
    assert s_values(np.empty(0)).size == 0
    assert s_values(np.array([0.1, np.nan, 0.1])).tolist() == pytest.approx([0.1, np.nan, 0.1], nan_ok=True)


def test_vectors_and_first_coefficients_are_refused():
    case = golden_case("replaced")
    model, found = run(case)
    with pytest.raises(InputError, match="two levels or of one coefficient"):
        shrink_effects(model, found, [0.0, 1.0])
    with pytest.raises(InputError, match="does not shrink the first coefficient, 'Intercept'"):
        shrink_effects(model, found, "Intercept")


def test_threads_do_not_matter():
    case = golden_case("paired")
    tables = []
    for n_threads in (1, 2):
        model, found = run(case, n_threads=n_threads)
        tables.append(shrink_effects(model, found, case.request).table)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_command_writes_the_columns(tmp_path, capsys):
    case = golden_case("replaced")
    arguments = ["differential", str(case.counts), "--samples", str(case.samples), "--design", case.design]
    arguments += ["--contrast", case.contrast, "--output", str(tmp_path / "d.tsv"), "--shrink", "apeglm"]
    assert main(arguments) == 0
    assert "effects shrunken by apeglm: Cauchy prior of scale 0.982 (log2)." in capsys.readouterr().err
    table = DIFFERENTIAL.read(tmp_path / "d.tsv")
    assert {EFFECT, ERROR, "s_value"} <= set(table)
