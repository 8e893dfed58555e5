"""Filters of single fragments, one function for each artefact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.fusions.candidates import JOINED, mark_duplicates
from leukoscope.fusions.loci import Loci, is_set_aside

BoolArray = NDArray[np.bool_]

ERROR_RATE = 0.01  #: share of bases that differ from the genome (sequencing errors and variants)
MISMATCH_P = 1e-3  #: a fragment with more mismatches than this tail explains is misaligned
MIN_ANCHOR = 10  #: aligned bases on each side, as STAR's chimSegmentMin
SMALL_DISTANCE = 1000  #: mates that dovetail this close come from one small fragment


def is_duplicate(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """PCR duplicates: the same junction and the same outer ends as an earlier fragment."""
    return mark_duplicates(evidence).to_numpy()


def is_on_contig_set_aside(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """Mitochondrial, unplaced, alternative, decoy and viral contigs; DUX4 copies stay."""
    aside = np.array([is_set_aside(name) for name in loci.contigs] or [False])
    return np.asarray(aside[evidence["contig_a"].to_numpy()] | aside[evidence["contig_b"].to_numpy()])


def has_mismatches(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """More mismatches than errors and variants explain: the read belongs elsewhere."""
    mismatches, aligned = evidence["mismatches"].to_numpy(), evidence["aligned"].to_numpy()
    lengths, at = np.unique(aligned, return_inverse=True)
    most = np.array([most_mismatches(length) for length in lengths.tolist()], dtype=np.int64)
    return np.asarray(mismatches > most[at])


def most_mismatches(aligned: int) -> int:
    """Return the largest number of mismatches that is probable enough in so many bases (binomial)."""
    most, at_least, exactly = 0, 1.0, (1 - ERROR_RATE) ** aligned
    while at_least - exactly >= MISMATCH_P:
        at_least -= exactly
        exactly *= (aligned - most) / (most + 1) * ERROR_RATE / (1 - ERROR_RATE)
        most += 1
    return most


def has_short_side(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """A side of a split read too short, even with the inserted bases, to tell which junction it crosses."""
    split = evidence["source"].isin({"split", "clip", "crossing"})
    told = evidence[["length_a", "length_b"]].min(axis=1) + evidence["inserted"]
    return (split & (told < MIN_ANCHOR)).to_numpy()


def is_hairpin(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """A cDNA that folded back: an inversion whose breakpoint lies in the aligned part of its partner."""
    same = (evidence["contig_a"] == evidence["contig_b"]) & (
        evidence["direction_a"] == evidence["direction_b"]
    )
    distance = (evidence["position_b"] - evidence["position_a"]).abs()
    reach = evidence[["length_a", "length_b"]].max(axis=1)
    reach = reach.where(evidence["source"].isin(JOINED), SMALL_DISTANCE)
    return (same & (distance <= reach)).to_numpy()


def is_dovetailed(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """Mates of a fragment shorter than its reads, which seem to point away from each other."""
    apart = (
        (evidence["source"] == "discordant")
        & (evidence["contig_a"] == evidence["contig_b"])
        & ((evidence["position_b"] - evidence["position_a"]).abs() < SMALL_DISTANCE)
    )
    return apart.to_numpy()


def is_receptor_recombination(evidence: pd.DataFrame, loci: Loci) -> BoolArray:
    """Normal V(D)J recombination: both parts touch an antigen-receptor locus, be it beyond an intron."""
    touches = []
    for side in ("a", "b"):
        contig = evidence[f"contig_{side}"].to_numpy(np.int64)
        here, far = (
            loci.receptor_at(contig, evidence[f"{name}_{side}"].to_numpy(np.int64)) >= 0
            for name in ("position", "far")
        )
        touches.append(here | far)
    return np.asarray(touches[0] & touches[1])


READ_FILTERS: tuple[tuple[str, Callable[[pd.DataFrame, Loci], BoolArray]], ...] = (
    ("uninteresting_contigs", is_on_contig_set_aside),
    ("vdj_recombination", is_receptor_recombination),
    ("duplicates", is_duplicate),
    ("hairpin", is_hairpin),
    ("small_insert_size", is_dovetailed),
    ("short_side", has_short_side),
    ("mismatches", has_mismatches),
)


def filter_reads(evidence: pd.DataFrame, loci: Loci) -> pd.DataFrame:
    """Return the evidence with a column `rejected`: the first filter that caught the fragment, or empty."""
    rejected = np.full(len(evidence), "", dtype=object)
    for name, catches in READ_FILTERS:
        rejected[(rejected == "") & catches(evidence, loci)] = name
    return evidence.assign(rejected=rejected)
