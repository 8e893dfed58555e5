"""The verbs that make and join the tables of samples: `reads`, `adopt-counts`, `strandedness`, `matrix`, `multiqc`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs of this module."""
    _add_reads(verbs)
    _add_adopt(verbs)
    _add_strandedness(verbs)
    _add_matrix(verbs)
    _add_multiqc(verbs)


def _add_reads(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Read FASTQ files whole: are they intact, and do pairs of files hold the same number of reads?"
    reads = verbs.add_parser(
        "reads",
        help="check whole FASTQ files",
        description=text,
        epilog="Example: leukoscope reads L1_R1.fastq.gz L1_R2.fastq.gz --output reads.json",
    )
    reads.add_argument("fastq", type=Path, nargs="+", help="first and second mates in turn")
    reads.add_argument(
        "--output", type=Path, required=True, help="JSON with the number of reads and checksums"
    )
    reads.set_defaults(run=_reads)


def _reads(args: argparse.Namespace) -> None:
    from leukoscope.pipeline.reads import check_reads, write_reads

    write_reads(check_reads(args.fastq), args.output)


def _add_adopt(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Read RSEM's genes.results, STAR's ReadsPerGene.out.tab or a count matrix as the expression of one sample."
    adopt = verbs.add_parser(
        "adopt-counts",
        help="use counts that another program made",
        description=text,
        epilog="Example: leukoscope adopt-counts counts.tsv --sample P1 --reference grch38 --output genes.tsv",
    )
    adopt.add_argument("table", type=Path, metavar="COUNTS")
    adopt.add_argument(
        "--reference",
        type=Path,
        help="folder made by 'reference build'; without it known genes are taken by name",
    )
    adopt.add_argument("--sample", default="", help="column to take from a matrix of several samples")
    adopt.add_argument("--output", type=Path, required=True, help="gene table to write")
    adopt.set_defaults(run=_adopt_counts)


def _adopt_counts(args: argparse.Namespace) -> None:
    from leukoscope.formats.reference import open_reference
    from leukoscope.pipeline.adopt import adopt_counts
    from leukoscope.tables.expression import SAMPLE_GENES

    reference = open_reference(args.reference) if args.reference else None
    SAMPLE_GENES.write(adopt_counts(args.table, reference, args.sample), args.output)


def _add_strandedness(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Tell from STAR's counts on either strand how a library was stranded, in RSEM's words."
    strandedness = verbs.add_parser(
        "strandedness",
        help="tell how a library was stranded",
        description=text,
        epilog="Example: leukoscope strandedness ReadsPerGene.out.tab --output strandedness.txt",
    )
    strandedness.add_argument("counts", type=Path, help="STAR's ReadsPerGene.out.tab")
    strandedness.add_argument(
        "--stated", default="auto", help="what the sample sheet states; anything but auto wins"
    )
    strandedness.add_argument(
        "--output", type=Path, required=True, help="takes one word: none, forward or reverse"
    )
    strandedness.set_defaults(run=_strandedness)


def _strandedness(args: argparse.Namespace) -> None:
    from leukoscope.formats.star_log import read_strand_counts
    from leukoscope.pipeline.expression import infer_strandedness
    from leukoscope.publishing import publish_text

    found = infer_strandedness(read_strand_counts(args.counts)) if args.stated == "auto" else args.stated
    publish_text(args.output, ("none" if found == "unstranded" else found) + "\n")


def _add_matrix(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Join the expression of samples into matrices of counts, TPM and FPKM."
    matrix = verbs.add_parser(
        "matrix",
        help="join samples into matrices",
        description=text,
        epilog="Example: leukoscope matrix --samples out/samples.tsv --evidence out --outdir expression",
    )
    _add_samples(matrix)
    matrix.set_defaults(run=_matrix)


def _matrix(args: argparse.Namespace) -> None:
    from leukoscope.pipeline.expression import join_samples, write_matrices
    from leukoscope.tables.expression import SAMPLE_GENES

    files = {name: args.evidence / "samples" / name / "genes.tsv" for name in _sample_names(args.samples)}
    matrices = join_samples({name: SAMPLE_GENES.read(path) for name, path in files.items() if path.is_file()})
    write_matrices(matrices, args.outdir)
    if matrices.left_out:
        print(
            f"leukoscope: {len(matrices.left_out)} genes are not in every sample; left out", file=sys.stderr
        )


def _add_multiqc(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Make MultiQC's report of a run, with our quality gate and fusions in it."
    multiqc = verbs.add_parser(
        "multiqc",
        help="MultiQC's report of a run",
        description=text,
        epilog="Example: leukoscope multiqc --samples out/samples.tsv --evidence out --outdir multiqc",
    )
    _add_samples(multiqc)
    multiqc.set_defaults(run=_multiqc)


def _multiqc(args: argparse.Namespace) -> None:
    from leukoscope.pipeline.multiqc import run_multiqc

    run_multiqc(args.evidence, _sample_names(args.samples), args.outdir)


def _add_samples(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--samples", type=Path, required=True, help="samples.tsv of a run")
    parser.add_argument("--evidence", type=Path, required=True, help="output folder of the run")
    parser.add_argument("--outdir", type=Path, required=True)


def _sample_names(path: Path) -> list[str]:
    from leukoscope.tables.samples import RUN_SAMPLES

    return list(RUN_SAMPLES.read(path)["sample"])
