"""Variance stabilisation and the regularised logarithm against DESeq2."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from deseq2_cases import GOLDEN, golden_case, read_r, run

from leukoscope.differential.localfit import fit_local
from leukoscope.differential.transform import (
    regularised,
    regularised_by_model,
    stabilised,
    stabilised_by_model,
)


@pytest.fixture(scope="module", params=["replaced", "paired", "levels", "interaction", "local"])
def solved(request):
    model, _ = run(golden_case(request.param))
    return model, read_r(GOLDEN / request.param, "moderated").set_index("gene_id")


def assert_same(model, values, theirs, name):
    ours = pd.DataFrame(values[:, :2], index=model.cohort.gene_ids).loc[theirs.index]
    assert ours.to_numpy() == pytest.approx(theirs.filter(regex=rf"^{name}\.").to_numpy(), abs=1e-6)


@pytest.mark.parametrize("kind", ["parametric", "local", "mean"])
def test_stabilised_expression_is_deseq2s(solved, kind):
    model, theirs = solved
    assert_same(model, stabilised(model.cohort, trend=kind), theirs, f"vst_{kind}")


def test_stabilised_by_the_design_is_deseq2s(solved):
    model, theirs = solved
    assert_same(model, stabilised_by_model(model), theirs, "vst_design")


def test_regularised_logarithm_is_deseq2s(solved):
    model, theirs = solved
    assert_same(model, regularised(model.cohort), theirs, "rlog")
    assert_same(model, regularised_by_model(model), theirs, "rlog_design")


def test_threads_do_not_matter():
    cohort = run(golden_case("paired"))[0].cohort
    assert (regularised(cohort) == regularised(cohort, n_threads=2)).all()


def test_local_trend_of_a_parabola_is_that_parabola_everywhere():
    x = np.linspace(0, 8, 200)
    curve = fit_local(x, np.exp(0.1 * x**2 - x))
    outside = np.array([-3.0, 0.5, 7.7, 12.0])
    assert curve.at(outside) == pytest.approx(0.1 * outside**2 - outside, abs=1e-9)
