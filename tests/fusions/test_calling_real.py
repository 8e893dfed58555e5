"""Calls on real reads, aligned by STAR, beside those of Arriba 2.5.1 on the same BAM."""

from __future__ import annotations

import itertools
import random

import pandas as pd
import pysam
import pytest

from leukoscope.formats.bam import scan_alignments
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.calling import call_fusions
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.driver_fusions import FUSION_PROBABILITY
from leukoscope.tables.fusions import FUSIONS


@pytest.fixture(scope="module")
def called(shared):
    """Return the calls of a recorded sample, and Arriba's."""

    def call(sample: str, reference: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        model = read_gene_model(shared / "reference" / f"{reference}.gtf.gz")
        genome = open_genome(shared / "reference" / f"{reference}.fa.gz")
        folder = shared / "arriba-2.5.1" / sample
        odds = read_knowledge(FUSION_PROBABILITY)
        found = call_fusions(scan_alignments(folder / "Aligned.out.bam", model), model, genome, odds=odds)
        return found.calls, FUSIONS.read(folder / "fusions.tsv")

    return call


def _places(text: str) -> tuple[str, int]:
    contig, _, position = text.rpartition(":")
    return contig, int(position)


def test_bcr_abl1_and_nothing_else(called):
    calls, _ = called("bcr_abl1", "leukaemia")
    assert calls["fusion"].tolist() == ["BCR::ABL1"]
    call = calls.iloc[0]
    assert (call["breakpoint1"], call["breakpoint2"]) == ("chr22:1993472", "chr9:934578")
    assert (call["exons"], call["reading_frame"], call["confidence"]) == ("e14a2", "in-frame", "high")
    assert call["type"] == "translocation"
    assert call["split_reads1"] + call["split_reads2"] >= 140  # Arriba: 46 + 97


def test_bcr_abl1_is_where_it_was_published(called, shared):
    """Published: GRCh38 chr22:23290413 and chr9:130854064.

    Each contig of the small genome ends 20 kb after its last block, and its blocks are counted from a
    start of its own, so that contigs do not overlap.
    """
    calls, _ = called("bcr_abl1", "leukaemia")
    origin = pd.read_csv(shared / "reference" / "leukaemia.origin.tsv", sep="\t")
    genome = open_genome(shared / "reference" / "leukaemia.fa.gz")
    published = []
    for name in ("breakpoint1", "breakpoint2"):
        contig, position = _places(calls[name][0])
        block = origin[origin["contig"] == contig].iloc[-1]
        block_end = block["new_start0"] + block["orig_end"] - block["orig_start0"]
        start = genome.length(contig) - block_end - 20_000
        published.append(position - start - block["new_start0"] + block["orig_start0"])
    assert published == [23290413, 130854064]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_reads_changes_nothing(shared, tmp_path, seed):
    """Several threads of STAR write the reads in parts, whichever is ready first."""
    recorded = shared / "arriba-2.5.1" / "bcr_abl1" / "Aligned.out.bam"
    with pysam.AlignmentFile(str(recorded)) as source:
        fragments = [list(records) for _, records in itertools.groupby(source, lambda r: r.query_name)]
        parts = [fragments[at : at + 300] for at in range(0, len(fragments), 300)]
        random.Random(seed).shuffle(parts)
        with pysam.AlignmentFile(str(tmp_path / "other.bam"), "wb", header=source.header) as sink:
            for record in itertools.chain.from_iterable(itertools.chain.from_iterable(parts)):
                sink.write(record)
    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    genome, odds = open_genome(shared / "reference" / "leukaemia.fa.gz"), read_knowledge(FUSION_PROBABILITY)
    one, other = (
        call_fusions(scan_alignments(path, model), model, genome, odds=odds)
        for path in (recorded, tmp_path / "other.bam")
    )
    pd.testing.assert_frame_equal(one.calls, other.calls)
    pd.testing.assert_frame_equal(one.discarded, other.discarded)


def test_flt3_itd_and_nothing_else(called):
    calls, _ = called("flt3_itd", "leukaemia")
    assert calls["fusion"].tolist() == ["FLT3::FLT3"]
    call = calls.iloc[0]
    assert call["type"] == "duplication/ITD"
    length = _places(call["breakpoint2"])[1] - _places(call["breakpoint1"])[1] + 1
    assert length == 30
    assert (call["reading_frame"], call["confidence"]) == ("in-frame", "high")


def test_arribas_pairs_in_breast_cell_lines(called):
    calls, arriba = called("breast_cell_lines", "breast")
    ours = {
        frozenset(pair): rows
        for pair, rows in calls.groupby(["gene1", "gene2"])[["breakpoint1", "breakpoint2"]]
    }
    sure = arriba[arriba["confidence"].isin(["high", "medium"])]
    missing = [row for row in sure.itertuples() if frozenset((row.gene1, row.gene2)) not in ours]
    assert not missing
    close = 0
    for row in sure.itertuples():
        found = ours[frozenset((row.gene1, row.gene2))]
        close += any(_near(row, other) for other in found.itertuples())
    assert close / len(sure) >= 0.95


def _near(one, other) -> bool:
    places = zip(
        (_places(one.breakpoint1), _places(one.breakpoint2)),
        (_places(other.breakpoint1), _places(other.breakpoint2)),
        strict=True,
    )
    return all(a[0] == b[0] and abs(a[1] - b[1]) <= 2 for a, b in places)
