"""The coding sequence of transcripts, base by base, from a gene model and a genome."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from leukoscope.variants.hotspots import CodingTranscript

if TYPE_CHECKING:
    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def coding_transcripts(
    model: GeneModel, genome: Genome, symbols: Collection[str]
) -> dict[str, Sequence[CodingTranscript]]:
    """Return the coding transcripts of the genes with these symbols.

    Transcripts whose annotation begins inside a codon are left out: their codons cannot be
    counted from the start of the protein.
    """
    import numpy as np

    found: dict[str, list[CodingTranscript]] = {}
    for gene in np.flatnonzero(np.isin(model.gene_symbol, list(symbols))):
        for transcript in model.transcripts_of(int(gene)):
            if (coding := _coding(model, genome, int(gene), transcript)) is not None:
                found.setdefault(str(model.gene_symbol[gene]), []).append(coding)
    return dict(found)


def _coding(model: GeneModel, genome: Genome, gene: int, transcript: int) -> CodingTranscript | None:
    exons = model.exons_of(transcript)
    parts = [
        (int(start), int(end), int(phase))
        for start, end, phase in zip(
            model.exon_cds_start[exons], model.exon_cds_end[exons], model.exon_phase[exons], strict=True
        )
        if start >= 0
    ]
    forward = bool(model.gene_strand[gene] > 0)
    if not parts or parts[0 if forward else -1][2] > 0:
        return None
    contig = str(model.contigs[model.gene_contig[gene]])
    bases = "".join(genome.fetch(contig, start, end) for start, end, _ in parts).upper()
    positions = [position for start, end, _ in parts for position in range(start, end)]
    if not forward:
        bases, positions = bases[::-1].translate(_COMPLEMENT), positions[::-1]
    return CodingTranscript(str(model.transcript_id[transcript]), contig, forward, positions, bases)
