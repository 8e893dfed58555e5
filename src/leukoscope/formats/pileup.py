"""The bases that an alignment shows at chosen positions, and which positions to choose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.formats.bam import read_header, workers
from leukoscope.formats.bgzf import Blocks, in_order
from leukoscope.kernels.bam_pileup import pile_up

if TYPE_CHECKING:
    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Regions:
    """Disjoint parts of contigs, sorted by contig as given and by start; 0-based, half-open."""

    contigs: tuple[str, ...]  #: names, each once
    contig: Ints  #: (n,) index into `contigs`, ascending
    start: Ints  #: (n,)
    end: Ints  #: (n,)

    @property
    def offset(self) -> Ints:
        """Return the first cell of each region, and the number of cells, shape (n + 1,)."""
        return np.concatenate([[0], np.cumsum(self.end - self.start)]).astype(np.int64)

    def positions(self) -> tuple[Ints, Ints]:
        """Return contig (index) and position of every cell."""
        length = self.end - self.start
        within = np.arange(self.offset[-1]) - np.repeat(self.offset[:-1], length)
        return np.repeat(self.contig, length), np.repeat(self.start, length) + within

    def reference(self, genome: Genome) -> NDArray[np.uint8]:
        """Return the base of the genome in every cell: A 0, C 1, G 2, T 3, else 4."""
        parts = [
            genome.codes(self.contigs[contig], start, end)
            for contig, start, end in zip(
                self.contig.tolist(), self.start.tolist(), self.end.tolist(), strict=True
            )
        ]
        return np.concatenate([*parts, np.empty(0, dtype=np.uint8)])


def merge_regions(intervals: Iterable[tuple[str, int, int]]) -> Regions:
    """Return the union of intervals (contig, start, end); contigs sorted by name."""
    merged: list[list[int]] = []
    ordered = sorted(set(intervals))
    contigs = tuple(dict.fromkeys(contig for contig, _, _ in ordered))
    index = {name: i for i, name in enumerate(contigs)}
    for contig, start, end in ordered:
        if merged and merged[-1][0] == index[contig] and start <= merged[-1][2]:
            merged[-1][2] = max(merged[-1][2], end)
        else:
            merged.append([index[contig], start, end])
    columns = np.array(merged, dtype=np.int64).reshape(-1, 3).T
    return Regions(contigs, *(np.ascontiguousarray(column) for column in columns))


def coding_regions(model: GeneModel, symbols: Collection[str] | None = None) -> Regions:
    """Return the coding parts of genes: those with these symbols, or all that a person is born with.

    All are without immunoglobulin and T-cell receptor genes, which mutate in every clone, and without
    the mitochondrion.
    """
    if symbols is None:
        biotype = np.char.upper(model.gene_biotype)
        rearranged = np.char.startswith(biotype, "IG_") | np.char.startswith(biotype, "TR_")
        wanted = ~rearranged & ~np.isin(model.contigs[model.gene_contig], ["chrM", "MT", "M", "chrMT"])
    else:
        wanted = np.isin(model.gene_symbol, list(symbols))
    coding = np.flatnonzero((model.exon_cds_start >= 0) & wanted[model.exon_gene])
    contig = model.contigs[model.gene_contig[model.exon_gene[coding]]]
    starts, ends = model.exon_cds_start[coding], model.exon_cds_end[coding]
    return merge_regions(zip(contig.tolist(), starts.tolist(), ends.tolist(), strict=True))


def read_pileup(
    path: Path | str,
    regions: Regions,
    *,
    n_kinds: int = 1,
    edge: int = 5,
    threads: int = 1,
    min_mapping_quality: int = 10,
    min_base_quality: int = 20,
) -> NDArray[np.uint16]:
    """Count the bases that the fragments of a BAM file show in regions; the file need not be sorted.

    Where mates overlap, the one that begins later counts.  Duplicates, secondary and supplementary
    records are left out; a count stops at 65,535.

    Parameters
    ----------
    path
        BAM file (``-`` for standard input).
    regions
        Where to look.
    n_kinds
        1, or 4 to part forward and reverse reads and their outer `edge` bases.
    threads
        Threads that inflate; the result does not depend on it.

    Returns
    -------
    uint16[n_kinds, n_cells, 4]
        See :func:`leukoscope.kernels.bam_pileup.pile_up`.

    Raises
    ------
    InputError
        If the file is missing, not BAM, or cut short, or has none of the contigs.
    """
    counts = np.zeros((n_kinds, int(regions.offset[-1]), 4), dtype=np.uint16)
    with Blocks(path) as blocks, workers(threads) as pool:
        source = blocks.source
        parts = in_order(lambda part: part.inflate(source), blocks, pool, threads)
        contigs, _, first = read_header(parts, source)
        if regions.contigs and not set(contigs) & set(regions.contigs):
            raise InputError(
                f"{source}: none of its {len(contigs)} contigs (e.g. '{contigs[0] if contigs else ''}') is among "
                f"those looked at (e.g. '{regions.contigs[0]}'); do both use the same names?"
            )
        arrays = _in_order_of(contigs, regions)
        rest = b""
        for part in chain([first], parts):
            part.put_before(rest)
            rest = part.cut(pile_up(part.data, arrays, counts, min_mapping_quality, min_base_quality, edge))
            part.free()
    if rest:
        raise InputError(f"{source}: cut short (the last record is not whole).")
    return counts


def _in_order_of(contigs: Sequence[str], regions: Regions) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the arrays of the kernel, regions in the order of the BAM file's contigs."""
    place = {name: i for i, name in enumerate(regions.contigs)}
    first = np.searchsorted(regions.contig, np.arange(len(regions.contigs) + 1))
    pieces = [
        np.arange(first[place[name]], first[place[name] + 1])
        if name in place
        else np.empty(0, dtype=np.int64)
        for name in contigs
    ]
    order = np.concatenate([*pieces, np.empty(0, dtype=np.int64)]).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return bounds, regions.start[order], regions.end[order], regions.offset[:-1][order]
