"""Tails of distributions against scipy's, and what stays unimported beside the caller."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.special import bdtrc, pdtrc

from leukoscope.cli.fusions import _hidden
from leukoscope.fusions.read_filters import ERROR_RATE, MISMATCH_P, most_mismatches
from leukoscope.kernels.poisson import poisson_tail, poisson_tails


def test_poisson_tails_are_those_of_scipy():
    rng = np.random.default_rng(1)
    counts = np.concatenate([rng.integers(1, 30, 2000), rng.integers(1, 20_000, 2000)])
    means = np.concatenate([10 ** rng.uniform(-8, 2, 2000), 10 ** rng.uniform(-8, 4, 2000)])
    expected = pdtrc(counts - 1, means)
    assert poisson_tails(counts, means) == pytest.approx(expected, rel=1e-9, abs=1e-290)
    assert poisson_tail.py_func(3, 0.5) == pytest.approx(pdtrc(2, 0.5), rel=1e-12)
    assert poisson_tails(np.array([0, -1]), np.array([0.5, 0.5])).tolist() == [1, 1]


@pytest.mark.parametrize("aligned", [0, 1, 10, 76, 101, 150, 302, 5000])
def test_more_mismatches_than_the_most_are_in_the_binomial_tail(aligned):
    mismatches = np.arange(1, aligned + 2)
    improbable = bdtrc(np.minimum(mismatches - 1, aligned), aligned, ERROR_RATE) < MISMATCH_P
    assert (mismatches > most_mismatches(aligned)).tolist() == improbable.tolist()


def test_a_hidden_module_is_found_again():
    with _hidden("wave"), pytest.raises(ImportError):
        import wave
    import wave

    with _hidden("wave"):
        assert sys.modules["wave"] is wave
