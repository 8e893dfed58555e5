"""Candidate drugs: what suggests them, and what caps their level."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.knowledge import read_knowledge
from leukoscope.tables.knowledge import THERAPIES
from leukoscope.therapy import LEVELS, capped_level, suggest_therapies

SHIPPED = read_knowledge(THERAPIES)


def row(**change):
    plain = {column.name: "" for column in THERAPIES.columns}
    sound = {
        "id": "row",
        "biomarker": "fusion",
        "genes": "BCR::ABL1",
        "level": "I-A",
        "disease": "B-ALL",
        "age": "any",
        "line": "any",
        "evidence": "verified",
        "source": "PMID:1",
    }
    return plain | sound | change


def suggest(*rows, lesions=None, expressed=None, age=None):
    found = {"BCR::ABL1": "BCR::ABL1 e14a2"} if lesions is None else lesions
    return suggest_therapies(pd.DataFrame(rows), found, expressed or {}, age=age)


def test_only_what_was_detected_suggests_a_drug():
    assert suggest(row()) != ()
    assert suggest(row(), lesions={}) == ()
    assert suggest(row(), lesions={}, expressed={"BCR::ABL1": "x"}) == ()
    assert (
        suggest(row(biomarker="expression", genes="CD19"), expressed={"CD19": "CD19 90 TPM"})[0].basis
        == "CD19 90 TPM"
    )


@pytest.mark.parametrize(
    ("change", "level", "listing"),
    [
        ({}, "I-A", "clinical"),
        ({"disease": "AML"}, "II-C", "clinical"),
        ({"disease": "AML", "level": "II-D"}, "II-D", "clinical"),
        ({"evidence": "remembered"}, "I-A", "research"),
        ({"level": "III"}, "III", "research"),
    ],
)
def test_levels_are_capped_and_never_raised(change, level, listing):
    (therapy,) = suggest(row(**change))
    assert (therapy.level, therapy.listing) == (level, listing)
    assert LEVELS.index(therapy.level) >= LEVELS.index(row(**change)["level"])


def test_expression_alone_is_a_hypothesis_whatever_its_row_says():
    level, reason = capped_level(row(biomarker="expression", level="I-A"))
    assert level == "III"
    assert "hypothesis" in reason


@pytest.mark.parametrize(
    ("of", "age", "said"),
    [
        ("adult", 7.0, "the patient is a child"),
        ("paediatric", 40.0, "the patient is an adult"),
        ("any", 7.0, None),
    ],
)
def test_age_stands_beside_the_level(of, age, said):
    (therapy,) = suggest(row(age=of), age=age)
    assert therapy.level == "I-A"
    assert (said in therapy.context) if said else therapy.context == "B-ALL, any patients, any"


@pytest.mark.parametrize(
    ("line", "relapsed", "said"),
    [
        ("relapsed or refractory", False, "no relapse of the patient is known"),
        ("relapsed or refractory", True, None),
        ("newly diagnosed", True, "the patient has relapsed"),
        ("newly diagnosed", False, None),
        ("any", True, None),
    ],
)
def test_the_line_of_treatment_stands_beside_the_level(line, relapsed, said):
    (therapy,) = suggest_therapies(
        pd.DataFrame([row(line=line)]), {"BCR::ABL1": "seen"}, {}, age=None, relapsed=relapsed
    )
    assert therapy.level == "I-A"
    assert therapy.context == "; ".join(filter(None, (f"B-ALL, any patients, {line}", said)))


def test_in_another_disease_expression_suggests_nothing_and_levels_are_capped():
    rows = pd.DataFrame([row(), row(id="x", biomarker="expression", genes="CD19", level="I-A")])
    found = {"BCR::ABL1": "seen"}, {"CD19": "CD19 5 TPM"}
    (therapy,) = suggest_therapies(rows, *found, age=None, disease="T-ALL")
    assert (therapy.level, therapy.level_reason) == ("II-C", "the evidence is from B-ALL")
    assert len(suggest_therapies(rows, *found, age=None)) == 2


@pytest.mark.parametrize(
    ("lesions", "unread", "expected"),
    [
        ({"ABL1 T315I": "ABL1 T315I"}, {}, [("detected", "ABL1 T315I")]),
        ({}, {"ABL1 T315I": "not read"}, [("not assessable", "not read")]),
        ({"ABL1 T315I": "seen"}, {"ABL1 T315I": "not read"}, [("detected", "seen")]),
        ({"KRAS": "KRAS G12D"}, {"NT5C2": "not read"}, []),
    ],
)
def test_what_makes_resistant_stands_beside_the_drug_unless_it_was_read_and_absent(lesions, unread, expected):
    found = {"BCR::ABL1": "BCR::ABL1", **lesions}
    shown = suggest_therapies(SHIPPED, found, {}, age=None, unread=unread)
    tki = next(therapy for therapy in shown if therapy.lesion == "BCR::ABL1")
    assert [(r.status, r.basis) for r in tki.resistance] == expected
    assert all(r.lesion == "ABL1 T315I" and r.agents == ("dasatinib", "imatinib") for r in tki.resistance)
    assert all(not therapy.resistance for therapy in shown if therapy.direction == "resistance")


def test_what_is_only_remembered_resists_nothing():
    rows = pd.DataFrame(
        [
            row(agents="imatinib"),
            row(id="r", genes="X", agents="imatinib", direction="resistance", evidence="remembered"),
        ]
    )
    (shown, _) = suggest_therapies(rows, {"BCR::ABL1": "seen", "X": "seen"}, {}, age=None)
    assert shown.resistance == ()


def test_clinical_first_then_the_strongest():
    shown = suggest(row(id="a", level="II-D"), row(id="b"), row(id="c", evidence="remembered"))
    assert [(t.listing, t.level) for t in shown] == [
        ("clinical", "I-A"),
        ("clinical", "II-D"),
        ("research", "I-A"),
    ]


def test_no_remembered_row_reaches_the_clinical_list():
    everything = {name: name for genes in SHIPPED["genes"] for name in genes.split("|")}
    shown = suggest_therapies(SHIPPED, everything, everything, age=7)
    assert len(shown) == len(SHIPPED)
    remembered = set(SHIPPED.loc[SHIPPED["evidence"] == "remembered", "statement"])
    assert remembered
    assert not remembered & {t.statement for t in shown if t.listing == "clinical"}
    assert all(
        t.level == "III" and t.listing == "research" for t in shown if t.level_reason.startswith("RNA")
    )


def test_shipped_rows_give_no_orders():
    banned = ("should be treated", "must be given", "we recommend", "start ")
    for text in (*SHIPPED["statement"], *SHIPPED["caveat"], *SHIPPED["contra"]):
        assert not any(word in text.lower() for word in banned), text
