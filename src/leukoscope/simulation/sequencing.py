"""From fragments to reads: mates, adapters, base qualities and the errors that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from leukoscope.simulation.fragments import Fragments, Pool
from leukoscope.simulation.sequences import Bases, as_bases, substitute

ADAPTERS = ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")
QUALITY_BINS = np.array([2, 8, 12, 22, 27, 32, 37, 41])
N_PROFILES = 2_048


@dataclass(frozen=True)
class Qualities:
    """Quality strings of one mate to draw from, and where errors fall in them."""

    letters: Bases  #: (profiles, cycles), Phred + 33
    expected: NDArray[np.float64]  #: (profiles,) errors per read
    cumulated: NDArray[np.float64]  #: (profiles × cycles,) running sum of the error probabilities


def draw_qualities(rng: np.random.Generator, cycles: int, mate: int) -> Qualities:
    """Draw the quality strings that the reads of one mate will carry.

    The latent quality of a read falls with the cycle, faster in poor reads and in the second
    mate; its noise is autocorrelated; values are binned as HiSeq 4000 instruments bin them, and
    the first two cycles stay at 32 and the next three at 37 or below.  The probability of an error is what Phred says,
    10^(-Q/10).

    Parameters
    ----------
    rng
        Source of chance.
    cycles
        Read length.
    mate
        0 or 1.
    """
    poor = rng.gamma(0.8, 1.1 if mate == 0 else 1.7, N_PROFILES)
    noise = rng.normal(0.0, 1.0, (N_PROFILES, cycles))
    latent = np.empty_like(noise)
    state = rng.normal(0.0, 1.0, N_PROFILES)
    for cycle in range(cycles):
        state = 0.5 * state + 0.87 * noise[:, cycle]
        latent[:, cycle] = 44.0 - poor * (2.0 + 4.5 * (cycle / cycles) ** 1.5) + 3.0 * state
    latent[:, :2] = np.minimum(latent[:, :2], 33.0)
    latent[:, 2:5] = np.minimum(latent[:, 2:5], 36.0)
    edges = (QUALITY_BINS[1:] + QUALITY_BINS[:-1]) / 2
    quality = QUALITY_BINS[np.searchsorted(edges, latent)]
    wrong = 10.0 ** (-quality / 10.0)
    return Qualities((quality + 33).astype(np.uint8), wrong.sum(axis=1), np.cumsum(wrong.ravel()))


def read_mates(pool: Pool, fragments: Fragments, read_length: int) -> tuple[Bases, Bases]:
    """Return the error-free mates of every fragment.

    The first mate reads the antisense strand from the 3' end of the fragment, the second one the
    sense strand from its 5' end, or the reverse where the fragment is flipped.  A fragment that
    is shorter than the read runs into the adapter and then into G, as two-colour chemistry does.

    Returns
    -------
    first, second : uint8[fragments, read_length]
    """
    sense_at = pool.start[fragments.molecule] + fragments.start
    antisense_at = pool.forward.size - read_length - sense_at - fragments.length
    sense = sliding_window_view(pool.forward, read_length)[sense_at]
    antisense = sliding_window_view(pool.backward, read_length)[antisense_at]
    flipped = fragments.flipped[:, None]
    first, second = np.where(flipped, sense, antisense), np.where(flipped, antisense, sense)
    for mate, adapter in zip((first, second), ADAPTERS, strict=True):
        _run_into_adapter(mate, fragments.length, adapter)
    return first, second


def _run_into_adapter(mate: Bases, length: NDArray[np.int64], adapter: str) -> None:
    short = np.flatnonzero(length < mate.shape[1])
    beyond = np.arange(mate.shape[1])[None, :] - length[short, None]
    tail = as_bases(adapter + "G" * mate.shape[1])
    mate[short] = np.where(beyond >= 0, tail[np.maximum(beyond, 0)], mate[short])


def add_errors(rng: np.random.Generator, mate: Bases, qualities: Qualities) -> Bases:
    """Give each read a quality string, and errors where it promises them; in place.

    Returns
    -------
    uint8[reads, cycles]
        The quality strings.
    """
    cycles = mate.shape[1]
    profile = rng.integers(0, N_PROFILES, size=mate.shape[:1])
    expected: NDArray[np.float64] = qualities.expected[profile]
    read: NDArray[np.int64] = np.repeat(np.arange(mate.shape[0]), rng.poisson(expected))
    up_to: NDArray[np.float64] = qualities.cumulated[(profile[read] + 1) * cycles - 1]
    lot = up_to - rng.random(read.size) * expected[read]
    flat = np.searchsorted(qualities.cumulated, lot)
    cycle = np.clip(flat - profile[read] * cycles, 0, cycles - 1)
    letters: Bases = qualities.letters[profile]
    old: Bases = mate[read, cycle]
    wrong = substitute(rng, old)
    unreadable = (letters[read, cycle] == 35) & (rng.random(read.size) < 0.2)
    mate[read, cycle] = np.where(unreadable | (old == ord("N")), ord("N"), wrong)
    return letters
