"""Where exactly two sequences are joined when the bases around the junction are ambiguous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@njit
def slide_limits(before: Bytes, after: Bytes, i: int) -> tuple[int, int]:
    """Return how far junction `i` can slide to the left and to the right without changing a base.

    `before` and `after` hold, for each junction, the bases around the end of the first part and around
    the start of the second, both in the order of the joined sequence; the junction is in the middle.
    """
    half = before.shape[1] // 2
    right = 0
    while right < half and before[i, half + right] == after[i, half + right] and before[i, half + right] < 4:
        right += 1
    left = 0
    while (
        left < half
        and before[i, half - 1 - left] == after[i, half - 1 - left]
        and before[i, half - 1 - left] < 4
    ):
        left += 1
    return left, right


@njit
def motif_score(before: Bytes, after: Bytes, i: int, shift: int) -> int:
    """Return 1 if the joined parts are flanked by GT...AG (or CT...AC, read from the other strand)."""
    half = before.shape[1] // 2
    at = half + shift
    if at + 2 > 2 * half or at - 2 < 0:
        return 0
    left, right = before[i, at : at + 2], after[i, at - 2 : at]
    forward = left[0] == 2 and left[1] == 3 and right[0] == 0 and right[1] == 2
    reverse = left[0] == 1 and left[1] == 3 and right[0] == 0 and right[1] == 1
    return 1 if forward or reverse else 0


@njit
def settle_junctions(
    position_a: Ints,
    direction_a: Ints,
    position_b: Ints,
    direction_b: Ints,
    before: Bytes,
    after: Bytes,
    site_a: NDArray[np.bool_],
    site_b: NDArray[np.bool_],
) -> Ints:
    """Slide each junction to annotated splice sites, else to a GT-AG motif, else leftmost.

    Parameters
    ----------
    position_a, direction_a, position_b, direction_b
        Shape (n,); a is the first part, b the second; positions are changed in place.
    before, after
        Shape (n, 2 w), see :func:`slide_limits`.
    site_a, site_b
        Shape (n, 2 w + 1), bool: is there a splice site at this shift (from -w to w)?

    Returns
    -------
    Length of the ambiguous stretch of each junction (its micro-homology).
    """
    homology = np.zeros(position_a.size, dtype=np.int64)
    half = before.shape[1] // 2
    for i in range(position_a.size):
        left, right = slide_limits(before, after, i)
        homology[i] = left + right
        best, shift = -1, 0
        for s in range(-left, right + 1):
            score = 4 * (site_a[i, half + s] + site_b[i, half + s]) + motif_score(before, after, i, s)
            if score > best:
                best, shift = score, s
        position_a[i] += direction_a[i] * shift
        position_b[i] -= direction_b[i] * shift
    return homology


@njit
def root(representative: Ints, i: int) -> int:
    """Return the junction that stands for `i`, through those that stand for each other."""
    while representative[i] != i:
        i = representative[i]
    return i


@njit
def merge_junctions(sides: Ints, support: Ints, distance: int) -> Ints:
    """Let the best supported junction stand for those that a few bases tell apart.

    Parameters
    ----------
    sides
        Shape (n, 6), int64: contig, position and direction of side a, and of side b; sorted.
    support
        Shape (n,), int64: fragments of each junction; of two with as many, the first stands.
    distance
        Bases by which junctions of the same contigs and directions may differ on each side.

    Returns
    -------
    For each junction the one that stands for it, shape (n,), int64.
    """
    representative = np.arange(sides.shape[0])
    for i in range(sides.shape[0]):
        j = i + 1
        while j < sides.shape[0] and sides[j, 0] == sides[i, 0] and sides[j, 1] - sides[i, 1] <= distance:
            same = sides[j, 2] == sides[i, 2] and sides[j, 3] == sides[i, 3] and sides[j, 5] == sides[i, 5]
            if same and abs(sides[j, 4] - sides[i, 4]) <= distance:
                left, right = root(representative, i), root(representative, j)
                if support[left] >= support[right]:
                    representative[right] = left
                else:
                    representative[left] = right
            j += 1
    for i in range(sides.shape[0]):
        representative[i] = root(representative, i)
    return representative
