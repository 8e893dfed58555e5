"""What chance joins of two loci would give, read from the sample's own events."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions import features
from leukoscope.fusions.clip_evidence import _explained
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import bam_records as records
from leukoscope.kernels.fusion_loci import exonic_coverage

SINGLE = {"locus_a": 0, "locus_b": 1, "total": 1, "same_gene": False, "both_spliced": False, "homology": 4}
GENES = (
    ("one", "A", ((100, 300), (900, 1000))),
    ("one", "A", ((100, 300), (2000, 2900))),
    ("two", "B", ((64, 96),)),
    ("away", "C", ((10, 500),)),
)


def _events(*changes):
    return pd.DataFrame([SINGLE | change for change in changes])


@pytest.fixture
def loci(tmp_path):
    lines = [
        f'{contig}\tx\texon\t{start + 1}\t{end}\t.\t+\t.\tgene_id "{gene}"; transcript_id "{gene}{number}";\n'
        for number, (contig, gene, exons) in enumerate(GENES)
        for start, end in exons
    ]
    (tmp_path / "a.gtf").write_text("".join(lines))
    return Loci(read_gene_model(tmp_path / "a.gtf"), ("two", "one"))


def _coverage(rng):
    return SimpleNamespace(
        coverage=rng.integers(0, 50, size=110).astype(np.uint32), coverage_bounds=np.array([0, 10, 110])
    )


def test_a_gene_is_as_abundant_as_the_exons_of_its_best_transcript(loci):
    aligned, model = _coverage(np.random.default_rng(4)), loci.model
    found = exonic_coverage(
        loci.of_bam,
        model.gene_contig,
        model.gene_transcripts,
        model.transcript_exons,
        model.exon_start,
        model.exon_end,
        aligned.coverage,
        aligned.coverage_bounds,
    )
    expected = dict.fromkeys("ABC", 0)
    for contig, gene, exons in GENES:
        if contig in loci.contigs:
            first = aligned.coverage_bounds[loci.contigs.index(contig)]
            width = records.COVERAGE_BIN
            bins = [first + b for start, end in exons for b in range(start // width, (end - 1) // width + 1)]
            expected[gene] = max(expected[gene], int(aligned.coverage[bins].sum()))
    assert dict(zip(model.gene_symbol.tolist(), found.tolist(), strict=True)) == expected


def test_shares_start_from_transcription_and_follow_the_single_chimeras(loci):
    """Without a chimera the shares are those of the transcripts; with many, those of their ends."""
    aligned = _coverage(np.random.default_rng(4))
    a, b = (int(np.flatnonzero(loci.model.gene_symbol == name)[0]) for name in "AB")
    pair = {"locus_a": a, "locus_b": b}
    told = features.transcribed_shares(_events(pair), aligned, loci)
    assert told[0][0] + told[1][0] == pytest.approx(1)
    quiet = features.expected_by_chance(
        *features.chimeric_shares(_events(pair | {"total": 5}), aligned, loci)
    )
    assert quiet[0] == pytest.approx(2 * told[0][0] * told[1][0])
    noisy = features.expected_by_chance(*features.chimeric_shares(_events(*[pair] * 5000), aligned, loci))
    assert noisy[0] == pytest.approx(2 * 5001 * 0.25, rel=0.01)


def test_without_coverage_all_loci_share_alike(loci):
    aligned = SimpleNamespace(coverage=np.zeros(110, np.uint32), coverage_bounds=np.array([0, 10, 110]))
    told = features.transcribed_shares(_events({}, {"locus_b": 7}), aligned, loci)
    assert np.concatenate(told).tolist() == [1 / 3] * 4


def test_how_many_chance_joins_are_spliced_is_read_from_the_sample():
    """Isoforms of an event that several fragments show are no chance joins."""
    assert features.spliced_by_chance(_events(*[{}] * 100)) == pytest.approx(0.005)
    spliced = {"both_spliced": True, "locus_b": 5}
    noisy = features.spliced_by_chance(_events(*[{}] * 300, *[spliced] * 100))
    assert noisy == pytest.approx(101 / 500)
    isoforms = features.spliced_by_chance(_events(*[{}] * 100, spliced, spliced | {"total": 9}))
    assert isoforms == pytest.approx(0.005)


def test_a_chance_join_has_as_many_copies_as_others_of_the_sample():
    clean = features.copies_of_a_molecule(_events(*[{}] * 990, {"total": 4}))
    amplified = features.copies_of_a_molecule(_events(*[{"total": 4}] * 990))
    assert clean[1] == amplified[1] == 1
    assert clean[4] == pytest.approx((1 + 10 / 8) / 1001)
    assert amplified[4] > 0.99
    large = features.copies_of_a_molecule(_events(*[{"total": 40}] * 990))
    assert large[6] > 0.99
    assert large[40] == pytest.approx(large[6] / 2**34)  # no molecule is copied so often
    spliced = _events(*[{}] * 50, {"total": 4, "both_spliced": True, "expected": 0.5})
    spliced["expected"] = 0.5
    assert features.chance_joins(spliced)[-1] < 0.5 * 0.01 * 0.1


def test_how_often_pairs_as_rare_are_joined_is_summed_over_all_pairs(loci):
    """Against the sum over every ordered pair of loci, but for the width of a bin."""
    rng = np.random.default_rng(5)
    pairs = rng.integers(0, 3, size=(300, 2))
    events = _events(*[{"locus_a": a, "locus_b": b} for a, b in pairs.tolist() if a != b])
    aligned = _coverage(np.random.default_rng(4))
    n, (share_a, share_b) = features.chimeric_shares(events, aligned, loci)
    share = dict(zip(events["locus_a"], share_a, strict=True)) | dict(
        zip(events["locus_b"], share_b, strict=True)
    )
    found = features.joins_of_rarer_pairs(events, n, (share_a, share_b))
    for at in range(len(events)):
        limit = share_a[at] * share_b[at]
        rarer = [p * q for p in share.values() for q in share.values() if p * q <= limit * 1.02]
        assert found[at] == pytest.approx((n + 1) * sum(rarer), rel=0.02)


def test_how_chance_joins_look_is_read_from_the_sample():
    """Two in three singles agree in few bases; one in six touches a splice site; receptors do not count."""
    plain = {"split_a": 1, "split_b": 0, "spliced_a": False, "spliced_b": False, "inserted": 0}
    plain |= {"homology": 0, "receptor_a": False, "receptor_b": False}
    kinds = [plain] * 400 + [plain | {"homology": 4}] * 200 + [plain | {"spliced_b": True}] * 100
    aside = [plain | {"inserted": 9, "receptor_a": True}] * 900
    asked = [plain | {"total": 4}, plain | {"total": 4, "homology": 3, "spliced_a": True}]
    asked += [plain | {"total": 4, "inserted": n} for n in (2, 9)] + [plain | {"total": 4, "split_a": 0}]
    shares = features.joined_so_by_chance(_events(*kinds, *aside, *asked))[-5:]
    sites, fits = (600 + 95, 100 + 5), (200 + 75, 500 + 20, 4, 1)
    expected = [sites[0] * fits[1], sites[1] * fits[0], sites[0] * fits[2], sites[0] * fits[3]]
    assert shares.tolist() == pytest.approx([*(value / 800**2 for value in expected), 1.0])


def test_an_amplified_plain_join_is_expected_in_a_noisy_sample_only():
    plain = {"split_a": 1, "split_b": 0, "spliced_a": False, "spliced_b": False, "inserted": 0, "homology": 1}
    plain |= {"receptor_a": False, "receptor_b": False, "chance": 1e-3, "expected": 1e-3}
    event = plain | {"total": 4, "split_a": 4}
    quiet = features.e_value(_events(event | {"rarer": 0.01}))
    noisy = features.e_value(_events(event | {"rarer": 100.0}))
    within = features.e_value(_events(event | {"rarer": 100.0, "same_gene": True}))
    assert quiet[0] < 0.001
    assert noisy[0] > 0.3
    assert within[0] < 0.001


def test_a_split_read_with_a_short_or_differing_end_leaves_its_clip_to_be_looked_at(loci):
    split = {"source": "split", "length_a": 60, "length_b": 40, "mismatches": 0, "aligned": 100}
    rows = [split, split | {"length_b": 12}, split | {"mismatches": 9}, split | {"source": "discordant"}]
    evidence = pd.DataFrame([dict.fromkeys(SIDES, 0) | row | {"row": i} for i, row in enumerate(rows)])
    assert _explained(evidence, loci).tolist() == [0]


def test_a_fragment_that_goes_on_beyond_both_breakpoints_comes_from_no_circle():
    """Exons from 2,000 to 3,000 joined backwards: reads and mates inside, beyond them, and only clipped."""
    inside = {"contig_a": 0, "contig_b": 0, "position_a": 2000, "position_b": 2999, "far_a": 2100}
    inside |= {"far_b": 2900, "outer_1": 1960, "outer_2": 3030}
    rows = [
        inside,
        inside | {"outer_1": 1500},
        inside | {"far_a": 4000},
        inside | {"contig_b": 1, "far_b": 5},
    ]
    assert features._reaches_beyond(pd.DataFrame(rows)).tolist() == [False, True, True, False]
