"""R's random numbers: Mersenne Twister [1]_ as ``set.seed`` starts it, and ``sample`` by rejection (R ≥ 3.6).

The state is uint32[625]: the position, then the 624 words.

.. [1] Matsumoto & Nishimura, ACM TOMACS 8 (1998) 3, doi:10.1145/272991.272995
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit, njit, scratch_njit

State = NDArray[np.uint32]
Indices = NDArray[np.int64]

WORDS, SHIFT = 624, 397


@njit
def seeded(seed: int) -> State:
    """Return the state after R's ``set.seed(seed)``, uint32[625]."""
    state = np.empty(WORDS + 1, np.uint32)
    word = np.uint64(seed & 0xFFFFFFFF)
    for _ in range(50):
        word = (np.uint64(69069) * word + np.uint64(1)) & np.uint64(0xFFFFFFFF)
    for i in range(WORDS + 1):
        word = (np.uint64(69069) * word + np.uint64(1)) & np.uint64(0xFFFFFFFF)
        state[i] = np.uint32(word)
    state[0] = np.uint32(WORDS)
    return state


@inner_njit
def _twisted(word: np.uint32, following: np.uint32, distant: np.uint32) -> np.uint32:
    y = (word & np.uint32(0x80000000)) | (following & np.uint32(0x7FFFFFFF))
    return distant ^ (y >> np.uint32(1)) ^ (following & np.uint32(1)) * np.uint32(0x9908B0DF)


@inner_njit
def _refill(state: State) -> None:
    for i in range(1, WORDS - SHIFT + 1):
        state[i] = _twisted(state[i], state[i + 1], state[i + SHIFT])
    for i in range(WORDS - SHIFT + 1, WORDS):
        state[i] = _twisted(state[i], state[i + 1], state[i + SHIFT - WORDS])
    state[WORDS] = _twisted(state[WORDS], state[1], state[SHIFT])
    state[0] = np.uint32(0)


@scratch_njit
def uniform(state: State) -> float:
    """Return R's next ``runif(1)``, in (0, 1)."""
    if state[0] >= WORDS:
        _refill(state)
    y = np.uint64(state[1 + np.int64(state[0])])
    state[0] += np.uint32(1)
    y ^= y >> np.uint64(11)
    y ^= (y << np.uint64(7)) & np.uint64(0x9D2C5680)
    y ^= (y << np.uint64(15)) & np.uint64(0xEFC60000)
    y ^= y >> np.uint64(18)
    value = np.float64(y) * 2.3283064365386963e-10
    smallest = 2.328306437080797e-10
    return min(max(value, 0.5 * smallest), 1.0 - 0.5 * smallest)


@scratch_njit
def index_below(state: State, n: int) -> int:
    """Return a random index in [0, n), drawn from as many bits as `n` needs until one fits."""
    bits = 0
    while (1 << bits) < n:
        bits += 1
    while True:
        drawn = np.int64(0)
        for _ in range(0, bits + 1, 16):
            drawn = 65536 * drawn + np.int64(np.floor(uniform(state) * 65536))
        drawn &= (np.int64(1) << np.int64(bits)) - 1
        if drawn < n:
            return int(drawn)


@njit
def sample(state: State, n: int, size: int) -> Indices:
    """Return `size` different indices of [0, n) in the order drawn, as R's ``sample(n, size) - 1``."""
    left = np.arange(n)
    drawn = np.empty(size, np.int64)
    for i in range(size):
        j = index_below(state, n - i)
        drawn[i] = left[j]
        left[j] = left[n - i - 1]
    return drawn
