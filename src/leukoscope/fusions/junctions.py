"""Deletions inside one gene, read from spliced reads: an annotated donor joined to a later acceptor.

STAR aligns a deletion of whole exons (IKZF1 exons 4 to 7, ERG, PAX5 ...) as an ordinary intron, so
nothing of it is chimeric.  It is an intron that no annotated transcript has, between annotated splice
sites of one gene, with at least one exon inside, in a share of the copies that minor alternative
splicing does not reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import bam_records as records

Int64Array = NDArray[np.int64]

MIN_READS = 3
MIN_OVERHANG = 10  #: bases aligned on both sides in at least one read
MIN_SHARE = 0.05  #: of the copies that use the donor or the acceptor


def skipping_introns(alignments: Alignments, loci: Loci) -> pd.DataFrame:
    """Return introns between annotated splice sites of one gene that skip an exon and are not annotated.

    Returns
    -------
    Sides of the junction, ``n_junction`` (uniquely aligned reads) and ``skip_share``: the reads over
    themselves and the mean of all others at the donor and at the acceptor.
    """
    table = alignments.introns
    used = table[table[:, records.INTRON_UNIQUE] > 0]
    novel = (used[:, records.INTRON_STRAND] == 0) & (used[:, records.INTRON_UNIQUE] >= MIN_READS)
    novel &= used[:, records.INTRON_OVERHANG] >= MIN_OVERHANG
    contig = used[:, records.INTRON_KEY] >> 32
    left = (used[:, records.INTRON_KEY] & 0xFFFFFFFF) - 1
    right = used[:, records.INTRON_END]
    ones = np.ones_like(left)
    novel &= loci.is_splice_site(contig, left, ones) & loci.is_splice_site(contig, right, -ones)
    others = _others(contig, left, used) + _others(contig, right, used)
    found = pd.DataFrame(
        {
            "contig_a": contig,
            "position_a": left,
            "direction_a": 1,
            "contig_b": contig,
            "position_b": right,
            "direction_b": -1,
            "inserted": 0,
            "inserted_bases": "",
            "n_junction": used[:, records.INTRON_UNIQUE],
            "skip_share": used[:, records.INTRON_UNIQUE] / (used[:, records.INTRON_UNIQUE] + others / 2),
        }
    )[novel]
    skips = np.array([_gene_that_skips(row, loci) >= 0 for row in found.to_dict("records")], dtype=bool)
    kept: pd.DataFrame = found[skips]
    return kept.reset_index(drop=True)


def _others(contig: Int64Array, position: Int64Array, used: Int64Array) -> Int64Array:
    """Return the reads of all other introns that end at the same position."""
    _, place = np.unique((contig << 32) | position, return_inverse=True)
    reads = used[:, records.INTRON_UNIQUE]
    return np.bincount(place, weights=reads).astype(np.int64)[place] - reads


def _gene_that_skips(row: Mapping[Any, Any], loci: Loci) -> int:
    """Return the gene that has both splice sites and an exon between them; -1 if none."""
    model = loci.model
    contig = int(loci.to_model[row["contig_a"]])
    left, right = int(row["position_a"]), int(row["position_b"])
    for gene in model.genes_overlapping(contig, left, right).tolist():
        exons = slice(
            int(model.transcript_exons[model.gene_transcripts[gene]]),
            int(model.transcript_exons[model.gene_transcripts[gene + 1]]),
        )
        starts, ends = model.exon_start[exons], model.exon_end[exons]
        skipped = (starts > left) & (ends <= right)
        if (ends == left + 1).any() and (starts == right).any() and skipped.any():
            return int(gene)
    return -1
