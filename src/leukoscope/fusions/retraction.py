"""Clips behind a block that an aligner forced beyond an intron, or behind bases that agree by chance.

STAR splices the first bases of a duplicated exon to the exon before it, and inserted bases to whatever it
finds within the longest intron, at the price of mismatches.  What is clipped behind such a block tells
nothing; the block's bases belong to the clip, and the clip begins before the intron.  It also goes on
beyond a mismatch where a few inserted bases agree with the genome; those belong to the clip as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.candidates import along_path
from leukoscope.kernels import bam_records as records
from leukoscope.kernels import fusion_anchors as kernel

Int64Array = NDArray[np.int64]

LONGEST_BLOCK = 40  #: bases; a longer block lies where it is aligned, whatever its mismatches
MIN_SCORE = 18  #: of a block (+1, -3) beyond an intron that only this aligner knows: it may lie anywhere
MIN_SCORE_ANNOTATED = 8  #: beyond an annotated intron, of which there are few at one place
TAIL = 12  #: bases before a clip that are looked at for chance agreement beyond a mismatch
COMPARED = 8  #: bases before an intron by which it is told from others that end at the same base
MATCH, MISMATCH = 1, -3


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Outermost blocks beyond an intron; for each the block before it."""

    clip: Int64Array  #: row of the table of clips
    before: Int64Array  #: outermost base of the block before, where the clip begins if it is retracted
    annotated: NDArray[np.bool_]


def retract_clips(table: pd.DataFrame, alignments: Alignments, genome: Genome) -> pd.DataFrame:
    """Return the clips where they begin by the bases of their reads, not by the aligner's word.

    Parameters
    ----------
    table
        Clips as :class:`leukoscope.fusions.clips.Clips` has them.
    alignments, genome
        Bases of the reads, and of what they are aligned to.

    Returns
    -------
    The clips, and `annotated`: whether the block before one stays beyond an annotated intron.
    """
    blocks = _beyond_introns(table, alignments, genome)
    short = table.iloc[blocks.clip]
    length = short["block"].to_numpy(np.int64)
    scores = _scores(
        short,
        short["position"].to_numpy(np.int64),
        np.zeros_like(length),
        length,
        alignments,
        genome,
    )
    misplaced = scores < np.where(blocks.annotated, MIN_SCORE_ANNOTATED, MIN_SCORE)
    at, length = blocks.clip[misplaced], length[misplaced]
    before = blocks.before[misplaced]
    agreed = _agreeing(table.iloc[at], before, length, alignments, genome)
    moved = {
        name: table[name].to_numpy(np.int64, copy=True) for name in ("position", "length", "block", "aligned")
    }
    moved["position"][at] = before + np.where((table["direction"] > 0).to_numpy()[at], agreed, -agreed)
    moved["length"][at] += length - agreed
    moved["aligned"][at] -= length - agreed
    moved["block"][at] = moved["aligned"][at]
    annotated = np.zeros(len(table), dtype=bool)
    annotated[blocks.clip[blocks.annotated & ~misplaced]] = True
    return _trimmed(table.assign(**moved, annotated=annotated), at, alignments, genome)


def _trimmed(
    table: pd.DataFrame, retracted: Int64Array, alignments: Alignments, genome: Genome
) -> pd.DataFrame:
    """Return the clips, beginning before bases that fit the genome worse than they would by chance.

    An aligner goes on beyond a mismatch if two bases agree behind it, which inserted bases do by chance.
    What most clips at one place say counts, so that an error of one read moves none.
    """
    length = np.minimum(table["block"].to_numpy(np.int64), TAIL)
    length[alignments.rows[table["row"].to_numpy(), records.MISMATCHES] == 0] = 0
    length[retracted] = 0
    doubtful = np.flatnonzero(length)
    tails, position = table.iloc[doubtful], table["position"].to_numpy(np.int64)
    seen, known = _against_genome(
        tails,
        position[doubtful],
        np.zeros_like(doubtful),
        length[doubtful],
        alignments,
        genome,
    )
    scores = np.where(seen == known, kernel.MATCH, kernel.MISMATCH)
    scores = np.cumsum(np.where((seen > 3) | (known > 3), 0, scores)[:, ::-1], axis=1)
    surplus = np.zeros(len(table), dtype=np.int64)
    surplus[doubtful] = np.where(scores.min(axis=1, initial=0) < 0, scores.argmin(axis=1) + 1, 0)
    surplus = _usual(table, surplus)
    block = table["block"] - surplus
    return table.assign(
        position=position - surplus * table["direction"].to_numpy(np.int64),
        length=table["length"] + surplus,
        aligned=table["aligned"] - surplus,
        block=block,
        annotated=table["annotated"] & (block > 0),
    )


def _usual(table: pd.DataFrame, values: Int64Array) -> Int64Array:
    """Return for each clip the lower median of the values of all clips that begin at its place."""
    place = table.groupby(["contig", "position", "direction"]).ngroup().to_numpy()
    order = np.lexsort((values, place))
    first = np.searchsorted(place[order], np.arange(place.max(initial=-1) + 2))
    median = order[first[:-1] + (np.diff(first) - 1) // 2]
    return values[median][place] if len(place) else values


def _beyond_introns(table: pd.DataFrame, alignments: Alignments, genome: Genome) -> _Blocks:
    """Return the short outermost blocks, each with the intron that its read's bases speak for."""
    rows = alignments.rows[table["row"].to_numpy()]
    block, right = (
        table["block"].to_numpy(np.int64),
        (table["direction"] > 0).to_numpy(),
    )
    short = np.flatnonzero((block <= LONGEST_BLOCK) & (block < table["aligned"].to_numpy()))
    rows, block, right = rows[short], block[short], right[short]
    edge = np.where(right, rows[:, records.END] - block, rows[:, records.START] + block)
    clip, intron = _introns_at(rows[:, records.CONTIG], edge, right, alignments.introns)
    start = alignments.introns[intron, records.INTRON_KEY] & 0xFFFFFFFF
    end = alignments.introns[intron, records.INTRON_END]
    within = np.where(right[clip], start > rows[clip, records.START], end < rows[clip, records.END])
    clip, intron, start, end = clip[within], intron[within], start[within], end[within]
    before = np.where(right[clip], start - 1, end)
    compared = np.full(len(clip), COMPARED)
    agree = _scores(table.iloc[short[clip]], before, block[clip], compared, alignments, genome)
    order = np.lexsort((-alignments.introns[intron, records.INTRON_UNIQUE], -agree, clip))
    best = order[np.diff(clip[order], prepend=-1) > 0]
    annotated = alignments.introns[intron[best], records.INTRON_STRAND] != 0
    return _Blocks(short[clip[best]], before[best], annotated)


def _introns_at(
    contig: Int64Array, edge: Int64Array, right: NDArray[np.bool_], introns: Int64Array
) -> tuple[Int64Array, Int64Array]:
    """Return the pairs (place, intron): introns that end at the edge, for left clips those that start there."""
    places, found = [], []
    ends = (introns[:, records.INTRON_KEY] >> 32 << 32) | introns[:, records.INTRON_END]
    for side, keys in ((True, ends), (False, introns[:, records.INTRON_KEY])):
        order = np.argsort(keys, kind="stable")
        here = np.flatnonzero(right == side)
        wanted = (contig[here] << 32) | edge[here]
        low = np.searchsorted(keys[order], wanted, side="left")
        n = np.searchsorted(keys[order], wanted, side="right") - low
        within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        places.append(np.repeat(here, n))
        found.append(order[np.repeat(low, n) + within])
    return np.concatenate(places), np.concatenate(found)


def _agreeing(
    clips: pd.DataFrame,
    before: Int64Array,
    length: Int64Array,
    alignments: Alignments,
    genome: Genome,
) -> Int64Array:
    """Return how many bases of each retracted block go on as the genome does beyond the block before it."""
    right = (clips["direction"] > 0).to_numpy()
    beyond = before + np.where(right, LONGEST_BLOCK, -LONGEST_BLOCK)
    seen, known = _against_genome(clips, beyond, np.zeros_like(length), length, alignments, genome)
    column = np.minimum(np.arange(LONGEST_BLOCK) + (LONGEST_BLOCK - length)[:, None], LONGEST_BLOCK - 1)
    same = (np.take_along_axis(seen, column, axis=1) == known) & (np.arange(LONGEST_BLOCK) < length[:, None])
    return np.asarray(np.cumprod(same, axis=1).sum(axis=1), dtype=np.int64)


def _scores(
    clips: pd.DataFrame,
    position: Int64Array,
    skipped: Int64Array,
    length: Int64Array,
    alignments: Alignments,
    genome: Genome,
) -> Int64Array:
    """Return how well the last bases of each read before its clip, but for those skipped, fit the genome.

    The `length` bases are compared with those of the genome that end at `position`, read towards the clip.
    """
    seen, known = _against_genome(clips, position, skipped, length, alignments, genome)
    score = np.where(seen == known, MATCH, MISMATCH)
    return np.asarray(np.where((seen > 3) | (known > 3), 0, score).sum(axis=1), dtype=np.int64)


def _against_genome(
    clips: pd.DataFrame,
    position: Int64Array,
    skipped: Int64Array,
    length: Int64Array,
    alignments: Alignments,
    genome: Genome,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the last bases of each read before its clip and those of the genome up to `position`."""
    right = (clips["direction"] > 0).to_numpy()
    seen = _bases_to_clip(clips, skipped, length, alignments)
    start = np.where(right, position + 1 - LONGEST_BLOCK, position)
    contig = clips["contig"].to_numpy(np.int64)
    known = along_path(genome.windows(alignments.contigs, contig, start, LONGEST_BLOCK), right)
    return seen, known


def _bases_to_clip(
    clips: pd.DataFrame, skipped: Int64Array, length: Int64Array, alignments: Alignments
) -> NDArray[np.uint8]:
    """Return the last `length` bases of each read before its clip, but for those skipped, towards the clip."""
    record = alignments.rows[clips["row"].to_numpy()]
    right = (clips["direction"] > 0).to_numpy()
    clipped = np.where(right, record[:, records.CLIP_RIGHT], record[:, records.CLIP_LEFT]) + skipped
    windows: NDArray[np.uint8] = kernel.read_windows(
        alignments.store,
        record[:, records.SEQUENCE_AT],
        record[:, records.SEQUENCE_LENGTH],
        np.where(right, record[:, records.SEQUENCE_LENGTH] - clipped, clipped),
        ~right,
        length,
        np.zeros_like(length),
        LONGEST_BLOCK,
    )
    return windows[:, :LONGEST_BLOCK]
