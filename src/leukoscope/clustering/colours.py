"""Colours of the tracking plot: a class keeps the colour of the class it came from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

PALETTE = (
    "#A6CEE3", "#1F78B4", "#B2DF8A", "#33A02C", "#FB9A99", "#E31A1C", "#FDBF6F", "#FF7F00", "#CAB2D6",
    "#6A3D9A", "#FFFF99", "#B15928", "#bd18ea", "#2ef4ca", "#f4cced", "#f4cc03", "#05188a", "#e5a25a",
    "#06f106", "#85848f", "#000000", "#076f25", "#93cd7f", "#4d0776", "#ffffff",
)  # fmt: skip
"""ColorBrewer's twelve paired colours and ConsensusClusterPlus's thirteen more."""


def track_colours(classes: Indices) -> list[list[str]]:
    """Give every sample a colour at every K.

    A class inherits the colour of the class at the previous K that gave it the largest share of
    its members, if no other class has an equal claim on either side; else it gets the next new
    colour.  When the palette is spent it starts again.

    Parameters
    ----------
    classes : int64[K, n]
        1-based classes, K = 2, 3, …
    """
    colours = [[PALETTE[c - 1] for c in classes[0]]]
    used = 2
    for previous, current in pairwise(classes):
        shares = _shares(previous, current)
        of_previous = dict(zip(previous, colours[-1], strict=True))
        of_current = {}
        for c in range(shares.shape[1]):
            highest = shares[:, c].max()
            claims = np.flatnonzero(shares[:, c] == highest)
            row = shares[claims[0]]
            if claims.size == 1 and row.max() == highest and (row == highest).sum() == 1:
                of_current[c + 1] = of_previous[claims[0] + 1]
            else:
                used += 1
                of_current[c + 1] = PALETTE[(used - 1) % len(PALETTE)]
        colours.append([of_current[c] for c in current])
    return colours


def _shares(previous: Indices, current: Indices) -> NDArray[np.float64]:
    """Share of each previous class (row) that went to each current class (column)."""
    counts = np.zeros((previous.max(), current.max()))
    np.add.at(counts, (previous - 1, current - 1), 1.0)
    shares: NDArray[np.float64] = counts / counts.sum(axis=1, keepdims=True)
    return shares
