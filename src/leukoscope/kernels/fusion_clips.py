"""Clipped ends of reads: unpacking, consensus, and where in the genome they belong.

Bases are codes: A 0, C 1, G 2, T 3, anything else 4.  A clip is written in path order: from the
breakpoint outwards, as a molecule would be read that leaves the aligned part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit, scratch_njit

Codes = NDArray[np.uint8]
Indices = NDArray[np.int64]

_CODE = np.array([4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4], dtype=np.uint8)

SEED = 14  #: bases of a word that is looked up
_MAX_FILTER = 1 << 23  #: bytes of the filter of words, at most
MATCH, MISMATCH = 1, -3


@njit
def unpack_clips(store: Codes, packed_at: Indices, length: Indices, left: Indices, right: Indices) -> Any:
    """Unpack one end of each read in path order.

    Exactly one of `left` and `right` (clipped bases) is not 0; a left clip is reversed and complemented.

    Returns
    -------
    Codes of all clips, and the offsets of each (one more than clips).
    """
    bounds = np.zeros(packed_at.size + 1, dtype=np.int64)
    for i in range(packed_at.size):
        bounds[i + 1] = bounds[i] + left[i] + right[i]
    codes = np.empty(bounds[-1], dtype=np.uint8)
    for i in range(packed_at.size):
        n = left[i] + right[i]
        for j in range(n):
            q = left[i] - 1 - j if left[i] > 0 else length[i] - n + j
            packed = np.int64(store[packed_at[i] + q // 2])
            code = _CODE[packed & 15 if q & 1 else packed >> 4]
            codes[bounds[i] + j] = 3 - code if left[i] > 0 and code < 4 else code
    return codes, bounds


@njit
def consensus(codes: Codes, bounds: Indices, members: Indices, offsets: Indices, longest: int) -> Any:
    """Return the majority base of each column of each cluster of clips.

    Cluster ``c`` holds the clips ``members[offsets[c]:offsets[c + 1]]``.  It ends where fewer than three in
    four agree; a single clip may extend it once two have agreed on `SEED` bases.

    Returns
    -------
    Codes (clusters, longest) padded with 4, and the length of each.
    """
    n = offsets.size - 1
    agreed = np.full((n, longest), 4, dtype=np.uint8)
    lengths = np.zeros(n, dtype=np.int64)
    for c in range(n):
        for column in range(longest):
            counts = np.zeros(4, dtype=np.int64)
            for m in range(offsets[c], offsets[c + 1]):
                clip = members[m]
                if bounds[clip] + column < bounds[clip + 1] and codes[bounds[clip] + column] < 4:
                    counts[codes[bounds[clip] + column]] += 1
            depth = counts.sum()
            best = counts.argmax()
            if depth < (2 if column < SEED else 1) or 4 * counts[best] < 3 * depth:
                break
            agreed[c, column] = best
            lengths[c] = column + 1
    return agreed, lengths


@njit
def words_of(sequences: Codes, lengths: Indices) -> Any:
    """Return every word of `SEED` bases, sorted, with its sequence and offset, and a filter of them."""
    total = 0
    for i in range(lengths.size):
        total += max(lengths[i] - SEED + 1, 0)
    word = np.empty(total, dtype=np.int64)
    owner = np.empty(total, dtype=np.int64)
    at = 0
    for i in range(lengths.size):
        for j in range(lengths[i] - SEED + 1):
            value = np.int64(0)
            for k in range(SEED):
                value = value * 4 + sequences[i, j + k]
            word[at] = value
            owner[at] = i * 1024 + j
            at += 1
    order = np.argsort(word, kind="mergesort")
    word, owner = word[order], owner[order]
    size = 1024
    while size < min(4 * word.size, _MAX_FILTER):
        size *= 2
    present = np.zeros(size, dtype=np.uint8)
    for value in word:
        bit = value & (8 * size - 1)
        present[bit >> 3] |= np.uint8(1 << (bit & 7))
    return word, owner, present


@scratch_njit
def find_words(target: Codes, word: Indices, owner: Indices, present: Codes, found: Indices) -> int:
    """Find the words in a stretch of the genome, on both strands.

    `found` (rows: owner, position of the word's first base in path order, strand) is filled up to its
    size; the number of rows is returned.
    """
    n = 0
    mask, of_filter = (np.int64(1) << (2 * SEED)) - 1, np.int64(8 * present.size - 1)
    forward, backward, known = np.int64(0), np.int64(0), 0
    for i in range(target.size):
        code = np.int64(target[i])
        if code > 3:
            known = 0
            continue
        forward = ((forward << 2) | code) & mask
        backward = (backward >> 2) | ((3 - code) << (2 * SEED - 2))
        known += 1
        if known < SEED:
            continue
        for strand in (1, -1):
            value = forward if strand > 0 else backward
            bit = value & of_filter
            if not present[bit >> 3] & np.uint8(1 << (bit & 7)):
                continue
            at = np.searchsorted(word, value)
            while at < word.size and word[at] == value and n < found.shape[0]:
                found[n, 0] = owner[at]
                found[n, 1] = i - SEED + 1 if strand > 0 else i
                found[n, 2] = strand
                n += 1
                at += 1
    return n


@scratch_njit
def best_segment(sequence: Codes, length: int, target: Codes, start: int, strand: int) -> Any:
    """Align a sequence without gaps along one diagonal and return its best stretch.

    Base ``j`` of the sequence meets ``target[start + strand * j]`` (complemented on the other strand).

    Returns
    -------
    Score, first base of the stretch, base after its last, mismatches in it.
    """
    best, best_from, best_to, best_wrong = 0, 0, 0, 0
    score, first, wrong = 0, 0, 0
    for j in range(length):
        at = start + strand * j
        code = target[at] if 0 <= at < target.size else 4
        if strand < 0 and code < 4:
            code = 3 - code
        if code == sequence[j] and code < 4:
            score += MATCH
        else:
            score += MISMATCH
            wrong += 1
        if score <= 0:
            score, first, wrong = 0, j + 1, 0
        elif score > best:
            best, best_from, best_to, best_wrong = score, first, j + 1, wrong
    return best, best_from, best_to, best_wrong


@njit
def count_words(sequence: Codes, length: int, target: Codes, strand: int, words: Indices) -> None:
    """Count the words of four bases that agree on each diagonal, number ``start + length`` for each start."""
    words[:] = 0
    latest = np.full(256, -1, dtype=np.int64)  # last base of each word in the sequence
    earlier = np.empty(length, dtype=np.int64)
    word, known = np.int64(0), 0
    for j in range(length):
        known = known + 1 if sequence[j] < 4 else 0
        word = ((word << 2) | (sequence[j] & 3)) & 255
        if known >= 4:
            earlier[j] = latest[word]
            latest[word] = j
    word, known = np.int64(0), 0
    for i in range(target.size):
        code = np.int64(target[i] & 3)
        known = known + 1 if target[i] < 4 else 0
        word = ((word << 2) | code) & 255 if strand > 0 else (word >> 2) | ((3 - code) << 6)
        j = latest[word] if known >= 4 else -1
        while j >= 0:
            words[(i - j if strand > 0 else i + j - 3) + length] += 1
            j = earlier[j]


@njit
def best_local(sequence: Codes, length: int, target: Codes, hits: Indices) -> Any:
    """Align a sequence on every diagonal of both strands of a short stretch; keep the best two.

    `hits` (2, 4) is filled with score, first base, position of that base in `target`, and strand.
    The second best starts elsewhere in the target.  Scores up to 3 are not looked for.  Returns the
    number of hits.

    Diagonals with too few words are passed over: m matches, parted by w mismatches into w + 1 runs, hold
    at least m - 3 (w + 1) words of four, which is the score less three.
    """
    hits[:] = 0
    words = np.empty(target.size + 2 * length, dtype=np.int64)
    for strand in (1, -1):
        count_words(sequence, length, target, strand, words)
        for start in range(-length, target.size + length):
            if words[start + length] + 3 <= max(hits[1, 0], 3):
                continue
            score, first, _, _ = best_segment(sequence, length, target, start, strand)
            at = start + strand * first
            if score > hits[0, 0]:
                if hits[0, 2] != at or hits[0, 3] != strand:
                    hits[1] = hits[0]
                hits[0, 0], hits[0, 1], hits[0, 2], hits[0, 3] = score, first, at, strand
            elif score > hits[1, 0]:
                hits[1, 0], hits[1, 1], hits[1, 2], hits[1, 3] = score, first, at, strand
    return (hits[0, 0] > 0) + (hits[1, 0] > 0)


@njit
def agree_with_junctions(
    codes: Codes,
    bounds: Indices,
    clip: Indices,
    junction: Indices,
    shift: Indices,
    paths: Codes,
    inserted: Indices,
    own: int,
    max_error: float,
) -> Any:
    """Tell which clips read on as a junction says; an unknown base of the genome agrees with none.

    Parameters
    ----------
    codes, bounds
        The clips, see :func:`unpack_clips`.
    clip, junction, shift
        Shape (n,): pairs to compare, and by how many bases the clip begins beyond the breakpoint.
    paths
        For each junction and side the last `own` bases of the side and what follows; (junctions, w).
    inserted
        Length of the bases between the sides of each junction.  They and 30 bases beyond are compared.
    own
        Bases of each path that belong to the side itself.
    max_error
        Share of bases that may differ.

    Returns
    -------
    Whether each clip agrees, and how many of its bases differ.
    """
    agrees = np.zeros(clip.size, dtype=np.bool_)
    differing = np.zeros(clip.size, dtype=np.int64)
    for i in range(clip.size):
        start, stop = bounds[clip[i]], bounds[clip[i] + 1]
        compared, wrong = 0, 0
        for j in range(stop - start):
            at = own + shift[i] + j
            if at < 0 or at >= paths.shape[1]:
                break
            expected, seen = paths[junction[i], at], codes[start + j]
            if seen > 3:
                continue
            compared += 1
            wrong += expected != seen
            if compared >= 30 + inserted[junction[i]]:
                break
        agrees[i] = compared >= 10 and wrong <= max_error * compared
        differing[i] = wrong
    return agrees, differing
