"""Exon-skipping introns in a gene of four exons."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.formats.bam import Alignments, annotated_introns
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.junctions import skipping_introns
from leukoscope.fusions.loci import Loci

EXONS = [(100, 200), (300, 400), (500, 600), (700, 800)]


@pytest.fixture
def loci(tmp_path):
    line = 'c\tx\texon\t{}\t{}\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
    (tmp_path / "a.gtf").write_text("".join(line.format(start + 1, end) for start, end in EXONS))
    return Loci(read_gene_model(tmp_path / "a.gtf"), ("c",))


def _alignments(loci, introns):
    keys, ends, _ = annotated_introns(loci.contigs, loci.model)
    known = set(zip(keys.tolist(), ends.tolist(), strict=True))
    table = [(start, end, n, 0, overhang, int((start, end) in known)) for start, end, n, overhang in introns]
    empty = np.empty((0, 24), dtype=np.int64)
    return Alignments(
        loci.contigs, (1000,), empty, np.empty(0, np.uint8), np.array(table, dtype=np.int64).reshape(-1, 6),
        np.zeros(32, np.uint32), np.array([0, 32]), np.zeros(6, np.int64),
    )  # fmt: skip


def test_the_share_is_that_of_the_skipping_reads(loci):
    introns = [(200, 300, 30, 40), (400, 500, 30, 40), (600, 700, 30, 40), (200, 700, 10, 40)]
    found = skipping_introns(_alignments(loci, introns), loci)
    assert found[["position_a", "position_b", "n_junction"]].to_numpy().tolist() == [[199, 700, 10]]
    assert found["skip_share"][0] == pytest.approx(10 / 40)


@pytest.mark.parametrize(
    "intron",
    [
        pytest.param((200, 300, 10, 40), id="annotated"),
        pytest.param((200, 700, 2, 40), id="two reads"),
        pytest.param((200, 700, 10, 5), id="short overhang"),
        pytest.param((200, 690, 10, 40), id="no annotated acceptor"),
        pytest.param((210, 700, 10, 40), id="no annotated donor"),
    ],
)
def test_what_is_no_deletion_of_exons(loci, intron):
    assert skipping_introns(_alignments(loci, [intron]), loci).empty


def test_no_introns(loci):
    assert skipping_introns(_alignments(loci, []), loci).empty
