"""The two sides of a fusion: which gene, which transcript, and where in it the breakpoint lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from leukoscope.formats.fusion_names import genes_at, is_receptor_locus
from leukoscope.genemodel import GeneModel, known_contig

Role = Literal[5, 3]  # the 5' or the 3' side of the fusion

PREFERRED_TAGS = ("MANE_Select", "Ensembl_canonical", "appris_principal", "CCDS", "basic")  # best first


@dataclass(frozen=True, slots=True)
class Exon:
    """An exon and its coding part (-1 if none), 0-based half-open."""

    number: int
    start: int
    end: int
    coding_start: int
    coding_end: int


@dataclass(frozen=True, slots=True)
class Partner:
    """One side of a fusion as the transcript that explains it best sees it."""

    role: Role
    gene: int  #: index into the gene model
    symbol: str
    gene_id: str
    contig: str
    strand: int  #: +1 or -1, of the gene
    sense: bool  #: False if the fusion transcribes the gene backwards
    keeps_left: bool  #: whether the fusion keeps what lies left of the breakpoint on the genome
    transcript: int  #: index into the gene model
    transcript_id: str
    transcript_version: str
    exons: tuple[Exon, ...]  #: in the order of transcription
    first_codon_position: int  #: 0, 1 or 2: position in its codon of the first coding base
    breakpoint: int  #: last base (5') or first base (3') that the fusion keeps
    exon: int  #: index into `exons` of the exon, or of the exon before the intron, of the breakpoint; -1 outside
    at: Literal["splice-site", "exon", "intron", "outside"]

    @property
    def exon_number(self) -> int | None:
        """Number of the exon where the fusion leaves (5') or enters (3') the transcript.

        For a breakpoint in an intron: the last exon before it (5') or the first after it (3').
        """
        if self.exon < 0:
            return None
        following = self.role == 3 and self.at == "intron"
        return self.exons[self.exon + (1 if following else 0)].number

    @property
    def offset(self) -> int:
        """Bases from the exon's fused end to the breakpoint, positive towards 3'; 0 at the boundary."""
        if self.exon < 0:
            return 0
        exon = self.exons[self.exon + (1 if self.role == 3 and self.at == "intron" else 0)]
        return (self.breakpoint - (exon.end - 1 if self.keeps_left else exon.start)) * self.strand

    def retained(self) -> tuple[Exon, ...]:
        """Return the exons, cut at the breakpoint, that the fusion keeps, in the order of transcription."""
        kept = (_cut(exon, self.breakpoint, keep_left=self.keeps_left) for exon in self.exons)
        return tuple(exon for exon in kept if exon is not None)


@dataclass(frozen=True)
class Annotation:
    """A gene model with the look-ups by name that fusions need."""

    model: GeneModel

    @cached_property
    def by_symbol(self) -> dict[str, list[int]]:
        """Genes of each symbol."""
        found: dict[str, list[int]] = {}
        for gene, symbol in enumerate(self.model.gene_symbol.tolist()):
            found.setdefault(symbol, []).append(gene)
        return found

    @cached_property
    def hgnc(self) -> dict[str, str]:
        """HGNC identifier (``HGNC:76``) of each symbol that the annotation numbers."""
        numbered = np.flatnonzero(self.model.gene_hgnc)
        symbols, numbers = self.model.gene_symbol[numbered].tolist(), self.model.gene_hgnc[numbered].tolist()
        return {symbol: f"HGNC:{number}" for symbol, number in zip(symbols, numbers, strict=True)}

    def gene(self, name: str, gene_id: str, contig: str, position: int) -> int:
        """Return the gene of a call; -1 if the annotation lacks it.

        The identifier decides; without it the symbol does, and where a symbol stands for several
        genes the one that is nearest to the breakpoint.
        """
        by_id = self.model.gene_index.get(gene_id) if gene_id else None
        if by_id is None and gene_id:
            by_id = self.model.gene_index.get(gene_id.rpartition(".")[0])
        if by_id is not None:
            return by_id
        symbols = genes_at(name)
        candidates = self.by_symbol.get(symbols[0], []) if symbols else []
        at = self.model.contig_index.get(known_contig(contig, self.model.contig_index), -1)
        here = [g for g in candidates if int(self.model.gene_contig[g]) == at]
        return min(here, key=lambda g: (_distance(self.model, g, position), g)) if here else -1


def find_partners(call: Mapping[str, Any], annotation: Annotation) -> tuple[Partner | None, Partner | None]:
    """Return both sides of a fusion call, each explained by the transcript that fits it best.

    A transcript fits better if the caller named it (because its reads follow it) and it contains the
    breakpoint; then if the breakpoint is one of its splice sites, lies in an exon, in an intron; then if
    it codes for protein, by its tags (MANE, canonical, ...), by the length of its coding part, of its
    exons, and by its place in the annotation.  Within one gene both sides use the same transcript.

    A side is None if its gene is unknown or the breakpoint lies between genes.  A gene that the fusion
    transcribes backwards is told (``sense`` is false), but gives no transcript.
    """
    sides = [_place(call, side, annotation) for side in (1, 2)]
    ranked = [
        _ranked(annotation, place, str(call.get(f"transcript_id{side}") or "")) if place.gene >= 0 else []
        for place, side in zip(sides, (1, 2), strict=True)
    ]
    if sides[0].gene == sides[1].gene and all(ranked):
        second = dict(ranked[1])
        best = max(
            ranked[0], key=lambda item: (item[1][0] + second[item[0]][0], item[1], second[item[0]], -item[0])
        )
        chosen = [best[0], best[0]]
    else:
        chosen = [ranking[0][0] if ranking else -1 for ranking in ranked]
    first, last = (
        _partner(annotation.model, place, transcript) if transcript >= 0 else None
        for place, transcript in zip(sides, chosen, strict=True)
    )
    return first, last


def partner_beside(
    call: Mapping[str, Any], side: int, keeps_left: bool, annotation: Annotation
) -> Partner | None:
    """Return the gene that a breakpoint between genes keeps whole, by its preferred transcript.

    It is the nearest of the neighbours that the call names, lies on the side that is kept and is
    transcribed in its own direction; None if there is none.  Segments of receptor loci are no such gene: their
    enhancer acts, not their transcript.
    """
    model = annotation.model
    contig, position = _position(call, side)
    strand = transcribed_strand(call, side)
    for symbol in genes_at(str(call[f"gene{side}"])):
        gene = annotation.gene(symbol, "", contig, position)
        if gene < 0 or is_receptor_locus(symbol) or str(model.contigs[model.gene_contig[gene]]) != contig:
            continue
        start, end = int(model.gene_start[gene]), int(model.gene_end[gene])
        kept = end <= position + 1 if keeps_left else start >= position
        if kept and strand in (0, int(model.gene_strand[gene])):
            place = _Place(5 if side == 1 else 3, gene, position, True, keeps_left)
            return _partner(model, place, _ranked(annotation, place, "")[0][0])
    return None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one side of a call lies, before a transcript is chosen."""

    role: Role
    gene: int
    position: int
    sense: bool
    keeps_left: bool


def transcribed_strand(call: Mapping[str, Any], side: int) -> int:
    """Return +1 or -1, the strand that the fusion transcribes at one side; 0 if it cannot be told."""
    told = str(call[f"strand{side}(gene/fusion)"]).rpartition("/")[2]
    if told in {"+", "-"}:
        return 1 if told == "+" else -1
    forward = {1: "downstream", 2: "upstream"}[side]
    direction = str(call[f"direction{side}"])
    return 0 if not direction else 1 if direction == forward else -1


def _place(call: Mapping[str, Any], side: int, annotation: Annotation) -> _Place:
    role: Role = 5 if side == 1 else 3
    contig, position = _position(call, side)
    model = annotation.model
    gene = annotation.gene(str(call[f"gene{side}"]), str(call[f"gene_id{side}"]), contig, position)
    between = str(call[f"site{side}"]).startswith("intergenic")
    if gene < 0 or between or not int(model.gene_start[gene]) <= position < int(model.gene_end[gene]):
        return _Place(role, -1, position, True, True)
    of_gene = int(model.gene_strand[gene])
    strand = transcribed_strand(call, side) or of_gene
    direction = str(call[f"direction{side}"])
    keeps_left = direction == "downstream" if direction else (role == 5) == (strand > 0)
    return _Place(role, gene, position, strand == of_gene, keeps_left)


def _position(call: Mapping[str, Any], side: int) -> tuple[str, int]:
    contig, _, position = str(call[f"breakpoint{side}"]).rpartition(":")
    return contig, int(position) - 1


def _distance(model: GeneModel, gene: int, position: int) -> int:
    return max(int(model.gene_start[gene]) - position, position - int(model.gene_end[gene]) + 1, 0)


def _ranked(annotation: Annotation, place: _Place, named: str) -> list[tuple[int, tuple[int, ...]]]:
    """Return the gene's transcripts with their ranks, best first; ranks start with how well the site fits."""
    model = annotation.model
    wanted = {named, named.rpartition(".")[0]} - {""}
    ranks = []
    for transcript in model.transcripts_of(place.gene):
        fit = _fit(model, transcript, place)
        exons = model.exons_of(transcript)
        coding = int((model.exon_cds_end[exons] - model.exon_cds_start[exons]).sum())
        length = int((model.exon_end[exons] - model.exon_start[exons]).sum())
        tags = str(model.transcript_tags[transcript])
        preferred = next((len(PREFERRED_TAGS) - i for i, tag in enumerate(PREFERRED_TAGS) if tag in tags), 0)
        followed = 4 if fit > 0 and str(model.transcript_id[transcript]) in wanted else 0
        ranks.append((transcript, (fit + followed, int(coding > 0), preferred, coding, length)))
    return sorted(ranks, key=lambda item: (item[1], -item[0]), reverse=True)


def _fit(model: GeneModel, transcript: int, place: _Place) -> int:
    """Return 3 if the kept part ends at a splice site, 2 in an exon, 1 in an intron, 0 outside."""
    exons = model.exons_of(transcript)
    starts, ends = model.exon_start[exons], model.exon_end[exons]
    if not starts[0] <= place.position < ends[-1]:
        return 0
    boundaries = ends[:-1] - 1 if place.keeps_left else starts[1:]
    if (boundaries == place.position).any():
        return 3
    return 2 if ((starts <= place.position) & (place.position < ends)).any() else 1


def _partner(model: GeneModel, place: _Place, transcript: int) -> Partner:
    gene, position = place.gene, place.position
    strand = int(model.gene_strand[gene])
    exons = transcript_exons(model, transcript)
    fit = _fit(model, transcript, place)
    reached = [i for i, e in enumerate(exons) if (e.start <= position if strand > 0 else position < e.end)]
    return Partner(
        role=place.role,
        gene=gene,
        symbol=str(model.gene_symbol[gene]),
        gene_id=str(model.gene_id[gene]),
        contig=str(model.contigs[model.gene_contig[gene]]),
        strand=strand,
        sense=place.sense,
        keeps_left=place.keeps_left,
        transcript=transcript,
        transcript_id=str(model.transcript_id[transcript]),
        transcript_version=str(model.transcript_version[transcript]),
        exons=exons,
        first_codon_position=_first_codon_position(model, transcript),
        breakpoint=position,
        exon=reached[-1] if reached and fit else -1,
        at=("outside", "intron", "exon", "splice-site")[fit],
    )


def transcript_exons(model: GeneModel, transcript: int) -> tuple[Exon, ...]:
    """Return the exons of a transcript in the order of transcription."""
    at = model.exons_of(transcript)
    exons = [
        Exon(*map(int, values))
        for values in zip(
            model.exon_number[at],
            model.exon_start[at],
            model.exon_end[at],
            model.exon_cds_start[at],
            model.exon_cds_end[at],
            strict=True,
        )
    ]
    return tuple(sorted(exons, key=lambda exon: exon.number))


def _first_codon_position(model: GeneModel, transcript: int) -> int:
    at = model.exons_of(transcript)
    coding = [i for i in range(at.start, at.stop) if model.exon_cds_start[i] >= 0]
    if not coding:
        return 0
    forward = model.gene_strand[model.transcript_gene[transcript]] > 0
    phase = int(model.exon_phase[coding[0] if forward else coding[-1]])
    return (3 - max(phase, 0)) % 3


def _cut(exon: Exon, position: int, *, keep_left: bool) -> Exon | None:
    start, end = (
        (exon.start, min(exon.end, position + 1)) if keep_left else (max(exon.start, position), exon.end)
    )
    if start >= end:
        return None
    coding_start, coding_end = max(exon.coding_start, start), min(exon.coding_end, end)
    if exon.coding_start < 0 or coding_start >= coding_end:
        coding_start = coding_end = -1
    return Exon(exon.number, start, end, coding_start, coding_end)
