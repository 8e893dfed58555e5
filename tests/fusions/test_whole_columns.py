"""What is worked out for whole columns at once, against looking at every row."""

from __future__ import annotations

import numpy as np

from leukoscope.formats.bam import _Rows
from leukoscope.fusions import features, filters


def test_rows_appended_are_rows_joined():
    rng = np.random.default_rng(3)
    pieces = [rng.integers(100, size=(n, 3)) for n in (0, 5, 1, 0, 400, 7)]
    rows = _Rows(np.int64, 3)
    for piece in pieces:
        rows.append(piece)
    assert rows.n == 413
    assert np.array_equal(rows.whole(), np.concatenate(pieces))
    assert _Rows(np.uint8).whole().shape == (0,)


def test_reads_are_summed_at_each_place():
    rng = np.random.default_rng(4)
    places, reads = rng.integers(20, size=50), rng.integers(1, 9, size=50)
    wanted = np.arange(-1, 22)
    expected = [int(reads[places == place].sum()) for place in wanted]
    assert features._reads_at(wanted, places, reads).tolist() == expected
    assert features._reads_at(wanted, places[:0], reads[:0]).tolist() == [0] * len(wanted)


def test_runs_and_repeats_are_those_of_each_sequence():
    rng = np.random.default_rng(5)
    codes = rng.integers(5, size=(60, filters.BEHIND)).astype(np.uint8)
    codes[10:20, : filters.HOMOPOLYMER] = codes[10:20, :1]
    codes[20:40] = np.tile(codes[20:40, :2], filters.BEHIND // 2)  # repeats of two bases,
    for row, n in enumerate(rng.integers(filters.BEHIND, size=20), start=20):  # the end by chance
        codes[row, n:] = rng.integers(4, size=filters.BEHIND - n)
    runs, repeats = filters._are_runs(codes), filters._are_repeats(codes)
    for sequence, run, repeat in zip(codes.tolist(), runs, repeats, strict=True):
        assert run == (len(set(sequence[: filters.HOMOPOLYMER])) == 1)
        words = [tuple(sequence[i : i + 3]) for i in range(len(sequence) - 2)]
        assert repeat == (max(map(words.count, words)) >= filters.LOW_COMPLEXITY * len(words))
    assert 10 <= runs.sum() < 60
    assert not filters._are_repeats(codes[:0]).size
