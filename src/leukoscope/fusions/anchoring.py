"""Where the two sides of a split read really end.

STAR stitches the parts of a read across up to about twenty bases that belong to neither side, by
counting them as mismatches of one of them, or extends a part into the bases between them.  The reads
across a junction are therefore compared with the genome on both sides again, and what fits neither
becomes inserted bases.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.candidates import path_windows
from leukoscope.fusions.clips import letters
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import bam_records as records
from leukoscope.kernels import fusion_anchors as kernel

Int64Array = NDArray[np.int64]

HALF = 48  #: bases looked at on each side of a junction
MAX_READS = 40  #: reads per junction that are asked
SURE = 30  #: alignment score from which a side is taken to belong where it lies, in its whole length


def anchor(evidence: pd.DataFrame, alignments: Alignments, loci: Loci, genome: Genome) -> pd.DataFrame:
    """Return the evidence with the junctions of split reads where their bases, not the aligner, put them.

    Junctions of two annotated splice sites stay: a variant beside one is likelier than an insert there.

    Parameters
    ----------
    evidence
        Settled evidence.
    alignments
        Holds the bases of the reads.
    loci, genome
        The annotation and the bases of the genome.
    """
    rows = _doubtful(evidence, loci)
    if rows.empty:
        return evidence
    junction = rows.groupby(SIDES, sort=False).ngroup().to_numpy().astype(np.int64)
    order = np.argsort(junction, kind="stable")
    rows, junction = rows.iloc[order], junction[order]
    unique = rows[SIDES].drop_duplicates()
    gap = rows.groupby(SIDES, sort=False)["inserted"].first().to_numpy(np.int64)
    before, after = _genome_windows(unique, gap, loci, genome)
    windows = _windows(rows, alignments)
    asked = rows.groupby(SIDES, sort=False).cumcount().to_numpy() < MAX_READS
    offsets = np.searchsorted(junction[asked], np.arange(len(unique) + 1))
    agreed = kernel.majority(windows[asked], offsets)
    end, start = kernel.split_windows(agreed, before, after, HALF + gap)
    ends = [unique[f"position_{side}"].to_numpy(np.int64) for side in ("a", "b")]
    ends[0] = ends[0] + unique["direction_a"].to_numpy(np.int64) * (end - HALF)
    ends[1] = ends[1] - unique["direction_b"].to_numpy(np.int64) * (start - HALF)
    crossed = (unique["contig_a"] == unique["contig_b"]).to_numpy() & (ends[0] > ends[1])
    end[crossed], start[crossed] = HALF, HALF + gap[crossed]
    anchors = kernel.anchor_scores(agreed, before, after, end, start)
    told = pd.DataFrame(
        {
            "end": end - HALF,
            "start": start - HALF - gap,
            "inserted_bases": [letters(seen[e:s]) for seen, e, s in zip(agreed, end, start, strict=True)],
            "anchor_a": anchors[0],
            "anchor_b": anchors[1],
        }
    )
    saved = kernel.mismatches_saved(windows, junction, before, after, HALF + gap, end, start)
    return _corrected(evidence, rows, told.iloc[junction].set_axis(rows.index), saved)


def _doubtful(evidence: pd.DataFrame, loci: Loci) -> pd.DataFrame:
    """Return the split reads of junctions that a read crosses with mismatches or with inserted bases."""
    split = evidence[(evidence["source"] == "split") & (evidence["inserted"] < HALF)]
    spliced = np.ones(len(split), dtype=bool)
    for side in ("a", "b"):
        place = (split[f"{what}_{side}"].to_numpy(np.int64) for what in ("contig", "position", "direction"))
        spliced &= loci.is_splice_site(*place)
    split = split[~spliced]
    split = split[split["inserted"] == split.groupby(SIDES)["inserted"].transform("median")]
    odd = (split["mismatches"] > 0) | (split["inserted"] > 0)
    found: pd.DataFrame = split[odd.groupby([split[name] for name in SIDES]).transform("any")]
    return found


def _genome_windows(
    junctions: pd.DataFrame, gap: Int64Array, loci: Loci, genome: Genome
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the bases of the genome along side a, and along side b, which begins `gap` bases later."""
    sides = {name: junctions[name].to_numpy(np.int64) for name in SIDES}
    sides["position_b"] = sides["position_b"] + sides["direction_b"] * gap
    return path_windows(list(sides.values()), loci, genome, HALF)


def _windows(rows: pd.DataFrame, alignments: Alignments) -> NDArray[np.uint8]:
    """Return the bases of each read around the end of side a, in the order side a, inserted, side b."""
    record = alignments.rows[rows["row"].to_numpy()]
    a, b = (_edge(rows, record, side) for side in ("a", "b"))
    on_a = a[0] <= b[0]
    forward = np.where(on_a, rows["direction_a"] > 0, rows["direction_b"] < 0)
    inserted = rows["inserted"].to_numpy(np.int64)
    at = np.where(on_a, a[1], b[1] - np.where(forward, inserted, -inserted))
    return kernel.read_windows(
        alignments.store,
        record[:, records.SEQUENCE_AT],
        record[:, records.SEQUENCE_LENGTH],
        at,
        ~forward,
        rows["length_a"].to_numpy(np.int64),
        rows["length_b"].to_numpy(np.int64) + inserted,
        HALF,
    )


def _edge(rows: pd.DataFrame, record: Int64Array, side: str) -> tuple[Int64Array, Int64Array]:
    """Return how far a side's breakpoint is from the clipped edge of the record, and the bases before it."""
    position, direction = (rows[f"{what}_{side}"].to_numpy(np.int64) for what in ("position", "direction"))
    right = direction > 0
    beyond = np.where(right, position - record[:, records.END] + 1, record[:, records.START] - position)
    clip = np.where(right, record[:, records.CLIP_RIGHT], record[:, records.CLIP_LEFT])
    at = np.where(right, record[:, records.SEQUENCE_LENGTH] - clip + beyond, clip - beyond)
    elsewhere = (record[:, records.CONTIG] != rows[f"contig_{side}"].to_numpy()) | (clip == 0)
    return np.where(elsewhere, 1 << 60, np.abs(beyond)), at


def _corrected(
    evidence: pd.DataFrame, rows: pd.DataFrame, told: pd.DataFrame, saved: Int64Array
) -> pd.DataFrame:
    """Return the evidence with `rows` as their bases tell: side a ends and side b begins where `told` says."""
    end, start = told["end"], told["start"]
    stays = (end == 0) & (start == 0)
    corrected = rows.assign(
        position_a=rows["position_a"] + rows["direction_a"] * end,
        position_b=rows["position_b"] - rows["direction_b"] * start,
        aligned=rows["aligned"] - (start - end),
        inserted=rows["inserted"] + start - end,
        inserted_bases=told["inserted_bases"],
        mismatches=rows["mismatches"] - saved,
        homology=rows["homology"].where(stays, 0),
    )
    for side, length in (("a", rows["length_a"] + end), ("b", rows["length_b"] - start)):
        score = told[f"anchor_{side}"]
        corrected[f"length_{side}"] = length.where(score >= SURE, np.minimum(length, score))
    return pd.concat([evidence.drop(index=rows.index), corrected]).sort_index()
