"""The patients of the demonstration."""

from __future__ import annotations

import csv

import pytest

from leukoscope.formats.samplesheet import read_sample_sheet
from leukoscope.simulation.patients import PATIENTS, simulate_patients
from leukoscope.simulation.truth import read_truth


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patients")
    return simulate_patients(folder, 3_000, 2)


def test_the_sample_sheet_is_accepted(patients):
    sheet = read_sample_sheet(patients.samples)
    assert sheet.patients == tuple(p.name for p in PATIENTS)
    assert {s.timepoint for s in sheet.samples} == {"onset", "remission"}
    assert len(sheet.samples) == 6
    with patients.samples.open() as rows:
        assert {row["strandedness"] for row in csv.DictReader(rows)} == {"reverse"}


def test_two_patients_have_their_fusion_at_onset_only(patients):
    truths = [read_truth(path) for path in patients.truths]
    fusions = {t["sample"]: [f"{e['gene1']}::{e['gene2']}" for e in t["events"]] for t in truths}
    assert fusions == {
        "P1_onset": ["ETV6::RUNX1"],
        "P1_remission": [],
        "P2_onset": ["BCR::ABL1"],
        "P2_remission": [],
        "P3_onset": [],
        "P3_remission": [],
    }
    for truth in truths:
        for event in truth["events"]:
            assert event["reading_frame"] == "in-frame"
            crossing = sum(
                len(event[f"{kind}_fragments"]) for kind in ("junction", "spanning", "short_anchor")
            )
            assert crossing == 5


def test_equal_seeds_give_equal_reads(patients, tmp_path):
    again = simulate_patients(tmp_path, 3_000, 2)
    for one, two in zip(patients.truths, again.truths, strict=True):
        assert one.read_bytes() == two.read_bytes()
    name = "P2_onset_R2.fastq.gz"
    assert (patients.samples.parent / name).read_bytes() == (tmp_path / name).read_bytes()
