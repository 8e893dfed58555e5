"""Deletions in the panel of a diagnosis: what junctions add, and IKZF1plus as far as RNA allows."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.diagnosis import SampleEvidence, diagnose
from leukoscope.knowledge import read_knowledge
from leukoscope.quality import assess_quality
from leukoscope.tables.deletions import DELETIONS
from leukoscope.tables.quality import QUALITY_THRESHOLDS
from leukoscope.tables.variants import VARIANTS
from leukoscope.variants.deletions import SPLICING

from .conftest import PROVENANCE, fusion_table

PAR1 = {"gene1": "P2RY8", "gene2": "CRLF2", "type": "deletion"}


def deletion(gene, exons, status="detected", reason="", reads=30):
    plain = {
        c.name: 0.4 if c.kind == "float64" else False if c.kind == "bool" else "" for c in DELETIONS.columns
    }
    return plain | {"gene": gene, "deletion": exons, "status": status, "reason": reason, "reads": reads}


ERG_WHOLE = deletion("ERG", "any", "not detected", "a deletion of the whole gene leaves no junction")
IK6 = deletion("IKZF1", "exons 4-7") | {"name": "IK6"}


def panel(shipped, deletions, *fusions, timepoint="onset"):
    evidence = SampleEvidence(
        "S1", timepoint, fusions=fusion_table(*fusions), deletions=DELETIONS.check(pd.DataFrame(deletions))
    )
    found = diagnose("P1", [evidence], shipped, PROVENANCE)
    return {target.target: target for target in found.targets}, found


def test_known_deletion_is_detected_with_its_reads(shipped):
    targets, found = panel(shipped, [IK6])
    assert targets["IKZF1 deletion"].status == "detected"
    assert "BloodAdv:2:1449" in {reference.id for reference in found.references}
    assert targets["IKZF1 deletion"].basis == "exons 4-7 (IK6): 30 reads, 40% of those at its splice sites"


def test_unlisted_skipping_is_told_but_not_called(shipped):
    targets, _ = panel(shipped, [deletion("PAX5", "exons 5-7", reason=SPLICING)])
    assert targets["PAX5 deletion"].status == "not assessable"
    assert "natural splicing" in targets["PAX5 deletion"].basis


@pytest.mark.parametrize(
    ("status", "reason"),
    [("not detected", "a deletion of the whole gene"), ("not assessable", "only 3 of 20 reads")],
)
def test_depth_decides_what_its_absence_says(shipped, status, reason):
    targets, _ = panel(shipped, [deletion("ERG", "any", status, reason)])
    assert targets["ERG deletion"].status == status
    assert reason in targets["ERG deletion"].basis


@pytest.mark.parametrize(
    ("deletions", "fusions", "status", "basis"),
    [
        pytest.param(
            [IK6, ERG_WHOLE], [PAR1], "detected", "IKZF1 deletion with P2RY8::CRLF2", id="with PAR1"
        ),
        pytest.param([IK6], [PAR1], "not assessable", "whether ERG is deleted is open", id="ERG not asked"),
        pytest.param(
            [IK6, deletion("ERG", "any", "not assessable", "only 3 of 20 reads")],
            [PAR1],
            "not assessable",
            "whether ERG is deleted is open",
            id="ERG not assessable",
        ),
        pytest.param([IK6], [], "not assessable", "its partners are open", id="alone"),
        pytest.param(
            [IK6, deletion("ERG", "exons 3-7")], [PAR1], "not detected", "with ERG deletion", id="ERG deleted"
        ),
        pytest.param(
            [IK6], [PAR1, {"gene1": "IGH", "gene2": "DUX4"}], "not assessable", "DUX4", id="DUX4 rearranged"
        ),
        pytest.param(
            [deletion("IKZF1", "any", "not detected")], [PAR1], "not assessable", "whole gene", id="none"
        ),
    ],
)
def test_ikzf1plus_says_which_parts_are_open(shipped, deletions, fusions, status, basis):
    targets, _ = panel(shipped, deletions, *fusions)
    assert targets["IKZF1plus"].status == status
    assert basis in targets["IKZF1plus"].basis


def test_fusions_alone_exclude_no_deletion(shipped):
    evidence = SampleEvidence("S1", "onset", fusions=fusion_table())
    targets = {target.target: target for target in diagnose("P1", [evidence], shipped, PROVENANCE).targets}
    assert targets["BCR::ABL1"].status == "not detected"
    assert targets["PAX5 deletion"].status == "not assessable"
    assert "introns were not counted" in targets["PAX5 deletion"].basis


def test_remission_is_not_asked(shipped):
    targets, _ = panel(shipped, [IK6], timepoint="remission")
    assert targets["IKZF1 deletion"].status == "not assessable"


def test_cdkn2a_is_never_called(shipped):
    targets, _ = panel(shipped, [IK6])
    assert targets["CDKN2A/B deletion"].status == "not assessable"


def test_doubts_about_whose_sample_it_is_stand_before_other_conflicts(shipped):
    evidence = SampleEvidence(
        "S1", "remission", identity=("another person than S2 (31% of 900 genotypes agree)",)
    )
    (subtype,) = diagnose("P1", [evidence], shipped, PROVENANCE).subtypes
    assert subtype.conflicts == ("another person than S2 (31% of 900 genotypes agree)",)


def failed(metric):
    return assess_quality("S1", {"read_pairs": 5e7} | metric, read_knowledge(QUALITY_THRESHOLDS)).table


@pytest.mark.parametrize(
    ("metric", "state"),
    [({"blast_percent": 80.0}, "not detected"), ({"blast_percent": 3.0}, "not assessable")],
)
def test_junctions_exclude_no_deletion_where_few_cells_are_leukaemic(shipped, metric, state):
    rows = DELETIONS.check(pd.DataFrame([deletion("IKZF1", "any", "not detected")]))
    evidence = SampleEvidence("S1", "onset", fusions=fusion_table(), deletions=rows, quality=failed(metric))
    told = {t.target: t for t in diagnose("P1", [evidence], shipped, PROVENANCE).targets}["IKZF1 deletion"]
    assert told.status == state
    assert ("blasts" in told.basis) == (state == "not assessable")


@pytest.mark.parametrize(
    ("metric", "word"), [({"blast_percent": 3.0}, "blasts"), ({"q30_percent": 10.0}, "quality"), ({}, "")]
)
def test_hot_spots_exclude_no_mutation_in_few_blasts_or_poor_bases(shipped, metric, word):
    plain = {c.name: 0 if c.kind == "int64" else 0.0 if c.kind == "float64" else "" for c in VARIANTS.columns}
    rows = [
        plain
        | {"gene": "KRAS", "codon": codon, "protein_change": f"p.G{codon}D", "status": status, "depth": 90}
        for codon, status in ((12, "not detected"), (13, "detected"))
    ]
    evidence = SampleEvidence(
        "S1", "onset", variants=VARIANTS.check(pd.DataFrame(rows)), quality=failed(metric)
    )
    absent, present = diagnose("P1", [evidence], shipped, PROVENANCE).variants
    assert absent.status == ("not assessable" if word else "not detected")
    assert word in absent.reason
    assert present.status == "detected"
