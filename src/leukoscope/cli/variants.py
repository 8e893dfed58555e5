"""``leukoscope variants``."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "variants",
        help="look for mutations at known hot spots",
        description="Look for mutations at known hot spots of B-ALL in an alignment. Each one is detected, "
        "not detected, or not assessable with the reason.",
        epilog="Example: leukoscope variants Aligned.out.bam --reference REF --output variants.tsv",
    )
    parser.add_argument("bam", type=Path, metavar="BAM", help="alignment, sorted or not")
    parser.add_argument(
        "--reference", type=Path, required=True, metavar="REF", help="made by 'reference build'"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="TSV", help="table to write")
    parser.add_argument(
        "--hotspots", type=Path, metavar="TSV", help="hot spots of your own instead of the shipped"
    )
    parser.add_argument(
        "--min-depth", type=int, default=20, metavar="N", help="fragments needed to say no (default 20)"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that unpack the BAM (default 1)"
    )
    parser.set_defaults(run=_variants)


def _variants(args: argparse.Namespace) -> None:
    from leukoscope.formats.codon_reads import read_codons
    from leukoscope.formats.reference import open_reference
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.variants import HOTSPOTS, VARIANTS
    from leukoscope.variants.coding import coding_transcripts
    from leukoscope.variants.hotspots import call_hotspots, locate_hotspots

    hotspots = HOTSPOTS.read(args.hotspots) if args.hotspots else read_knowledge(HOTSPOTS)
    reference = open_reference(args.reference)
    transcripts = coding_transcripts(reference.gene_model(), reference.genome(), set(hotspots["gene"]))
    codons = locate_hotspots(hotspots, transcripts)
    reads = read_codons(args.bam, codons, threads=args.threads)
    VARIANTS.write(call_hotspots(hotspots, codons, reads, min_depth=args.min_depth), args.output)
