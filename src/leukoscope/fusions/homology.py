"""Events that similar sequences elsewhere in the genome explain."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.fusions.calls import Event
from leukoscope.fusions.clips import bases_before, codes_of, letters
from leukoscope.fusions.evidence import reverse_complement
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import fusion_clips as kernel

BoolArray = NDArray[np.bool_]

COMPARED = 50  #: bases behind a breakpoint that are compared
SAME_COPY = 38  #: score of 50 bases from which they are taken as the same place of a repeat
BESIDE_COPY = 1500  #: bases beside DUX4 that still belong to its unit of the repeat
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


def on_namesake(ranked: pd.DataFrame, loci: Loci, genome: Genome) -> pd.DataFrame:
    """Return the standing events with breakpoints in copies of DUX4 moved to the gene of that name.

    Reads of a D4Z4 array fit all its copies, and which one an aligner prints is chance.  A breakpoint is
    moved where the bases behind it stand in or beside the gene itself.
    """
    own_contig = loci.of_bam[loci.model.gene_contig]
    named = np.flatnonzero((loci.model.gene_symbol == "DUX4") & (own_contig >= 0))
    if not len(named):
        return ranked
    gene = int(named[0])
    contig = int(own_contig[gene])
    moved = ranked.copy()
    for side, other in (("a", "b"), ("b", "a")):
        copy = (ranked[f"locus_{side}"] == loci.partner[gene]) & (ranked[f"gene_{side}"] != gene)
        copy &= (ranked["rejected_by"] == "") & (ranked[f"contig_{other}"] != contig)
        for number in ranked.index[copy]:
            place = _in_gene(_behind(ranked.loc[number], side, loci, genome), gene, contig, loci, genome)
            if place is not None:
                position, direction, beyond = place
                sense = loci.model.gene_strand[[gene]].astype(np.int64)
                at = [np.array([value]) for value in (contig, position, direction)]
                _, site = loci.assign(at[0], at[1], at[2], sense)
                columns = [f"{what}_{side}" for what in ("contig", "position", "direction", "gene", "site")]
                moved.loc[number, columns] = contig, position, direction, gene, site[0]
                bases = str(moved.loc[number, "inserted_bases"])
                bases = beyond + bases if side == "a" else bases + reverse_complement(beyond)
                moved.loc[number, ["inserted", "inserted_bases"]] = len(bases), bases
    return moved


def _in_gene(
    behind: NDArray[np.uint8], gene: int, contig: int, loci: Loci, genome: Genome
) -> tuple[int, int, str] | None:
    """Return where a gene has the bases behind a breakpoint, or None: the breakpoint's position and direction.

    Bases next to the breakpoint that the gene does not have are returned too; they are a copy's own, or
    inserted ones that agree with it.
    """
    start = max(int(loci.model.gene_start[gene]) - BESIDE_COPY, 0)
    target = genome.codes(loci.contigs[contig], start, int(loci.model.gene_end[gene]) + BESIDE_COPY)
    hits = np.zeros((2, 4), dtype=np.int64)
    kernel.best_local(behind, len(behind), target, hits)
    score, first, at, strand = hits[0].tolist()
    if score < SAME_COPY:
        return None
    _, _, last, _ = kernel.best_segment(behind, len(behind), target, at - strand * first, strand)
    return start + at + strand * (last - 1 - first), strand, letters(behind[last:])
