"""Loci: the gene and site of a breakpoint, splice sites, and loci that count as one partner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leukoscope.genemodel import GeneModel
from leukoscope.kernels import fusion_loci as sites

Int64Array = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

SITE_NAMES = {
    sites.INTERGENIC: "intergenic",
    sites.INTRON: "intron",
    sites.EXON: "exon",
    sites.UTR3: "3'UTR",
    sites.UTR5: "5'UTR",
    sites.CDS: "CDS",
}

_ASIDE = re.compile(
    r"^(chr)?(M|MT|EBV|Un.*)$|_(random|alt|fix|hap\d+|decoy)$|^(GL|KI|KN|JH|JTFH|ML)\d+|^HLA|^hs3\dd1?5|^NC_012920"
)

RECEPTOR_FLANK = 5_000  #: bases beside the outermost segments that still belong to a receptor locus
RECEPTOR_GAP = (
    1_000_000  #: bases between segments of one locus; human IGK, copied in part, has a gap of 0.5 Mb
)
BESIDE_GENE = 50_000  #: bases before or behind a gene in which a breakpoint belongs to it
EXON_FLANK = 150  #: bases beside an exon in which a breakpoint is looked for

_ANTIGEN_RECEPTOR = re.compile(r"^(IGH|IGK|IGL|TRA|TRB|TRG|TRD)([VDJC]|M$|E$|A\d|G\d|V\()")
_DUX4_LIKE = re.compile(r"^DUX4(L\d+)?$|^DUX4L|^DBET$|^D4Z4")


@dataclass(frozen=True)
class Loci:
    """A gene model seen from the contigs of one BAM file."""

    model: GeneModel
    contigs: tuple[str, ...]

    @cached_property
    def to_model(self) -> Int64Array:
        """Contig of the gene model for each contig of the BAM file, -1 if it has none."""
        return np.array(
            [self.model.contig_index.get(name, -1) for name in self.contigs] or [-1], dtype=np.int64
        )

    @cached_property
    def of_bam(self) -> Int64Array:
        """Contig of the BAM file for each contig of the gene model, -1 if it has none."""
        place = {name: i for i, name in enumerate(self.contigs)}
        return np.array([place.get(str(name), -1) for name in self.model.contigs] or [-1], dtype=np.int64)

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """Preference among overlapping genes: protein-coding, then longer; below 1."""
        coding = (self.model.gene_biotype == "protein_coding") | np.char.startswith(
            self.model.gene_biotype, "IG"
        )
        length = (self.model.gene_end - self.model.gene_start).astype(np.float64)
        return np.asarray(0.5 * coding + 0.4 * length / (length + 1e5))

    @cached_property
    def partner(self) -> Int64Array:
        """Locus of each gene: its own index, or one number for all genes of a locus that acts as one.

        The segments of an immunoglobulin or T-cell receptor locus are one partner, and so are all
        copies of DUX4 in the D4Z4 arrays.
        """
        locus = np.arange(self.model.n_genes, dtype=np.int64)
        names: dict[str, int] = {}
        for gene, symbol in enumerate(self.model.gene_symbol.tolist()):
            name = locus_name(symbol, str(self.model.gene_biotype[gene]))
            if name:
                locus[gene] = names.setdefault(name, gene)
        return locus

    @cached_property
    def is_receptor(self) -> BoolArray:
        """Tell for each gene whether it belongs to an immunoglobulin or T-cell receptor locus."""
        return np.array(
            [
                locus_name(symbol, biotype)[:2] in {"IG", "TR"}
                for symbol, biotype in zip(
                    self.model.gene_symbol.tolist(), self.model.gene_biotype.tolist(), strict=True
                )
            ],
            dtype=bool,
        )

    @cached_property
    def receptor_spans(self) -> list[tuple[str, int, int, int]]:
        """Name, contig (of the gene model), start and end of each antigen-receptor locus.

        Segments of one locus that begin within `RECEPTOR_GAP` bases of each other on a contig make one span,
        and that of most segments counts: orphons elsewhere do not, not even on the same contig.  In the
        human genome those of IGL lie beyond BCR.
        """
        model = self.model
        found: dict[str, list[list[int]]] = {}
        for gene in np.flatnonzero(self.is_receptor).tolist():
            runs = found.setdefault(
                locus_name(str(model.gene_symbol[gene]), str(model.gene_biotype[gene])), []
            )
            last = runs[-1][-1] if runs else gene
            near = model.gene_start[gene] - model.gene_start[last] <= RECEPTOR_GAP
            if not runs or model.gene_contig[gene] != model.gene_contig[last] or not near:
                runs.append([])
            runs[-1].append(gene)
        return [
            (
                name,
                int(model.gene_contig[genes[0]]),
                int(model.gene_start[genes].min()) - RECEPTOR_FLANK,
                int(model.gene_end[genes].max()) + RECEPTOR_FLANK,
            )
            for name, runs in sorted(found.items())
            for genes in runs
            if len(genes) == max(map(len, runs))
        ]

    def genes_of_receptor(self, number: int) -> Int64Array:
        """Return the genes of an antigen-receptor span."""
        _, contig, start, end = self.receptor_spans[number]
        model = self.model
        inside = (model.gene_contig == contig) & (model.gene_start >= start) & (model.gene_end <= end)
        return np.flatnonzero(inside & self.is_receptor)

    def receptor_at(self, contig: Int64Array, position: Int64Array) -> Int64Array:
        """Return the number of the antigen-receptor span that holds each position, -1 if none."""
        of_model = self.to_model[contig]
        found = np.full(len(contig), -1, dtype=np.int64)
        for number, (_, place, start, end) in enumerate(self.receptor_spans):
            found[(of_model == place) & (position >= start) & (position < end)] = number
        return found

    @cached_property
    def searched_stretches(self) -> Int64Array:
        """Contig (of the BAM file), start and end of all exons with flanks, and of receptor loci; shape (n, 3)."""
        model = self.model
        contig = model.gene_contig[model.exon_gene]
        spans = [
            (contig, np.maximum(model.exon_start - EXON_FLANK, 0), model.exon_end + EXON_FLANK),
            *(tuple(np.array([v]) for v in span[1:]) for span in self.receptor_spans),
        ]
        c, s, e = (np.concatenate([span[i] for span in spans]) for i in range(3))
        order = np.lexsort((s, c))
        c, s, e = c[order].astype(np.int64), s[order], e[order]
        reach = np.maximum.accumulate((c << 40) + e)
        first = np.flatnonzero(np.append(True, (c[1:] << 40) + s[1:] > reach[:-1])[: len(c)])
        ends = reach[np.append(first[1:], len(c)) - 1] - (c[first] << 40) if len(c) else e
        stretches = np.stack([self.of_bam[c[first]], np.maximum(s[first], 0), ends], axis=1)
        return stretches[stretches[:, 0] >= 0].astype(np.int64)

    @cached_property
    def splice_sites(self) -> Int64Array:
        """Sorted keys of the outermost exonic bases at annotated introns, see :func:`site_key`."""
        model = self.model
        same = model.exon_transcript[1:] == model.exon_transcript[:-1]
        contig = model.gene_contig[model.exon_gene[:-1][same]].astype(np.int64)
        ends = site_key(contig, model.exon_end[:-1][same].astype(np.int64) - 1, np.int64(1))
        starts = site_key(contig, model.exon_start[1:][same].astype(np.int64), np.int64(-1))
        keys = np.sort(np.concatenate([ends, starts]))
        return keys[np.diff(keys, prepend=-1) > 0]

    def is_splice_site(self, contig: Int64Array, position: Int64Array, direction: Int64Array) -> BoolArray:
        """Tell which positions (contigs of the BAM file) are annotated splice sites on their inner side."""
        keys = site_key(self.to_model[contig], position, direction)
        at = np.searchsorted(self.splice_sites, keys)
        found = np.zeros(keys.shape, dtype=bool)
        inside = at < len(self.splice_sites)
        found[inside] = self.splice_sites[at[inside]] == keys[inside]
        return found & (self.to_model[contig] >= 0)

    def assign(
        self, contig: Int64Array, position: Int64Array, direction: Int64Array, strand: Int64Array
    ) -> tuple[Int64Array, Int64Array]:
        """Return the gene (-1 if intergenic) and the site code of each breakpoint."""
        model = self.model
        gene = np.empty(len(contig), dtype=np.int64)
        site = np.empty(len(contig), dtype=np.int64)
        sites.assign_genes(
            self.to_model[contig],
            position,
            direction,
            strand,
            (
                model.gene_bounds,
                model.gene_start,
                model.gene_end,
                model.gene_reach,
                model.gene_strand,
                model.gene_transcripts,
            ),
            self.weights,
            model.transcript_exons,
            (model.exon_start, model.exon_end, model.exon_cds_start, model.exon_cds_end),
            gene,
            site,
        )
        return gene, site

    def gene_behind(self, contig: Int64Array, position: Int64Array, direction: Int64Array) -> Int64Array:
        """Return the nearest gene behind each breakpoint, on the side that is kept; -1 beyond `BESIDE_GENE`.

        A lymphocyte's enhancer is joined to what lies before a gene, not to the gene itself.
        """
        model, place = self.model, self.to_model[contig]
        found = np.full(len(contig), -1, dtype=np.int64)
        for number in np.unique(place[place >= 0]).tolist():
            genes = np.arange(model.gene_bounds[number], model.gene_bounds[number + 1])
            here = np.flatnonzero(place == number)
            if not len(genes):
                continue
            start, end = model.gene_start[genes].astype(np.int64), model.gene_end[genes].astype(np.int64)
            reaches = end == np.maximum.accumulate(end)
            last = genes[np.maximum.accumulate(np.where(reaches, np.arange(len(genes)), 0))]
            at = position[here]
            left = np.searchsorted(start, at, side="right") - 1
            right = np.searchsorted(start, at, side="left")
            on_left = np.where(left >= 0, last[left], -1)
            on_right = np.where(right < len(genes), genes[np.minimum(right, len(genes) - 1)], -1)
            gene = np.where(direction[here] > 0, on_left, on_right)
            gap = np.maximum(at - model.gene_end[gene] + 1, model.gene_start[gene] - at)
            found[here] = np.where((gene >= 0) & (gap <= BESIDE_GENE), gene, -1)
        return found

    def n_coding_between(self, contig: int, left: int, right: int) -> int:
        """Return the number of protein-coding genes that lie wholly between two positions."""
        genes = self.model.genes_overlapping(int(self.to_model[contig]), left, right)
        inside = (self.model.gene_start[genes] > left) & (self.model.gene_end[genes] <= right)
        return int((inside & (self.model.gene_biotype[genes] == "protein_coding")).sum())

    @staticmethod
    def is_dux4(symbol: str) -> bool:
        """Tell whether a symbol is DUX4 or one of its copies in the D4Z4 arrays."""
        return bool(_DUX4_LIKE.match(symbol))

    def describe(self, contig: int, position: int, gene: int) -> str:
        """Return the gene's symbol, or the neighbours of an intergenic position with their distances."""
        if gene >= 0:
            return str(self.model.gene_symbol[gene])
        left, right = self.model.nearest_genes(int(self.to_model[contig]), position)
        names = []
        if left >= 0:
            distance = position - int(self.model.gene_end[left]) + 1
            names.append(f"{self.model.gene_symbol[left]}({distance})")
        if right >= 0:
            names.append(f"{self.model.gene_symbol[right]}({int(self.model.gene_start[right]) - position})")
        return ",".join(names) or "."


def site_key(contig: Int64Array, position: Int64Array, direction: Int64Array | np.int64) -> Int64Array:
    """Return one number for a contig, position and direction."""
    return (contig << 34) | (position << 1) | (direction > 0)


def site_name(code: int) -> str:
    """Return Arriba's word for a site code."""
    inner = SITE_NAMES[code & ~sites.SPLICE_SITE]
    return f"{inner}/splice-site" if code & sites.SPLICE_SITE else inner


def locus_name(symbol: str, biotype: str) -> str:
    """Return the name of the locus that a gene is a segment or copy of; empty if it stands alone."""
    if _DUX4_LIKE.match(symbol):
        return "DUX4"
    if biotype.startswith(("IG_", "TR_")) or (_ANTIGEN_RECEPTOR.match(symbol) and not biotype):
        return symbol[:3]
    return ""


def is_set_aside(contig: str) -> bool:
    """Tell whether a contig is mitochondrial, unplaced, alternative, decoy or viral."""
    return bool(_ASIDE.search(contig))
