"""Normal equations of designs with many levels, eliminated along a plan, against dense algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammaln

from leukoscope.differential.design import make_design
from leukoscope.differential.dispersion import Posteriors
from leukoscope.differential.equations import log_determinants, plan_elimination
from leukoscope.differential.layout import lay_out
from leukoscope.kernels.nb_dispersion import Search

PAIRS = np.column_stack([np.repeat(np.eye(9), 2, axis=0), np.tile([0.0, 1.0], 9)])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(np.array([[1.0, 0.0], [1.0, 1.0]]), id="two groups"),
        pytest.param(PAIRS, id="nine pairs"),
        pytest.param(np.random.default_rng(1).normal(size=(12, 4)), id="numbers"),
    ],
)
def test_log_determinants_are_those_of_dense_matrices(rows):
    weight = np.random.default_rng(2).uniform(0.1, 9.0, (5, len(rows)))
    plan, entries, _ = plan_elimination(rows)
    dense = np.linalg.slogdet(np.einsum("gc,ci,cj->gij", weight, rows, rows))[1]
    assert log_determinants(weight, entries, plan) == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize("formula", ["~ group", "~ dose", "~ group + batch"])
def test_posteriors_have_the_term_of_cox_and_reid(formula):
    """With as many cells as columns (two of three designs, one of determinant 3) it has a closed form."""
    rng, n = np.random.default_rng(3), 14
    group, batch = np.arange(n) % 2, np.arange(n) // 5
    samples = {"sample": [f"s{i}" for i in range(n)], "group": group.astype(str), "dose": 3.0 * group}
    design = make_design(formula, pd.DataFrame(samples | {"batch": batch.astype(str)}))
    factors = rng.uniform(0.5, 2.0, n)
    laid = lay_out(design, factors)
    counts, alpha = rng.poisson(9.0, (6, n)), rng.uniform(0.05, 2.0, 6)
    cell_means = rng.uniform(2.0, 20.0, (6, len(laid.rows)))
    posteriors = Posteriors(counts, cell_means, laid, np.zeros(6), np.inf, Search(), 1)
    mu = laid.means(cell_means, 0.5)[:, np.argsort(laid.order)]
    size = 1.0 / alpha[:, None]
    plain = gammaln(counts + size) - gammaln(size) - counts * np.log(mu + size) - size * np.log1p(mu / size)
    weight = mu / (1.0 + alpha[:, None] * mu)
    information = np.einsum("gs,si,sj->gij", weight, design.matrix, design.matrix)
    expected = plain.sum(axis=1) - 0.5 * np.linalg.slogdet(information)[1]
    assert posteriors.look(np.log(alpha))[:, 3] == pytest.approx(expected, rel=1e-11)
