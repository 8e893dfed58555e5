"""Where the two sides of a junction end, read from the bases of the reads across it.

Bases are codes: A 0, C 1, G 2, T 3, anything else 4.  A window holds `half` bases before and `half`
bases after the junction, in path order (side a, then side b).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Codes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_CODE = np.array([4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4], dtype=np.uint8)

# In units of log 4: a base agrees by chance one time in four, about one base in 4^4 is a variant, and one
# junction in 4^2 has bases between its sides, however many.
MATCH, MISMATCH, INSERT = 1, -4, -2


@njit
def read_windows(
    store: Codes,
    packed_at: Ints,
    size: Ints,
    junction_at: Ints,
    backward: NDArray[np.bool_],
    left: Ints,
    right: Ints,
    half: int,
) -> Codes:
    """Return the bases of each read around its junction, (reads, 2 half).

    Parameters
    ----------
    store, packed_at, size
        Packed bases, where each read begins in them, and its length.
    junction_at
        Bases of the stored read before the junction.
    backward
        Whether the path runs against the stored read.
    left, right
        Bases of the read before and after the junction, in path order, that are wanted; others are 4.
    half
        Half of the width of a window.
    """
    windows = np.full((packed_at.size, 2 * half), 4, dtype=np.uint8)
    for i in range(packed_at.size):
        for k in range(-min(left[i], half), min(right[i], half)):
            q = junction_at[i] - 1 - k if backward[i] else junction_at[i] + k
            if 0 <= q < size[i]:
                packed = np.int64(store[packed_at[i] + q // 2])
                code = _CODE[packed & 15 if q & 1 else packed >> 4]
                windows[i, half + k] = 3 - code if backward[i] and code < 4 else code
    return windows


@njit
def majority(windows: Codes, offsets: Ints) -> Codes:
    """Return the base of each column that most reads of a junction have, 4 unless more than half agree.

    The windows of junction ``c`` are the rows ``offsets[c]:offsets[c + 1]``.
    """
    n, width = offsets.size - 1, windows.shape[1]
    agreed = np.full((n, width), 4, dtype=np.uint8)
    for c in range(n):
        for column in range(width):
            counts = np.zeros(5, dtype=np.int64)
            for i in range(offsets[c], offsets[c + 1]):
                counts[windows[i, column]] += 1
            best = counts[:4].argmax()
            if 2 * counts[best] > counts[:4].sum():
                agreed[c, column] = best
    return agreed


@njit
def column_score(seen: int, expected: int) -> int:
    """Return the score of one base against the genome; 0 if either is unknown."""
    if seen > 3 or expected > 3:
        return 0
    return MATCH if seen == expected else MISMATCH


@njit
def split_windows(agreed: Codes, before: Codes, after: Codes, told: Ints) -> Any:
    """Divide each window between side a, inserted bases and side b.

    Parameters
    ----------
    agreed
        Bases of the reads, (n, 2 half).
    before, after
        Bases of the genome along side a (and beyond it) and along side b (and before it), (n, 2 half).
    told
        First column of side b as the aligner has it; side a ends in the middle.

    Returns
    -------
    end, start : int64[n]
        First column that is no longer of side a, and first that is of side b; as the aligner has them
        unless another division scores better.
    """
    n, width = agreed.shape
    end = np.full(n, width // 2, dtype=np.int64)
    start = told.copy()
    for i in range(n):
        of_a = np.zeros(width + 1, dtype=np.int64)
        of_b = np.zeros(width + 1, dtype=np.int64)
        for k in range(width):
            of_a[k + 1] = of_a[k] + column_score(agreed[i, k], before[i, k])
            back = width - 1 - k
            of_b[back] = of_b[back + 1] + column_score(agreed[i, back], after[i, back])
        best = of_a[width // 2] + of_b[told[i]] + (INSERT if told[i] > width // 2 else 0)
        highest = 0
        for j in range(width + 1):
            if of_a[j] + of_b[j] > best:
                best, end[i], start[i] = of_a[j] + of_b[j], j, j
            if of_a[highest] + of_b[j] + INSERT > best:
                best, end[i], start[i] = of_a[highest] + of_b[j] + INSERT, highest, j
            if of_a[j] > of_a[highest]:
                highest = j
    return end, start


@njit
def anchor_scores(agreed: Codes, before: Codes, after: Codes, end: Ints, start: Ints) -> Any:
    """Return the alignment score of the best stretch of each side that touches its breakpoint.

    Shape (n,), for side a and side b.
    """
    n, width = agreed.shape
    of_a, of_b = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for i in range(n):
        score = 0
        for k in range(end[i] - 1, -1, -1):
            score += column_score(agreed[i, k], before[i, k])
            of_a[i] = max(of_a[i], score)
        score = 0
        for k in range(start[i], width):
            score += column_score(agreed[i, k], after[i, k])
            of_b[i] = max(of_b[i], score)
    return of_a, of_b


@njit
def mismatches_saved(
    windows: Codes, junction: Ints, before: Codes, after: Codes, told: Ints, end: Ints, start: Ints
) -> Ints:
    """Return how many mismatches fewer each read has with its junction at its new place.

    See :func:`split_windows`; row ``i`` of `windows` crosses junction ``junction[i]``.
    """
    half = windows.shape[1] // 2
    saved = np.zeros(windows.shape[0], dtype=np.int64)
    for i in range(windows.shape[0]):
        c = junction[i]
        for k in range(min(end[c], half), max(start[c], told[c])):
            on_a, on_b = column_score(windows[i, k], before[c, k]), column_score(windows[i, k], after[c, k])
            was = on_a if k < half else (on_b if k >= told[c] else 0)
            now = on_a if k < end[c] else (on_b if k >= start[c] else 0)
            saved[i] += (was == MISMATCH) - (now == MISMATCH)
    return saved
