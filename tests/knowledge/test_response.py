"""Expected against observed response: the criteria, what stays missing, and the ranked explanations."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.clinical import RiskCriteria, assign_risk
from leukoscope.errors import InputError
from leukoscope.knowledge import read_knowledge
from leukoscope.response import compare_response, has_relapsed, is_early_poor, is_poor, read_criteria
from leukoscope.tables.knowledge import RESPONSES

SHIPPED = read_knowledge(RESPONSES)
GOOD = {"prednisone_response": "good", "mrd_day15": "0.5", "mrd_day33": "<0.01", "relapse": "no"}


@pytest.mark.parametrize(
    ("declared", "poor"),
    [
        (GOOD, False),
        (GOOD | {"prednisone_response": "poor"}, True),
        (GOOD | {"prednisone_response": "", "day8_blasts": "1.0"}, True),
        (GOOD | {"prednisone_response": "", "day8_blasts": "0.99"}, False),
        (GOOD | {"mrd_day15": "10"}, True),
        (GOOD | {"mrd_day15": "9.9"}, False),
        (GOOD | {"mrd_day33": "0.1 %"}, True),
        (GOOD | {"mrd_day33": "<0.1"}, False),
        (GOOD | {"mrd_day33": "<1"}, None),
        (GOOD | {"mrd_day33": ""}, None),
        (GOOD | {"mrd_day33": "not done"}, None),
        (GOOD | {"mrd_day33": "", "relapse": "yes"}, True),
        (GOOD | {"relapse": ""}, False),
        ({}, None),
    ],
)
def test_one_criterion_is_enough_and_a_missing_one_is_not_a_good_one(declared, poor):
    assert is_poor(read_criteria(declared)) is poor


@pytest.mark.parametrize("word", ["good", "PGR", "poor", "ppr", "yes", "no", "", "unsure"])
@pytest.mark.parametrize("blasts", ["0.5", "1.5", ""])
def test_a_patient_and_a_cohort_agree_on_the_response_to_prednisone(word, blasts):
    report = read_criteria({"prednisone_response": word, "day8_blasts": blasts})[0]
    sheet = pd.DataFrame(
        {"patient": ["p"], "prednisone_response": [word], "day8_blasts": [float(blasts or "nan")]}
    )
    if word in {"yes", "no", "unsure"}:
        with pytest.raises(InputError):
            assign_risk(sheet)
        sheet["prednisone_response"] = ""
    cohort = assign_risk(sheet).loc[0, "prednisone_response"]
    assert {"met": "poor", "not met": "good", "not known": ""}[report.state] == cohort


def test_a_stated_response_that_the_blasts_contradict_is_told():
    declared = {"prednisone_response": "good", "day8_blasts": "1.5"}
    assert read_criteria(declared)[0].observed == "1.5 × 10⁹/L, but the sheet calls the response good"
    assert read_criteria(declared | {"day8_blasts": "0.5"})[0].observed == "0.5 × 10⁹/L"
    assert read_criteria({"prednisone_response": "unsure"})[0].observed == "unsure"


def test_thresholds_are_parameters():
    assert is_poor(read_criteria(GOOD, RiskCriteria(mrd_day15=0.5))) is True


def compare(declared, lesions=(), gaps=()):
    return compare_response(
        read_criteria(declared),
        SHIPPED,
        dict.fromkeys(lesions, "seen"),
        dict.fromkeys(gaps, "too few reads"),
    )


POOR = GOOD | {"mrd_day33": "1"}


def test_dux4_explains_a_slow_response():
    response = compare(POOR, lesions=["DUX4 rearrangement"])
    assert response.agreement == "as expected"
    assert response.explanations[0].strength == "finding"
    assert "DUX4" in response.explanations[0].statement
    assert response.explanations[0].source == "PMID:34547766"


def test_what_could_not_be_assessed_is_a_gap_behind_the_findings():
    gaps = ["DUX4 rearrangement", "PDGFRB fusion", "ABL2 fusion", "ETV6::RUNX1"]
    response = compare(POOR, lesions=["KRAS"], gaps=gaps)
    assert [e.strength for e in response.explanations] == ["finding", "gap", "gap"]
    assert [e.rank for e in response.explanations] == [1, 2, 3]
    assert response.explanations[1].statement.startswith(
        "ABL2 fusion, PDGFRB fusion (too few reads) could not"
    )


def test_with_the_disease_named_other_diseases_are_no_gap():
    for named in ("BCR::ABL1", "DUX4 rearrangement"):
        gaps = ["PDGFRB fusion", "KRAS"]
        explained = [
            e.statement for e in compare(POOR, lesions=[named], gaps=gaps).explanations if e.strength == "gap"
        ]
        assert [statement[:4] for statement in explained] == ["KRAS"]


def test_a_gap_that_would_say_what_a_finding_says_is_none():
    response = compare(POOR, lesions=["KRAS"], gaps=["NRAS", "DUX4 rearrangement"])
    gaps = [e.statement[:4] for e in response.explanations if e.strength == "gap"]
    assert gaps == ["DUX4"]


def test_what_tells_of_a_relapse_explains_nothing_before_it():
    relapsed = compare(POOR | {"relapse": "yes"}, lesions=["NT5C2"])
    assert relapsed.explanations[0].statement.startswith("NT5C2 (seen). NT5C2 mutations make resistant")
    assert "thiopurines" in relapsed.expected
    early = compare(POOR, lesions=["NT5C2"], gaps=["NT5C2"])
    assert early.explanations == ()
    assert early.expected == "No finding predicts a particular response."


def test_the_relapse_is_told_apart_from_the_early_response():
    late = read_criteria(GOOD | {"relapse": "yes"})
    assert (is_poor(late), is_early_poor(late), has_relapsed(late)) == (True, False, True)
    unknown = read_criteria({"relapse": "yes"})
    assert (is_poor(unknown), is_early_poor(unknown)) == (True, None)


@pytest.mark.parametrize(
    ("early", "lesion", "agreement"),
    [
        (GOOD, "ETV6::RUNX1", "as expected"),
        (GOOD, "DUX4 rearrangement", "unexpected"),
        (GOOD, "NT5C2", "not assessable"),
        (POOR, "DUX4 rearrangement", "as expected"),
        ({}, "DUX4 rearrangement", "not assessable"),
    ],
)
def test_a_relapse_does_not_change_how_the_early_response_agrees(early, lesion, agreement):
    assert compare(early | {"relapse": "yes"}, lesions=[lesion]).agreement == agreement


def test_an_outcome_without_an_expected_response_agrees_with_none():
    assert compare(POOR, lesions=["Low hypodiploid"]).agreement == "not assessable"
    assert compare(GOOD, lesions=["Hyperdiploid"]).agreement == "as expected"
    assert compare(POOR, lesions=["Hyperdiploid"]).agreement == "unexpected"


def test_a_good_response_needs_no_explanation():
    response = compare(GOOD, lesions=["DUX4 rearrangement"])
    assert response.explanations == ()
    assert response.agreement == "unexpected"


@pytest.mark.parametrize(("declared", "lesions"), [({}, ["DUX4 rearrangement"]), (POOR, [])])
def test_without_response_or_expectation_agreement_is_not_assessable(declared, lesions):
    assert compare(declared, lesions).agreement == "not assessable"


def test_what_is_only_remembered_explains_nothing():
    remembered = SHIPPED.loc[SHIPPED["evidence"] == "remembered", "subtype"].tolist()
    assert remembered
    response = compare(POOR, lesions=remembered)
    assert response.explanations == ()
    assert response.sources == ()
