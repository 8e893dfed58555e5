"""Call gene fusions: evidence, candidates, filters, confidence, annotation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.anchoring import anchor
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.fusions.calls import call_table
from leukoscope.fusions.candidates import (
    attach_discordant,
    group_events,
    is_anchored,
    measure_anchors,
    orient,
    settle,
)
from leukoscope.fusions.clip_evidence import add_clips
from leukoscope.fusions.confidence import assess, drop_echoes, rank
from leukoscope.fusions.evidence import (
    collect_evidence,
    in_order_of_names,
    inserted_bases,
    library_strand,
    molecule_identifiers,
)
from leukoscope.fusions.features import (
    chance_joins,
    chimeric_shares,
    describe,
    donor_share,
    e_value,
    expected_by_chance,
    joins_of_rarer_pairs,
    support,
)
from leukoscope.fusions.filters import Surroundings, filter_events
from leukoscope.fusions.homology import copies, echoes, on_namesake
from leukoscope.fusions.insertions import duplicating_insertions
from leukoscope.fusions.junctions import skipping_introns
from leukoscope.fusions.known import is_known_pair, spare_known_pairs
from leukoscope.fusions.light import light_evidence, named_contigs, spelled_as
from leukoscope.fusions.loci import Loci
from leukoscope.fusions.panel import is_in_panel
from leukoscope.fusions.probability import probability
from leukoscope.fusions.pseudoautosomal import find_regions, tables_of_chrx, told_of_chrx
from leukoscope.fusions.read_filters import filter_reads
from leukoscope.genemodel import GeneModel
from leukoscope.tables.fusions import FUSIONS


@dataclass(frozen=True, slots=True)
class FusionCalls:
    """What :func:`call_fusions` found."""

    calls: pd.DataFrame  #: events that stand, best first (:data:`~leukoscope.tables.fusions.FUSIONS`)
    discarded: pd.DataFrame  #: rejected events, the reasons in ``rejected_by``
    strand: int  #: strandedness of the library: +1, -1 or 0
    features: (
        pd.DataFrame
    )  #: what was measured of each event: those that stand as in `calls`, then the rejected


@pd.option_context("mode.copy_on_write", True)  # as pandas 3 does: columns that stay are not copied
def call_fusions(
    alignments: Alignments,
    model: GeneModel,
    genome: Genome,
    *,
    drivers: pd.DataFrame | None = None,
    domains: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
    odds: pd.DataFrame | None = None,
    umi: str = "",
    with_discarded: bool = True,
) -> FusionCalls:
    """Call fusions from what :func:`leukoscope.formats.bam.scan_alignments` kept.

    Parameters
    ----------
    alignments
        Records that tell of rearrangements.
    model
        The annotation.
    genome
        The genome that the reads were aligned to.
    drivers, domains, panel
        Tables for the annotation, see :func:`leukoscope.fusions.annotation.annotate_calls`.  Driver pairs
        are spared from some filters; events that recur in the panel of normals are rejected.
    odds
        :data:`~leukoscope.tables.driver_fusions.FUSION_PROBABILITY`; without it the column `probability`
        is empty, and no decision looks at it.
    umi
        Where the molecular identifiers stand (``name`` or ``tag``), if the library has any; see
        :func:`leukoscope.fusions.evidence.molecule_identifiers`.
    with_discarded
        Whether the rejected events, thirty times as many as the calls, are wanted as a table too.
    """
    loci = Loci(model, alignments.contigs)
    genome = genome_of(alignments, genome)
    alignments = told_of_chrx(alignments, find_regions(loci, genome))
    strand = library_strand(alignments)
    evidence = collect_evidence(alignments, strand=strand)
    evidence = evidence.assign(inserted_bases=inserted_bases(alignments, evidence))
    repeats = duplicating_insertions(alignments, genome)
    evidence = settle(pd.concat([evidence, repeats], ignore_index=True), loci, genome)
    evidence = anchor(evidence, alignments, loci, genome)
    evidence = add_clips(evidence, alignments, loci, genome, strand=strand)
    if umi:
        evidence = evidence.assign(umi=molecule_identifiers(alignments, evidence, umi))
    tables = Tables(drivers, domains, panel, odds)
    return _decide(evidence, alignments, loci, genome, strand, tables, with_discarded)


@pd.option_context("mode.copy_on_write", True)
def call_fusions_lightly(
    chimeric: pd.DataFrame,
    junctions: pd.DataFrame,
    model: GeneModel,
    genome: Genome,
    *,
    drivers: pd.DataFrame | None = None,
    domains: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
    odds: pd.DataFrame | None = None,
    with_discarded: bool = True,
) -> FusionCalls:
    """Call fusions from STAR's junction files alone, see :mod:`leukoscope.fusions.light`.

    Parameters
    ----------
    chimeric
        :data:`~leukoscope.tables.fusions.CHIMERIC_JUNCTIONS`.
    junctions
        :data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`.
    model, genome, drivers, domains, panel, odds, with_discarded
        As for :func:`call_fusions`.
    """
    chimeric, junctions = (spelled_as(table, model) for table in (chimeric, junctions))
    contigs = named_contigs(chimeric, junctions, model)
    genome = genome.spelled_as(contigs)
    regions = find_regions(Loci(model, contigs), genome)
    chimeric, junctions = tables_of_chrx(chimeric, junctions, regions, contigs)
    alignments, evidence = light_evidence(chimeric, junctions, model)
    loci = Loci(model, alignments.contigs)
    evidence = settle(evidence, loci, genome)
    tables = Tables(drivers, domains, panel, odds)
    return _decide(evidence, alignments, loci, genome, 0, tables, with_discarded)


def genome_of(alignments: Alignments, genome: Genome) -> Genome:
    """Return the genome with the contigs spelled as the alignments do.

    Raises
    ------
    InputError
        If it is not what the reads were aligned to.
    """
    genome.refuse_others(alignments.contigs, alignments.lengths)
    return genome.spelled_as(alignments.contigs)


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables that calls are compared with; any may be absent."""

    drivers: pd.DataFrame | None
    domains: pd.DataFrame | None
    panel: pd.DataFrame | None
    odds: pd.DataFrame | None


def _decide(
    evidence: pd.DataFrame,
    alignments: Alignments,
    loci: Loci,
    genome: Genome,
    strand: int,
    tables: Tables,
    with_discarded: bool,
) -> FusionCalls:
    """Group the evidence, judge the events and annotate those that stand."""
    evidence = filter_reads(in_order_of_names(evidence), loci)
    events, pairs = find_events(evidence, skipping_introns(alignments, loci), loci)
    if events.empty:
        return FusionCalls(FUSIONS.empty(), FUSIONS.empty(), strand, events)
    events = describe(support(events, pairs, evidence), alignments, loci)
    n, share = chimeric_shares(events, alignments, loci)
    expected, rarer = expected_by_chance(n, share), joins_of_rarer_pairs(events, n, share)
    events = events.assign(expected=expected, donor_share=donor_share(events, alignments), rarer=rarer)
    events = events.assign(chance=chance_joins(events))
    events = events.assign(e_value=e_value(events))
    events = judge(events, pairs, evidence, loci, genome, tables)
    ranked = on_namesake(rank(events), loci, genome)
    stands = ranked["rejected_by"] == ""
    calls = annotate_calls(
        call_table(ranked[stands], pairs, evidence, alignments, loci),
        loci.model,
        genome,
        drivers=tables.drivers,
        domains=tables.domains,
        panel=tables.panel,
    )
    rejected = ranked[~stands] if with_discarded else ranked[:0]
    discarded = call_table(rejected, pairs, evidence, alignments, loci)
    if tables.panel is not None:
        normal = is_in_panel(calls, tables.panel)
        seen = calls[normal].assign(rejected_by="panel_of_normals")
        calls, discarded = calls[~normal], pd.concat([seen, discarded], ignore_index=True)
    return FusionCalls(FUSIONS.check(calls), FUSIONS.check(discarded), strand, ranked)


def judge(
    events: pd.DataFrame,
    pairs: pd.DataFrame,
    evidence: pd.DataFrame,
    loci: Loci,
    genome: Genome,
    tables: Tables,
) -> pd.DataFrame:
    """Return the events with `rejected_by` (empty if they stand), `probability` and `confidence`."""
    events = events.assign(probability=probability(events, tables.odds))
    events = filter_events(events, Surroundings(loci, genome))
    known = is_known_pair(events, tables.drivers, loci)
    events = spare_known_pairs(events, known)
    standing = events[events["rejected_by"] == ""]
    events.loc[copies(standing, loci, genome), "rejected_by"] = "homologs"
    events = drop_echoes(events, pairs, evidence, known)
    standing = rank(events[events["rejected_by"] == ""])
    events.loc[echoes(standing, loci, genome), "rejected_by"] = "mismappers"
    return events.assign(confidence=assess(events))


def find_events(
    evidence: pd.DataFrame, skipping: pd.DataFrame, loci: Loci
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group the evidence into events with their genes, and tell which fragment speaks for which.

    Introns that skip exons are events of their own, for which no single fragment was kept.
    """
    events, of_event = group_events(evidence)
    events = measure_anchors(events, of_event, evidence, loci)
    events = pd.concat([events, skipping], ignore_index=True).fillna(_NO_JUNCTION)
    exact = np.flatnonzero(of_event >= 0)
    votes = np.zeros(len(events), dtype=np.int64)
    np.add.at(votes, of_event[exact], evidence["five_prime"].to_numpy()[exact])
    events = orient(events, votes, loci)
    events, pairs = attach_discordant(events, is_anchored(events, loci), evidence, loci)
    pairs = pd.concat([pd.DataFrame({"event": of_event[exact], "evidence": exact}), pairs], ignore_index=True)
    votes = np.zeros(len(events), dtype=np.int64)
    np.add.at(
        votes, pairs["event"].to_numpy(), evidence["five_prime"].to_numpy()[pairs["evidence"].to_numpy()]
    )
    events = events.fillna(_NO_JUNCTION).astype({"n_junction": np.int64})
    return orient(events, votes, loci), pairs


_NO_JUNCTION = {"n_junction": 0, "skip_share": 0.0, "anchor_a": 0, "anchor_b": 0}
