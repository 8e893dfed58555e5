"""Simulated genomes as FASTA and GTF, and given ones as the simulator sees them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from leukoscope.errors import InputError
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.genemodel import GeneModel
from leukoscope.publishing import published
from leukoscope.simulation.sequences import as_bases
from leukoscope.simulation.structures import Gene, Genome, Transcript, read_pieces

LINE = 60
MOST_UNKNOWN = 0.5  #: share of exon bases that may be N
LARGEST = 400_000_000  #: bases; a larger genome would need more memory than a simulation is worth


def write_fasta(genome: Genome, path: Path) -> None:
    """Write the contigs in lines of 60 bases, by rename."""
    with published(path) as part, part.open("wb") as sink:
        for name, bases in genome.contigs.items():
            sink.write(f">{name}\n".encode())
            full = bases.size // LINE * LINE
            lines = bases[:full].reshape(-1, LINE)
            sink.write(np.pad(lines, ((0, 0), (0, 1)), constant_values=ord("\n")).tobytes())
            if full < bases.size:
                sink.write(bases[full:].tobytes() + b"\n")


def write_gtf(genome: Genome, path: Path) -> None:
    """Write genes, transcripts, exons, coding parts, start and stop codons in GENCODE's spelling."""
    with published(path) as part, part.open("w", encoding="utf-8", newline="\n") as sink:
        for gene in sorted(genome.genes, key=lambda g: (list(genome.contigs).index(g.contig), g.start)):
            sink.writelines(line + "\n" for line in _gene_lines(gene))


def _gene_lines(gene: Gene) -> Iterator[str]:
    strand = "+" if gene.strand > 0 else "-"
    about = f'gene_id "{gene.id}"; gene_type "{gene.biotype}"; gene_name "{gene.symbol}";'

    def line(feature: str, start: int, end: int, rest: str, frame: str = ".") -> str:
        return f"{gene.contig}\tleukoscope\t{feature}\t{start + 1}\t{end}\t.\t{strand}\t{frame}\t{rest}"

    yield line("gene", gene.start, gene.end, about)
    for number, transcript in enumerate(gene.transcripts, start=1):
        kind = gene.biotype if transcript.cds or gene.biotype != "protein_coding" else "processed_transcript"
        tags = ' tag "basic"; tag "Ensembl_canonical";' if number == 1 else ""
        rest = (
            f'{about} transcript_id "{transcript.id}"; transcript_type "{kind}"; '
            f'transcript_name "{gene.symbol}-{200 + number}";{tags}'
        )
        yield line("transcript", transcript.exons[0][0], transcript.exons[-1][1], rest)
        exons = transcript.exons if gene.strand > 0 else transcript.exons[::-1]
        done = 0
        for exon_number, (start, end) in enumerate(exons, start=1):
            numbered = f"{rest} exon_number {exon_number};"
            yield line("exon", start, end, numbered)
            if transcript.cds is None:
                continue
            first, last = _without_stop(gene.strand, transcript)
            lo, hi = max(start, first), min(end, last)
            if lo < hi:
                yield line("CDS", lo, hi, numbered, str(-done % 3))
                done += hi - lo


def _without_stop(strand: int, transcript: Transcript) -> tuple[int, int]:
    """Return the coding range without its stop codon, which stands in one exon here."""
    first, last = transcript.cds or (0, 0)
    return (first, last - 3) if strand > 0 else (first + 3, last)


def read_genome(fasta: Path, gtf: Path) -> Genome:
    """Read a genome and its annotation for simulation.

    Raises
    ------
    InputError
        If a file cannot be read, the genome is larger than 400 Mb, or the genes do not lie on it.
    """
    opened = open_genome(fasta)
    total = sum(contig.length for contig in opened.contigs.values())
    if total > LARGEST:
        raise InputError(
            f"{fasta.name}: {total:,} bases; the simulator holds the genome in memory and takes up to {LARGEST:,}. "
            "Give it some contigs of it."
        )
    contigs = {name: as_bases(opened.fetch(name, 0, c.length)) for name, c in opened.contigs.items()}
    model = read_gene_model(gtf)
    genes = tuple(gene for gene in _genes(model) if _fits(gene, contigs))
    if not genes:
        raise InputError(f"{gtf.name}: none of its {model.n_genes} genes lies on a contig of {fasta.name}.")
    exons = np.concatenate([read_pieces(contigs, gene.pieces()) for gene in genes])
    unknown = float((exons == ord("N")).mean())
    if unknown > MOST_UNKNOWN:
        raise InputError(
            f"{gtf.name}: {unknown:.0%} of its exon bases are N in {fasta.name}. Do both belong to one assembly?"
        )
    return Genome(contigs, genes)


def _fits(gene: Gene, contigs: dict[str, np.ndarray]) -> bool:
    return gene.contig in contigs and gene.end <= contigs[gene.contig].size


def _genes(model: GeneModel) -> Iterator[Gene]:
    for g in range(model.n_genes):
        transcripts = [_transcript(model, t) for t in model.transcripts_of(g)]
        transcripts.sort(key=lambda t: (t.cds is None, -t.length, t.id))
        yield Gene(
            str(model.gene_id[g]),
            str(model.gene_symbol[g]),
            str(model.gene_biotype[g]),
            str(model.contigs[model.gene_contig[g]]),
            int(model.gene_strand[g]),
            tuple(transcripts[:3]),
            family="IGH" if str(model.gene_biotype[g]).startswith("IG_") else "",
        )


def _transcript(model: GeneModel, t: int) -> Transcript:
    exons = model.exons_of(t)
    coding = model.exon_cds_start[exons] >= 0
    cds = None
    if coding.any():
        cds = (int(model.exon_cds_start[exons][coding].min()), int(model.exon_cds_end[exons].max()))
    pairs = zip(model.exon_start[exons].tolist(), model.exon_end[exons].tolist(), strict=True)
    return Transcript(str(model.transcript_id[t]), tuple(pairs), cds)
