"""The verbs `reference build` and `reference check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    from leukoscope.formats.fasta import Genome
    from leukoscope.genemodel import GeneModel


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs of this module."""
    about = "make and check the reference that reads are aligned to"
    reference = verbs.add_parser(
        "reference", help=about, description=f"{about[0].upper()}{about[1:]}.", epilog=_EXAMPLE
    )
    actions = reference.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_build(actions)
    text = "Compare every byte of a reference with the checksums it was built with."
    check = actions.add_parser(
        "check", help=text, description=text, epilog="Example: leukoscope reference check grch38"
    )
    check.add_argument("reference", type=Path, help="folder made by 'leukoscope reference build'")
    check.set_defaults(run=_check)
    _add_cohort(actions)


_EXAMPLE = "Example: leukoscope reference build --fasta genome.fa.gz --gtf genes.gtf.gz --outdir reference"


def _add_build(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Build STAR and RSEM indices, gene tables and checksums from a genome and an annotation."
    build = actions.add_parser("build", help=text, description=text, epilog=_EXAMPLE)
    build.add_argument("--fasta", type=Path, help="genome, plain or gzipped")
    build.add_argument("--gtf", type=Path, help="annotation, plain or gzipped")
    build.add_argument("--genome", metavar="NAME", help="fetch genome and annotation instead: GRCh38")
    build.add_argument("--outdir", type=Path, required=True, help="folder to make")
    build.add_argument("--name", default="", help="what to call it (default: name of the FASTA file)")
    build.add_argument("--threads", type=at_least(1), default=1, help="threads for STAR (default 1)")
    build.add_argument(
        "--read-length", type=int, default=101, help="length of the reads to come (default 101)"
    )
    build.add_argument(
        "--sparsity",
        type=int,
        choices=range(1, 9),
        help="STAR's genomeSAsparseD (default: what the memory allows)",
    )
    build.add_argument("--force", action="store_true", help="replace a reference that is there already")
    build.set_defaults(run=_build)


def _add_cohort(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    cohort = actions.add_parser(
        "cohort",
        help="make your own patients the reference of marker genes",
        description="Write mean and spread of the marker genes over the samples of a cohort. 'subtype', 'patient' and "
        "'run' then tell where a patient stands among your own patients (--reference-cohort) instead of 1,223 B-ALL "
        "of other laboratories. Absolute thresholds stay.",
        epilog="Example: leukoscope reference cohort counts.tsv.gz --name ours-2026 --output cohort.tsv",
    )
    cohort.add_argument(
        "counts", type=Path, metavar="COUNTS", help="expression matrix of at least 20 patients"
    )
    cohort.add_argument("--name", metavar="NAME", help="what to call it (default: name of the matrix)")
    cohort.add_argument("--output", type=Path, required=True, metavar="TSV", help="table to write")
    cohort.set_defaults(run=_cohort)


def add_reference_cohort(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a reference cohort."""
    parser.add_argument(
        "--reference-cohort",
        type=Path,
        metavar="TSV",
        help="your own patients as the reference of marker genes, made by 'reference cohort'",
    )


def _cohort(args: argparse.Namespace) -> None:
    from leukoscope.cli.karyotype import read_samples
    from leukoscope.knowledge import read_knowledge
    from leukoscope.knowledge.subtype_tables import subtype_knowledge
    from leukoscope.provenance import created_now, sha256_of
    from leukoscope.subtyping.reference_cohort import build_cohort
    from leukoscope.tables.knowledge import MARKERS
    from leukoscope.tables.subtyping import REFERENCE_COHORT

    known = subtype_knowledge()
    wanted = set(known.outlier_genes["symbol"]) | set(read_knowledge(MARKERS)["gene"])
    genes = known.genes[known.genes["symbol"].isin(wanted)].drop_duplicates("symbol")
    table = build_cohort(
        read_samples(args.counts),
        genes,
        name=args.name or args.counts.name.split(".")[0],
        checksum=sha256_of(args.counts),
        made=created_now(),
    )
    REFERENCE_COHORT.write(table, args.output)
    _say(f"{args.output}: {len(table)} marker genes in {table['samples'].max()} samples.")


def _build(args: argparse.Namespace) -> None:
    from leukoscope.pipeline.download import locate_genome
    from leukoscope.pipeline.reference import build_reference

    with locate_genome(args.genome, args.fasta, args.gtf, beside=args.outdir, say=_say) as (fasta, gtf, name):
        reference = build_reference(
            fasta,
            gtf,
            args.outdir,
            name=args.name or name,
            threads=args.threads,
            read_length=args.read_length,
            sparsity=args.sparsity,
            replace=args.force,
            say=_say,
        )
    print(f"{args.outdir}: reference {reference.name}, {reference.description['bases']} bases")


def _check(args: argparse.Namespace) -> None:
    from leukoscope.pipeline.reference import check_reference

    reference = check_reference(args.reference)
    print(f"{args.reference}: reference {reference.name} is as it was built")


def _say(text: str) -> None:
    print(f"leukoscope: {text}", file=sys.stderr)


def open_annotated_genome(args: argparse.Namespace) -> tuple[GeneModel, Genome]:
    """Open what ``--reference``, or ``--gtf`` and ``--fasta``, name."""
    from leukoscope.errors import InputError
    from leukoscope.formats.fasta import open_genome
    from leukoscope.formats.gene_model_cache import open_gene_model
    from leukoscope.formats.reference import open_reference

    if args.reference:
        reference = open_reference(args.reference)
        return reference.gene_model(), reference.genome()
    if not (args.gtf and args.fasta):
        raise InputError("the genome is missing: give --reference REF, or both --gtf and --fasta.")
    model, genome = open_gene_model(args.gtf, say=_say), open_genome(args.fasta)
    _refuse_other_assembly(model, genome)
    return model, genome


def _refuse_other_assembly(model: GeneModel, genome: Genome) -> None:
    """Refuse an annotation that reaches beyond a contig's end."""
    import numpy as np

    from leukoscope.errors import InputError

    known = genome.spelled_as(model.contigs.tolist())
    lengths = np.array([known.length(name) for name in model.contigs.tolist()], dtype=np.int64)
    room = lengths[model.gene_contig]
    beyond = np.flatnonzero((room > 0) & (model.gene_end > room))
    if beyond.size:
        gene = beyond[0]
        raise InputError(
            f"--gtf: {beyond.size} genes reach beyond the end of their contig (e.g. '{model.gene_id[gene]}', to "
            f"{model.gene_end[gene]} on '{model.contigs[model.gene_contig[gene]]}', which has only {room[gene]} "
            "bases). Are --gtf and --fasta of the same assembly?"
        )
