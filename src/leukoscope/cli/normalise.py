"""``leukoscope normalise``, and how other commands read a matrix of expression or counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.differential.scales import Scale


_SCALES = ("vst", "rlog", "normalised")
_COUNTS = (
    "matrix of counts, featureCounts' table, .h5ad, a folder of RSEM, STAR or htseq-count files, or a TSV of columns "
    "sample and counts that lists them"
)


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``normalise``."""
    parser = verbs.add_parser(
        "normalise",
        help="counts on a scale of even variance, normalised for depth, or as TPM",
        description=(
            "Bring counts to another scale: variance-stabilised (vst) or regularised (rlog) log2 values with the "
            "numbers of DESeq2, blind to any design; counts over size factors; TPM or FPKM."
        ),
        epilog="example: leukoscope normalise counts.tsv.gz --to vst --output vst.tsv.gz",
    )
    parser.add_argument("counts", metavar="COUNTS", type=Path, help=_COUNTS)
    parser.add_argument("--to", choices=[*_SCALES, "tpm", "fpkm"], default="vst", help="the scale (vst)")
    parser.add_argument("--output", metavar="TSV", type=Path, required=True, help="matrix, genes in rows")
    parser.add_argument(
        "--lengths", metavar="TSV", type=Path,
        help="columns gene_id and length in bases, as genes.tsv of a reference; featureCounts' table has its own",
    )  # fmt: skip
    parser.add_argument(
        "--factors", metavar="TSV", type=Path, help="also write the size factor of each sample"
    )
    parser.add_argument(
        "--size-factors", choices=("ratio", "poscounts", "iterate"), default="ratio", help="their kind"
    )
    parser.add_argument(
        "--trend", choices=("parametric", "local", "mean"), default="parametric", help="of dispersion"
    )
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="threads; the result does not depend on it"
    )
    _add_strandedness(parser)
    parser.set_defaults(run=_normalise)


def add_expression_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a command that takes expression values, or counts that are brought to a scale first."""
    parser.add_argument(
        "matrix", metavar="MATRIX", type=Path, help="TSV of expression values, genes in rows; or counts: " + _COUNTS
    )  # fmt: skip
    parser.add_argument("--log2", action="store_true", help="take log2(x + 1) first")
    parser.add_argument(
        "--counts", choices=_SCALES,
        help="MATRIX holds counts; bring them to this scale (vst, for whatever is no plain matrix)",
    )  # fmt: skip
    _add_strandedness(parser)


def read_expression_argument(args: argparse.Namespace, *, by_symbol: bool = False) -> pd.DataFrame:
    """Return the values that the arguments ask for, genes in rows; say on stderr what counts became."""
    from leukoscope.differential.scales import bring_to_scale
    from leukoscope.errors import InputError
    from leukoscope.formats.count_files import is_plain_matrix, read_count_files
    from leukoscope.formats.matrix import highest_of_each, logarithm, read_expression

    if args.counts is None and is_plain_matrix(args.matrix):
        return read_expression(args.matrix, by_symbol=by_symbol, log2=args.log2)
    scale: Scale = args.counts or "vst"
    if args.log2 and scale != "normalised":
        raise InputError(f"--log2: {scale} is a log2 scale already.")
    read = read_count_files(args.matrix, strandedness=args.strandedness)
    cohort = read.read.cohort
    values = bring_to_scale(cohort, scale)
    print(f"leukoscope: {read.summary()} Brought to the scale '{scale}'.", file=sys.stderr)
    if by_symbol and "symbol" in cohort.genes:
        symbols = cohort.genes["symbol"]
        values = highest_of_each(values.set_axis(symbols.where(symbols != "", cohort.gene_ids)))
    return logarithm(values, args.matrix.name) if args.log2 else values


def _add_strandedness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strandedness", choices=("unstranded", "forward", "reverse"), default="unstranded",
        help="which column of STAR's counts to take (unstranded)",
    )  # fmt: skip


def _normalise(args: argparse.Namespace) -> None:
    import pandas as pd

    from leukoscope.differential.iterated_factors import factors_of
    from leukoscope.differential.scales import bring_to_scale
    from leukoscope.formats.count_files import read_count_files
    from leukoscope.formats.identifiers import without_version
    from leukoscope.tables.cohort import GENE_LENGTHS, SIZE_FACTORS, expression_matrix

    read = read_count_files(args.counts, strandedness=args.strandedness)
    cohort = read.read.cohort
    lengths = None
    if args.lengths:
        given = GENE_LENGTHS.read(args.lengths)
        given["gene_id"] = given["gene_id"].map(without_version)
        lengths = given.drop_duplicates("gene_id").set_index("gene_id")["length"]
    values = bring_to_scale(
        cohort, args.to, size_factor_kind=args.size_factors, trend=args.trend, lengths=lengths,
        n_threads=args.threads,
    )  # fmt: skip
    names = list(values.columns)
    symbols = cohort.genes.get("symbol")
    table = values.rename_axis("gene_id").reset_index()
    expression_matrix(names, symbols is not None).write(
        table if symbols is None else table.assign(symbol=symbols.to_numpy()), args.output
    )
    if args.factors:
        factors = factors_of(cohort.rounded(), args.size_factors, n_threads=args.threads)
        SIZE_FACTORS.write(pd.DataFrame({"sample": names, "size_factor": factors}), args.factors)
    print(f"leukoscope: {read.summary()} Written as {args.to}.", file=sys.stderr)
