"""Count the bases that the records of a BAM file show at chosen positions.

The layout of a record is that of the SAM specification, section 4.2 (all integers little-endian).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import scratch_njit
from leukoscope.kernels.bam_records import int32_at

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Counts = NDArray[np.uint16]

_UNUSABLE = 0x4 | 0x100 | 0x200 | 0x400 | 0x800  # unmapped, secondary, failed, duplicate, supplementary
_FULL = 65535


@scratch_njit
def counted_until(data: Bytes, start: Any, flag: Any) -> Any:
    """Return the position from which on the mate counts for both, so that a fragment counts once."""
    contig, position = int32_at(data, start), int32_at(data, start + 4)
    mate_contig, mate_position = int32_at(data, start + 20), int32_at(data, start + 24)
    alone = flag & 0x1 == 0 or flag & 0x8 != 0 or mate_contig != contig or mate_position < position
    if alone or (mate_position == position and flag & 0x80):
        return np.int64(1) << 40
    return mate_position


@scratch_njit
def count_block(
    data: Bytes,
    bases: Any,
    query: Any,
    position: Any,
    stop: Any,
    shape: Any,
    regions: tuple[Ints, Ints, Ints, Ints],
    counts: Counts,
) -> None:
    """Count the bases of one aligned block; see :func:`pile_up`.

    `shape` holds contig, length of the read, whether it is reverse, least base quality, and the
    bases that count as edge of a read.
    """
    contig, length, reverse, min_quality, edge = shape
    bounds, starts, ends, offsets = regions
    at = bounds[contig] + np.searchsorted(ends[bounds[contig] : bounds[contig + 1]], position, side="right")
    qualities = bases + (length + 1) // 2
    while at < bounds[contig + 1] and starts[at] < stop:
        for here in range(max(position, starts[at]), min(stop, ends[at])):
            i = query + here - position
            code = (data[bases + i // 2] >> (0 if i & 1 else 4)) & 15
            if data[qualities + i] < min_quality or code not in (1, 2, 4, 8):
                continue
            base = 0 if code == 1 else (1 if code == 2 else (2 if code == 4 else 3))
            near_edge = 1 if min(i, length - 1 - i) < edge else 0
            kind = (2 * reverse + near_edge) % counts.shape[0]
            cell = offsets[at] + here - starts[at]
            if counts[kind, cell, base] < _FULL:
                counts[kind, cell, base] += 1
        at += 1


@scratch_njit
def pile_up(
    data: Bytes,
    regions: tuple[Ints, Ints, Ints, Ints],
    counts: Counts,
    min_mapping_quality: int,
    min_quality: int,
    edge: int,
) -> Any:
    """Add the whole records in `data` to the counts.

    Parameters
    ----------
    data
        Bytes of BAM records, the last one possibly cut; uint8.
    regions
        First region of each contig (n_contigs + 1), starts and ends of the regions, sorted and disjoint
        within a contig, and the first cell of each region (int64 each).
    counts
        uint16[n_kinds, n_cells, 4], added to: fragments with A, C, G, T.  One kind takes all; of four
        the kind is 2 if the read is reverse, plus 1 within `edge` bases of an end of the read.
    min_mapping_quality, min_quality
        What a read, and a base of it, need to be counted.

    Returns
    -------
    Bytes consumed.
    """
    at = 0
    while at + 4 <= data.size:
        stop = at + 4 + int32_at(data, at)
        if stop > data.size:
            break
        start = at + 4
        at = stop
        flag = np.int64(data[start + 14]) | (np.int64(data[start + 15]) << 8)
        contig = int32_at(data, start)
        without_bases = int32_at(data, start + 16) == 0
        if flag & _UNUSABLE or contig < 0 or without_bases or data[start + 9] < min_mapping_quality:
            continue
        n_operations = np.int64(data[start + 12]) | (np.int64(data[start + 13]) << 8)
        cigar = start + 32 + np.int64(data[start + 8])
        last = counted_until(data, start, flag)
        shape = (contig, int32_at(data, start + 16), (flag >> 4) & 1, min_quality, edge)
        position: Any = np.int64(int32_at(data, start + 4))
        query: Any = np.int64(0)
        for i in range(n_operations):
            word = int32_at(data, cigar + 4 * i) & 0xFFFFFFFF
            operation, length = word & 15, word >> 4
            if operation in (0, 7, 8):  # M = X
                end = min(position + length, last)
                bases = cigar + 4 * n_operations
                count_block(data, bases, query, position, end, shape, regions, counts)
            if operation in (0, 2, 3, 7, 8):
                position += length
            if operation in (0, 1, 4, 7, 8):
                query += length
    return at
