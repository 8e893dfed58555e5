"""The meaning of a call, against Arriba's recorded tables on real reads and against small made genes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from leukoscope.formats.arriba import read_arriba
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

MEASURED = ("site1", "site2", "transcript_id1", "transcript_id2", "gene_id1", "gene_id2")
MEANING = ("reading_frame", "fusion_transcript", "peptide_sequence")


@pytest.fixture(scope="module")
def reference(shared):
    def load(name):
        folder = shared / "reference"
        return read_gene_model(folder / f"{name}.gtf.gz"), open_genome(folder / f"{name}.fa.gz")

    return load


def _recorded(shared: Path, name: str, source: str = "fusions.tsv") -> pd.DataFrame:
    return read_arriba(shared / "arriba-2.5.1" / name / source)


def _blank(calls: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return calls.assign(**dict.fromkeys(columns, ""))


def _bases(text: str) -> str:
    return re.sub("[^ACGT]", "", text.upper())


@pytest.mark.parametrize(
    ("sample", "genome", "same_sequence"),
    [("bcr_abl1", "leukaemia", 2), ("flt3_itd", "leukaemia", 1), ("breast_cell_lines", "breast", 28)],
)
def test_agrees_with_arriba(sample, genome, same_sequence, shared, reference):
    """Frame, sites, genes and peptide as Arriba tells them, though Arriba had the reads and we had not."""
    recorded = _recorded(shared, sample)
    ours = annotate_calls(_blank(recorded, MEASURED[:2] + MEASURED[4:] + MEANING), *reference(genome))
    assert (ours.reading_frame == recorded.reading_frame).all()
    for side in ("1", "2"):
        assert (ours[f"site{side}"] == recorded[f"site{side}"]).all()
        assert (ours[f"gene_id{side}"] == recorded[f"gene_id{side}"].str.split(".").str[0]).all()
    agree = 0
    for mine, theirs in zip(ours.fusion_transcript, recorded.fusion_transcript, strict=True):
        left, right = mine.split("|")
        theirs_left, theirs_right = theirs.split("|")
        near_left, near_right = _bases(theirs_left.split("...")[-1]), _bases(theirs_right.split("...")[0])
        agree += _bases(left).endswith(near_left[-150:]) and _bases(right).startswith(near_right[:150])
    assert agree >= same_sequence  # the others splice in a way that no single annotated transcript does
    for mine, theirs in zip(ours.peptide_sequence, recorded.peptide_sequence, strict=True):
        (left, _, right), (theirs_left, _, theirs_right) = mine.partition("|"), theirs.partition("|")
        assert left.endswith(theirs_left) or theirs_left.endswith(left)
        assert right.startswith(theirs_right) or theirs_right.startswith(right)


@pytest.mark.parametrize(
    ("sample", "genome", "wrong"),
    [("bcr_abl1", "leukaemia", 3), ("flt3_itd", "leukaemia", 5), ("breast_cell_lines", "breast", 39)],
)
def test_sites_of_all_candidates(sample, genome, wrong, shared, reference):
    """Also of the discarded ones; they differ where Arriba counts the outer end of a gene as a splice site."""
    recorded = _recorded(shared, sample, "fusions.discarded.tsv")
    ours = annotate_calls(_blank(recorded, MEASURED), *reference(genome))
    differ = sum((ours[site] != recorded[site]).sum() for site in ("site1", "site2"))
    assert differ <= wrong


def test_bcr_abl1(shared, reference):
    calls = _blank(_recorded(shared, "bcr_abl1"), MEASURED + MEANING)
    call = annotate_calls(calls, *reference("leukaemia"), drivers=read_knowledge(DRIVER_FUSIONS)).iloc[0]
    assert (call.fusion, call.exons, call.reading_frame) == ("BCR::ABL1", "e14a2", "in-frame")
    assert (call.driver_class, call.plausibility) == ("BCR::ABL1", "")
    assert call.vicc == "ENST00000305877.13(BCR):e.14::ENST00000372348.7(ABL1):e.2"
    assert "ATGFKQSS|kALQRPVASDFEP" in call.peptide_sequence


def test_flt3_itd(shared, reference):
    calls = _blank(_recorded(shared, "flt3_itd"), MEASURED + MEANING)
    call = annotate_calls(calls, *reference("leukaemia")).iloc[0]
    assert (call.exons, call.reading_frame, call.transcript_id1) == (
        "e14e14",
        "in-frame",
        call.transcript_id2,
    )
    assert "YFYVDFREYEYD|hVDFREYEYDLKWEFPRENLEFG" in call.peptide_sequence


def test_what_the_caller_measured_is_kept(shared, reference):
    recorded = _recorded(shared, "bcr_abl1")
    ours = annotate_calls(recorded, *reference("leukaemia"))
    kept = [c for c in recorded if c not in {"fusion", "exons", "vicc", "driver_class", "plausibility"}]
    assert ours[kept].equals(recorded[kept])
