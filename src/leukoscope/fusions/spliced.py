"""The transcript around a breakpoint, where an intron lies near: what reads across it go on with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.candidates import along_path
from leukoscope.fusions.loci import Loci
from leukoscope.kernels import bam_records as records

Int64Array = NDArray[np.int64]
Codes = NDArray[np.uint8]


def transcripts_around(loci: Loci, contig: int, position: int, reach: int) -> Iterator[Int64Array]:
    """Yield the positions of up to `reach` exonic bases before and after an exonic position, in genomic order.

    Each way in which the annotated transcripts splice there is told once; a stretch without intron is none.

    Parameters
    ----------
    loci
        The annotation.
    contig, position
        Contig of the BAM file, and the position on it.
    reach
        Exonic bases on each side.
    """
    model = loci.model
    known = set()
    for gene in model.genes_at(int(loci.to_model[contig]), position).tolist():
        for transcript in model.transcripts_of(gene):
            exons = model.exons_of(transcript)
            starts, ends = model.exon_start[exons], model.exon_end[exons]
            here = int(np.searchsorted(ends, position, side="right"))
            if here == len(starts) or starts[here] > position:
                continue
            before = np.cumsum(np.append(0, ends - starts))
            at = int(before[here]) + position - int(starts[here])
            low, high = max(at - reach, 0), min(at + reach, int(before[-1]))
            blocks = tuple(
                (int(start) + max(low - done, 0), int(end) - max(done + int(end - start) - high, 0))
                for start, end, done in zip(starts, ends, before.tolist(), strict=False)
                if done < high and done + int(end - start) > low
            )
            if len(blocks) > 1 and blocks not in known:
                known.add(blocks)
                yield np.concatenate([np.arange(start, end, dtype=np.int64) for start, end in blocks])


def beyond_introns(
    contig: Int64Array,
    position: Int64Array,
    direction: Int64Array,
    length: int,
    alignments: Alignments,
    genome: Genome,
) -> tuple[Int64Array, Codes]:
    """Return what a molecule reads from breakpoints inwards, beyond the most used annotated intron near by.

    Parameters
    ----------
    contig, position, direction
        The breakpoints; the direction says where the partner is attached.
    length
        Bases that are read, and within which the intron begins.
    alignments
        Tells the introns, and how many reads go across them.
    genome
        The bases.

    Returns
    -------
    The breakpoints (numbers) with such an intron, and the bases, shape (n, length), in path order.
    """
    known = alignments.introns[alignments.introns[:, records.INTRON_STRAND] != 0]
    contigs = known[:, records.INTRON_KEY] >> 32
    first, stop = known[:, records.INTRON_KEY] & 0xFFFFFFFF, known[:, records.INTRON_END]
    places, bases = [], []
    for side in (1, -1):  # the partner lies to the right, the molecule reads to the left, and the other way
        here = np.flatnonzero(direction == side)
        near, far = (stop - 1, first - 1) if side > 0 else (first, stop)
        place, intron, inside = _most_used(
            (contig[here] << 32) | position[here],
            (contigs << 32) | near,
            side,
            length,
            known[:, records.INTRON_UNIQUE],
        )
        at = here[place]
        start = [np.where(side > 0, edge - length + 1, edge) for edge in (position[at], far[intron])]
        own, next_ = (
            along_path(genome.windows(alignments.contigs, contig[at], s, length), np.full(len(at), side < 0))
            for s in start
        )
        column = np.arange(length)[None, :] - inside[:, None]
        read_on = np.take_along_axis(next_, np.maximum(column, 0), axis=1)
        places.append(at)
        bases.append(np.where(column < 0, own, read_on).astype(np.uint8))
    return np.concatenate(places), np.concatenate(bases)


def _most_used(
    place: Int64Array, near: Int64Array, side: int, length: int, reads: Int64Array
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """Return the places that have an intron within `length` bases inwards, the most used one, the bases before it."""
    order = np.argsort(near, kind="stable")
    bounds = (place - length + 1, place) if side > 0 else (place + 1, place + length)
    low, high = np.searchsorted(near[order], bounds[0]), np.searchsorted(near[order], bounds[1])
    n = np.maximum(high - low, 0)
    number = np.repeat(np.arange(len(place)), n)
    intron = order[np.repeat(low, n) + np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)]
    inside = np.abs(place[number] - near[intron])
    best = np.lexsort((inside, -reads[intron], number))
    best = best[np.diff(number[best], prepend=-1) > 0]
    return number[best], intron[best], inside[best]
