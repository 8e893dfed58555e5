"""Clips that several junctions explain, and parts that go on beyond an intron, on made sequences."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leukoscope.formats.fasta import Genome, index_fasta
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.candidates import measure_anchors
from leukoscope.fusions.clips import JUNCTION, Clips, codes_of, match_clips
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci

rng = np.random.default_rng(31)
BASES = "".join("ACGT"[i] for i in rng.integers(4, size=6000))
EXONS = ((1000, 1200), (3000, 3100))


@pytest.fixture
def around(tmp_path):
    lines = (
        f'one\tx\texon\t{start + 1}\t{end}\t.\t+\t.\tgene_id "G"; transcript_id "T";\n'
        for start, end in EXONS
    )
    (tmp_path / "a.gtf").write_text("".join(lines))
    data = f">one\n{BASES}\n".encode()
    return Loci(read_gene_model(tmp_path / "a.gtf"), ("one",)), Genome(index_fasta(data, "x"), data)


def _clip(bases):
    """Return a clip that leaves base 1,149 towards the right."""
    row = {"fragment": 1, "row": 0, "contig": 0, "position": 1149, "direction": 1, "aligned": 60, "far": 1090}
    row |= {"block": 60, "length": len(bases), "sense": 1, "outer_1": 1090, "outer_2": 1300}
    return Clips(pd.DataFrame([row]), codes_of(bases), np.array([0, len(bases)], dtype=np.int64))


@pytest.mark.parametrize(("length", "told"), [(45, [1100]), (18, [1100, 4000])])
def test_a_clip_counts_for_the_junction_from_which_it_differs_least(around, length, told):
    """A duplication of 50 bases, and the same bases as inserted ones before a place that resembles what follows.

    A clip that ends within the inserted bases fits both, and counts for both.
    """
    loci, genome = around
    alike = BASES[1125:1135] + {"A": "C", "C": "A", "G": "T", "T": "G"}[BASES[1135]] + BASES[1136:1160]
    placed = BASES[:4000] + alike + BASES[4000 + len(alike) :]
    data = f">one\n{placed}\n".encode()
    genome = Genome(index_fasta(data, "x"), data)
    duplication = (0, 1100, -1, 0, 1149, 1, "")
    elsewhere = (0, 1149, 1, 0, 4000, -1, BASES[1100:1125])
    junctions = pd.DataFrame([duplication, elsewhere], columns=JUNCTION).assign(homology=0)
    alignments = SimpleNamespace(contigs=("one",), introns=np.empty((0, 6), dtype=np.int64))
    found = match_clips(_clip(BASES[1100 : 1100 + length]), junctions, alignments, loci, genome, strand=0)
    assert sorted(found[["position_a", "position_b"]].min(axis=1).where(lambda p: p < 1149, 4000)) == told


def test_a_short_part_that_goes_on_beyond_an_annotated_intron_is_no_short_anchor(around):
    """A breakpoint 12 bases before the end of an exon: the read goes on in the next one, or in an unknown place."""
    loci, _ = around
    junction = dict(zip(SIDES, (0, 300, 1, 0, 1188, -1), strict=True))
    read = junction | {"source": "split", "length_a": 50, "length_b": 12, "far_a": 251, "rejected": ""}
    within = pd.DataFrame([read | {"far_b": 1199}])
    beyond = pd.DataFrame([read | {"far_b": 3040}])
    novel = pd.DataFrame([read | {"far_b": 3040, "length_b": 11}])  # an intron that begins a base earlier
    events = pd.DataFrame([junction])
    anchors = [
        int(measure_anchors(events, np.array([0]), reads, loci)["anchor_b"].iloc[0])
        for reads in (within, beyond, novel)
    ]
    assert anchors == [12, 25, 11]
