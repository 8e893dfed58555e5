"""Short tandem duplications that an aligner writes as an insertion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.evidence import read_bases
from leukoscope.kernels import bam_records as records

MAX_ERROR = 0.1  #: share of the inserted bases that may differ from the neighbouring ones


def duplicating_insertions(alignments: Alignments, genome: Genome) -> pd.DataFrame:
    """Return one row of evidence for each read whose insertion repeats the bases beside it."""
    rows = alignments.rows
    found = []
    for at in np.flatnonzero(rows[:, records.KIND] & records.INSERTED).tolist():
        record = rows[at]
        position, length = int(record[records.TEMPLATE]), int(record[records.GAP_END])
        offset, contig = int(record[records.GAP_START]), alignments.contigs[int(record[records.CONTIG])]
        inserted = read_bases(alignments, at)[offset : offset + length]
        for start in (position - length, position):
            beside = genome.fetch(contig, start, start + length)
            wrong = sum(a != b for a, b in zip(inserted, beside, strict=True))
            if wrong <= MAX_ERROR * length:
                found.append((at, start, start + length - 1))
                break
    index = np.array([at for at, _, _ in found], dtype=np.int64)
    kept = rows[index]
    reverse = (kept[:, records.FLAG] & 0x10) > 0
    return pd.DataFrame(
        {
            "fragment": kept[:, records.NAME_HASH],
            "alternative": 0,
            "hits": kept[:, records.HITS],
            "source": "insertion",
            "contig_a": kept[:, records.CONTIG],
            "position_a": np.array([start for _, start, _ in found], dtype=np.int64),
            "direction_a": -1,
            "contig_b": kept[:, records.CONTIG],
            "position_b": np.array([end for _, _, end in found], dtype=np.int64),
            "direction_b": 1,
            "inserted": 0,
            "inserted_bases": "",
            "length_a": kept[:, records.LEFT_BLOCK],
            "length_b": kept[:, records.RIGHT_BLOCK],
            "far_a": kept[:, records.START],
            "far_b": kept[:, records.END],
            "aligned": kept[:, records.ALIGNED],
            "mismatches": 0,
            "five_prime": 0,
            "outer_1": np.where(reverse, kept[:, records.END], kept[:, records.START]),
            "outer_2": kept[:, records.MATE_START],
            "row": index,
        }
    )
