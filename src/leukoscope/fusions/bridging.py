"""Junctions that single clips tell beside discordant mates.

A clip alone may belong anywhere.  Where several pairs have their mates on two sides, it need only be looked
for on the other side, in a few hundred bases, or read the same inserted bases as a clip there does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.candidates import (
    DISCORDANT_REACH,
    MATE_SPREAD,
    MERGE_DISTANCE,
    events_of_mates,
    with_loci,
)
from leukoscope.fusions.clips import (
    JUNCTION,
    LONGEST,
    MAX_INSERT,
    MIN_BLOCK,
    MIN_LEAD,
    Clips,
    as_junctions,
    is_tail,
    match_each_other,
)
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci, is_set_aside, site_key
from leukoscope.kernels import fusion_clips as kernel

Int64Array = NDArray[np.int64]
Codes = NDArray[np.uint8]

MIN_PAIRS = 3  #: with different ends, from which clips beside their mates are looked at
MIN_SCORE = 14  #: of a single clip on the other side: chance gives it in one of 50,000 stretches
MOST_CLIPS = 10  #: places beside the mates on one side, those with the longest clips


class _Side(NamedTuple):
    contig: int
    position: int  #: innermost mate
    direction: int


def junctions_beside_mates(evidence: pd.DataFrame, clips: Clips, loci: Loci, genome: Genome) -> pd.DataFrame:
    """Return the junctions (columns `JUNCTION`) that clips tell beside mates of distant loci.

    Parameters
    ----------
    evidence
        Settled evidence; its discordant mates are looked at.
    clips
        All clips, single ones too.
    loci, genome
        The annotation and the bases of the genome.
    """
    table = clips.table
    key = site_key(*(table[name].to_numpy(np.int64) for name in ("contig", "position", "direction")))
    length = table["length"].to_numpy(np.int64)
    order = np.lexsort((table["fragment"].to_numpy(), -length, key))
    order = order[(table["annotated"] | (table["block"] >= MIN_BLOCK)).to_numpy()[order]]
    ordered = key[order], length[order]
    found = [pd.DataFrame(columns=JUNCTION)]
    for a, b in _distant_pairs(evidence, loci):
        beside = [order[_clips_beside(side, *ordered)] for side in (a, b)]
        rows = np.concatenate(beside)
        sequences, lengths = _sequences(clips, rows)
        if not lengths.any():
            continue
        places = table[["contig", "position", "direction"]].to_numpy(np.int64)[rows]
        hits = np.zeros((len(rows), 5), dtype=np.int64)
        for i in np.flatnonzero(lengths):
            hits[i] = _on_side(b if i < len(beside[0]) else a, sequences[i], int(lengths[i]), loci, genome)
        on_side = np.repeat([0, 1], [len(here) for here in beside])
        across = match_each_other(places, sequences, lengths, on_side)
        found += [as_junctions(places, sequences, hits), across]
    return pd.concat([one for one in found if len(one)] or found, ignore_index=True).drop_duplicates(
        SIDES, ignore_index=True
    )


def _distant_pairs(evidence: pd.DataFrame, loci: Loci) -> list[tuple[_Side, _Side]]:
    """Return the two sides, by their innermost mates, of loci that enough pairs join."""
    aside = np.array([is_set_aside(name) for name in loci.contigs] or [False])
    near = (evidence["contig_a"] == evidence["contig_b"]) & (
        evidence["position_b"] - evidence["position_a"] < DISCORDANT_REACH
    )
    use = (evidence["source"] == "discordant") & (evidence["hits"] == 1) & ~near
    use &= ~aside[evidence["contig_a"]] & ~aside[evidence["contig_b"]]
    mates = evidence[use].drop_duplicates(["contig_a", "contig_b", "outer_1", "outer_2"])
    if mates.empty:
        return []
    groups, pairs = events_of_mates(with_loci(mates, loci), 0)
    enough = np.bincount(pairs["event"], minlength=len(groups)) >= MIN_PAIRS
    sides = groups.loc[enough, SIDES].to_numpy(np.int64).tolist()
    return [(_Side(*side[:3]), _Side(*side[3:])) for side in sides]


def _clips_beside(side: _Side, key: Int64Array, length: Int64Array) -> Int64Array:
    """Return the longest clip of each place from the innermost mate on, those of the longest clips only.

    The clips are told by their keys in ascending order, those of one place by their lengths in descending order.
    """
    contig, position, direction = side
    reach = sorted((position - MERGE_DISTANCE * direction, position + MATE_SPREAD * direction))
    reach = [max(end, 0) for end in reach]
    places = np.full(2, contig, dtype=np.int64), np.array(reach, dtype=np.int64)
    low, high = np.searchsorted(key, site_key(*places, np.int64(direction)) + np.arange(2))
    here = np.arange(low, high)
    here = here[key[low:high] & 1 == (direction > 0)]
    longest: Int64Array = here[np.diff(key[here], prepend=-1) > 0]
    return longest[np.argsort(-length[longest], kind="stable")[:MOST_CLIPS]]


def _sequences(clips: Clips, rows: Int64Array) -> tuple[Codes, Int64Array]:
    """Return the bases of clips, up to `LONGEST`, and how many: none of tails."""
    sequences = np.full((len(rows), LONGEST), 4, dtype=np.uint8)
    lengths = np.minimum(np.diff(clips.bounds)[rows], LONGEST)
    for i, row in enumerate(rows.tolist()):
        start = clips.bounds[row]
        sequences[i, : lengths[i]] = clips.codes[start : start + lengths[i]]
    return sequences, np.where(is_tail(sequences, lengths), 0, lengths)


def _on_side(side: _Side, sequence: Codes, length: int, loci: Loci, genome: Genome) -> tuple[int, ...]:
    """Return score, inserted bases, contig, position and strand of a clip beside the mates there, or zeros."""
    contig, position, direction = side
    reach = sorted((position - LONGEST * direction, position + MATE_SPREAD * direction))
    start = max(reach[0], 0)
    hits = np.zeros((2, 4), dtype=np.int64)
    kernel.best_local(sequence, length, genome.codes(loci.contigs[contig], start, reach[1]), hits)
    score, first, at, strand = hits[0].tolist()
    sure = score >= MIN_SCORE and score >= hits[1, 0] + MIN_LEAD and first <= MAX_INSERT
    return (score, first, contig, start + at, strand) if sure and strand == -direction else (0, 0, 0, 0, 0)
