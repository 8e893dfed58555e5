"""The first screen: what disease, why resistant, what could be tried, and what could not be assessed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from leukoscope.diagnosis import SampleEvidence
from leukoscope.report.summary import headline, summarise

from .conftest import call, gate, mutation, onset, subtype_of

TCF3 = {
    "group": "TCF3::PBX1",
    "subtype": "TCF3::PBX1",
    "tier": "probable",
    "who_haem5": "B-lymphoblastic leukaemia/lymphoma with TCF3::PBX1 fusion",
}
ETV6_RUNX1 = call("ETV6", "RUNX1")
NORMAL = subtype_of(group="Normal", subtype="Normal", tier="probable")


@pytest.mark.parametrize(
    ("sample", "sentence", "entity"),
    [
        pytest.param(
            onset(fusions=None, subtype=subtype_of(**TCF3)),
            "TCF3::PBX1 by gene expression (probable); fusions were not searched.",
            TCF3["who_haem5"],
            id="counts only",
        ),
        pytest.param(
            onset(subtype=subtype_of(**TCF3), quality=gate(read_pairs=10)),
            "TCF3::PBX1 by gene expression (probable); no fusion detected, but the sample is too poor to "
            "exclude one.",
            TCF3["who_haem5"],
            id="a poor sample",
        ),
        pytest.param(
            onset(fusions_given=True, quality=None),
            "No fusion detected, but none can be excluded.",
            "",
            id="a bare fusion table",
        ),
        pytest.param(
            onset(subtype=subtype_of(**TCF3 | {"tier": "suggestive"})),
            "Possibly TCF3::PBX1 by gene expression (suggestive); no defining fusion detected.",
            f"Possibly {TCF3['who_haem5']}",
            id="a weak class",
        ),
        pytest.param(
            onset(subtype=NORMAL),
            "Expression shows normal cells: too few leukaemic cells, or none; no fusion detected, but none can "
            "be excluded.",
            "",
            id="normal cells",
        ),
        pytest.param(
            onset(fusions=ETV6_RUNX1, subtype=subtype_of(**TCF3, conflicts="the lesion says ETV6 group")),
            "ETV6::RUNX1 detected, high confidence, in frame; expression says TCF3::PBX1 instead (probable).",
            "Contradictory: B-lymphoblastic leukaemia/lymphoma with ETV6::RUNX1 fusion by the fusion, "
            f"{TCF3['who_haem5']} by expression",
            id="a contradiction",
        ),
        pytest.param(
            onset(fusions=call("BCR", "ABL1"), variants=mutation("ABL1", "T315I")),
            "BCR::ABL1 detected, high confidence, in frame. Mutated: ABL1 T315I.",
            "B-lymphoblastic leukaemia/lymphoma with BCR::ABL1 fusion",
            id="a mutation",
        ),
    ],
)
def test_the_headline_neither_blurs_nor_hides(diagnosed, sample, sentence, entity):
    summary = summarise(diagnosed(sample))
    assert (summary.headline, summary.entity) == (sentence, entity)


def test_normal_cells_of_one_timepoint_are_told_with_it(diagnosed):
    relapse = SampleEvidence("S2", "relapse", quality=gate(read_pairs=5e7), subtype=NORMAL)
    assert headline(diagnosed(onset(), relapse)).startswith(
        "In relapse, expression shows normal cells: too few leukaemic cells, or none; no defining fusion"
    )


def test_a_fusion_of_the_relapse_alone_is_told_as_such(diagnosed):
    relapse = SampleEvidence(
        "S2", "relapse", quality=gate(read_pairs=5e7), fusions=pd.concat([ETV6_RUNX1, call("PAX5", "JAK2")])
    )
    diagnosis = diagnosed(onset(fusions=ETV6_RUNX1), relapse)
    assert headline(diagnosis).endswith("PAX5::JAK2 detected, high confidence, in frame, only in relapse.")
    assert "ETV6::RUNX1 detected, high confidence, in frame and" in headline(diagnosis)


@pytest.mark.parametrize(
    ("relapse", "told"),
    [
        ({"quality": gate(read_pairs=10)}, "in onset, not assessable in relapse."),
        ({"quality": None, "fusions_given": True}, "in onset, not assessable in relapse."),
        ({"quality": gate(read_pairs=5e7), "subtype": NORMAL}, "in onset, not assessable in relapse."),
        ({"quality": gate(read_pairs=5e7)}, "only in onset."),
    ],
    ids=["a poor sample", "a bare table", "normal cells", "a deep sample"],
)
def test_a_fusion_is_not_said_to_be_gone_where_nothing_can_be_excluded(diagnosed, relapse, told):
    later = SampleEvidence("S2", "relapse", **{"fusions": ETV6_RUNX1.head(0)} | relapse)
    assert headline(diagnosed(onset(fusions=ETV6_RUNX1), later)).endswith(f"in frame, {told}")


GOOD = {"prednisone_response": "good", "mrd_day15": "1", "mrd_day33": "0"}


def cards_of(diagnosis):
    return {card.title: card for card in summarise(diagnosis).cards}


def test_a_mutation_that_another_timepoint_lacks_says_where_it_was_seen(diagnosed):
    deep = {"quality": gate(read_pairs=5e7)}
    relapse = SampleEvidence("S2", "relapse", variants=mutation("NT5C2", "R238W"), **deep)
    absent = mutation("NT5C2", "R238=", status="not detected")
    unread = mutation("NT5C2", "R238=", status="not assessable")
    told = headline(diagnosed(onset(variants=absent), relapse))
    assert told.endswith("Mutated: NT5C2 R238W (only in relapse).")
    assert headline(diagnosed(onset(variants=unread), relapse)).endswith("Mutated: NT5C2 R238W.")
    first, later = mutation("KRAS", "G12D"), replace(relapse, variants=mutation("KRAS", "G12V"))
    told = headline(diagnosed(onset(variants=first), later))
    assert told.endswith("Mutated: KRAS G12D (only in onset) and KRAS G12V (only in relapse).")
    assert headline(diagnosed(onset(variants=first), replace(later, variants=first))).endswith(": KRAS G12D.")


def test_the_first_drug_is_not_shown_without_what_resists_it(diagnosed):
    sample = onset(fusions=call("BCR", "ABL1"), variants=mutation("ABL1", "T315I"))
    card = cards_of(diagnosed(sample))["Candidate drugs"]
    assert (card.tone, card.text) == ("alert", "dasatinib; imatinib")
    assert "ABL1 T315I was detected: resistance to dasatinib and imatinib." in card.detail
    card = cards_of(diagnosed(onset(fusions=call("BCR", "ABL1"))))["Candidate drugs"]
    assert card.tone == "found"
    assert (
        "ABL1 T315I, which makes resistant to dasatinib and imatinib, was not assessable (hot spots were not read)."
        in card.detail
    )
    read = mutation("ABL1", "T315=", status="not detected")
    card = cards_of(diagnosed(onset(fusions=call("BCR", "ABL1"), variants=read)))["Candidate drugs"]
    assert card.tone == "found" and "resist" not in card.detail
    other = mutation("ABL1", "T315A")
    card = cards_of(diagnosed(onset(fusions=call("BCR", "ABL1"), variants=other)))["Candidate drugs"]
    assert "resist" not in card.detail, "a codon with another residue was read"
    only = cards_of(diagnosed(onset(variants=mutation("NT5C2", "R367Q"))))["Candidate drugs"]
    assert only.text == "None with verified evidence", "a finding of resistance is no candidate"
    told = "Resistance was found: mercaptopurine; thioguanine (NT5C2 R367Q). The research list is empty too."
    assert only.detail == told
    assert "Resistance" not in cards_of(diagnosed(onset()))["Candidate drugs"].detail


def test_a_mutation_is_a_finding_among_what_was_looked_for(diagnosed):
    assert cards_of(diagnosed(onset(variants=mutation("NT5C2", "R367Q"))))["Looked for"].tone == "found"
    assert cards_of(diagnosed(onset()))["Looked for"].tone != "found"


@pytest.mark.parametrize(
    ("variants", "reason"),
    [
        (None, "hot spots were not read"),
        (mutation("ABL1", "T315=", status="not assessable", reason="only 2 of 10 fragments"),
         "only 2 of 10 fragments"),
    ],
)  # fmt: skip
def test_a_codon_that_the_relapse_hides_is_not_read_by_the_onset(diagnosed, variants, reason):
    read = mutation("ABL1", "T315=", status="not detected")
    first = onset(fusions=call("BCR", "ABL1"), variants=read)
    relapse = SampleEvidence("S2", "relapse", quality=gate(read_pairs=5e7), variants=variants)
    card = cards_of(diagnosed(first, relapse))["Candidate drugs"]
    assert f"was not assessable (in relapse: {reason})." in card.detail
    card = cards_of(diagnosed(first, replace(relapse, variants=read)))["Candidate drugs"]
    assert "resist" not in card.detail


@pytest.mark.parametrize(
    ("declared", "relapse", "text"),
    [
        (GOOD, True, "Relapse after good early response"),
        ({"prednisone_response": "poor"}, True, "Poor early response, and relapse"),
        ({}, True, "Relapse; early response not known"),
        ({"prednisone_response": "poor"}, False, "Poor early response"),
        ({}, False, "Not assessable"),
    ],
)  # fmt: skip
def test_a_relapse_is_not_called_a_poor_early_response(diagnosed, declared, relapse, text):
    later = [SampleEvidence("S2", "relapse")] if relapse else []
    assert cards_of(diagnosed(onset(details=declared), *later))["Response"].text == text


def test_a_poor_response_is_explained_on_the_first_screen_or_said_to_be_open(diagnosed):
    poor = {"prednisone_response": "poor"}
    explained = onset(fusions=call("EBF1", "PDGFRB"), details=poor)
    detail = cards_of(diagnosed(explained))["Response"].detail
    assert "EBF1::PDGFRB (12 fragments)" in detail and "(49 %) with a poor prednisone response" in detail
    assert detail.endswith("1 possible cause could not be assessed.")
    detail = cards_of(diagnosed(onset(details=poor, variants=mutation("TP53", "R248Q"))))["Response"].detail
    assert detail.startswith("Nothing that was found explains it.")


def test_a_gate_that_could_not_ask_for_reads_is_not_passed_in_green(diagnosed):
    card = cards_of(diagnosed(onset(quality=gate(genes_detected=15_000))))["Quality"]
    assert (card.tone, card.text) == ("open", "PASS")
    assert card.detail.startswith("1 of 15 checks could be made")
    assert summarise(diagnosed(onset())).cards[-1].title == "Quality"
    assert summarise(diagnosed(onset(quality=gate(read_pairs=10)))).cards[0].title == "Quality"
    measured = gate(read_pairs=5e7, uniquely_mapped_percent=90.0)
    assert cards_of(diagnosed(onset(quality=measured)))["Quality"].tone == "clear"
    card = cards_of(diagnosed(onset(quality=measured), SampleEvidence("S2", "relapse")))["Quality"]
    assert card.tone == "open" and card.detail.endswith("was not measured in S2.")


@pytest.mark.parametrize(
    ("sample", "step"),
    [
        (onset(variants=mutation("TP53", "R248Q", meaning="often in the germ line: consider germline evaluation")),
         "Consider germline evaluation: TP53."),
        (onset(variants=mutation("TP53", "R248Q")), "Confirm TP53 R248Q by sequencing of DNA."),
        (onset(), "Hot spots of mutation and expression not looked at; a run from the reads would look."),
        (onset(fusions=ETV6_RUNX1, subtype=subtype_of(**TCF3, conflicts="x")),
         "Clarify the class by FISH or karyotype: the fusion and the expression contradict each other, as in a "
         "swapped or mixed sample."),
        (onset(subtype=subtype_of(group="Ph group", subtype="Ph-like", tier="probable")),
         "Look for the lesion behind the BCR::ABL1-like expression: of 27 kinase and cytokine-receptor lesions, "
         "27 not detected, 0 not assessable."),
    ],
)  # fmt: skip
def test_next_steps(diagnosed, sample, step):
    assert step in summarise(diagnosed(sample)).next_steps
