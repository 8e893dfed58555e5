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
from leukoscope.fusions import junctions
from leukoscope.fusions.candidates import is_anchored
from leukoscope.fusions.features import MICRO_HOMOLOGY, MIN_ADDED, SWITCH_COPIES
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_loci as sites
from leukoscope.kernels.poisson import poisson_tails

BoolArray = NDArray[np.bool_]

MIN_SUPPORT = 2  #: fragments, for junctions of splice sites
MIN_PROBABILITY = 0.2  #: of being true; of events below it, four in five are artefacts (docs/fusions.md)
MIN_SUPPORT_ELSEWHERE = 3  #: fragments, for any other junction
MAX_E_VALUE = 0.3  #: as Arriba's default for its own e-value
FOLD_DISTANCE = 10_000  #: bases within which an inversion is more often folded cDNA
CIRCULAR_SHARE = 0.03  #: of the donor's copies, below which a back-splice is taken for circular RNA
READ_THROUGH_DISTANCE = 400_000  #: bases; a deletion beyond this is none of transcription
READ_THROUGH_SHARE = 0.1  #: of the donor's copies, below which a neighbour is read through, not joined
USUAL_READ_THROUGH = 0.05  #: of the donor's copies, in most neighbours at most
READ_THROUGH_P = (
    0.05  #: of so many fragments or more by usual read-through, above which they are taken for it
)
ITD_LENGTHS = (9, 400)  #: shortest and longest internal tandem duplication, exonic bases
RARE_SHARE = 0.01  #: of the copies of the more abundant partner
BEHIND = 30  #: bases behind a breakpoint that are looked at
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
    needed = np.where(events["both_spliced"], MIN_SUPPORT, MIN_SUPPORT_ELSEWHERE)
    few = (events["total"] < needed) | (events["linking"] < MIN_SUPPORT)
    return (few | ((split == 0) & (events["mates"] < 5))).to_numpy()


def is_collinear_in_gene(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A deletion inside one gene: splicing, unless a large share of the copies skips exons."""
    skips = (events["n_junction"] >= junctions.MIN_READS) & (events["skip_share"] >= junctions.MIN_SHARE)
    return (events["same_gene"] & is_deletion(events) & ~skips).to_numpy()


def is_template_switch(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Two transcripts joined where they agree in a few bases, in as many copies as one molecule leaves."""
    switched = (events["homology"] >= MICRO_HOMOLOGY) & ~events["both_spliced"] & ~events["same_gene"]
    return (switched & (events["total"] <= copies_of_a_switch(events))).to_numpy()


def is_between_exons_of_a_gene(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """An event inside one gene whose breakpoints are no splice sites: cDNA that slipped or folded.

    A block of exons that was turned round is joined at the ends of exons, on whichever strand, or by more
    fragments than one folded molecule leaves, where the sides do not agree as they do in a fold.  A duplicated
    stretch may reach from one exon into the next; in a rare copy that is more often a switched molecule.
    """
    inside = events["same_gene"] & ~is_deletion(events)
    split = events["split_a"] + events["split_b"]
    tandem = is_tandem_duplication(events) & inside & is_short_in_transcript(events, around.loci)
    tandem &= (
        (events["distance"] < ITD_LENGTHS[1])
        | (events["total"] > copies_of_a_switch(events))
        | ~is_rare(events)
    )
    many = (events["total"] > 2 * SWITCH_COPIES) & (events["homology"] < MICRO_HOMOLOGY)
    turned = is_inversion(events) & (split >= 2) & (at_exon_ends(events) | many)
    real = (tandem & (split >= 3)) | turned
    return (inside & ~events["both_spliced"] & ~real).to_numpy()


def has_homopolymer(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A run of one base at a breakpoint that is no splice site, or between the two parts.

    Beside inserted bases that are no run themselves it tells nothing: no primer or slip joined them to it.  Nor
    does it where more fragments go across than one molecule leaves that a primer or slip joined.
    """
    tail = np.array([_is_tail(bases) for bases in events["inserted_bases"]], dtype=bool)
    run = _at_sides(events, around, _are_runs)
    asked = ~events["both_spliced"] & (events["inserted"] < MIN_ADDED)
    asked &= events["total"] <= copies_of_a_switch(events)
    return np.asarray(tail | (run & asked.to_numpy()))


def has_low_complexity(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A repeat of one to three bases behind a breakpoint, which aligns anywhere."""
    return _at_sides(events, around, _are_repeats)


def is_folded_back(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A cDNA that folded back on the same or the next transcript: a close inversion of weak support."""
    close = is_inversion(events) & (events["distance"] < FOLD_DISTANCE) & ~at_exon_ends(events)
    return (close & (events["total"] < 10)).to_numpy()


def is_expected_by_chance(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Chance joins between abundant transcripts explain the fragments."""
    chance = ~events["same_gene"] & (events["e_value"] > MAX_E_VALUE)
    return (chance & ~is_repaired_at_receptor(events)).to_numpy()


def is_improbable(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Few, unspliced or chance-prone fragments together, where each alone would be let pass."""
    return ((events["probability"] < MIN_PROBABILITY) & ~is_repaired_at_receptor(events)).to_numpy()


def is_repaired_at_receptor(events: pd.DataFrame) -> pd.Series:
    """Tell which events have inserted bases at one antigen-receptor locus, as recombination leaves them.

    Reverse transcriptase, which switches templates where they agree, inserts none.
    """
    one_receptor = events["receptor_a"] != events["receptor_b"]
    added = (events["inserted"] >= MIN_ADDED) & (events["linking"] >= MIN_SUPPORT_ELSEWHERE)
    return one_receptor & added


def is_between_abundant(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A few copies that join two abundant transcripts away from splice sites: one molecule, amplified."""
    few = (events["total"] <= SWITCH_COPIES) & ~events["both_spliced"]
    common = events["expected"] >= 0.025
    return (few & common & is_rare(events) & ~events["same_gene"]).to_numpy()


def is_back_splice(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A later exon spliced to an earlier one of its gene in few of the copies: circular RNA.

    Fragments that go on beyond the exons between them come from no circle.
    """
    back = events["same_gene"] & is_tandem_duplication(events) & events["both_spliced"]
    weak = (events["donor_share"] < CIRCULAR_SHARE) | (events["total"] < MIN_SUPPORT_ELSEWHERE)
    return (back & weak & (events["beyond"] < MIN_SUPPORT)).to_numpy()


def is_read_through(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """A transcript that runs on into the next gene of its strand, in a small part of the copies.

    A deletion takes half of the copies of a clone and skips whatever genes lie between.  Of few
    fragments the share says little: they must be more than usual read-through leaves.
    """
    close = is_deletion(events) & (events["distance"] <= READ_THROUGH_DISTANCE) & ~events["same_gene"]
    along = events["along_a"] & events["along_b"]
    total = events["total"].to_numpy(np.int64)
    share = events["donor_share"].to_numpy()
    usual = poisson_tails(total, USUAL_READ_THROUGH * total / np.maximum(share, 1e-9))
    found = (close & along).to_numpy() & ((share < READ_THROUGH_SHARE) | (usual > READ_THROUGH_P))
    places = events[["contig_a", "position_a", "position_b"]].to_numpy(np.int64)
    for i in np.flatnonzero(found):
        found[i] = around.loci.n_coding_between(*places[i].tolist()) < 2
    return found


def has_short_anchor(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """No split read reaches far enough into one of the genes to be sure that it belongs there."""
    split = (events["split_a"] + events["split_b"] > 0).to_numpy()
    return split & ~is_anchored(events, around.loci)


def is_between_genes_only(events: pd.DataFrame, around: Surroundings) -> BoolArray:
    """Neither breakpoint touches an exon: unspliced RNA or DNA, unless well supported.

    Antigen-receptor loci are joined to other genes outside of exons.
    """
    exonic = (events["site_a"] > sites.INTRON) | (events["site_b"] > sites.INTRON)
    receptor = events["receptor_a"] | events["receptor_b"]
    return (~exonic & ~receptor & (events["total"] < 10)).to_numpy()


FILTERS: tuple[tuple[str, Callable[[pd.DataFrame, Surroundings], BoolArray]], ...] = (
    ("min_support", lacks_support),
    ("hairpin", is_folded_back),
    ("same_gene", is_collinear_in_gene),
    ("intragenic_exonic", is_between_exons_of_a_gene),
    ("abundant_partners", is_between_abundant),
    ("circular_rna", is_back_splice),
    ("template_switch", is_template_switch),
    ("relative_support", is_expected_by_chance),
    ("improbable", is_improbable),
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


def is_rare(events: pd.DataFrame) -> pd.Series:
    """Tell which events are in so small a part of the more abundant partner's copies that they may be its noise."""
    coverage = events[["coverage_a", "coverage_b"]].max(axis=1)
    return events["total"] / (events["total"] + coverage) < RARE_SHARE


def copies_of_a_switch(events: pd.DataFrame) -> NDArray[np.int64]:
    """Return how many fragments one switched molecule may leave: twice as many where the partners are abundant."""
    return np.where(is_rare(events), 2 * SWITCH_COPIES, SWITCH_COPIES)


def is_deletion(events: pd.DataFrame) -> pd.Series:
    """Tell which events join a left part to a right one on one contig."""
    return events["same_contig"] & (events["direction_a"] > 0) & (events["direction_b"] < 0)


def is_inversion(events: pd.DataFrame) -> pd.Series:
    """Tell which events join two left parts, or two right ones, on one contig."""
    return events["same_contig"] & (events["direction_a"] == events["direction_b"])


def at_exon_ends(events: pd.DataFrame) -> pd.Series:
    """Tell which events join the ends of two exons at introns, on whichever strand each is transcribed."""
    return (events["site_a"] >= sites.SPLICE_SITE) & (events["site_b"] >= sites.SPLICE_SITE)


def is_short_in_transcript(events: pd.DataFrame, loci: Loci) -> BoolArray:
    """Tell which stretches of one gene are as long as internal tandem duplications, introns not counted."""
    places = events[["gene_a", "position_a", "position_b"]].to_numpy(np.int64)
    length = (events["distance"] + 1).to_numpy(np.int64, copy=True)
    inside = events["same_gene"] & (
        events["gene_a"] == events["gene_b"]
    )  # not copies, or from behind the gene
    for i in np.flatnonzero(inside & (length > ITD_LENGTHS[1])):
        gene, first, last = places[i].tolist()
        parts = ((max(start, first), min(end, last + 1)) for start, end in loci.model.merged_exons(gene))
        length[i] = sum(max(end - start, 0) for start, end in parts)
    return np.asarray((length >= ITD_LENGTHS[0]) & (length <= ITD_LENGTHS[1]))


def is_tandem_duplication(events: pd.DataFrame) -> pd.Series:
    """Tell which events join the end of a stretch to its own start."""
    return events["same_contig"] & (events["direction_a"] < 0) & (events["direction_b"] > 0)


def _at_sides(
    events: pd.DataFrame, around: Surroundings, wrong: Callable[[NDArray[np.uint8]], BoolArray]
) -> BoolArray:
    """Tell for which events the bases behind either breakpoint (codes, nearest first) are wrong.

    Events of a single fragment are not looked at.
    """
    found = np.zeros(len(events), dtype=bool)
    several = np.flatnonzero(events["total"] >= MIN_SUPPORT)
    for side in ("a", "b"):
        contig, position, direction = (
            events[f"{what}_{side}"].to_numpy(np.int64)[several]
            for what in ("contig", "position", "direction")
        )
        start = np.where(direction > 0, position + 1 - BEHIND, position)
        codes = around.genome.windows(around.loci.contigs, contig, start, BEHIND)
        found[several] |= wrong(np.where((direction > 0)[:, None], codes[:, ::-1], codes))
    return found


def _is_tail(bases: str) -> bool:
    return len(bases) >= 10 and max(bases.count(base) for base in "ACGT") >= 0.8 * len(bases)


def _are_runs(codes: NDArray[np.uint8]) -> BoolArray:
    return np.asarray((codes[:, :HOMOPOLYMER] == codes[:, :1]).all(axis=1))


def _are_repeats(codes: NDArray[np.uint8]) -> BoolArray:
    triplets = codes[:, :-2] * np.uint8(25) + codes[:, 1:-1] * np.uint8(5) + codes[:, 2:]
    most = (triplets[:, :, None] == triplets[:, None, :]).sum(axis=2).max(axis=1, initial=0)
    return np.asarray(most >= LOW_COMPLEXITY * triplets.shape[1])
