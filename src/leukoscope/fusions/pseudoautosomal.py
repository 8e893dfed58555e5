"""The pseudoautosomal regions: what lies on chrY and on chrX is told of chrX alone.

Where a genome has both copies, every read of CRLF2, P2RY8 or IL3RA fits twice, and one event would be
called up to four times with its reads shared out among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
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

    def holds_twin(self, contig: Int64Array, position: Int64Array) -> NDArray[np.bool_]:
        """Tell which positions lie in the copy on chrX."""
        own = position - self.offset
        return np.asarray((contig == self.contig_x) & (own >= self.start) & (own < self.end))


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


def tables_of_chrx(
    chimeric: pd.DataFrame, junctions: pd.DataFrame, regions: Sequence[Region], contigs: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As :func:`told_of_chrx`, for STAR's two junction files.

    Parameters
    ----------
    chimeric, junctions
        :data:`~leukoscope.tables.fusions.CHIMERIC_JUNCTIONS` and
        :data:`~leukoscope.tables.fusions.SPLICE_JUNCTIONS`.
    regions, contigs
        The regions, and the contigs that they number.
    """
    place = {name: i for i, name in enumerate(contigs)}
    for region in regions:
        for side in ("a", "b"):
            chimeric = _moved(chimeric, f"contig_{side}", (f"position_{side}", f"far_{side}"), region, place)
        junctions = _moved(junctions, "contig", ("start", "end"), region, place)
        on_x = region.holds_twin(*_places(junctions, "contig", "start", place))
        # a read that fits both copies counts in both lines of the file
        once = junctions["multiple"].groupby([junctions[name] for name in _INTRON]).transform("max")
        first = ~junctions.duplicated(_INTRON)
        unique = junctions["unique"] + np.where(on_x & first, once, 0)
        junctions = junctions.assign(unique=unique, multiple=junctions["multiple"].where(~on_x, 0))
        merged = junctions.groupby(_INTRON, sort=False, as_index=False)
        junctions = merged.agg({"strand": "first", "unique": "sum", "multiple": "sum", "overhang": "max"})
    return chimeric.drop_duplicates(ignore_index=True), junctions


_INTRON = ["contig", "start", "end"]


def _moved(
    table: pd.DataFrame, contig: str, positions: Sequence[str], region: Region, place: dict[str, int]
) -> pd.DataFrame:
    """Return the table with the rows of a region on chrX; the first position tells which they are."""
    own = region.holds(*_places(table, contig, positions[0], place))
    on_x = next((name for name, number in place.items() if number == region.contig_x), "")
    shifted = {name: table[name] + np.where(own, region.offset, 0) for name in positions}
    return table.assign(**{contig: table[contig].mask(own, on_x)}, **shifted)


def _places(
    table: pd.DataFrame, contig: str, position: str, place: dict[str, int]
) -> tuple[Int64Array, Int64Array]:
    return np.array(table[contig].map(place), dtype=np.int64), np.array(table[position], dtype=np.int64)


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
    """Return the table with the introns of both copies as one; reads that fit both copies become unique.

    A read counts where its primary alignment lies, so that the counts of both copies add up.
    """
    table = introns.copy()
    key = table[:, records.INTRON_KEY]
    own = region.holds(key >> 32, key & 0xFFFFFFFF)
    key[own] = (region.contig_x << 32) | ((key[own] & 0xFFFFFFFF) + region.offset)
    table[own, records.INTRON_END] += region.offset
    on_x = region.holds_twin(key >> 32, key & 0xFFFFFFFF)
    table[on_x, records.INTRON_UNIQUE] += table[on_x, records.INTRON_MULTIPLE]
    table[on_x, records.INTRON_MULTIPLE] = 0
    table = table[np.lexsort((table[:, records.INTRON_END], table[:, records.INTRON_KEY]))]
    same = np.flatnonzero((np.diff(table[:, :2], axis=0) == 0).all(axis=1))
    table[same, records.INTRON_UNIQUE] += table[same + 1, records.INTRON_UNIQUE]
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
