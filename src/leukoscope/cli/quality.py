"""`leukoscope quality`: the quality gate of one sample."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import between

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.quality import QualityReport

EXAMPLE = """example:
  leukoscope quality --sample P1_onset --star-log Log.final.out --fastp fastp.json --output quality.tsv

Exit status 4 if the gate fails; the table is written all the same.
"""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb ``quality``."""
    parser = verbs.add_parser(
        "quality",
        help="judge the reads, the alignment and the expression of one sample",
        description="Hold the figures of STAR, fastp and the gene expression against thresholds, and say what follows.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sample", default="sample", help="name of the sample (default: %(default)s)")
    parser.add_argument("--star-log", type=Path, metavar="F", help="STAR's Log.final.out")
    parser.add_argument(
        "--star-counts", type=Path, metavar="F", help="STAR's ReadsPerGene.out.tab (needs --star-log)"
    )
    parser.add_argument("--fastp", type=Path, metavar="F", help="fastp's JSON")
    parser.add_argument("--genes", type=Path, metavar="F", help="table of gene_id, symbol, tpm")
    parser.add_argument("--strandedness", default="", help="as declared: unstranded, forward or reverse")
    parser.add_argument("--sex", choices=("female", "male"), default="", help="as declared: female or male")
    parser.add_argument(
        "--blasts", type=between(0, 100), metavar="PERCENT", help="blasts in the sample, as declared"
    )
    parser.add_argument(
        "--thresholds", type=Path, metavar="F", help="your own thresholds instead of the shipped ones"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="F", help="table to write")
    parser.add_argument("--multiqc", type=Path, metavar="F", help="also write MultiQC content (…_mqc.json)")
    parser.add_argument("--no-gate", action="store_true", help="exit status 0 even if the gate fails")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int | None:
    """Assess, write, and tell the verdict."""
    from leukoscope.formats.multiqc import quality_content
    from leukoscope.publishing import publish_text
    from leukoscope.quality import FAIL
    from leukoscope.tables.quality import QUALITY

    report = _assess(args)
    QUALITY.write(report.table, args.output)
    if args.multiqc:
        publish_text(args.multiqc, quality_content(report.sample, report.table))
    print(f"{report.sample}: {report.verdict}")
    return 4 if report.verdict == FAIL and not args.no_gate else None


def _assess(args: argparse.Namespace) -> QualityReport:
    from leukoscope.errors import InputError
    from leukoscope.knowledge import read_knowledge
    from leukoscope.quality import assess_quality
    from leukoscope.tables.quality import QUALITY_THRESHOLDS

    if not (args.star_log or args.fastp or args.genes):
        raise InputError("quality: give at least one of --star-log, --fastp and --genes.")
    thresholds = (
        QUALITY_THRESHOLDS.read(args.thresholds) if args.thresholds else read_knowledge(QUALITY_THRESHOLDS)
    )
    return assess_quality(args.sample, _measure(args), thresholds)


def _measure(args: argparse.Namespace) -> dict[str, float]:
    from leukoscope import quality
    from leukoscope.errors import InputError
    from leukoscope.formats.fastp import read_fastp
    from leukoscope.formats.star_log import read_star_log, read_strand_counts
    from leukoscope.tables.quality import GENE_EXPRESSION

    measured: dict[str, float] = {}
    if args.star_log:
        star = read_star_log(args.star_log)
        measured |= quality.measure_alignment(star)
        if args.star_counts:
            counted = read_strand_counts(args.star_counts)
            measured |= quality.measure_strands(counted, args.strandedness, star.uniquely_mapped)
    elif args.star_counts:
        raise InputError("quality: --star-counts needs --star-log.")
    if args.fastp:
        measured |= quality.measure_reads(read_fastp(args.fastp))
    if args.genes:
        measured |= _measure_genes(GENE_EXPRESSION.read(args.genes), args.sex)
    if args.blasts is not None:
        measured["blast_percent"] = args.blasts
    return measured


def _measure_genes(genes: pd.DataFrame, declared_sex: str) -> dict[str, float]:
    from leukoscope.identity import expressed_sex, sex_agreement
    from leukoscope.quality import measure_expression

    agreement = sex_agreement(expressed_sex(genes), declared_sex)
    return measure_expression(genes) | {"sex_agreement": agreement}
