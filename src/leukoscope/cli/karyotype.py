"""``leukoscope karyotype``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.expression import Expression


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "karyotype",
        help="tell gains and losses of chromosomes from expression",
        description="Tell gains and losses of chromosomes and arms, the chromosome number and the ploidy class of "
        "every sample from expression, and from allele fractions where they are given. Without allele fractions "
        "near haploidy and hyperdiploidy cannot be told apart for certain, and the table says so.",
        epilog="Example: leukoscope karyotype counts.tsv.gz --vcf rna.vcf.gz --output karyotype.tsv",
    )
    parser.add_argument("counts", type=Path, metavar="COUNTS", help="expression matrix")
    add_fractions(parser)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="TSV", help="chromosomes and arms of every sample"
    )
    parser.add_argument(
        "--ploidy", type=Path, metavar="TSV", help="ploidy class and chromosome number, a row per sample"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="draw the chromosomes of every sample (SVG)"
    )
    parser.set_defaults(run=_karyotype)


def add_fractions(parser: argparse.ArgumentParser) -> None:
    """Add the option that names files with allele fractions."""
    parser.add_argument(
        "--vcf",
        nargs="+",
        default=[],
        metavar="[SAMPLE=]V",
        help="allele fractions: VCFs of the RNA (GATK, bcftools, DRAGEN, ...) or tables of 'leukoscope genotypes'; "
        "name the sample unless the VCF names it as the matrix does",
    )


def read_named_fractions(texts: Sequence[str]) -> pd.DataFrame | None:
    """Return the allele fractions of files given as ``SAMPLE=FILE`` or ``FILE``; None without any."""
    from leukoscope.formats.vcf import read_fractions

    named = [text.split("=", 1) if "=" in text else ("", text) for text in texts]
    return read_fractions([(name, Path(path)) for name, path in named]) if texts else None


def _karyotype(args: argparse.Namespace) -> None:
    from leukoscope.karyotype.calling import call_karyotypes
    from leukoscope.knowledge.subtype_tables import subtype_knowledge
    from leukoscope.tables.karyotype import KARYOTYPE, PLOIDY

    known = subtype_knowledge()
    sites = read_named_fractions(args.vcf)
    calls = call_karyotypes(
        read_samples(args.counts), known.karyotype_genes, known.karyotype_chromosomes, sites
    )
    if args.ploidy:
        PLOIDY.write(calls.ploidy, args.ploidy)
    if args.figures:
        from leukoscope.report.figures_subtyping import draw_karyotypes

        draw_karyotypes(calls.segments, args.figures)
    KARYOTYPE.write(calls.segments, args.output)


def read_samples(path: Path) -> Expression:
    """Read an expression matrix and bring it to the gene reference, saying what was understood."""
    import sys

    from leukoscope.errors import quote_some
    from leukoscope.expression import express
    from leukoscope.formats.expression import read_expression
    from leukoscope.knowledge.subtype_tables import subtype_knowledge

    knowledge = subtype_knowledge()
    matrix = read_expression(path)
    expression = express(
        matrix.values, matrix.genes, matrix.samples,
        reference=knowledge.genes, profile=knowledge.profile, source=path.name,
    )  # fmt: skip
    print(
        f"{path.name}: {len(matrix.samples)} sample(s), {matrix.orientation}; {len(matrix.genes)} genes, of which "
        f"{expression.n_unknown} are not in the gene reference; {', '.join(sorted(set(expression.units)))}."
        + f" {len(matrix.left_out)} columns or rows hold no expression: {quote_some(matrix.left_out)}."
        * bool(matrix.left_out)
        + f" It was filtered by expression: {expression.n_filtered} genes that it lacks are taken as silent."
        * bool(expression.n_filtered),
        file=sys.stderr,
    )
    return expression
