"""What a fusion call means: transcripts, exons, reading frame, sequence, names, class, warnings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from leukoscope.formats.fusion_names import fusion_name, is_immunoglobulin
from leukoscope.fusions.domains import Domain, domains_by_gene, retained_domains
from leukoscope.fusions.drivers import Driver, driver_rows, find_driver
from leukoscope.fusions.joining import Product, joined_product
from leukoscope.fusions.nomenclature import exon_name, vicc_name
from leukoscope.fusions.panel import is_in_panel
from leukoscope.fusions.partners import Annotation, Partner, find_partners, transcribed_strand
from leukoscope.fusions.plausibility import (
    HOMOLOGY_SHARE,
    homology,
    is_antisense,
    is_circular_rna_like,
    is_mitochondrial,
    is_read_through_like,
    is_receptor_recombination,
    is_template_switch_like,
    panel_shares,
    words,
)
from leukoscope.tables.fusions import FUSIONS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

_INSERTED = re.compile(r"\|([acgtn]+)\|")


def annotate_calls(
    calls: pd.DataFrame,
    gene_model: GeneModel,
    genome: Genome,
    *,
    drivers: pd.DataFrame | None = None,
    domains: pd.DataFrame | None = None,
    panel: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the calls with everything that follows from their breakpoints filled in.

    Always written are ``fusion``, ``hgnc_id1/2``, ``exons``, ``vicc``, ``driver_class`` and ``plausibility``.
    Filled where the caller left them open are ``site1/2``, ``gene_id1/2``, ``transcript_id1/2``, ``inserted``,
    ``reading_frame``, ``fusion_transcript`` and ``peptide_sequence``: a caller has seen the reads, the
    annotation has not.  Rows keep their order.

    Parameters
    ----------
    calls
        Fusion calls (:data:`~leukoscope.tables.fusions.FUSIONS`), of leukoscope or any other caller.
    gene_model
        The annotation that the breakpoints are explained with.
    genome
        Random access to the bases.
    drivers
        Known B-ALL driver fusions (:data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`); without them
        ``driver_class`` stays empty.  A class that rests on an unverified row ends in ``(research)``.
    domains
        Protein domains (:data:`~leukoscope.tables.driver_fusions.PROTEIN_DOMAINS`); without them
        ``retained_protein_domains`` stays as it is.
    panel
        Fusions of normal samples (:data:`~leukoscope.tables.driver_fusions.FUSION_PANEL`); without them
        ``panel_frequency`` stays as it is.
    """
    import pandas as pd

    checked = FUSIONS.check(calls)
    if checked.empty:
        return checked
    context = _Context(
        Annotation(gene_model),
        genome,
        driver_rows(drivers) if drivers is not None else [],
        domains_by_gene(domains) if domains is not None else None,
    )
    if panel is not None:
        checked = checked.assign(panel_frequency=panel_shares(checked, panel))
    normal = is_in_panel(checked, panel) if panel is not None else [False] * len(checked)
    rows = [{str(k): v for k, v in row.items()} for row in checked.to_dict("records")]
    return FUSIONS.check(
        pd.DataFrame([row | _annotated(row, context, n) for row, n in zip(rows, normal, strict=True)])
    )


@dataclass
class _Context:
    """What every call is looked up in."""

    annotation: Annotation
    genome: Genome
    drivers: list[dict[str, Any]]
    domains: dict[str, list[Domain]] | None
    words: dict[int, NDArray[np.int64]] = field(default_factory=dict)  #: 16-base words of each gene asked for

    def homology(self, five: Partner | None, three: Partner | None) -> float:
        """Return the share of sequence that two genes have in common; 0 for one gene, or an unknown one."""
        if five is None or three is None or five.gene == three.gene:
            return 0.0
        for gene in (five.gene, three.gene):
            if gene not in self.words:
                self.words[gene] = words(self.annotation, self.genome, gene)
        return homology(self.words[five.gene], self.words[three.gene])


def _annotated(call: Mapping[str, Any], context: _Context, normal: bool) -> dict[str, Any]:
    sides = find_partners(call, context.annotation)
    five, three = (side if side is not None and side.sense else None for side in sides)
    inserted = str(call.get("inserted") or "") or _inserted_bases(str(call["fusion_transcript"]))
    product = joined_product(context.genome, (_side(call, 1, five), _side(call, 2, three)), inserted)
    frame = str(call["reading_frame"]) or product.reading_frame
    genes = str(call["gene1"]), str(call["gene2"])
    driver = find_driver(*genes, str(call["type"]), frame, context.drivers)
    if driver is not None and driver.grade == "pair":
        genes = driver.genes
    names = fusion_name(*genes).split("::")
    hijack = driver is not None and is_immunoglobulin(genes[0]) != is_immunoglobulin(genes[1])
    found: dict[str, Any] = {
        "fusion": "::".join(names),
        "hgnc_id1": context.annotation.hgnc.get(names[0], ""),
        "hgnc_id2": context.annotation.hgnc.get(names[1], ""),
        "exons": exon_name(five, three),
        "vicc": vicc_name(five, three, *genes, inserted, hijack=hijack, hgnc=context.annotation.hgnc),
        "driver_class": driver.label if driver is not None else "",
        "inserted": inserted,
        "reading_frame": frame,
    } | _filled(call, sides, product, context.annotation)
    if context.domains is not None:
        found["retained_protein_domains"] = retained_domains(five, three, frame, context.domains)
    found["plausibility"] = ",".join(_warnings(dict(call) | found, context, five, three, driver, normal))
    return found


def _filled(
    call: Mapping[str, Any],
    sides: tuple[Partner | None, Partner | None],
    product: Product,
    annotation: Annotation,
) -> dict[str, Any]:
    """Return what the caller left open."""
    proposed: dict[str, str] = {"fusion_transcript": product.transcript}
    if not call["reading_frame"] or call["reading_frame"] == product.reading_frame:
        proposed["peptide_sequence"] = product.peptide
    for side, partner in zip((1, 2), sides, strict=True):
        if partner is not None:
            proposed[f"gene_id{side}"] = partner.gene_id
            proposed[f"transcript_id{side}"] = partner.transcript_id if partner.sense else ""
    if not (call["site1"] and call["site2"]):
        # a site is what the whole gene knows of it, not the transcript that the caller named
        unnamed = find_partners(dict(call) | {"transcript_id1": "", "transcript_id2": ""}, annotation)
        proposed |= {f"site{n}": site_of(p) for n, p in zip((1, 2), unnamed, strict=True) if p is not None}
    return {name: call[name] or value for name, value in proposed.items()}


def site_of(side: Partner) -> str:
    """Return where a breakpoint lies, in Arriba's words.

    Examples: ``CDS/splice-site``, ``5'UTR``, ``intron``; ``exon`` for a transcript without coding part.
    """
    if side.at in {"intron", "outside"}:
        return {"intron": "intron", "outside": "intergenic"}[side.at]
    ending = "/splice-site" if side.at == "splice-site" else ""
    coding = [exon for exon in side.exons if exon.coding_start >= 0]
    if not coding:
        return f"exon{ending}"
    first = min(exon.coding_start for exon in coding)
    last = max(exon.coding_end for exon in coding)
    if first <= side.breakpoint < last:
        return f"CDS{ending}"
    return f"5'UTR{ending}" if (side.breakpoint < first) == (side.strand > 0) else f"3'UTR{ending}"


def _warnings(
    call: Mapping[str, Any],
    context: _Context,
    five: Partner | None,
    three: Partner | None,
    driver: Driver | None,
    normal: bool,
) -> list[str]:
    named_driver = driver is not None and driver.grade == "pair"
    tests = {
        "circular-RNA-like": is_circular_rna_like(call),
        "read-through-like": is_read_through_like(call) and not named_driver,
        "receptor-recombination": is_receptor_recombination(call),
        "antisense": is_antisense(call),
        "mitochondrial": is_mitochondrial(call),
        "template-switch-like": is_template_switch_like(call, context.genome),
        "homologous-genes": context.homology(five, three) >= HOMOLOGY_SHARE,
        "seen-in-normals": normal and not named_driver,
    }
    return [name for name, true in tests.items() if true]


def _inserted_bases(transcript: str) -> str:
    found = _INSERTED.search(transcript)
    return found.group(1).upper() if found else ""


def _side(
    call: Mapping[str, Any], side: int, partner: Partner | None
) -> tuple[Partner | None, str, int, int]:
    contig, _, position = str(call[f"breakpoint{side}"]).rpartition(":")
    return partner, contig, int(position) - 1, transcribed_strand(call, side)
