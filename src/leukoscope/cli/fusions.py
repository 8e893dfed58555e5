"""``leukoscope fusions``: call gene fusions from an alignment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel

EXAMPLE = """examples:
  leukoscope fusions Aligned.out.bam --reference REF --output fusions.tsv --discarded fusions.discarded.tsv
  leukoscope fusions Aligned.out.bam --gtf genes.gtf.gz --fasta genome.fa --output fusions.tsv
  STAR ... --outStd BAM_Unsorted | leukoscope fusions - --reference REF --output fusions.tsv
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``fusions``."""
    parser = verbs.add_parser(
        "fusions",
        help="call gene fusions",
        description="Call gene fusions, tandem duplications and deletions between genes from STAR's alignment.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("bam", metavar="BAM", help="STAR's BAM with chimeric records, in any order; - for standard input")
    add("--reference", type=Path, metavar="REF", help="folder made by 'leukoscope reference build'")
    add(
        "--gtf", type=Path, metavar="G", help="annotation, where there is no reference folder (needs --fasta)"
    )
    add("--fasta", type=Path, metavar="F", help="genome, where there is no reference folder")
    add("--output", type=Path, required=True, metavar="TSV", help="table of calls")
    add("--discarded", type=Path, metavar="TSV", help="table of rejected events with their reasons")
    add(
        "--junctions",
        type=Path,
        metavar="SJ",
        help="STAR's SJ.out.tab: only its introns tell of deletions in a gene",
    )
    add("--panel", type=Path, metavar="TSV", help="events of normal samples")
    add("--domains", type=Path, metavar="TSV", help="protein domains on the genome")
    add(
        "--threads",
        type=int,
        default=2,
        metavar="N",
        help="threads that unpack the BAM (default: %(default)s)",
    )
    parser.set_defaults(run=_fusions)


def _fusions(args: argparse.Namespace) -> None:
    from leukoscope.formats.bam import scan_alignments
    from leukoscope.fusions.calling import call_fusions
    from leukoscope.knowledge import read_knowledge
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS, FUSION_PANEL, PROTEIN_DOMAINS
    from leukoscope.tables.fusions import FUSIONS

    model, genome = _open_reference(args)
    panel = FUSION_PANEL.read(args.panel) if args.panel else None
    domains = PROTEIN_DOMAINS.read(args.domains) if args.domains else None
    alignments = scan_alignments(args.bam, model, threads=args.threads)
    found = call_fusions(
        alignments, model, genome, drivers=read_knowledge(DRIVER_FUSIONS), domains=domains, panel=panel
    )
    FUSIONS.write(found.calls, args.output)
    if args.discarded:
        FUSIONS.write(found.discarded, args.discarded)


def _open_reference(args: argparse.Namespace) -> tuple[GeneModel, Genome]:
    from leukoscope.errors import InputError
    from leukoscope.formats.fasta import open_genome
    from leukoscope.formats.gtf import read_gene_model
    from leukoscope.formats.reference import open_reference

    if args.reference:
        reference = open_reference(args.reference)
        return reference.gene_model(), reference.genome()
    if not (args.gtf and args.fasta):
        raise InputError("fusions: give either --reference, or --gtf and --fasta.")
    return read_gene_model(args.gtf), open_genome(args.fasta)
