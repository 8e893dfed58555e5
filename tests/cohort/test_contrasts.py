"""Contrasts select exactly the samples that their rows name."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.contrasts import default_contrasts, plan, read_contrasts
from leukoscope.errors import InputError

SAMPLES = pd.DataFrame(
    [
        ("a1", "a", "onset", "high"),
        ("a2", "a", "remission", "high"),
        ("b1", "b", "onset", "low"),
        ("b2", "b", "remission", "low"),
        ("c1", "c", "onset", ""),
        ("d2", "d", "remission", "low"),
    ],
    columns=["sample", "patient", "timepoint", "risk"],
)


def contrasts(*rows):
    return pd.DataFrame(rows, columns=["id", "variable", "reference", "target", "blocking", "subset"])


def test_paired_contrast_keeps_complete_pairs_and_counts_the_rest():
    (found,) = read_contrasts(contrasts(("c", "timepoint", "onset", "remission", "patient", "")), SAMPLES)
    assert found.samples["sample"].tolist() == ["a1", "a2", "b1", "b2"]
    assert (found.n_blocks, found.n_unpaired, found.design) == (2, 2, "~ patient + timepoint")


def test_subset_and_missing_levels():
    (found,) = read_contrasts(contrasts(("c", "risk", "low", "high", "", "timepoint=onset|relapse")), SAMPLES)
    assert found.samples["sample"].tolist() == ["a1", "b1"]
    assert found.n_missing == 1
    assert found.reason == "only 2 samples of the subset timepoint=onset|relapse"


def test_plan_says_why_a_contrast_cannot_be_computed():
    planned = plan(read_contrasts(contrasts(("c", "timepoint", "onset", "relapse", "", "")), SAMPLES))
    assert planned["reason"].tolist() == ["no sample has timepoint relapse"]
    assert planned["n_reference"].tolist() == [3]


def test_plan_says_when_only_the_pairs_are_missing():
    alone = SAMPLES[(SAMPLES["patient"] != "b") | (SAMPLES["timepoint"] == "onset")].iloc[1:]
    planned = plan(read_contrasts(contrasts(("c", "timepoint", "onset", "remission", "patient", "")), alone))
    assert planned["reason"].tolist() == ["no patient has samples of both, onset and remission of timepoint"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(
            [("c", "sex", "f", "m", "", "")], "c names 'sex', which the sample sheet lacks", id="column"
        ),
        pytest.param([("c", "risk", "a", "b", "", "risk")], "holds 'risk', not column=value", id="subset"),
        pytest.param([("c", "risk", "a", "b", "", "")] * 2, r"1 id\(s\) repeat: 'c'", id="repeated"),
        pytest.param([("c/d", "risk", "a", "b", "", "")], "become file names", id="file name"),
    ],
)
def test_wrong_contrasts_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        read_contrasts(contrasts(*rows), SAMPLES)


def test_covariates_join_the_design_and_a_missing_one_leaves_the_sample_out():
    samples = SAMPLES.assign(blasts=["90", "5", "", "4", "80", "3"])
    row = ("c", "timepoint", "onset", "remission", "patient", "", "blasts")
    table = pd.DataFrame(
        [row], columns=["id", "variable", "reference", "target", "blocking", "subset", "covariates"]
    )
    (found,) = read_contrasts(table, samples)
    assert found.design == "~ blasts + patient + timepoint"
    assert found.samples["sample"].tolist() == ["a1", "a2"]
    assert (found.n_missing, found.n_unpaired) == (1, 3)


def test_default_contrasts_are_those_whose_columns_there_are():
    assert "remission_ras" not in default_contrasts(SAMPLES)["id"].tolist()
    assert "remission_ras" in default_contrasts(SAMPLES.assign(ras="yes"))["id"].tolist()
