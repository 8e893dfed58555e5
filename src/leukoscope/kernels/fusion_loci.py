"""Which gene a breakpoint belongs to, and where in the gene it lies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit
from leukoscope.kernels.bam_records import COVERAGE_BIN

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

# Codes of a site; SPLICE_SITE is added to those of exons.
INTERGENIC, INTRON, EXON, UTR3, UTR5, CDS = range(6)
SPLICE_SITE = 8


@njit
def exon_site(
    position: int,
    direction: int,
    e: int,
    first: int,
    last: int,
    exon_start: Indices,
    exon_end: Indices,
    cds_start: Indices,
    cds_end: Indices,
    forward: bool,
) -> int:
    """Return the site code of a position within exon `e` of a transcript with exons ``first:last``."""
    site = EXON
    coding_from = -1
    for other in range(first, last):
        if cds_start[other] >= 0:
            coding_from = cds_start[other] if coding_from < 0 else coding_from
    if coding_from >= 0:
        if cds_start[e] >= 0 and cds_start[e] <= position < cds_end[e]:
            site = CDS
        else:
            before = position < coding_from
            site = UTR5 if before == forward else UTR3
    at_end = direction > 0 and position == exon_end[e] - 1 and e < last - 1
    at_start = direction < 0 and position == exon_start[e] and e > first
    return site + SPLICE_SITE if at_end or at_start else site


@njit
def site_in_gene(
    position: int,
    direction: int,
    first: int,
    last: int,
    transcript_exons: Indices,
    exons: tuple[Indices, ...],
    forward: bool,
) -> int:
    """Return the best site code of a position over the transcripts ``first:last`` of a gene."""
    exon_start, exon_end, cds_start, cds_end = exons
    best = INTRON
    for t in range(first, last):
        for e in range(transcript_exons[t], transcript_exons[t + 1]):
            if exon_start[e] <= position < exon_end[e]:
                site = exon_site(
                    position,
                    direction,
                    e,
                    transcript_exons[t],
                    transcript_exons[t + 1],
                    exon_start,
                    exon_end,
                    cds_start,
                    cds_end,
                    forward,
                )
                best = max(best, site)
    return best


@njit
def assign_genes(
    contig: Ints,
    position: Ints,
    direction: Ints,
    strand: Ints,
    genes: tuple[Any, ...],
    weights: NDArray[np.float64],
    transcripts: Indices,
    exons: tuple[Indices, ...],
    gene_out: Ints,
    site_out: Ints,
) -> None:
    """Choose one gene for each breakpoint.

    A gene with a splice site at the breakpoint is preferred to one with an exon there, and that to an
    intron; then a gene on the wanted `strand`, then the heavier one (`weights`: protein-coding first).

    Parameters
    ----------
    contig, position, direction, strand
        Shape (n,); contig index of the gene model or -1; wanted strand +1, -1, or 0 if unknown.
    genes
        bounds, start, end, reach, strand, first transcript (see :class:`~leukoscope.genemodel.GeneModel`).
    weights
        Shape (G,), float64.
    transcripts
        Offsets of the exons by transcript.
    exons
        start, end, coding start, coding end.
    gene_out, site_out
        Filled: gene index or -1, and site code.
    """
    bounds, start, end, reach, gene_strand, gene_transcripts = genes
    for i in range(contig.size):
        gene_out[i], site_out[i] = -1, INTERGENIC
        if contig[i] < 0:
            continue
        low, high = bounds[contig[i]], bounds[contig[i] + 1]
        at = low
        while low < high:  # last gene that starts at or before the position
            middle = (low + high) // 2
            if start[middle] <= position[i]:
                low = middle + 1
            else:
                high = middle
        best = -1.0
        for g in range(low - 1, at - 1, -1):
            if reach[g] <= position[i]:
                break
            if end[g] <= position[i]:
                continue
            site = site_in_gene(
                position[i],
                direction[i],
                gene_transcripts[g],
                gene_transcripts[g + 1],
                transcripts,
                exons,
                gene_strand[g] > 0,
            )
            score = 4.0 * (site >= SPLICE_SITE) + 2.0 * (site > INTRON)
            score += 1.0 * (strand[i] == gene_strand[g]) + weights[g]
            if score > best:
                best, gene_out[i], site_out[i] = score, g, site


@njit
def exonic_coverage(
    of_bam: Ints,
    gene_contig: Indices,
    gene_transcripts: Indices,
    transcript_exons: Indices,
    exon_start: Indices,
    exon_end: Indices,
    coverage: NDArray[np.uint32],
    bounds: Ints,
) -> NDArray[np.float64]:
    """Return the summed coverage of the bins of each gene's exons, of the transcript that has most of it.

    Parameters
    ----------
    of_bam
        Contig of the coverage for each contig of the genes, -1 if there is none.
    gene_contig, gene_transcripts, transcript_exons, exon_start, exon_end
        Those of the gene model.
    coverage, bounds
        Reads per bin, and the first bin of each contig.
    """
    most = np.zeros(gene_contig.size)
    for gene in range(gene_contig.size):
        contig = of_bam[gene_contig[gene]]
        if contig < 0:
            continue
        for transcript in range(gene_transcripts[gene], gene_transcripts[gene + 1]):
            covered = 0.0
            for exon in range(transcript_exons[transcript], transcript_exons[transcript + 1]):
                first = bounds[contig] + exon_start[exon] // COVERAGE_BIN
                last = min(bounds[contig] + (exon_end[exon] - 1) // COVERAGE_BIN + 1, bounds[contig + 1])
                for b in range(first, last):
                    covered += coverage[b]
            most[gene] = max(most[gene], covered)
    return most
