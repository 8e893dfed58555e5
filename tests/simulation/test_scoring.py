"""Scores of invented calls, counted by hand."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.simulation.scoring import score_calls, summary
from leukoscope.simulation.truth import read_truth, truth_document
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.simulation import MATCHES, SCORES


def _event(number, genes=("A", "B"), kind="fusion", junction=5, **more):
    event = {
        "id": f"E{number:03d}",
        "class": kind,
        "gene1": genes[0],
        "gene2": genes[1],
        "gene_id1": genes[0],
        "gene_id2": genes[1],
        "aliases1": [genes[0]],
        "aliases2": [genes[1]],
        "contig1": "chr1",
        "breakpoint1": 1_000,
        "strand1": "+",
        "contig2": "chr2",
        "breakpoint2": 9_000,
        "strand2": "+",
        "shift_left": 0,
        "shift_right": 0,
        "inserted_like_side1": 0,
        "inserted_like_side2": 0,
        "reading_frame": "in-frame",
        "junction_fragments": [f"s:{i:010d}:E{number:03d}" for i in range(junction)],
        "spanning_fragments": [],
    }
    return event | more


def _truth(*events, pairs=1_000_000):
    return truth_document("s", {"pairs": pairs}, events, {}, [])


def _calls(*rows):
    empty = dict.fromkeys(FUSIONS.names, "")
    numbers = dict.fromkeys(("split_reads1", "split_reads2", "discordant_mates", "coverage1", "coverage2"), 0)
    default = {"gene1": "A", "gene2": "B", "breakpoint1": "chr1:1000", "breakpoint2": "chr2:9000"}
    missing = {"probability": float("nan"), "panel_frequency": float("nan"), "confidence": "high"}
    return FUSIONS.check(pd.DataFrame([empty | numbers | missing | default | row for row in rows]))


def _value(score, measure, group="all", threshold=None):
    table = score.scores
    rows = table[(table["measure"] == measure) & (table["group"] == group)]
    if threshold is not None:
        rows = rows[rows["threshold"] == threshold]
    return rows.iloc[0]


def _found(truth, *rows):
    return bool(score_calls(truth, _calls(*rows)).matches["found"][0])


@pytest.mark.parametrize(
    ("call", "exact"),
    [
        pytest.param({}, True, id="as planted"),
        pytest.param({"breakpoint1": "chr1:1002", "breakpoint2": "chr2:8998"}, True, id="two bases off"),
        pytest.param({"breakpoint1": "chr1:1003"}, False, id="three bases off"),
        pytest.param(
            {"gene1": "B", "gene2": "A", "breakpoint1": "chr2:9000", "breakpoint2": "chr1:1000"},
            True,
            id="turned",
        ),
        pytest.param({"gene1": "A(120),C(4000)", "breakpoint1": "chr1:700"}, False, id="beside the gene"),
    ],
)
def test_a_pair_is_found_and_exact(call, exact):
    score = score_calls(_truth(_event(1)), _calls(call))
    assert score.matches["found"][0]
    assert score.matches["exact"][0] == exact


def test_other_names_of_the_same_place_count():
    truth = _truth(_event(1, aliases2=["B", "B-AS1", "IGH"]))
    assert _found(truth, {"gene2": "B-AS1"})
    assert _found(truth, {"gene2": "IGH"})
    assert not _found(truth, {"gene2": "C"})


def test_a_call_between_genes_must_be_near():
    assert _found(_truth(_event(1)), {"gene2": "B(500),C(9000)", "breakpoint2": "chr2:9900"})
    assert not _found(_truth(_event(1)), {"gene2": "B(500),C(9000)", "breakpoint2": "chr2:10100"})
    assert not _found(_truth(_event(1)), {"gene2": "B(500),C(9000)", "breakpoint2": "chr3:9000"})


def test_breakpoints_may_move_where_the_sequence_repeats():
    truth = _truth(_event(1, shift_left=4, strand2="-"))
    moved = {"breakpoint1": "chr1:996", "breakpoint2": "chr2:9004"}
    apart = {"breakpoint1": "chr1:996", "breakpoint2": "chr2:8996"}
    assert score_calls(truth, _calls(moved)).matches["exact"][0]
    assert not score_calls(truth, _calls(apart)).matches["exact"][0]


def test_breakpoints_may_take_in_what_of_the_insert_is_genome():
    truth = _truth(_event(1, inserted_like_side1=5, inserted_like_side2=1))
    for off1, off2, exact in ((7, 0, True), (0, -3, True), (8, 0, False), (0, 4, False), (-3, 0, False)):
        call = {"breakpoint1": f"chr1:{1_000 + off1}", "breakpoint2": f"chr2:{9_000 + off2}"}
        assert score_calls(truth, _calls(call)).matches["exact"][0] == exact


def test_read_through_is_a_decoy():
    truth = _truth(_event(1), _event(2, ("C", "D"), "read_through"))
    for rows in (({},), ({}, {"gene1": "C", "gene2": "D"})):
        score = score_calls(truth, _calls(*rows))
        assert tuple(_value(score, "recall", "all", 3)[["hits", "total"]]) == (1, 1)
        assert tuple(_value(score, "precision")[["hits", "total"]]) == (1, 1)
        assert _value(score, "average_precision")["value"] == 1
        assert _value(score, "recall", "read_through", 3)["hits"] == len(rows) - 1


def test_an_event_within_a_gene_needs_its_breakpoints():
    event = _event(1, ("A", "A"), "intragenic_deletion", contig2="chr1", breakpoint2=2_000)
    near = {"gene2": "A", "breakpoint2": "chr1:2009"}
    far = {"gene2": "A", "breakpoint2": "chr1:2500"}
    assert _found(_truth(event), near)
    assert not _found(_truth(event), far)
    assert _value(score_calls(_truth(event), _calls(near, far)), "precision")["total"] == 2


def test_recall_counts_events_with_enough_fragments():
    truth = _truth(
        _event(1, junction=2), _event(2, ("C", "D"), junction=4), _event(3, ("E", "F"), junction=20)
    )
    score = score_calls(truth, _calls({}, {"gene1": "E", "gene2": "F"}))
    told = {t: tuple(_value(score, "recall", "all", t)[["hits", "total"]]) for t in (1, 3, 5, 10)}
    assert told == {1: (2, 3), 3: (1, 2), 5: (1, 1), 10: (1, 1)}


def test_precision_counts_pairs_at_their_best_confidence():
    rows = ({"confidence": "low"}, {"confidence": "medium"}, {"gene1": "X", "confidence": "low"})
    score = score_calls(_truth(_event(1)), _calls(*rows))
    assert tuple(_value(score, "precision")[["hits", "total"]]) == (1, 2)
    assert tuple(_value(score, "precision", "medium")[["hits", "total"]]) == (1, 1)
    assert tuple(_value(score, "precision", "low")[["hits", "total"]]) == (0, 1)


def test_rejected_calls_are_left_out():
    assert not _found(_truth(_event(1)), {"rejected_by": "min_support"})


def test_curve_and_its_area():
    """Ranked true, false, true of two events: area 1/2 × 1 + 1/2 × 2/3."""
    truth = _truth(_event(1), _event(2, ("C", "D")))
    rows = (
        {"probability": 0.9},
        {"gene1": "X", "probability": 0.8},
        {"gene1": "C", "gene2": "D", "probability": 0.1},
    )
    score = score_calls(truth, _calls(*rows))
    curve = score.scores[score.scores["measure"] == "precision_recall"]
    assert list(curve["value"]) == pytest.approx([1, 1 / 2, 2 / 3])
    assert list(curve["recall"]) == pytest.approx([1 / 2, 1 / 2, 1])
    assert _value(score, "average_precision")["value"] == pytest.approx(1 / 2 + 1 / 3)


def test_false_positives_of_a_negative_sample_and_what_they_come_from():
    reads = "s:0000000001:CHIM,s:0000000002:CHIM,s:0000000003:B000"
    score = score_calls(_truth(pairs=2_000_000), _calls({"read_identifiers": reads}, {"gene1": "X"}))
    assert _value(score, "false_positives_per_10m_pairs")["value"] == pytest.approx(10)
    assert _value(score, "false_positive_cause", "CHIM")["total"] == 1
    assert _value(score, "false_positive_cause", "unknown")["total"] == 1
    assert pd.isna(_value(score, "recall", "all", 3)["value"])


def test_no_calls_and_no_events_are_ordinary():
    nothing = FUSIONS.empty()
    assert _value(score_calls(_truth(_event(1)), nothing), "recall", "fusion", 3)["value"] == 0
    score = score_calls(_truth(), nothing)
    assert score.matches.empty
    assert "false_positives" in summary(score)


def test_the_truth_itself_scores_full_marks(sample, tmp_path, capsys):
    folder, truth = sample
    rows = [
        {
            "gene1": e["gene1"],
            "gene2": e["gene2"],
            "breakpoint1": f"{e['contig1']}:{e['breakpoint1']}",
            "breakpoint2": f"{e['contig2']}:{e['breakpoint2']}",
            "reading_frame": e["reading_frame"],
            "split_reads1": len(e["junction_fragments"]),
        }
        for e in truth["events"]
    ]
    FUSIONS.write(_calls(*rows), tmp_path / "fusions.tsv")
    status = main(
        [
            *("simulate", "score", str(folder / "truth.json"), str(tmp_path / "fusions.tsv")),
            *("--output", str(tmp_path / "s.tsv"), "--matches", str(tmp_path / "m.tsv")),
        ]
    )
    assert status == 0
    assert "average_precision                  1.000" in capsys.readouterr().out
    assert MATCHES.read(tmp_path / "m.tsv")["exact"].all()
    scores = SCORES.read(tmp_path / "s.tsv")
    for measure in ("recall", "exact_breakpoints", "frame", "precision"):
        values = scores.loc[(scores["measure"] == measure) & (scores["total"] > 0), "value"]
        assert (values == 1).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "not JSON", id="cut off"),
        pytest.param("[]", "not the truth of a simulation", id="other JSON"),
        pytest.param(json.dumps({"format": "leukoscope-truth", "version": 99}), "version 99", id="newer"),
    ],
)
def test_a_truth_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "truth.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_truth(tmp_path / "truth.json")
    with pytest.raises(InputError, match="there is no such file"):
        read_truth(tmp_path / "absent.json")
