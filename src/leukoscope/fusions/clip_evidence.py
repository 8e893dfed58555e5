"""What soft clips add to the evidence: support of known junctions, and junctions of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.bridging import junctions_beside_mates
from leukoscope.fusions.candidates import JOINED, MIN_ANCHOR, settle
from leukoscope.fusions.clips import collect_clips, junctions_of_clips, match_clips
from leukoscope.fusions.evidence import SIDES
from leukoscope.fusions.loci import Loci
from leukoscope.fusions.read_filters import has_mismatches

Int64Array = NDArray[np.int64]


def add_clips(
    evidence: pd.DataFrame, alignments: Alignments, loci: Loci, genome: Genome, *, strand: int
) -> pd.DataFrame:
    """Return the settled evidence with the clips that support its junctions or lead to new ones."""
    clips = collect_clips(alignments, _explained(evidence, loci), genome)
    proposed = pd.concat(
        [junctions_of_clips(clips, loci, genome), junctions_beside_mates(evidence, clips, loci, genome)],
        ignore_index=True,
    )
    proposed = proposed.drop_duplicates(SIDES, ignore_index=True).assign(source="clip")
    proposed["inserted"] = proposed["inserted_bases"].str.len().astype(np.int64)
    known = pd.concat([evidence, settle(proposed, loci, genome)], ignore_index=True)
    known = known[known["source"].isin(JOINED)]
    junctions = known[[*SIDES, "inserted_bases", "homology"]].drop_duplicates(SIDES, ignore_index=True)
    matched = match_clips(clips, junctions, alignments, loci, genome, strand=strand)
    return pd.concat([evidence, matched], ignore_index=True)


def _explained(evidence: pd.DataFrame, loci: Loci) -> Int64Array:
    """Return the records whose clipped bases a split read places with certainty.

    Inserted bases, and the short ends behind them, align somewhere with mismatches; such a place must not
    keep the clip from being looked at.
    """
    split = evidence[evidence["source"] == "split"]
    sure = (split[["length_a", "length_b"]].min(axis=1) >= MIN_ANCHOR) & ~has_mismatches(split, loci)
    return split.loc[sure, "row"].to_numpy(np.int64)
