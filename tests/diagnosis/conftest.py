"""Makers of evidence: tables of one sample, written in words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from leukoscope.diagnosis import Diagnosis, Knowledge, SampleEvidence, diagnose
from leukoscope.diagnosis.values import Provenance
from leukoscope.knowledge import read_knowledge
from leukoscope.quality import assess_quality
from leukoscope.tables import driver_fusions, knowledge
from leukoscope.tables.fusions import FUSIONS
from leukoscope.tables.quality import QUALITY_THRESHOLDS

PROVENANCE = Provenance("leukoscope", "0", "2026-01-01", (), (), (), ())


def fusion_table(*calls: dict[str, Any]) -> pd.DataFrame:
    """Return a fusion table; each call names what differs from a sound translocation."""
    plain = {
        column.name: 0 if column.kind == "int64" else float("nan") if column.kind == "float64" else ""
        for column in FUSIONS.columns
    }
    sound = {
        "type": "translocation",
        "confidence": "high",
        "reading_frame": "in-frame",
        "split_reads1": 10,
        "split_reads2": 8,
        "discordant_mates": 3,
        "breakpoint1": "1:1000",
        "breakpoint2": "2:2000",
        "site1": "CDS/splice-site",
        "site2": "CDS/splice-site",
    }
    if not calls:
        return FUSIONS.empty()
    rows = [plain | sound | call for call in calls]
    return FUSIONS.check(pd.DataFrame([row | {"fusion": row["fusion"] or _name(row)} for row in rows]))


def _name(row: dict[str, Any]) -> str:
    return f"{row['gene1']}::{row['gene2']}"


def gene_table(**tpm: float) -> pd.DataFrame:
    """Return an expression table of one sample."""
    return pd.DataFrame({"gene_id": list(tpm), "symbol": list(tpm), "tpm": [float(v) for v in tpm.values()]})


def quality_table(sample: str, **measured: float) -> pd.DataFrame:
    """Return the quality gate of one sample."""
    return assess_quality(sample, measured, read_knowledge(QUALITY_THRESHOLDS)).table


@pytest.fixture(scope="session")
def shipped() -> Knowledge:
    """Return the shipped knowledge."""
    return Knowledge(
        release="2026-01-01",
        drivers=read_knowledge(driver_fusions.DRIVER_FUSIONS),
        targets=read_knowledge(knowledge.TARGETS),
        markers=read_knowledge(knowledge.MARKERS),
        therapies=read_knowledge(knowledge.THERAPIES),
        responses=read_knowledge(knowledge.RESPONSES),
        references=read_knowledge(knowledge.REFERENCES),
    )


@pytest.fixture
def diagnosed(shipped):
    """Return a function from samples to their diagnosis."""

    def of(*samples: SampleEvidence) -> Diagnosis:
        return diagnose("P", samples, shipped, PROVENANCE)

    return of


BCR_ABL1 = {"gene1": "BCR", "gene2": "ABL1", "exons": "e14a2"}
EXPRESSED = {
    "BCR": 20.0,
    "ABL1": 15.0,
    "ETV6": 8.0,
    "RUNX1": 9.0,
    "KMT2A": 6.0,
    "CRLF2": 0.0,
    "P2RY8": 3.0,
    "CD99": 40.0,
}


@pytest.fixture
def deep() -> SampleEvidence:
    """Return an onset sample with BCR::ABL1, deep enough to exclude what it does not show."""
    return SampleEvidence(
        "S1",
        "onset",
        {"age": "7"},
        quality=quality_table("S1", read_pairs=5e7, uniquely_mapped_percent=90.0),
        fusions=fusion_table(BCR_ABL1),
        genes=gene_table(**EXPRESSED),
    )
