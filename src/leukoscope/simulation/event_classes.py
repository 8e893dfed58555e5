"""Every class of event, and how a sample's events are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from leukoscope.simulation import fusion_events, intragenic_events
from leukoscope.simulation.event_drawing import Draw, splice
from leukoscope.simulation.events import Event
from leukoscope.simulation.structures import Genome

Build = Callable[["Draw"], "list[Event] | None"]


CLASSES: dict[str, Build] = {
    "neighbour_deletion": fusion_events.neighbour_deletion,
    "dux4_truncation": fusion_events.dux4_truncation,
    "hijack": fusion_events.hijack,
    "intragenic_deletion": intragenic_events.intragenic_deletion,
    "internal_tandem_duplication": intragenic_events.internal_tandem_duplication,
    "exon_tandem_duplication": intragenic_events.exon_tandem_duplication,
    "read_through": fusion_events.read_through,
    "inversion": fusion_events.inversion,
    "fusion": fusion_events.fusion,
    "fusion_in_exon": fusion_events.fusion_in_exon,
    "fusion_intronic": fusion_events.fusion_intronic,
    "reciprocal": fusion_events.reciprocal,
    "isoforms": fusion_events.isoforms,
    "five_to_five": fusion_events.five_to_five,
    "three_to_three": fusion_events.three_to_three,
}
"""Every class of event; those that need rare neighbourhoods take their genes first."""


def draw_events(
    rng: np.random.Generator, genome: Genome, classes: Sequence[str], per_class: int
) -> list[Event]:
    """Plant up to `per_class` groups of events of every class; each gene is in one group at most.

    A genome too small for all of them gets fewer; a class whose structure it lacks gets none.
    """
    draw = Draw(rng, genome)
    events: list[Event] = []
    for _ in range(per_class):
        for name, build in CLASSES.items():
            group = build(draw) if name in classes else None
            if group:
                first = len(events)
                events += [e if e.partner is None else replace(e, partner=first + e.partner) for e in group]
    return events


def named_fusion(genome: Genome, gene5: str, last: int, gene3: str, first: int) -> Event:
    """Return the fusion of two named genes at the given exons (counted from 1)."""
    a, b = (genome.genes[genome.by_symbol[symbol]] for symbol in (gene5, gene3))
    return splice(a, last, b, first, "fusion")
