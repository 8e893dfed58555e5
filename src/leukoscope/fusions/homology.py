"""Events that similar sequences elsewhere in the genome explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.calls import Event
from leukoscope.fusions.clips import bases_before, codes_of
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_clips as kernel

BoolArray = NDArray[np.bool_]

COMPARED = 50  #: bases behind a breakpoint that are compared
SIMILAR = 26  #: alignment score (+1, -3) of 50 bases from which two places are taken as copies


def copies(standing: pd.DataFrame, loci: Loci, genome: Genome) -> list[int]:
    """Return the events (index labels) one of whose sides stands in the other gene as well."""
    return [
        number
        for number, event in zip(standing.index, standing.to_dict("records"), strict=True)
        if resembles_partner(event, loci, genome)
    ]


def resembles_partner(event: Event, loci: Loci, genome: Genome) -> bool:
    """Tell whether the bases behind one breakpoint stand in the exons of the other gene as well.

    Then one part of the read belongs to the other gene, and no junction is needed to explain it.
    """
    for side, other in (("a", "b"), ("b", "a")):
        gene = int(event[f"gene_{other}"])
        if gene < 0 or event["same_gene"]:
            continue
        behind = _behind(event, side, loci, genome)
        contig = str(loci.model.contigs[loci.model.gene_contig[gene]])
        stretches = [(start - 20, end + 20) for start, end in loci.model.merged_exons(gene)]
        place = int(event[f"position_{other}"])
        stretches.append((place - 500, place + 500))
        if any(_score(behind, genome.codes(contig, *stretch)) >= SIMILAR for stretch in stretches):
            return True
    return False


def echoes(ranked: pd.DataFrame, loci: Loci, genome: Genome) -> list[int]:
    """Return the events (index labels) that repeat a better one with a copy of one of its sides.

    Two events share a breakpoint, and the bases behind the other breakpoint are alike: a paralogue or
    pseudogene drew some of the reads.  `ranked` holds the standing events, best first.
    """
    seen: dict[tuple[int, int, int], list[NDArray[np.uint8]]] = {}
    found = []
    for number, event in zip(ranked.index, ranked.to_dict("records"), strict=True):
        sides = {
            side: (event[f"contig_{side}"], event[f"position_{side}"], event[f"direction_{side}"])
            for side in ("a", "b")
        }
        behind = {side: _behind(event, side, loci, genome) for side in ("a", "b")}
        earlier = [
            any(_score(behind[other], one) >= SIMILAR for one in seen.get(sides[side], []))
            for side, other in (("a", "b"), ("b", "a"))
        ]
        if any(earlier):
            found.append(number)
        for side, other in (("a", "b"), ("b", "a")):
            seen.setdefault(sides[side], []).append(behind[other])
    return found


def _behind(event: Event, side: str, loci: Loci, genome: Genome) -> NDArray[np.uint8]:
    contig = loci.contigs[int(event[f"contig_{side}"])]
    return codes_of(
        bases_before(
            genome, contig, int(event[f"position_{side}"]), int(event[f"direction_{side}"]), COMPARED
        )
    )


def _score(sequence: NDArray[np.uint8], target: NDArray[np.uint8]) -> int:
    hits = np.zeros((2, 4), dtype=np.int64)
    kernel.best_local(sequence, len(sequence), target, hits)
    return int(hits[0, 0])
