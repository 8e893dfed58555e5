"""Call gene fusions: evidence, candidates, filters, confidence, annotation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.fusions.calls import call_table
from leukoscope.fusions.candidates import attach_discordant, group_events, orient, settle
from leukoscope.fusions.clips import add_clips
from leukoscope.fusions.confidence import (
    assess,
    drop_shared_breakpoints,
    drop_shifted_duplications,
    keep_best_breakpoints,
    rank,
    recover_isoforms,
)
from leukoscope.fusions.evidence import collect_evidence, inserted_bases, library_strand
from leukoscope.fusions.features import describe, donor_share, e_value, support
from leukoscope.fusions.filters import Surroundings, filter_events
from leukoscope.fusions.homology import echoes
from leukoscope.fusions.junctions import skipping_introns
from leukoscope.fusions.known import is_known_pair, spare_known_pairs
from leukoscope.fusions.loci import Loci
from leukoscope.fusions.read_filters import filter_reads
from leukoscope.genemodel import GeneModel
from leukoscope.tables.fusions import FUSIONS


@dataclass(frozen=True, slots=True)
class FusionCalls:
    """What :func:`call_fusions` found."""

    calls: pd.DataFrame  #: events that stand, best first (:data:`~leukoscope.tables.fusions.FUSIONS`)
    discarded: pd.DataFrame  #: rejected events, the reasons in ``rejected_by``
    strand: int  #: strandedness of the library: +1, -1 or 0


def call_fusions(
    alignments: Alignments,
    model: GeneModel,
    genome: Genome,
    *,
    drivers: pd.DataFrame | None = None,
    domains: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
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
        Tables for the annotation, see :func:`leukoscope.fusions.annotation.annotate_calls`.
    """
    loci = Loci(model, alignments.contigs)
    strand = library_strand(alignments)
    evidence = collect_evidence(alignments, strand=strand)
    evidence = evidence.assign(inserted_bases=inserted_bases(alignments, evidence))
    evidence = settle(evidence, loci, genome)
    evidence = add_clips(evidence, alignments, loci, genome, strand=strand)
    if evidence.empty:
        return FusionCalls(FUSIONS.empty(), FUSIONS.empty(), strand)
    evidence = filter_reads(evidence, loci)
    events, pairs = find_events(evidence, skipping_introns(alignments, loci), loci)
    events = describe(support(events, pairs, evidence), alignments, loci)
    events = events.assign(e_value=e_value(events), donor_share=donor_share(events, alignments))
    events = filter_events(events, Surroundings(loci, genome))
    events = spare_known_pairs(events, is_known_pair(events, drivers, loci))
    events = drop_shifted_duplications(drop_shared_breakpoints(events))
    events = recover_isoforms(keep_best_breakpoints(events))
    standing = rank(events[events["rejected_by"] == ""])
    events.loc[echoes(standing, loci, genome), "rejected_by"] = "mismappers"
    events = events.assign(confidence=assess(events))
    ranked = rank(events)
    stands = ranked["rejected_by"] == ""
    calls = call_table(ranked[stands], pairs, evidence, alignments, loci)
    return FusionCalls(
        calls=annotate_calls(calls, model, genome, drivers=drivers, domains=domains, panel=panel),
        discarded=call_table(ranked[~stands], pairs, evidence, alignments, loci),
        strand=strand,
    )


def find_events(
    evidence: pd.DataFrame, skipping: pd.DataFrame, loci: Loci
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Group the evidence into events with their genes, and tell which fragment speaks for which.

    Introns that skip exons are events of their own, for which no single fragment was kept.
    """
    events, of_event = group_events(evidence)
    events = pd.concat([events, skipping], ignore_index=True).fillna({"n_junction": 0, "skip_share": 0.0})
    exact = np.flatnonzero(of_event >= 0)
    votes = np.zeros(len(events), dtype=np.int64)
    np.add.at(votes, of_event[exact], evidence["five_prime"].to_numpy()[exact])
    events, pairs = attach_discordant(orient(events, votes, loci), evidence, loci)
    pairs = pd.concat([pd.DataFrame({"event": of_event[exact], "evidence": exact}), pairs], ignore_index=True)
    votes = np.zeros(len(events), dtype=np.int64)
    np.add.at(
        votes, pairs["event"].to_numpy(), evidence["five_prime"].to_numpy()[pairs["evidence"].to_numpy()]
    )
    events = events.fillna({"n_junction": 0, "skip_share": 0.0}).astype({"n_junction": np.int64})
    return orient(events, votes, loci), pairs
