"""Makers of diagnoses for the tests of reports."""

from __future__ import annotations

import pandas as pd
import pytest

from leukoscope.diagnosis import Diagnosis, Knowledge, SampleEvidence, diagnose
from leukoscope.diagnosis.values import Provenance
from leukoscope.knowledge import read_knowledge
from leukoscope.quality import assess_quality
from leukoscope.tables import driver_fusions, knowledge
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.quality import QUALITY_THRESHOLDS
from leukoscope.tables.subtyping import SUBTYPE_CALLS
from leukoscope.tables.variants import VARIANTS


@pytest.fixture(scope="session")
def diagnosed():
    """Return a function from samples to their diagnosis."""
    tables = {
        "drivers": driver_fusions.DRIVER_FUSIONS,
        "targets": knowledge.TARGETS,
        "markers": knowledge.MARKERS,
        "therapies": knowledge.THERAPIES,
        "responses": knowledge.RESPONSES,
        "references": knowledge.REFERENCES,
    }
    shipped = Knowledge(
        release="2026-01-01", **{name: read_knowledge(table) for name, table in tables.items()}
    )
    origin = Provenance("leukoscope", "0", "2026-01-01", (), (), (), ())

    def of(*samples: SampleEvidence) -> Diagnosis:
        return diagnose("P-7", samples, shipped, origin)

    return of


def call(gene5, gene3, **change):
    """Return a fusion table of one call; named is what differs from a sound translocation."""
    plain = {
        c.name: 0 if c.kind == "int64" else float("nan") if c.kind == "float64" else ""
        for c in FUSIONS.columns
    }
    sound = {
        "gene1": gene5,
        "gene2": gene3,
        "fusion": f"{gene5}::{gene3}",
        "type": "translocation",
        "confidence": "high",
        "reading_frame": "in-frame",
        "split_reads1": 12,
        "breakpoint1": "22:10",
        "breakpoint2": "9:20",
    }
    return FUSIONS.check(pd.DataFrame([plain | sound | change]))


def gate(**measured):
    """Return the quality gate of sample S1."""
    return assess_quality("S1", measured, read_knowledge(QUALITY_THRESHOLDS)).table


def onset(**change):
    """Return an onset sample, deep and without fusion unless told otherwise."""
    plain = {"quality": gate(read_pairs=5e7), "fusions": FUSIONS.empty()}
    return SampleEvidence("S1", "onset", **plain | change)


def mutation(gene, change, **told):
    """Return a table of one detected hot spot."""
    plain = {c.name: 0 if c.kind == "int64" else 0.4 if c.kind == "float64" else "" for c in VARIANTS.columns}
    seen = {"gene": gene, "protein_change": f"p.{change}", "status": "detected", "depth": 50}
    return VARIANTS.check(pd.DataFrame([plain | seen | told]))


def subtype_of(**told):
    """Return the subtype call of sample S1."""
    plain = {
        c.name: float("nan") if c.kind == "float64" else 0 if c.kind == "int64" else ""
        for c in SUBTYPE_CALLS.columns
    }
    return SUBTYPE_CALLS.check(pd.DataFrame([plain | {"sample": "S1"} | told]))
