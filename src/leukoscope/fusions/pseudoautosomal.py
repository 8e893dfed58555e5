"""The pseudoautosomal regions: what lies on chrY and on chrX is told of chrX alone.

Where a genome has both copies, every read of CRLF2, P2RY8 or IL3RA fits twice, and one event would be
called up to four times with its reads shared out among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leukoscope.formats.bam import Alignments
from leukoscope.formats.fasta import Genome
from leukoscope.fusions.loci import Loci
from leukoscope.genemodel import GeneModel
from leukoscope.kernels import bam_records as records

Int64Array = NDArray[np.int64]

STEP = 1000  #: bases by which a region is widened while both copies agree
WIDEST = 3_000_000  #: bases beyond the outermost genes that are tried


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of chrY whose bases stand on chrX as well; contigs are those of the BAM file."""

    contig: int
    start: int
    end: int
    contig_x: int
    offset: int  #: added to a position on chrY to get that on chrX

    def holds(self, contig: Int64Array, position: Int64Array) -> NDArray[np.bool_]:
        """Tell which positions lie in the region."""
        return np.asarray((contig == self.contig) & (position >= self.start) & (position < self.end))


def find_regions(loci: Loci, genome: Genome) -> list[Region]:
    """Return the regions around genes that the annotation has at the same distance on chrX and chrY.

    Regions whose copy on chrY is masked, or differs, are none.
    """
    model, of_bam = loci.model, {name.removeprefix("chr"): i for i, name in enumerate(loci.contigs)}
    of_model = {str(name).removeprefix("chr"): i for i, name in enumerate(model.contigs)}
    if not {"X", "Y"} <= of_bam.keys() & of_model.keys():
        return []
    found = []
    for offset, start, end in _shared_genes(model, of_model["X"], of_model["Y"]):
        region = Region(of_bam["Y"], start, end, of_bam["X"], offset)
        if _agree(region, start, min(start + STEP, end), loci, genome):
            found.append(_widened(region, loci, genome))
    return found


def _shared_genes(model: GeneModel, x: int, y: int) -> list[tuple[int, int, int]]:
    """Return offset, start and end on chrY of the runs of genes that chrX has in the same size and strand."""
    on_x = {str(model.gene_symbol[gene]): gene for gene in np.flatnonzero(model.gene_contig == x)}
    spans: dict[int, tuple[int, int]] = {}
    for gene in np.flatnonzero(model.gene_contig == y).tolist():
        twin = on_x.get(str(model.gene_symbol[gene]), -1)
        if twin < 0 or model.gene_strand[twin] != model.gene_strand[gene]:
            continue
        start, end = int(model.gene_start[gene]), int(model.gene_end[gene])
        offset = int(model.gene_start[twin]) - start
        if int(model.gene_end[twin]) - end == offset:
            first, last = spans.get(offset, (start, end))
            spans[offset] = min(first, start), max(last, end)
    return [(offset, *span) for offset, span in sorted(spans.items())]


def _agree(region: Region, start: int, end: int, loci: Loci, genome: Genome) -> bool:
    here = genome.codes(loci.contigs[region.contig], start, end)
    there = genome.codes(loci.contigs[region.contig_x], start + region.offset, end + region.offset)
    known = (here < 4) & (there < 4)
    return bool(known.any() and (here[known] == there[known]).all() and ((here < 4) == (there < 4)).all())


def _widened(region: Region, loci: Loci, genome: Genome) -> Region:
    """Return the region with all whole steps on both sides in which both copies agree."""
    start, end = region.start, region.end
    lowest, highest = max(start - WIDEST, -region.offset, 0), end + WIDEST
    while start - STEP >= lowest and _agree(region, start - STEP, start, loci, genome):
        start -= STEP
    while end + STEP <= highest and _agree(region, end, end + STEP, loci, genome):
        end += STEP
    return replace(region, start=start, end=end)


def told_of_chrx(alignments: Alignments, regions: Sequence[Region]) -> Alignments:
    """Return the alignments with everything that lies in a region of chrY moved to chrX.

    Fragments that were aligned to both copies then have the same alignment twice, and count once.
    """
    if not regions:
        return alignments
    rows, introns = alignments.rows.copy(), alignments.introns.copy()
    coverage = alignments.coverage.copy()
    for region in regions:
        _move_rows(rows, region)
        introns = _moved_introns(introns, region)
        _move_coverage(coverage, alignments.coverage_bounds, region)
    return replace(alignments, rows=rows, introns=introns, coverage=coverage)


def _move_rows(rows: Int64Array, region: Region) -> None:
    """Move records in place; a gap stands in its columns only for some kinds of record."""
    own = region.holds(rows[:, records.CONTIG], rows[:, records.START])
    rows[own, records.CONTIG] = region.contig_x
    gap = own & ((rows[:, records.KIND] & records.CROSSING) > 0)
    inserted = own & ((rows[:, records.KIND] & records.INSERTED) > 0)
    for moved, columns in (
        (own, (records.START, records.END)),
        (gap, (records.GAP_START, records.GAP_END)),
        (inserted, (records.TEMPLATE,)),
    ):
        for column in columns:
            rows[moved, column] += region.offset
    mate = region.holds(rows[:, records.MATE_CONTIG], rows[:, records.MATE_START])
    rows[mate, records.MATE_CONTIG] = region.contig_x
    rows[mate, records.MATE_START] += region.offset


def _moved_introns(introns: Int64Array, region: Region) -> Int64Array:
    """Return the table with the introns of both copies as one; reads that fit both copies become unique."""
    table = introns.copy()
    key = table[:, records.INTRON_KEY]
    own = region.holds(key >> 32, key & 0xFFFFFFFF)
    key[own] = (region.contig_x << 32) | ((key[own] & 0xFFFFFFFF) + region.offset)
    table[own, records.INTRON_END] += region.offset
    table = table[np.lexsort((table[:, records.INTRON_END], table[:, records.INTRON_KEY]))]
    same = np.flatnonzero((np.diff(table[:, :2], axis=0) == 0).all(axis=1))
    both = np.minimum(table[same, records.INTRON_MULTIPLE], table[same + 1, records.INTRON_MULTIPLE])
    table[same, records.INTRON_UNIQUE] += table[same + 1, records.INTRON_UNIQUE] + both
    table[same, records.INTRON_MULTIPLE] += table[same + 1, records.INTRON_MULTIPLE] - 2 * both
    for column in (records.INTRON_OVERHANG, records.INTRON_STRAND):
        table[same, column] = np.maximum(table[same, column], table[same + 1, column])
    return np.delete(table, same + 1, axis=0)


def _move_coverage(coverage: NDArray[np.uint32], bounds: Int64Array, region: Region) -> None:
    width = records.COVERAGE_BIN
    bins = np.arange(
        region.start // width, min(region.end // width + 1, bounds[region.contig + 1] - bounds[region.contig])
    )
    there = bins + region.offset // width
    fits = (there >= 0) & (there < bounds[region.contig_x + 1] - bounds[region.contig_x])
    here, there = bounds[region.contig] + bins[fits], bounds[region.contig_x] + there[fits]
    coverage[there] += coverage[here]
    coverage[here] = 0
