"""Bases of many places of a genome at once, as codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import scratch_njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@scratch_njit
def fill_windows(raw: Bytes, codes: Bytes, layout: Ints, start: Ints, bounds: Ints, found: Bytes) -> None:
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
    bounds
        Where in `found` each window begins and ends; int64[n, 2].
    found
        uint8[any].
    """
    for i in range(start.size):
        length, offset, bases, line = layout[i, 0], layout[i, 1], layout[i, 2], layout[i, 3]
        first, stop = max(start[i], 0), min(start[i] + bounds[i, 1] - bounds[i, 0], length)
        if first >= stop:
            continue
        at, column = offset + first // bases * line, first % bases
        shift = bounds[i, 0] - start[i]
        for position in range(first, stop):
            found[position + shift] = codes[raw[at + column]]
            column += 1
            if column == bases:
                at, column = at + line, 0
