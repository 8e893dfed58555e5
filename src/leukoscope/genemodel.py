"""`GeneModel`: genes, transcripts, exons and coding parts as flat arrays with interval look-ups.

Coordinates are 0-based and half-open.  Genes are sorted by contig and start; the transcripts of a
gene, and the exons of a transcript, stand together, exons in ascending genomic order on both strands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
StrArray = NDArray[np.str_]

NONE = -1  #: "no gene", "no coding part", "no frame"


@dataclass(frozen=True)
class GeneModel:
    """An annotation as frozen arrays; made by :func:`leukoscope.formats.gtf.read_gene_model`.

    Sizes: C contigs, G genes, T transcripts, E exons.  `gene_transcripts` (G + 1) and
    `transcript_exons` (T + 1) are offsets: the exons of transcript ``t`` are
    ``transcript_exons[t]:transcript_exons[t + 1]``.
    """

    contigs: StrArray  #: (C,) names in order of appearance
    gene_id: StrArray  #: (G,) without version; ``ENSG00000182378_PAR_Y`` keeps its suffix
    gene_version: StrArray  #: (G,) empty if unknown
    gene_symbol: StrArray  #: (G,) the gene_id where the annotation names none
    gene_biotype: StrArray  #: (G,) empty if unknown
    gene_hgnc: IntArray  #: (G,) number of the HGNC, 0 where the annotation tells none
    gene_contig: IntArray  #: (G,) index into `contigs`
    gene_strand: NDArray[np.int8]  #: (G,) +1 or -1
    gene_start: IntArray  #: (G,)
    gene_end: IntArray  #: (G,)
    gene_transcripts: IntArray  #: (G + 1,) offsets into the transcripts
    transcript_id: StrArray  #: (T,) without version
    transcript_version: StrArray  #: (T,)
    transcript_biotype: StrArray  #: (T,)
    transcript_tags: StrArray  #: (T,) comma-separated, e.g. ``basic,Ensembl_canonical``
    transcript_gene: IntArray  #: (T,) index of the gene
    transcript_start: IntArray  #: (T,)
    transcript_end: IntArray  #: (T,)
    transcript_exons: IntArray  #: (T + 1,) offsets into the exons
    exon_start: IntArray  #: (E,)
    exon_end: IntArray  #: (E,)
    exon_cds_start: IntArray  #: (E,) coding part of the exon, -1 if none (stop codon not included, as in GTF)
    exon_cds_end: IntArray  #: (E,)
    exon_phase: NDArray[np.int8]  #: (E,) GTF phase: bases before the first whole codon; -1 if not coding

    def __post_init__(self) -> None:
        for array in self.arrays().values():
            array.setflags(write=False)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every array by its name, in the order of the class."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return len(self.gene_id)

    @property
    def n_transcripts(self) -> int:
        """Number of transcripts."""
        return len(self.transcript_id)

    @cached_property
    def contig_index(self) -> dict[str, int]:
        """Index of each contig by its name."""
        return {str(name): i for i, name in enumerate(self.contigs)}

    @cached_property
    def gene_index(self) -> dict[str, int]:
        """Index of each gene by its identifier (without version)."""
        return {str(name): i for i, name in enumerate(self.gene_id)}

    @cached_property
    def exon_transcript(self) -> IntArray:
        """Return the transcript of each exon, shape (E,)."""
        return np.repeat(np.arange(self.n_transcripts, dtype=np.int32), np.diff(self.transcript_exons))

    @cached_property
    def exon_gene(self) -> IntArray:
        """Return the gene of each exon, shape (E,)."""
        return self.transcript_gene[self.exon_transcript]

    @cached_property
    def exon_number(self) -> IntArray:
        """Return the number of each exon in its transcript, from 1 at the 5' end, shape (E,)."""
        first = self.transcript_exons[self.exon_transcript]
        last = self.transcript_exons[self.exon_transcript + 1] - 1
        here = np.arange(len(self.exon_start), dtype=np.int32)
        forward = self.gene_strand[self.exon_gene] > 0
        return np.where(forward, here - first, last - here).astype(np.int32) + 1

    @cached_property
    def exonic_length(self) -> IntArray:
        """Bases of each gene covered by an exon of any transcript, shape (G,)."""
        lengths = [sum(end - start for start, end in self.merged_exons(gene)) for gene in range(self.n_genes)]
        return np.array(lengths, dtype=np.int32)

    @cached_property
    def gene_bounds(self) -> IntArray:
        """First gene of each contig, and the number of genes at the end, shape (C + 1,)."""
        return np.searchsorted(self.gene_contig, np.arange(len(self.contigs) + 1)).astype(np.int32)

    @cached_property
    def gene_reach(self) -> IntArray:
        """Return the largest end among the genes of the contig up to this one, shape (G,)."""
        reach = np.empty(self.n_genes, dtype=np.int32)
        for first, last in zip(self.gene_bounds[:-1], self.gene_bounds[1:], strict=True):
            reach[first:last] = np.maximum.accumulate(self.gene_end[first:last])
        return reach

    def genes_overlapping(self, contig: int, start: int, end: int) -> IntArray:
        """Return the genes on `contig` that share a base with ``start:end``, in genomic order.

        A contig of -1 (not in the annotation) has no genes.
        """
        if contig < 0:
            return np.empty(0, dtype=np.int32)
        first, last = int(self.gene_bounds[contig]), int(self.gene_bounds[contig + 1])
        left = first + int(np.searchsorted(self.gene_reach[first:last], start, side="right"))
        right = first + int(np.searchsorted(self.gene_start[first:last], end, side="left"))
        genes = np.arange(left, right, dtype=np.int32)
        return genes[self.gene_end[genes] > start]

    def genes_at(self, contig: int, position: int) -> IntArray:
        """Return the genes on `contig` that contain `position`, in genomic order."""
        return self.genes_overlapping(contig, position, position + 1)

    def nearest_genes(self, contig: int, position: int) -> tuple[int, int]:
        """Return the nearest gene that ends before `position` and the nearest that starts after it.

        Either is -1 where the contig has none; genes that contain `position` do not count.
        """
        if contig < 0:
            return NONE, NONE
        first, last = int(self.gene_bounds[contig]), int(self.gene_bounds[contig + 1])
        ends = np.where(self.gene_end[first:last] <= position, self.gene_end[first:last], np.int32(NONE))
        left = first + int(ends.argmax()) if (ends >= 0).any() else NONE
        after = first + int(np.searchsorted(self.gene_start[first:last], position, side="right"))
        return left, after if after < last else NONE

    def transcripts_of(self, gene: int) -> range:
        """Return the indices of the gene's transcripts."""
        return range(int(self.gene_transcripts[gene]), int(self.gene_transcripts[gene + 1]))

    def exons_of(self, transcript: int) -> slice:
        """Return where the exons of a transcript stand, in ascending genomic order."""
        return slice(int(self.transcript_exons[transcript]), int(self.transcript_exons[transcript + 1]))

    def introns_of(self, transcript: int) -> tuple[IntArray, IntArray]:
        """Return the starts and ends of a transcript's introns, in ascending genomic order."""
        exons = self.exons_of(transcript)
        return self.exon_end[exons][:-1], self.exon_start[exons][1:]

    def is_coding(self, transcript: int) -> bool:
        """Tell whether a transcript has a coding part."""
        return bool((self.exon_cds_start[self.exons_of(transcript)] >= 0).any())

    def merged_exons(self, gene: int) -> list[tuple[int, int]]:
        """Return the union of the gene's exons as disjoint intervals in ascending order."""
        exons = slice(
            int(self.transcript_exons[self.gene_transcripts[gene]]),
            int(self.transcript_exons[self.gene_transcripts[gene + 1]]),
        )
        return list(_merged(self.exon_start[exons], self.exon_end[exons]))


def _merged(starts: IntArray, ends: IntArray) -> Iterator[tuple[int, int]]:
    order = np.argsort(starts, kind="stable")
    current: tuple[int, int] | None = None
    for start, end in zip(starts[order].tolist(), ends[order].tolist(), strict=True):
        if current is None or start > current[1]:
            if current is not None:
                yield current
            current = (start, end)
        else:
            current = (current[0], max(current[1], end))
    if current is not None:
        yield current


def known_contig(name: str, known: Iterable[str]) -> str:
    """Return `name` as the reference spells it (``chr1`` or ``1``, ``chrM`` or ``MT``), else unchanged."""
    bare = name.removeprefix("chr")
    spellings = [name, f"chr{bare}", bare]
    if is_mitochondrial_contig(name):
        spellings += ["chrM", "MT", "M", "chrMT"]
    names = known if isinstance(known, Mapping) else set(known)
    return next((spelling for spelling in spellings if spelling in names), name)


def known_contigs(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return each name as :func:`known_contig` does, but no two as one: hg19 has chrM and chrMT."""
    told = {name: known_contig(name, known) for name in names}
    nearest = {
        spelled: min(
            (name for name, other in told.items() if other == spelled),
            key=lambda name: (name != spelled, name.removeprefix("chr") != spelled.removeprefix("chr")),
        )
        for spelled in told.values()
    }
    return {name: spelled if nearest[spelled] == name else name for name, spelled in told.items()}


def is_mitochondrial_contig(name: str) -> bool:
    """Tell whether a contig is the mitochondrial genome."""
    return name.removeprefix("chr") in {"M", "MT"}
