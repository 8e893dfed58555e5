"""Kernels of clips and junctions against slow twins that take the definition literally."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from leukoscope.formats.fasta import open_genome
from leukoscope.fusions import clips
from leukoscope.fusions.clips import codes_of, letters
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.kernels import fusion_clips as kernel
from leukoscope.kernels.fusion_junctions import merge_junctions, settle_junctions

rng = np.random.default_rng(20)


def _random(n):
    return "".join("ACGT"[i] for i in rng.integers(4, size=n))


def test_letters_and_codes_are_inverse():
    bases = _random(50) + "N"
    assert letters(codes_of(bases)) == bases
    assert reverse_complement("ACGTN") == "NACGT"


@pytest.mark.parametrize("strand", [1, -1])
@pytest.mark.parametrize("n_inserted", [0, 7, 33])
def test_a_clip_is_found_where_it_came_from(strand, n_inserted):
    genome = _random(900)
    piece = genome[400:440] if strand > 0 else reverse_complement(genome[400:440])
    clip = codes_of(_random(n_inserted) + piece)
    hits = np.zeros((2, 4), dtype=np.int64)
    kernel.best_local(clip, len(clip), codes_of(genome), hits)
    score, first, at, found = hits[0].tolist()
    assert found == strand
    assert score >= 40
    assert first <= n_inserted
    assert at - strand * first == (400 if strand > 0 else 439) - strand * n_inserted


@pytest.mark.parametrize("batch", [1, 700, 1 << 20])
def test_exons_are_searched_stretch_by_stretch_whatever_is_read_together(tmp_path, monkeypatch, batch):
    """Clips of exons are found there, with their inserted bases; those of introns, or of two exons, nowhere."""
    monkeypatch.setattr(clips, "_BATCH", batch)
    bases = {"one": _random(3000), "two": _random(2000)}
    bases["two"] = bases["two"][:1500] + bases["one"][520:600] + bases["two"][1580:]
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in bases.items()))
    exons = [(1, 100, 300), (1, 1450, 1700), (0, 200, 450), (0, 500, 700), (0, 900, 1300)]
    loci = SimpleNamespace(
        contigs=("one", "two"),
        searched_stretches=np.array(exons),
        receptor_at=lambda contig, at: contig * 0 - 1,
    )
    taken = [
        ("two", 150, 1),
        ("one", 1000, -1),
        ("one", 250, 1),
        ("one", 750, 1),
        ("one", 530, 1),
        ("two", 290, 1),
    ]
    sequences = np.full((len(taken), 100), 4, dtype=np.uint8)
    for i, (name, at, strand) in enumerate(taken):
        piece = bases[name][at : at + 45]
        sequences[i, :50] = codes_of("ACGTA" + (piece if strand > 0 else reverse_complement(piece)))
    found = clips._search_exons(sequences, np.full(len(taken), 50), loci, open_genome(tmp_path / "g.fa"))
    places = [
        (int(c), int(at) - int(s) * int(first), int(s)) if score else () for score, first, c, at, s in found
    ]
    assert places[:2] == [(1, 145, 1), (0, 1049, -1)]
    assert places[2:] == [(0, 245, 1), (), (), ()]


def _slow_segment(sequence, target, start, strand):
    """Return the best score over every stretch, by trying all."""
    scores = []
    for j in range(len(sequence)):
        at = start + strand * j
        code = target[at] if 0 <= at < len(target) else 4
        code = 3 - code if strand < 0 and code < 4 else code
        scores.append(kernel.MATCH if code == sequence[j] and code < 4 else kernel.MISMATCH)
    return max([0] + [sum(scores[i:j]) for i in range(len(scores)) for j in range(i + 1, len(scores) + 1)])


def test_best_segment_agrees_with_trying_every_stretch():
    for _ in range(60):
        sequence = rng.integers(5, size=20).astype(np.uint8)
        target = rng.integers(5, size=40).astype(np.uint8)
        target[10:22] = sequence[3:15]
        start, strand = int(rng.integers(-5, 40)), int(rng.choice([1, -1]))
        score, first, last, wrong = kernel.best_segment(sequence, len(sequence), target, start, strand)
        assert score == _slow_segment(sequence, target, start, strand)
        assert score == (last - first - wrong) * kernel.MATCH + wrong * kernel.MISMATCH


def test_words_are_found_on_both_strands():
    word = _random(kernel.SEED)
    genome = _random(60) + word + _random(50) + reverse_complement(word) + _random(40)
    words = kernel.words_of(codes_of(word)[None, :], np.array([kernel.SEED]))
    found = np.zeros((50, 3), dtype=np.int64)
    n = kernel.find_words(codes_of(genome), *words, found)
    expected = {(genome.index(word), 1), (genome.index(reverse_complement(word)) + kernel.SEED - 1, -1)}
    assert {(at, strand) for _, at, strand in found[:n].tolist()} == expected


def test_consensus_is_the_majority_and_ends_at_disagreement():
    clips = ["ACGTACGTACGTACGTAAA", "ACGTACGTACGTACGTCC", "ACGTACGTACGTACGTGG", "ACGAACGTACGTACGT"]
    codes = codes_of("".join(clips))
    bounds = np.concatenate([[0], np.cumsum([len(c) for c in clips])]).astype(np.int64)
    agreed, lengths = kernel.consensus(codes, bounds, np.arange(4), np.array([0, 4]), 30)
    assert letters(agreed[0, : lengths[0]]) == "ACGTACGTACGTACGT"


def _slow_agreement(clip, path, inserted, own, shift):
    """Return whether at most a tenth of the bases differ, and how many, base by base."""
    compared = [(path[own + shift + j], c) for j, c in enumerate(clip) if 0 <= own + shift + j < len(path)]
    compared = [(expected, seen) for expected, seen in compared if seen != "N"][: 30 + inserted]
    wrong = sum(expected != seen for expected, seen in compared)
    return len(compared) >= 10 and wrong <= 0.1 * len(compared), wrong


def test_clips_agree_as_comparing_base_by_base_tells():
    own, n_inserted = 12, 5
    paths = [_random(90) for _ in range(3)]
    paths[2] = paths[2][:30] + "N" * 60  # the end of an assembly
    clips = [path[own + shift :][:60] for path in paths for shift in (-2, 0, 3)]
    clips += [clip[:20] + _random(30) for clip in clips] + ["ACGTNNNN" + _random(20), paths[0][own : own + 9]]
    clips += [_random(8) + clip for clip in clips[:3]]
    pairs = [(c, p, s) for c in range(len(clips)) for p in range(3) for s in (-2, 0, 3)]
    bounds = np.concatenate([[0], np.cumsum([len(clip) for clip in clips])]).astype(np.int64)
    arrays = np.array(pairs, dtype=np.int64).T
    agrees, differing = kernel.agree_with_junctions(
        codes_of("".join(clips)),
        bounds,
        *np.ascontiguousarray(arrays),
        np.stack([codes_of(path) for path in paths]),
        np.full(3, n_inserted),
        own,
        0.1,
    )
    expected = [_slow_agreement(clips[c], paths[p], n_inserted, own, s) for c, p, s in pairs]
    assert list(zip(agrees.tolist(), differing.tolist(), strict=True)) == expected
    assert agrees.sum() >= 9


def _slow_limits(before, after):
    half = len(before) // 2
    right = next((k for k in range(half) if before[half + k] != after[half + k]), half)
    left = next((k for k in range(half) if before[half - 1 - k] != after[half - 1 - k]), half)
    return left, right


def test_a_junction_slides_to_the_splice_sites_only_as_far_as_bases_agree():
    n, half = 300, 6
    before = rng.integers(2, size=(n, 2 * half)).astype(np.uint8)
    after = rng.integers(2, size=(n, 2 * half)).astype(np.uint8)
    site = np.zeros((n, 2 * half + 1), dtype=bool)
    wanted = rng.integers(-half, half + 1, size=n)
    site[np.arange(n), half + wanted] = True
    a, b = np.full(n, 1000), np.full(n, 5000)
    ones = np.ones(n, dtype=np.int64)
    homology = settle_junctions(a, ones, b, -ones, before, after, site, site)
    for i in range(n):
        left, right = _slow_limits(before[i], after[i])
        assert homology[i] == left + right
        shift = a[i] - 1000
        assert shift == b[i] - 5000
        assert -left <= shift <= right
        if -left <= wanted[i] <= right:
            assert shift == wanted[i]


def test_the_best_two_places_are_those_of_trying_every_diagonal():
    for _ in range(40):
        sequence = rng.integers(5, size=24).astype(np.uint8)
        target = rng.integers(5, size=80).astype(np.uint8)
        target[20:32] = sequence[2:14]
        hits = np.zeros((2, 4), dtype=np.int64)
        kernel.best_local(sequence, 24, target, hits)
        scores = sorted(
            _slow_segment(sequence, target, start, strand)
            for strand in (1, -1)
            for start in range(-24, target.size + 24)
        )
        assert hits[0, 0] == (scores[-1] if scores[-1] > 3 else 0)
        assert hits[1, 0] <= scores[-2]  # the second starts elsewhere


def _slow_merge(sides, support, distance):
    """Join neighbours one pair at a time, in order, renaming the whole losing group."""
    stands = list(range(len(sides)))
    for i in range(len(sides)):
        for j in range(i + 1, len(sides)):
            apart = np.abs(sides[i] - sides[j])
            if apart[[0, 2, 3, 5]].any() or apart[1] > distance or apart[4] > distance:
                continue
            left, right = stands[i], stands[j]
            best, other = (left, right) if support[left] >= support[right] else (right, left)
            stands = [best if one == other else one for one in stands]
    return stands


def test_junctions_within_a_few_bases_are_one():
    for n in (0, 1, 60):
        sides = np.stack([rng.integers(2, size=n), rng.integers(40, size=n)] * 3, axis=1).reshape(n, 6)
        sides = np.unique(sides[:, [0, 1, 2, 4, 3, 0]] % [2, 40, 2, 2, 30, 1], axis=0).astype(np.int64)
        support = rng.integers(1, 4, size=len(sides))
        assert merge_junctions(sides, support, 5).tolist() == _slow_merge(sides, support, 5)
