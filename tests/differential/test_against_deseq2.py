"""Differential expression against the R program DESeq2: stored numbers, and R itself where it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from deseq2_cases import GOLDEN, Case, assert_same_as_r, differences, golden_case, read_r, run

from leukoscope.cohort import Cohort
from leukoscope.differential import contrast_genes
from leukoscope.differential.iterated_factors import iterated_size_factors
from leukoscope.differential.small_designs import matched_prior_variance
from leukoscope.differential.transform import stabilised
from leukoscope.formats.counts import read_counts
from leukoscope.knowledge import knowledge_path
from leukoscope.normalization import size_factors
from leukoscope.tables.differential import DISPERSION_SCATTER

CASES = ["replaced", "paired", "interaction", "covariate", "levels", "ratio"]


@pytest.fixture(scope="module", params=CASES)
def solved(request):
    case = golden_case(request.param)
    return case, GOLDEN / request.param, *run(case)


def test_result_is_the_same(solved):
    _, folder, _, found = solved
    assert_same_as_r(found, read_r(folder, "genes"))


def test_every_step_is_the_same(solved):
    _, folder, model, found = solved
    theirs = read_r(folder, "genes").set_index("gene_id").loc[found.table["gene_id"]]
    parameters = read_r(folder, "parameters").set_index("parameter")["value"]
    assert model.size_factors == pytest.approx(read_r(folder, "samples")["size_factor"], rel=1e-12)
    assert found.table["base_mean"].to_numpy() == pytest.approx(theirs["baseMean"], rel=1e-12)
    assert model.trend.asymptotic == pytest.approx(parameters["asymptDisp"], rel=1e-6)
    assert model.trend.extra_poisson == pytest.approx(parameters["extraPois"], rel=1e-6)
    assert model.fitted.models.spread.prior == pytest.approx(parameters["dispPriorVar"], rel=1e-6)
    for ours, name in (
        ("dispersion_gene", "dispGeneEst"),
        ("dispersion_trend", "dispFit"),
        ("dispersion", "dispersion"),
    ):
        values = found.table.loc[model.has_counts, ours].to_numpy()
        assert values == pytest.approx(
            theirs.loc[model.has_counts, name].to_numpy(), rel=1e-4, nan_ok=True
        ), name
    coefficients = model.coefficients()
    expected = theirs.loc[coefficients.index, [f"beta:{name}" for name in coefficients]]
    same_path = (found.table["fit"][model.has_counts] == "reweighted").to_numpy()
    assert coefficients.to_numpy()[same_path] == pytest.approx(
        expected.to_numpy()[same_path], abs=1e-6, nan_ok=True
    )


def test_effect_thresholds_are_the_same(solved):
    case, folder, model, _ = solved
    extras = read_r(folder, "extras").set_index("gene_id")
    for ours, theirs in (
        ("greater-abs", "greaterAbs"),
        ("less-abs", "lessAbs"),
        ("greater", "greater"),
        ("less", "less"),
    ):
        found = contrast_genes(model, case.request, threshold=0.5, alternative=ours)
        table = found.table.set_index("gene_id").loc[extras.index]
        fit = (table["fit"] == "reweighted") & (table["status"] != "no counts in contrast")
        assert table.loc[fit, "p_value"].to_numpy() == pytest.approx(
            extras.loc[fit, theirs].to_numpy(), rel=1e-5, abs=1e-300, nan_ok=True
        )


def test_variance_stabilisation_and_poscounts_are_the_same(solved):
    case, folder, _, _ = solved
    extras = read_r(folder, "extras").set_index("gene_id")
    cohort = read_counts(case.counts).cohort
    ours = pd.DataFrame(stabilised(cohort)[:, :3], index=cohort.gene_ids).loc[extras.index]
    assert ours.to_numpy() == pytest.approx(extras.filter(like="vst").to_numpy(), abs=1e-6)
    poscounts = read_r(folder, "poscounts")["poscounts"]
    assert size_factors(cohort.counts, "poscounts") == pytest.approx(poscounts, rel=1e-12)


def test_iterated_size_factors_are_the_same(solved):
    case, folder, _, _ = solved
    expected = read_r(folder, "iterate")["iterate"]
    counts = read_counts(case.counts).cohort.counts
    assert iterated_size_factors(counts) == pytest.approx(expected, rel=1e-6)
    assert (iterated_size_factors(counts, n_threads=2) == iterated_size_factors(counts)).all()


REAL = {
    "allsorts20-two": ("allsorts20", "~ two", "two,DUX4,rest"),
    "allsorts20-four": ("allsorts20", "~ subtype", "subtype,DUX4,Ph"),
    "diploid-sex": ("diploid_balls_hg38", "~ sex", "sex,F,M"),
}


def real_case(shared, folder, name) -> Case:
    """Write the samples of a real case; the counts are the shared ones."""
    data, design, contrast = REAL[name]
    counts = shared / "expression" / data / "counts.tsv.gz"
    if data == "allsorts20":
        labels = pd.read_csv(counts.parent / "labels.tsv", sep="\t")
        labels["subtype"] = labels["subtype"].str.replace("-", "_")
        labels["two"] = np.where(labels["subtype"] == "DUX4", "DUX4", "rest")
    else:
        cohort = read_counts(counts).cohort
        xist, rps4y1 = cohort.select(genes=["ENSG00000229807", "ENSG00000129824"]).counts
        labels = pd.DataFrame({"sample": cohort.sample_names, "sex": np.where(xist > rps4y1, "F", "M")})
    labels.to_csv(folder / "samples.tsv", sep="\t", index=False)
    return Case(counts, folder / "samples.tsv", design, contrast)


@pytest.mark.parametrize("name", REAL)
def test_real_cohorts_are_the_same(shared, tmp_path, name):
    _, found = run(real_case(shared, tmp_path, name))
    assert_same_as_r(found, read_r(GOLDEN / name, "genes"))
    adjusted = found.table.set_index("gene_id")["p_adjusted"]
    called = (GOLDEN / name / "called.txt").read_text().split()
    effect = found.table.set_index("gene_id")["log2_fold_change"]
    assert sorted(adjusted.index[(adjusted < 0.05) & (effect.abs() >= 1)]) == called
    counted = (GOLDEN / name / "missing.txt").read_text().split()
    table = found.table
    assert [int(table[c].isna().sum()) for c in ("log2_fold_change", "p_value", "p_adjusted")] == list(
        map(int, counted)
    )


def live_r(case: Case, folder: Path) -> None:
    """Let R compute a case now."""
    script = [
        "Rscript",
        GOLDEN / "reference.R",
        case.counts,
        case.samples,
        case.design,
        case.contrast,
        folder,
    ]
    made = subprocess.run(script, capture_output=True, text=True)
    if "there is no package called" in made.stderr:
        pytest.skip("R has no DESeq2")
    assert made.returncode == 0, made.stderr


@pytest.mark.r
def test_r_itself_agrees_today(tmp_path):
    case = golden_case("replaced")
    cohort = read_counts(case.counts).cohort
    shuffled = Cohort(cohort.counts[::-1, ::-1] + 1, cohort.genes[::-1], cohort.samples[::-1])
    counts = tmp_path / "counts.tsv"
    pd.DataFrame(
        shuffled.counts, index=pd.Index(shuffled.gene_ids, name="gene_id"), columns=shuffled.sample_names
    ).to_csv(counts, sep="\t")
    live_r(Case(counts, case.samples, case.design, case.contrast), tmp_path / "r")
    assert_same_as_r(
        run(Case(counts, case.samples, case.design, case.contrast))[1], read_r(tmp_path / "r", "genes")
    )


def test_threads_do_not_matter():
    case = golden_case("paired")
    one, two = (run(case, n_threads=n)[1].table for n in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_local_trend_is_the_same_between_the_fitted_means():
    model, found = run(golden_case("local"))
    theirs = read_r(GOLDEN / "local", "genes").set_index("gene_id").loc[found.table["gene_id"]]
    assert model.trend.kind == "local"
    assert model.trend.fallback
    inside = (theirs["baseMean"] >= theirs.loc[theirs["dispGeneEst"] >= 1e-7, "baseMean"].min()).to_numpy()
    ours = found.table["dispersion_trend"].to_numpy()
    assert inside.sum() > 700
    assert ours[inside] == pytest.approx(theirs["dispFit"].to_numpy()[inside], rel=1e-8)
    difference = differences(found, theirs.reset_index())
    assert difference["called"] == set()
    assert difference["effect"] < 1e-3


def test_small_designs_take_the_prior_that_r_simulates():
    model, found = run(golden_case("few"))
    parameters = read_r(GOLDEN / "few", "parameters").set_index("parameter")["value"]
    assert model.fitted.models.spread.prior == pytest.approx(parameters["dispPriorVar"], rel=1e-12)
    assert_same_as_r(found, read_r(GOLDEN / "few", "genes"))


@pytest.mark.r
@pytest.mark.parametrize("samples", [("s00", "s01", "s08"), ("s00", "s01", "s08", "s09")], ids=["1", "2"])
def test_smaller_designs_are_those_of_r_today(tmp_path, samples):
    case = golden_case("replaced")
    counts, sheet = tmp_path / "counts.tsv", tmp_path / "samples.tsv"
    pd.read_csv(case.counts, sep="\t", index_col=0)[list(samples)].to_csv(counts, sep="\t")
    described = pd.read_csv(case.samples, sep="\t")
    described[described["sample"].isin(samples)].to_csv(sheet, sep="\t", index=False)
    few = Case(counts, sheet, case.design, case.contrast)
    live_r(few, tmp_path / "r")
    parameters = read_r(tmp_path / "r", "parameters").set_index("parameter")["value"]
    model, found = run(few)
    assert model.fitted.models.spread.prior == pytest.approx(parameters["dispPriorVar"], rel=1e-12)
    assert_same_as_r(found, read_r(tmp_path / "r", "genes"))


@pytest.mark.r
def test_the_shipped_scatter_is_what_r_simulates(tmp_path):
    made = tmp_path / "scatter.tsv.gz"
    script = Path(__file__).resolve().parents[2] / "curation" / "dispersion_scatter.R"
    subprocess.run(["Rscript", script, made], check=True, capture_output=True)
    shipped = DISPERSION_SCATTER.read(knowledge_path("dispersion_scatter.tsv.gz"))
    pd.testing.assert_frame_equal(shipped, DISPERSION_SCATTER.read(made))


@pytest.mark.parametrize("degrees", [1, 2, 3])
@pytest.mark.parametrize("variance", [0.5, 3.0])
def test_the_prior_that_made_the_scatter_comes_back(degrees, variance):
    rng = np.random.default_rng(5)
    sampled = np.log(rng.chisquare(degrees, 40_000) / degrees)
    found = matched_prior_variance(sampled + rng.normal(0.0, np.sqrt(variance), sampled.size), degrees)
    assert found == pytest.approx(variance, abs=0.2)
