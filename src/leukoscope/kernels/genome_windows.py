"""Bases of many places of a genome at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import scratch_njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@scratch_njit
def fill_windows(raw: Bytes, codes: Bytes, layout: Ints, start: Ints, found: Bytes) -> None:
    """Fill `found` with the codes of the bases from each start on; outside a contig it stays as it is.

    Parameters
    ----------
    raw
        Bytes of the FASTA file; uint8.
    codes
        Code of each byte; uint8[256].
    layout
        Length, offset, bases a line and bytes a line of the contig of each window; int64[n, 4].
    start
        First position of each window; int64[n].
    found
        uint8[n, width].
    """
    for i in range(start.size):
        length, offset, bases, line = layout[i, 0], layout[i, 1], layout[i, 2], layout[i, 3]
        first, stop = max(start[i], 0), min(start[i] + found.shape[1], length)
        if first >= stop:
            continue
        at, column = offset + first // bases * line, first % bases
        for position in range(first, stop):
            found[i, position - start[i]] = codes[raw[at + column]]
            column += 1
            if column == bases:
                at, column = at + line, 0
