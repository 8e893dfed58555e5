"""Filters of events, one function for each artefact, and the reasons they leave behind.

Each function takes the events with their features and says which are the artefact it is named for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_loci as sites

BoolArray = NDArray[np.bool_]

MIN_SUPPORT = 2  #: fragments
MAX_E_VALUE = 0.3  #: as Arriba's default for its own e-value
READ_THROUGH_DISTANCE = 400_000  #: bases; a deletion beyond this is none of transcription
ITD_LENGTH = 400  #: longest internal tandem duplication, bases
MIN_ANCHOR = 20  #: longest part on each side, bases
HOMOPOLYMER = 7  #: bases
LOW_COMPLEXITY = 0.6  #: share of the most frequent 3-mer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a filter may look at beside the features."""

    loci: Loci
    genome: Genome


def lacks_support(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Fewer fragments than an event needs, or one source alone that is often wrong."""
    split = events["split_a"] + events["split_b"]
    return ((events["total"] < MIN_SUPPORT) | ((split == 0) & (events["mates"] < 3))).to_numpy()


def is_collinear_in_gene(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A deletion inside one gene: splicing, unless the junctions say otherwise."""
    return (events["same_gene"] & is_deletion(events)).to_numpy()


def is_between_exons_of_a_gene(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """An event inside one gene whose breakpoints are no splice sites: cDNA that slipped or folded."""
    inside = events["same_gene"] & ~is_deletion(events)
    tandem = is_tandem_duplication(events) & (events["distance"] <= ITD_LENGTH)
    strong_tandem = tandem & (events["split_a"] + events["split_b"] >= 5)
    return (inside & ~events["both_spliced"] & ~strong_tandem).to_numpy()


def has_homopolymer(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A run of one base at a breakpoint that is no splice site."""
    return (
        _at_sides(events, around, lambda bases: _has_run(bases[:HOMOPOLYMER]))
        & ~events["both_spliced"].to_numpy()
    )


def has_low_complexity(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A repeat of one to three bases behind a breakpoint, which aligns anywhere."""
    return _at_sides(events, around, _is_repeat)


def is_expected_by_chance(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Template switching between abundant transcripts explains the fragments."""
    return (~events["same_gene"] & (events["e_value"] > MAX_E_VALUE)).to_numpy()


def is_read_through(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A transcript that runs on into the next gene of its strand, in a small part of the copies."""
    close = is_deletion(events) & (events["distance"] <= READ_THROUGH_DISTANCE) & ~events["same_gene"]
    along = events["along_a"] & events["along_b"]
    return (close & along & (events["donor_share"] < 0.1)).to_numpy()


def has_short_anchor(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """No fragment reaches far enough into one of the genes to be sure that it belongs there."""
    shortest = events[["anchor_a", "anchor_b"]].min(axis=1)
    return ((shortest < MIN_ANCHOR) & ~events["both_spliced"]).to_numpy()


def is_between_genes_only(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Neither breakpoint touches an exon: unspliced RNA or DNA, unless well supported."""
    exonic = (events["site_a"] > sites.INTRON) | (events["site_b"] > sites.INTRON)
    return (~exonic & (events["total"] < 10)).to_numpy()


FILTERS: tuple[tuple[str, Callable[[pd.DataFrame, Surroundings], BoolArray]], ...] = (
    ("min_support", lacks_support),
    ("same_gene", is_collinear_in_gene),
    ("intragenic_exonic", is_between_exons_of_a_gene),
    ("relative_support", is_expected_by_chance),
    ("read_through", is_read_through),
    ("short_anchor", has_short_anchor),
    ("intronic", is_between_genes_only),
    ("homopolymer", has_homopolymer),
    ("low_entropy", has_low_complexity),
)


def filter_events(events: pd.DataFrame, around: Surroundings) -> pd.DataFrame:
    """Return the events with `rejected_by`: every filter that caught them, comma-separated."""
    reasons = [[] for _ in range(len(events))]  # type: list[list[str]]
    for name, catches in FILTERS:
        for event in np.flatnonzero(catches(events, around)):
            reasons[event].append(name)
    return events.assign(rejected_by=[",".join(names) for names in reasons])


def is_deletion(events: pd.DataFrame) -> pd.Series:
    """Tell which events join a left part to a right one on one contig."""
    return events["same_contig"] & (events["direction_a"] > 0) & (events["direction_b"] < 0)


def is_tandem_duplication(events: pd.DataFrame) -> pd.Series:
    """Tell which events join the end of a stretch to its own start."""
    return events["same_contig"] & (events["direction_a"] < 0) & (events["direction_b"] > 0)


def _at_sides(events: pd.DataFrame, around: Surroundings, wrong: Callable[[str], bool]) -> BoolArray:
    """Tell for which events the 30 bases behind either breakpoint (nearest first) are wrong."""
    found = np.zeros(len(events), dtype=bool)
    for side in ("a", "b"):
        for i, (contig, position, direction) in enumerate(
            zip(
                events[f"contig_{side}"], events[f"position_{side}"], events[f"direction_{side}"], strict=True
            )
        ):
            name = around.loci.contigs[contig]
            if direction > 0:
                bases = around.genome.fetch(name, position - 29, position + 1)[::-1]
            else:
                bases = around.genome.fetch(name, position, position + 30)
            found[i] |= wrong(bases)
    return found


def _has_run(bases: str) -> bool:
    return len(bases) > 0 and bases.count(bases[0]) == len(bases)


def _is_repeat(bases: str) -> bool:
    triplets = [bases[i : i + 3] for i in range(len(bases) - 2)]
    return (
        max(triplets.count(t) for t in set(triplets)) >= LOW_COMPLEXITY * len(triplets) if triplets else False
    )
