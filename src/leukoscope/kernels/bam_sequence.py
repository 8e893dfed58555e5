"""Bases of BAM records: four bits each, unpacked to letters or codes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_LETTERS = np.frombuffer(b"=ACMGRSVTWYHKDBN", dtype=np.uint8)


@njit
def decode_bases(store: Bytes, at: int, length: int) -> Bytes:
    """Return `length` bases that are packed from byte `at` on, as capital letters (uint8)."""
    letters = np.empty(length, dtype=np.uint8)
    for i in range(length):
        packed = np.int64(store[at + i // 2])
        letters[i] = _LETTERS[packed & 15 if i & 1 else packed >> 4]
    return letters
