"""Fusions over a cohort: what counts as one, who has it, and the paper's own figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leukoscope.association.carriers import compare_carriers, count_carriers
from leukoscope.errors import InputError
from leukoscope.formats.fusion_rows import fusion_table
from leukoscope.fusions.recurrence import (
    collapse_events,
    event_distribution,
    gene_features,
    pair_features,
    ranked_pairs,
)
from leukoscope.tables.fusions import FUSIONS

PAPER = Path(__file__).resolve().parents[3] / "shared" / "paper" / "figure-2a.tsv"


def _calls(*pairs, kind="translocation", confidence="high"):
    rows = [
        {"gene1": a, "gene2": b, "breakpoint1": f"chr1:{100 + i}", "breakpoint2": f"chr2:{200 + i}", "type": kind,
         "confidence": confidence, "split_reads1": 3 + i}
        for i, (a, b) in enumerate(pairs)
    ]  # fmt: skip
    return fusion_table(rows, source="made") if rows else FUSIONS.empty()


def _samples(**timepoints):
    rows = [(name, name.split("_")[0], timepoint) for name, timepoint in timepoints.items()]
    return pd.DataFrame(rows, columns=["sample", "patient", "timepoint"])


def test_both_orders_and_all_isoforms_are_one_event():
    events = collapse_events({"P1_on": _calls(("A", "B"), ("B", "A"), ("A", "B"))}, _samples(P1_on="onset"))
    assert len(events) == 1
    event = events.iloc[0]
    assert (event["pair"], event.fragments, event.names) == ("A::B", 3 + 4 + 5, "A::B,B::A")
    assert (event.contig_a, event.position_a, event.contig_b) == (
        "chr1",
        102,
        "chr2",
    )  # of the best supported


def test_the_sides_follow_the_name_of_the_pair():
    calls = {"P1_on": _calls(("A", "B")), "P2_on": _calls(("A", "B")), "P3_on": _calls(("B", "A"))}
    events = collapse_events(calls, _samples(P1_on="onset", P2_on="onset", P3_on="onset"))
    assert set(events["pair"]) == {"A::B"}
    assert events.set_index("sample").loc["P3_on", ["contig_a", "contig_b"]].tolist() == ["chr2", "chr1"]


def test_overlapping_loci_of_the_paper_are_one():
    """KLF2::EIF4A1, KLF2::SENP3-EIF4A1 and AC016876::KLF2: of clones only breakpoints are known."""
    rows = [("KLF2", "chr2", 0, 900), ("EIF4A1", "chr1", 90, 200), ("SENP3-EIF4A1", "chr1", 50, 190)]
    rows += [("FAR", "chr1", 5000, 6000)]
    genes = pd.DataFrame(rows, columns=["symbol", "chromosome", "start", "end"])
    calls = {
        "P1_on": _calls(("EIF4A1", "KLF2")),
        "P2_on": _calls(("SENP3-EIF4A1", "KLF2")),
        "P3_on": _calls(("AC016876", "KLF2")),
        "P4_on": _calls(("FAR", "KLF2")).assign(breakpoint1="chr1:5100"),
    }
    samples = _samples(P1_on="onset", P2_on="onset", P3_on="onset", P4_on="onset")
    events = collapse_events(calls, samples, genes=genes)
    assert events.groupby("pair")["patient"].nunique().to_dict() == {"EIF4A1::KLF2": 3, "FAR::KLF2": 1}
    by_name_only = collapse_events(calls, samples)
    assert by_name_only.groupby("pair")["patient"].nunique().max() == 2


@pytest.mark.parametrize(("position", "n_pairs"), [(90, 2), (91, 1), (200, 1), (201, 2)])
def test_a_breakpoint_within_a_gene_tells_its_locus(position, n_pairs):
    """Breakpoints count from 1, genes from 0."""
    genes = pd.DataFrame([("E", "chr1", 90, 200)], columns=["symbol", "chromosome", "start", "end"])
    clone = _calls(("AC016876", "K")).assign(breakpoint1=f"chr1:{position}")
    calls = {"P1_on": _calls(("E", "K")), "P2_on": clone}
    events = collapse_events(calls, _samples(P1_on="onset", P2_on="onset"), genes=genes)
    assert events["pair"].nunique() == n_pairs


def test_one_patient_counts_once_and_normals_are_told():
    calls = {"P1_on": _calls(("A", "B")), "P1_rel": _calls(("A", "B")), "P2_on": _calls(("C", "D"), ("A", "B")),
             "P2_rem": _calls(("C", "D"))}  # fmt: skip
    samples = _samples(P1_on="onset", P1_rel="relapse", P2_on="onset", P2_rem="remission")
    samples["all"] = "everyone"
    ranked = ranked_pairs(collapse_events(calls, samples), samples, by="all")
    assert ranked[["pair", "rank", "patients", "total", "normal_patients"]].values.tolist() == [
        ["A::B", 1, 2, 2, 0],
        ["C::D", 2, 1, 2, 1],
    ]


def test_ranks_of_each_group():
    calls = {"P1_on": _calls(("A", "B"), ("C", "D")), "P2_rem": _calls(("C", "D"))}
    samples = _samples(P1_on="onset", P2_rem="remission", P3_on="onset")
    ranked = ranked_pairs(collapse_events(calls, samples), samples, by="timepoint")
    assert ranked.groupby("group")["total"].first().to_dict() == {"onset": 2, "remission": 1}
    assert ranked[ranked.group == "onset"]["rank"].tolist() == [1, 1]


def test_low_confidence_and_rejected_calls_do_not_count():
    low, rejected = _calls(("A", "B"), confidence="low"), _calls(("A", "B")).assign(rejected_by="min_support")
    ungraded = _calls(("A", "B"), confidence="")
    samples = _samples(P1_on="onset", P2_on="onset", P3_on="onset")
    events = collapse_events({"P1_on": low, "P2_on": rejected, "P3_on": ungraded}, samples)
    assert events["sample"].tolist() == ["P3_on"]


def test_no_fusion_anywhere():
    samples = _samples(P1_on="onset")
    events = collapse_events({"P1_on": FUSIONS.empty()}, samples)
    assert events.empty and gene_features(events).empty and pair_features(events).empty
    assert ranked_pairs(events, samples, by="timepoint").empty
    assert event_distribution(events, samples, by="timepoint").empty


def test_unknown_sample_is_refused():
    with pytest.raises(InputError, match=r"1 sample.* not in the sample table: 'P9'"):
        collapse_events({"P9": _calls(("A", "B"))}, _samples(P1_on="onset"))


def test_distribution_counts_an_event_on_both_chromosomes():
    samples = _samples(P1_on="onset", P2_on="onset")
    events = collapse_events({"P1_on": _calls(("A", "B")), "P2_on": _calls(("A", "B"))}, samples)
    table = event_distribution(events, samples, by="timepoint")
    assert table[["contig", "events", "patients"]].values.tolist() == [["chr1", 2, 2], ["chr2", 2, 2]]


@pytest.mark.skipif(not PAPER.is_file(), reason="the paper's figures beside the checkout are absent")
def test_the_papers_sixteen_p_values_come_out():
    """Figure 2A, planted as calls: carriers of breakpoint genes at onset (45) and remission (25)."""
    figure = pd.read_csv(PAPER, sep="\t")
    names = [f"P{i}_on" for i in range(45)] + [f"P{i}_rem" for i in range(25)]
    samples = _samples(**{name: "onset" if name.endswith("on") else "remission" for name in names})
    pairs: dict[str, list[tuple[str, str]]] = {name: [] for name in names}
    for row in figure.itertuples():
        for group, carriers in (("on", row.onset_carriers), ("rem", row.remission_carriers)):
            for i in range(carriers):
                pairs[f"P{i}_{group}"].append((row.gene, f"{row.gene}_partner"))
    together = _calls(*(pair for found in pairs.values() for pair in found))
    ends = np.cumsum([len(found) for found in pairs.values()])
    calls = {name: together.iloc[end - len(pairs[name]) : end] for name, end in zip(names, ends, strict=True)}
    events = collapse_events(calls, samples)
    carriers = count_carriers(samples, gene_features(events), by="timepoint")
    tests = compare_carriers(carriers).set_index("feature")
    found = tests.loc[figure.gene, "chi2_p"].to_numpy()
    np.testing.assert_allclose(np.round(found, 5), figure.published_p, atol=6e-5)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from("ABCD")), max_size=12))
def test_the_order_of_calls_does_not_matter(pairs):
    samples = _samples(P1_on="onset")
    forward = collapse_events({"P1_on": _calls(*pairs)}, samples)
    backward = collapse_events({"P1_on": _calls(*pairs[::-1])}, samples)
    assert forward["pair"].tolist() == backward["pair"].tolist()
    assert len(forward) == len({frozenset(pair) for pair in pairs})
