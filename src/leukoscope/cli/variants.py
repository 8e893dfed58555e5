"""``leukoscope variants``: mutations of known genes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from leukoscope.formats.reference import Reference
    from leukoscope.variants.consequence import CodingIndex
    from leukoscope.variants.hotspots import CodingTranscript, LocatedCodon

EXAMPLE = """examples:
  leukoscope variants Aligned.out.bam --reference REF --output variants.tsv --candidates candidates.tsv
  leukoscope variants Aligned.out.bam --reference REF --vcf rna.vcf.gz --output variants.tsv
  leukoscope variants --reference REF --maf exome.maf --sample P1 --output variants.tsv
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "variants",
        help="look for mutations at hot spots and in listed genes",
        description="Look for mutations at known hot spots of B-ALL in an alignment and in the calls of other callers: "
        "each is detected, not detected, or not assessable with the reason. On request, look through the coding "
        "sequence of listed genes for candidates, which nothing confirms as somatic.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("bam", type=Path, nargs="?", metavar="BAM", help="alignment, sorted or not")
    add("--reference", type=Path, required=True, metavar="REF", help="made by 'reference build'")
    add("--output", type=Path, required=True, metavar="TSV", help="table of the hot spots to write")
    add("--vcf", type=Path, nargs="+", default=[], metavar="V", help="calls of GATK, bcftools, DRAGEN, ...")
    add("--maf", type=Path, nargs="+", default=[], metavar="M", help="calls as MAF")
    add("--sample", metavar="NAME", help="which sample of VCF and MAF (needed where they hold several)")
    add("--candidates", type=Path, metavar="TSV", help="changes in the whole of the listed genes")
    add(
        "--normals",
        type=Path,
        nargs="+",
        default=[],
        metavar="TSV",
        help="candidates of normal samples, rejected",
    )
    add("--hotspots", type=Path, metavar="TSV", help="hot spots of your own instead of the shipped")
    add("--genes", type=Path, metavar="TSV", help="listed genes of your own instead of the shipped")
    add(
        "--min-depth",
        type=at_least(1),
        default=20,
        metavar="N",
        help="fragments needed to say no (default 20)",
    )
    add("--threads", type=at_least(1), default=1, metavar="N", help="threads that unpack the BAM (default 1)")
    parser.set_defaults(run=_variants)


def _variants(args: argparse.Namespace) -> None:
    from leukoscope.errors import InputError
    from leukoscope.formats.bam import refuse_other_genome
    from leukoscope.formats.reference import open_reference
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.mutations import MUTATION_CANDIDATES, MUTATION_GENES
    from leukoscope.tables.variants import HOTSPOTS, VARIANTS
    from leukoscope.variants.candidates import add_calls, annotate_calls, finish_candidates
    from leukoscope.variants.coding import coding_transcripts
    from leukoscope.variants.consequence import choose_transcripts
    from leukoscope.variants.hotspots import locate_hotspots

    if not (args.bam or args.vcf or args.maf):
        raise InputError("variants: give a BAM file, --vcf or --maf.")
    hotspots = HOTSPOTS.read(args.hotspots) if args.hotspots else read_knowledge(HOTSPOTS)
    genes = MUTATION_GENES.read(args.genes) if args.genes else read_knowledge(MUTATION_GENES)
    reference = open_reference(args.reference)
    if args.bam:
        refuse_other_genome(args.bam, reference.genome(), other_names=False)
    symbols = set(hotspots["gene"]) | set(genes["gene"])
    transcripts = coding_transcripts(reference.gene_model(), reference.genome(), symbols)
    codons = locate_hotspots(hotspots, transcripts)
    index = choose_transcripts(transcripts, {codon.gene: codon.transcript_id for codon in codons})
    called = annotate_calls(_calls(args), index)
    VARIANTS.write(add_calls(_read_hotspots(args, hotspots, codons), hotspots, called), args.output)
    if args.candidates:
        seen = [_scan(args, reference, index)] if args.bam else []
        normals = [MUTATION_CANDIDATES.read(path) for path in args.normals]
        MUTATION_CANDIDATES.write(finish_candidates([*seen, called], genes, normals), args.candidates)


def _read_hotspots(
    args: argparse.Namespace, hotspots: pd.DataFrame, codons: Sequence[LocatedCodon]
) -> pd.DataFrame:
    from leukoscope.formats.codon_reads import read_codons
    from leukoscope.tables.variants import CODON_READS
    from leukoscope.variants.hotspots import call_hotspots

    reads = read_codons(args.bam, codons, threads=args.threads) if args.bam else CODON_READS.empty()
    table = call_hotspots(hotspots, codons, reads, min_depth=args.min_depth)
    if args.bam:
        return table
    reason = "no alignment was given, and no caller reports a mutation"
    return table.assign(reason=table["reason"].where(table["contig"] == "", reason))


def _calls(args: argparse.Namespace) -> pd.DataFrame:
    """Return the calls of one sample from all VCFs and MAFs."""
    import pandas as pd

    from leukoscope.errors import InputError, quote_some
    from leukoscope.formats.mutation_calls import read_maf, read_vcf_calls
    from leukoscope.tables.mutations import MUTATION_CALLS

    parts = []
    for path, table in [(p, read_vcf_calls(p)) for p in args.vcf] + [(p, read_maf(p)) for p in args.maf]:
        names = sorted(set(table["sample"]))
        if len(names) > 1 and args.sample not in names:
            raise InputError(
                f"{path.name}: holds {len(names)} samples: {quote_some(names)}. Choose with --sample."
            )
        parts.append(table[table["sample"] == args.sample] if len(names) > 1 else table)
    parts = [part for part in parts if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else MUTATION_CALLS.empty()


def _scan(args: argparse.Namespace, reference: Reference, index: CodingIndex) -> pd.DataFrame:
    import numpy as np

    from leukoscope.formats.pileup import merge_regions, read_pileup
    from leukoscope.variants.candidates import scan_genes

    regions = merge_regions(interval for t in index.transcripts.values() for interval in _intervals(t))
    counts = read_pileup(args.bam, regions, n_kinds=4, threads=args.threads)
    contig, position = regions.positions()
    genome = reference.genome()
    places = (np.array(regions.contigs or [""])[contig], position)
    return scan_genes(counts, regions.reference(genome), places, index, genome.fetch)


def _intervals(transcript: CodingTranscript) -> list[tuple[str, int, int]]:
    return [(transcript.contig, int(position), int(position) + 1) for position in transcript.positions]
