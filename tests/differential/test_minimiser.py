"""The minimiser of many genes against scipy's, and that genes do not know of each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from leukoscope.differential.minimiser import minimise_in_box


def bowls(n_genes: int, p: int, seed: int):
    """Return a convex function with one minimum for each gene, as the minimiser wants it."""
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n_genes, p, p))
    matrix = half @ half.transpose(0, 2, 1) + 0.2 * np.eye(p)
    centre = rng.normal(0, 2, (n_genes, p))

    def function(points, genes):
        away = points.transpose(1, 2, 0) - centre[genes, None, :]
        square = np.einsum("gki,gij,gkj->gk", away, matrix[genes], away)
        return square + np.log1p(square)

    return function, centre


@pytest.mark.parametrize("p", [1, 2, 5])
def test_reaches_the_minimum_that_scipy_finds(p):
    function, centre = bowls(40, p, p)
    bound = 1.5  # many minima lie outside
    found, converged = minimise_in_box(function, np.zeros((40, p)), bound)
    assert converged.mean() > 0.9
    assert (np.abs(found) <= bound).all() and (np.abs(centre) > bound).any()
    for gene in np.flatnonzero(converged):
        alone = np.array([gene])

        def value(x, alone=alone):
            return float(function(x[:, None, None], alone)[0, 0])

        best = minimize(value, np.zeros(p), method="L-BFGS-B", bounds=[(-bound, bound)] * p)
        assert value(found[gene]) == pytest.approx(best.fun, rel=1e-5, abs=1e-5)


def test_genes_do_not_know_of_each_other():
    function, _ = bowls(30, 3, 9)
    start = np.random.default_rng(3).normal(size=(30, 3))
    together, converged = minimise_in_box(function, start, 1.5)
    for gene in range(30):
        alone, settled = minimise_in_box(
            lambda points, genes, gene=gene: function(points, genes + gene), start[[gene]], 1.5
        )
        np.testing.assert_allclose(alone[0], together[gene], atol=1e-9)
        assert settled[0] == converged[gene]


def test_no_gene():
    function, _ = bowls(1, 2, 0)
    found, converged = minimise_in_box(function, np.empty((0, 2)), 30.0)
    assert found.shape == (0, 2) and converged.shape == (0,)
