"""Plant events in a sample: their molecules, how many fragments, and who supports them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.simulation.events import Event
from leukoscope.simulation.fragments import Fragments, IntArray, Library, Pool, draw_fragments, join
from leukoscope.simulation.haplotypes import Haplotype
from leukoscope.simulation.sequences import Bases

ANCHOR = 10  #: bases on each side of the junction that make a read count


@dataclass(frozen=True)
class EventMolecule:
    """The sequence of an event's transcript and its junction in it."""

    bases: Bases
    left: int  #: bases before the junction
    right: int  #: first base after the junction and the insert


def event_molecule(event: Event, haplotype: Haplotype) -> EventMolecule:
    """Read an event's transcript from one haplotype."""
    bases, ends = haplotype.read(event.pieces)
    left = int(ends[event.junction - 1])
    return EventMolecule(bases, left, left + len(event.inserted))


def draw_support(rng: np.random.Generator, count: int, lowest: int, highest: int) -> IntArray:
    """Draw how many fragments shall cross each event: log-uniform between two whole numbers."""
    exponent = rng.uniform(np.log(lowest), np.log(highest + 1), count)
    return np.minimum(np.exp(exponent).astype(np.int64), highest)


def draw_event_fragments(
    rng: np.random.Generator,
    pool: Pool,
    molecules: Sequence[EventMolecule],
    first: int,
    support: IntArray,
    library: Library,
) -> Fragments:
    """Draw fragments of every event until as many as wanted cross its junction.

    Parameters
    ----------
    rng
        Source of chance.
    pool
        Holds the molecules of the events from index `first` on.
    molecules, support
        One entry per event; fragments that cross count, the others come along by chance.
    library
        Fragment lengths and positions.

    Returns
    -------
    Fragments
        Tagged 1, 2, … by event.
    """
    parts = [_no_fragments()]
    for number, (molecule, wanted) in enumerate(zip(molecules, support, strict=True)):
        reached = 0
        while reached < wanted:
            block = draw_fragments(rng, pool, np.full(64, first + number), library, number + 1)
            crosses = np.cumsum(crossing(block, molecule))
            enough = int(np.searchsorted(crosses, wanted - reached)) + 1
            parts.append(block.take(np.arange(min(enough, 64))))
            reached += int(crosses[min(enough, 64) - 1])
    return join(parts)


def _no_fragments() -> Fragments:
    none = np.empty(0, dtype=np.int64)
    return Fragments(none, none, none, none.astype(bool), none)


def crossing(fragments: Fragments, molecule: EventMolecule) -> NDArray[np.bool_]:
    """Return which fragments have a base on both sides of the junction."""
    end = fragments.start + fragments.length
    return (fragments.start < molecule.left) & (end > molecule.right)


def classify(fragments: Fragments, molecule: EventMolecule, read_length: int) -> NDArray[np.int64]:
    """Return how fragments of one event support it.

    Returns
    -------
    int64[fragments]
        0 not at all, 1 only with an anchor shorter than `ANCHOR`, 2 as a spanning pair (no mate
        has an anchor on both sides), 3 by a read across the junction.
    """
    end = fragments.start + fragments.length
    reads = np.minimum(fragments.length, read_length)
    kind = crossing(fragments, molecule).astype(np.int64)
    far = (molecule.left - fragments.start >= ANCHOR) & (end - molecule.right >= ANCHOR)
    kind[(kind > 0) & far] = 2
    for start, stop in ((fragments.start, fragments.start + reads), (end - reads, end)):
        across = (molecule.left - start >= ANCHOR) & (stop - molecule.right >= ANCHOR)
        kind[across] = 3
    return kind


def wild_type_fragments(event: Event, molecule: EventMolecule, drawn: int) -> float:
    """Return how many fragments of the gene's normal transcript go with `drawn` of the event's.

    The event's molecules are the share ``event.share`` of the gene's; fragments are in
    proportion to length.
    """
    if event.share is None:
        return 0.0
    normal = event.gene5.transcripts[0].length
    return drawn * (1.0 - event.share) / event.share * normal / max(1, molecule.bases.size)
