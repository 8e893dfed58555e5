"""``leukoscope score``: gene sets scored in every sample."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leukoscope.cli import at_least
from leukoscope.cli.enrich import read_gene_sets
from leukoscope.cli.normalise import add_expression_arguments, read_expression_argument


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``score``."""
    parser = verbs.add_parser(
        "score",
        help="score gene sets in every sample (singscore, ssGSEA, GSVA)",
        description=(
            "Score gene sets in every sample, with the numbers of the R packages singscore and GSVA. singscore and "
            "ssgsea look at one sample alone; gsva tells how a sample differs from the others of the matrix."
        ),
        epilog="example: leukoscope score tpm.tsv.gz --log2 --by-symbol --gene-sets hallmark.gmt --method gsva "
        "--output scores.tsv --figure scores.svg",
    )
    add_expression_arguments(parser)
    parser.add_argument(
        "--gene-sets", metavar="SETS", required=True, help="GMT file, or go_bp, go_mf, go_cc; several with commas"
    )  # fmt: skip
    parser.add_argument(
        "--output", metavar="TSV", type=Path, required=True, help="sets in rows, samples in columns"
    )
    parser.add_argument("--method", choices=("singscore", "ssgsea", "gsva"), default="singscore")
    parser.add_argument("--by-symbol", action="store_true", help="name genes by the column symbol of MATRIX")
    parser.add_argument("--min-size", metavar="N", type=at_least(1), default=1, help="smallest set (1)")
    parser.add_argument("--max-size", metavar="N", type=at_least(1), help="largest set")
    parser.add_argument("--raw", action="store_true", help="ssgsea: do not divide by the range of all scores")
    parser.add_argument("--figure", metavar="FILE", type=Path, help="heat map of the most variable sets")
    parser.set_defaults(run=_score)


def _score(args: argparse.Namespace) -> None:
    from leukoscope.enrichment import score_samples
    from leukoscope.tables.enrichment import sample_scores

    found = score_samples(
        read_expression_argument(args, by_symbol=args.by_symbol),
        read_gene_sets(args.gene_sets),
        method=args.method,
        min_size=args.min_size,
        max_size=args.max_size,
        scaled=not args.raw,
    )
    sample_scores(list(found.table.columns[2:])).write(found.table, args.output)
    if args.figure:
        from leukoscope.report.figure_files import figure_file
        from leukoscope.report.figures_enrichment import score_map

        with figure_file(args.figure, width=7.5, height=6.0) as ax:
            score_map(ax, found.table)
    print(f"leukoscope: {found.summary()}", file=sys.stderr)
