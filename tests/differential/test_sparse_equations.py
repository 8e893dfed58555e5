"""Normal equations of designs with many levels, eliminated along a plan, against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.differential.equations import log_determinants, plan_elimination

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
