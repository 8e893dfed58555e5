"""`FusionStructure`: one fusion as a drawing needs it, ⇄ JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.errors import InputError
from leukoscope.formats.fusion_names import fusion_name, nearest_gene
from leukoscope.fusions.domains import Domain as GeneDomain
from leukoscope.fusions.domains import domains_by_gene, domains_of, retained_share
from leukoscope.fusions.partners import (
    Annotation,
    Partner,
    find_partners,
    partner_beside,
    transcribed_strand,
)
from leukoscope.genemodel import known_contig

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.genemodel import GeneModel


@dataclass(frozen=True, slots=True)
class Exon:
    """An exon, 0-based half-open; the coding part is empty (-1, -1) in an untranslated exon."""

    number: int
    start: int
    end: int
    coding_start: int
    coding_end: int


@dataclass(frozen=True, slots=True)
class Domain:
    """A protein domain on the genome, and the share of it that the fusion keeps."""

    name: str
    intervals: tuple[tuple[int, int], ...]
    retained: float


@dataclass(frozen=True, slots=True)
class Band:
    """A cytogenetic band of the contig, 0-based half-open."""

    name: str
    stain: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CoverageBin:
    """Mean number of fragments over a stretch of the genome, 0-based half-open."""

    start: int
    end: int
    depth: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a fusion: its gene as the best transcript has it, and where it breaks.

    Between genes, `neighbours` says what lies near.  A gene near by that is kept whole is told as if the
    breakpoint were in it; where there is none, `exons` is empty, and `start` and `end` are the breakpoint's.
    """

    symbol: str
    gene_id: str
    transcript_id: str
    contig: str
    strand: int  #: of the gene: +1, -1, or 0 between genes
    transcribed: int  #: strand that the fusion transcribes: +1, -1, or 0 if unknown
    start: int
    end: int
    exons: tuple[Exon, ...]  #: in the order of transcription of the gene
    breakpoint: int  #: last (5') or first (3') base of the fusion, 0-based
    keeps_left: bool  #: whether what lies left of it on the genome is kept
    exon_number: int | None
    site: str
    neighbours: str
    domains: tuple[Domain, ...]
    bands: tuple[Band, ...]
    coverage: tuple[CoverageBin, ...]

    @property
    def antisense(self) -> bool:
        """Whether the gene is transcribed backwards."""
        return self.strand * self.transcribed < 0


@dataclass(frozen=True, slots=True)
class FusionStructure:
    """One fusion, complete: both sides, the junction, the support, the doubts."""

    fusion: str
    exon_name: str
    vicc: str
    type: str
    confidence: str
    reading_frame: str
    driver_class: str
    warnings: tuple[str, ...]
    split_reads: tuple[int, int]
    discordant_mates: int
    coverage: tuple[int, int]  #: fragments near the breakpoints
    transcript: str  #: around the junction, in Arriba's notation
    inserted: str
    peptide: str
    five: Side
    three: Side

    @property
    def intragenic(self) -> bool:
        """Whether both sides lie in one gene."""
        return self.five.gene_id != "" and self.five.gene_id == self.three.gene_id

    @property
    def regions(self) -> tuple[tuple[str, int, int], ...]:
        """Where the genes of the two sides lie: contig, start, end (0-based half-open)."""
        return tuple((side.contig, side.start, side.end) for side in (self.five, self.three) if side.exons)


def fusion_structure(
    call: Mapping[str, Any],
    gene_model: GeneModel,
    *,
    domains: pd.DataFrame | None = None,
    cytobands: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
) -> FusionStructure:
    """Return the structure of one annotated call, a row of the fusion table.

    See :func:`fusion_structures` for the parameters.
    """
    by_gene = domains_by_gene(domains) if domains is not None else {}
    return _structure(call, Annotation(gene_model), by_gene, cytobands, coverage)


def fusion_structures(
    calls: pd.DataFrame,
    gene_model: GeneModel,
    *,
    domains: pd.DataFrame | None = None,
    cytobands: pd.DataFrame | None = None,
    coverage: pd.DataFrame | None = None,
) -> list[FusionStructure]:
    """Return the structure of every annotated call.

    Parameters
    ----------
    calls
        Rows of :data:`~leukoscope.tables.fusions.FUSIONS`, after
        :func:`~leukoscope.fusions.annotation.annotate_calls`.
    gene_model
        The annotation.
    domains
        Protein domains (:data:`~leukoscope.tables.driver_fusions.PROTEIN_DOMAINS`).
    cytobands
        Bands of the chromosomes (:data:`~leukoscope.tables.driver_fusions.CYTOBANDS`).
    coverage
        Columns contig, start, end, depth: mean fragments per stretch of the genome, 0-based half-open.
    """
    annotation = Annotation(gene_model)
    by_gene = domains_by_gene(domains) if domains is not None else {}
    rows = [{str(k): v for k, v in row.items()} for row in calls.to_dict("records")]
    return [_structure(row, annotation, by_gene, cytobands, coverage) for row in rows]


def _structure(
    call: Mapping[str, Any],
    annotation: Annotation,
    by_gene: dict[str, list[GeneDomain]],
    cytobands: pd.DataFrame | None,
    coverage: pd.DataFrame | None,
) -> FusionStructure:
    partners = find_partners(call, annotation)
    beside = [
        partner or _beside(call, number, annotation) for number, partner in zip((1, 2), partners, strict=True)
    ]
    sides = [
        _side(call, number, partner, by_gene=by_gene, cytobands=cytobands, coverage=coverage)
        for number, partner in zip((1, 2), beside, strict=True)
    ]
    return FusionStructure(
        fusion=str(call.get("fusion") or fusion_name(str(call["gene1"]), str(call["gene2"]))),
        exon_name=str(call.get("exons") or ""),
        vicc=str(call.get("vicc") or ""),
        type=str(call["type"]),
        confidence=str(call["confidence"]),
        reading_frame=str(call["reading_frame"]),
        driver_class=str(call.get("driver_class") or ""),
        warnings=tuple(w for w in str(call.get("plausibility") or "").split(",") if w),
        split_reads=(int(call["split_reads1"]), int(call["split_reads2"])),
        discordant_mates=int(call["discordant_mates"]),
        coverage=(int(call["coverage1"]), int(call["coverage2"])),
        transcript=str(call["fusion_transcript"]),
        inserted=str(call.get("inserted") or ""),
        peptide=str(call["peptide_sequence"]),
        five=sides[0],
        three=sides[1],
    )


def _side(
    call: Mapping[str, Any],
    number: int,
    partner: Partner | None,
    *,
    by_gene: dict[str, list[GeneDomain]],
    cytobands: pd.DataFrame | None,
    coverage: pd.DataFrame | None,
) -> Side:
    contig, _, text = str(call[f"breakpoint{number}"]).rpartition(":")
    position = int(text) - 1
    gene = str(call[f"gene{number}"])
    strand = transcribed_strand(call, number)
    start = min([position, *(e.start for e in partner.exons)] if partner else [position])
    end = max([position + 1, *(e.end for e in partner.exons)] if partner else [position + 1])
    return Side(
        symbol=partner.symbol if partner else nearest_gene(gene),
        gene_id=partner.gene_id if partner else "",
        transcript_id=partner.transcript_id if partner else "",
        contig=contig,
        strand=partner.strand if partner else 0,
        transcribed=strand,
        start=start,
        end=end,
        exons=tuple(Exon(*dataclasses.astuple(exon)) for exon in partner.exons) if partner else (),
        breakpoint=position,
        keeps_left=partner.keeps_left if partner else _keeps_left(call, number, strand),
        exon_number=partner.exon_number if partner else None,
        site=str(call[f"site{number}"]),
        neighbours=gene if "(" in gene else "",
        domains=tuple(
            Domain(name, intervals, retained_share(partner, (name, intervals)))
            for name, intervals in domains_of(partner, by_gene)
            if partner is not None
        ),
        bands=_bands(cytobands, contig),
        coverage=_coverage(coverage, contig, start, end),
    )


def _beside(call: Mapping[str, Any], number: int, annotation: Annotation) -> Partner | None:
    if "(" not in str(call[f"gene{number}"]):
        return None
    keeps_left = _keeps_left(call, number, transcribed_strand(call, number))
    return partner_beside(call, number, keeps_left, annotation)


def _keeps_left(call: Mapping[str, Any], number: int, strand: int) -> bool:
    direction = str(call[f"direction{number}"])
    return direction == "downstream" if direction else (number == 1) == (strand >= 0)


def _bands(cytobands: pd.DataFrame | None, contig: str) -> tuple[Band, ...]:
    if cytobands is None or cytobands.empty:
        return ()
    name = known_contig(contig, dict.fromkeys(cytobands["contig"]))
    rows = cytobands[cytobands["contig"] == name].sort_values("start")
    columns = ("name", "giemsa", "start", "end")
    return tuple(
        Band(str(n), str(g), int(s), int(e)) for n, g, s, e in zip(*(rows[c] for c in columns), strict=True)
    )


def _coverage(coverage: pd.DataFrame | None, contig: str, start: int, end: int) -> tuple[CoverageBin, ...]:
    if coverage is None or coverage.empty:
        return ()
    near = (coverage["contig"] == contig) & (coverage["end"] > start) & (coverage["start"] < end)
    rows = coverage[near].sort_values("start")
    columns = ("start", "end", "depth")
    return tuple(
        CoverageBin(int(s), int(e), float(d)) for s, e, d in zip(*(rows[c] for c in columns), strict=True)
    )


def structure_to_json(structure: FusionStructure) -> dict[str, Any]:
    """Return plain lists and dictionaries that :func:`structure_from_json` reads back."""
    return dataclasses.asdict(structure)


def structure_from_json(document: Mapping[str, Any]) -> FusionStructure:
    """Return the structure that a JSON document describes.

    Raises
    ------
    InputError
        If the document lacks a field or has one of another meaning.
    """
    try:
        pairs = {name: tuple(document[name]) for name in ("warnings", "split_reads", "coverage")}
        sides = {name: _side_from_json(document[name]) for name in ("five", "three")}
        return FusionStructure(**(dict(document) | pairs | sides))
    except (KeyError, TypeError) as error:
        raise InputError(f"this is not the structure of a fusion: {error}.") from error


def _side_from_json(document: Mapping[str, Any]) -> Side:
    parts: dict[str, Any] = {
        "exons": tuple(Exon(**exon) for exon in document["exons"]),
        "domains": tuple(
            Domain(d["name"], tuple((s, e) for s, e in d["intervals"]), d["retained"])
            for d in document["domains"]
        ),
        "bands": tuple(Band(**band) for band in document["bands"]),
        "coverage": tuple(CoverageBin(**b) for b in document["coverage"]),
    }
    return Side(**(dict(document) | parts))
