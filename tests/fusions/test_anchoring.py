"""Where the sides of a junction end: against trying every division, and on made reads."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.fusions.clips import codes_of, letters
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.kernels import fusion_anchors as kernel

HALF = 20
MIDDLE = np.array([HALF])
rng = np.random.default_rng(41)


def _random(n):
    return "".join("ACGT"[i] for i in rng.integers(4, size=n))


def _score(seen, expected):
    return sum(kernel.column_score(int(a), int(b)) for a, b in zip(seen, expected, strict=True))


def _slow_best(seen, before, after):
    """Return the best score of any division into side a, inserted bases and side b."""
    width = len(seen)
    return max(
        _score(seen[:end], before[:end]) + _score(seen[start:], after[start:]) + kernel.INSERT * (start > end)
        for end in range(width + 1)
        for start in range(end, width + 1)
    )


def test_the_division_is_the_best_of_all():
    seen, before, after = (rng.integers(5, size=(60, 2 * HALF)).astype(np.uint8) for _ in range(3))
    before[:, :12] = seen[:, :12]
    after[:, -15:] = seen[:, -15:]
    end, start = kernel.split_windows(seen, before, after, np.full(60, HALF))
    for i in range(60):
        found = _score(seen[i, : end[i]], before[i, : end[i]]) + _score(
            seen[i, start[i] :], after[i, start[i] :]
        )
        assert found + kernel.INSERT * (start[i] > end[i]) == _slow_best(seen[i], before[i], after[i])


def test_a_junction_that_fits_stays():
    bases = codes_of(_random(2 * HALF))[None, :]
    other = codes_of(_random(2 * HALF))[None, :]
    before, after = other.copy(), other.copy()
    before[:, :HALF], after[:, HALF:] = bases[:, :HALF], bases[:, HALF:]
    end, start = kernel.split_windows(bases, before, after, MIDDLE)
    assert (end[0], start[0]) == (HALF, HALF)


@pytest.mark.parametrize("n_inserted", [3, 8, 16])
def test_bases_of_neither_side_are_inserted(n_inserted):
    """The aligner had put them all onto side a; they agree with the genome on neither side."""
    read = codes_of(_random(2 * HALF))[None, :]
    before, after = read.copy(), read.copy()
    before[:, HALF - n_inserted :] ^= 1
    after[:, :HALF] ^= 2
    end, start = kernel.split_windows(read, before, after, MIDDLE)
    assert (end[0], start[0]) == (HALF - n_inserted, HALF)


@pytest.mark.parametrize(("agreeing", "end"), [(3, HALF - 10), (5, HALF - 4)])
def test_a_few_bases_beyond_a_mismatch_agree_by_chance(agreeing, end):
    """Ten inserted bases, of which the first differs and the next agree with the genome beside side a."""
    read = codes_of(_random(2 * HALF))[None, :]
    before, after = read ^ 1, read ^ 2
    before[:, : HALF - 10] = read[:, : HALF - 10]
    before[:, HALF - 9 : HALF - 9 + agreeing] = read[:, HALF - 9 : HALF - 9 + agreeing]
    after[:, HALF:] = read[:, HALF:]
    found, start = kernel.split_windows(read, before, after, MIDDLE)
    assert (found[0], start[0]) == (end, HALF)


@pytest.mark.parametrize("backward", [False, True])
def test_windows_are_read_in_path_order(backward):
    path = _random(50)
    stored = reverse_complement(path) if backward else path
    codes = np.array([1, 2, 4, 8])[codes_of(stored)]
    packed = (codes[0::2] << 4 | codes[1::2]).astype(np.uint8)
    at = 30 if not backward else 20
    arguments = (np.array([value]) for value in (0, 50, at, backward, 25, 6))
    start, size, junction, turned, left, right = arguments
    window = kernel.read_windows(packed, start, size, junction, turned, left, right, 10)
    assert letters(window[0]) == path[20:36] + "NNNN"


def test_a_majority_outvotes_an_error():
    windows = np.stack([codes_of(text) for text in ("ACGT", "ACGT", "ACTT", "NNNC", "GGGG")])
    agreed = kernel.majority(windows, np.array([0, 4, 5]))
    assert [letters(row) for row in agreed] == ["ACGT", "GGGG"]


def test_saved_mismatches_are_counted_read_by_read():
    before, after = codes_of("AAAACCCC")[None, :], codes_of("CCCCGGGG")[None, :]
    windows = np.stack([codes_of("AATTGGGG"), codes_of("AATAGGGG")])
    told = np.array([4])
    end, start = kernel.split_windows(windows[:1], before, after, told)
    assert (end[0], start[0]) == (2, 4)
    saved = kernel.mismatches_saved(windows, np.array([0, 0]), before, after, told, end, start)
    assert saved.tolist() == [2, 1]


def test_a_side_scores_by_its_best_stretch_at_the_breakpoint():
    before, after = codes_of("AAAAAAAA")[None, :], codes_of("CCCCCCCC")[None, :]
    seen = codes_of("AATAACCG")[None, :]
    of_a, of_b = kernel.anchor_scores(seen, before, after, np.array([5]), np.array([5]))
    assert (of_a[0], of_b[0]) == (2, 2)
