"""``leukoscope normalise``, and how other commands read a matrix of expression or counts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from leukoscope.cohort import Cohort
    from leukoscope.differential.scales import Scale

    #: Counts, values on the scale, and size factors if there was need of them.
    _Scaled = tuple[Cohort, pd.DataFrame, NDArray[np.float64] | None]


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
            "numbers of DESeq2, blind to any design or by one; counts over size factors; TPM or FPKM."
        ),
        epilog="example: leukoscope normalise counts.tsv.gz --to vst --output vst.tsv.gz",
    )
    parser.add_argument("counts", metavar="COUNTS", type=Path, help=_COUNTS)
    parser.add_argument("--to", choices=[*_SCALES, "tpm", "fpkm"], default="vst", help="the scale (vst)")
    parser.add_argument("--output", metavar="TSV", type=Path, required=True,
        help="matrix, genes in rows; or .h5ad, samples in rows, with the counts as layer")  # fmt: skip
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
        "--design", metavar="FORMULA",
        help="vst, rlog: dispersions by this design, e.g. '~ group', of --samples (blind = FALSE in DESeq2)",
    )  # fmt: skip
    parser.add_argument(
        "--samples", metavar="TSV", type=Path, help="take these samples; a column sample and the covariates"
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
        values = read_expression(args.matrix, by_symbol=by_symbol, log2=args.log2)
        _ask_about_counts(args.matrix, values)
        return values
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


def _ask_about_counts(path: Path, values: pd.DataFrame) -> None:
    """Say on stderr that a matrix taken as expression looks like counts."""
    numbers = values.to_numpy()
    if (numbers == numbers.round()).all() and (numbers >= 0).all():
        print(
            f"leukoscope: {path.name} holds whole numbers only and is taken as it is; if they are counts, "
            "say --counts vst.",
            file=sys.stderr,
        )


def _add_strandedness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strandedness", choices=("unstranded", "forward", "reverse"), default="unstranded",
        help="which column of STAR's counts to take (unstranded)",
    )  # fmt: skip


def _normalise(args: argparse.Namespace) -> None:
    import pandas as pd

    from leukoscope.formats.count_files import read_count_files
    from leukoscope.tables.cohort import SAMPLES, SIZE_FACTORS

    read = read_count_files(args.counts, strandedness=args.strandedness)
    cohort = read.read.cohort
    if args.samples:
        cohort = cohort.described_by(SAMPLES.read(args.samples))
    cohort, values, factors = (_by_design if args.design else _blind)(args, cohort)
    _write(cohort, values, args.output)
    if args.factors:
        table = pd.DataFrame({"sample": list(values.columns), "size_factor": factors})
        SIZE_FACTORS.write(table, args.factors)
    print(f"leukoscope: {read.summary()} Written as {args.to}.", file=sys.stderr)


def _write(cohort: Cohort, values: pd.DataFrame, path: Path) -> None:
    from leukoscope.formats.h5ad import write_h5ad
    from leukoscope.tables.cohort import expression_matrix

    if path.suffix == ".h5ad":
        write_h5ad(cohort, path, values.to_numpy())
        return
    symbols = cohort.genes.get("symbol")
    table = values.rename_axis("gene_id").reset_index()
    expression_matrix(list(values.columns), symbols is not None).write(
        table if symbols is None else table.assign(symbol=symbols.to_numpy()), path
    )


def _blind(args: argparse.Namespace, cohort: Cohort) -> _Scaled:
    from leukoscope.differential.iterated_factors import factors_of
    from leukoscope.differential.scales import bring_to_scale
    from leukoscope.formats.identifiers import without_version
    from leukoscope.tables.cohort import GENE_LENGTHS

    lengths = factors = None
    if args.lengths:
        given = GENE_LENGTHS.read(args.lengths)
        given["gene_id"] = given["gene_id"].map(without_version)
        lengths = given.drop_duplicates("gene_id").set_index("gene_id")["length"]
    if args.factors or args.to in _SCALES:
        factors = factors_of(cohort.rounded(), args.size_factors, n_threads=args.threads)
    values = bring_to_scale(
        cohort, args.to, factors=factors, trend=args.trend, lengths=lengths, n_threads=args.threads
    )
    return cohort, values, factors


def _by_design(args: argparse.Namespace, cohort: Cohort) -> _Scaled:
    from leukoscope.differential import Rules, fit_model
    from leukoscope.differential.scales import bring_to_scale_by_model
    from leukoscope.errors import InputError

    if args.samples is None or args.to not in {"vst", "rlog"}:
        raise InputError("--design: goes with --samples TSV, and with --to vst or rlog.")
    model = fit_model(
        cohort, args.design, size_factor_kind=args.size_factors,
        rules=Rules(trend=args.trend, n_threads=args.threads),
    )  # fmt: skip
    return model.cohort, bring_to_scale_by_model(model, args.to), model.size_factors
