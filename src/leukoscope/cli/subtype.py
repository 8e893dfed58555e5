"""``leukoscope subtype``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leukoscope.cli.karyotype import add_fractions, read_named_fractions, read_samples
from leukoscope.cli.reference import add_reference_cohort

if TYPE_CHECKING:
    from leukoscope.expression import Expression
    from leukoscope.knowledge.subtype_tables import SubtypeKnowledge


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "subtype",
        help="say which leukaemia each sample is, how sure, and why",
        description="Say which leukaemia each sample of an expression matrix is: lineage, class of B-ALL, member, "
        "WHO-HAEM5 and ICC name, tier, evidence, conflicts, and what could not be assessed. COUNTS may hold counts, "
        "TPM, FPKM or their logarithms, genes in rows or in columns, under Ensembl, Entrez or HGNC names. Every sample "
        "is called on its own.",
        epilog="Example: leukoscope subtype counts.tsv.gz --fusions fusions.tsv --output subtypes.tsv",
    )
    parser.add_argument("counts", type=Path, metavar="COUNTS", help="expression matrix")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="TSV", help="table to write, one row per sample"
    )
    parser.add_argument(
        "--samples",
        type=Path,
        metavar="S",
        help="table with sample and, if known, sex and subtype to compare with",
    )
    parser.add_argument(
        "--fusions",
        type=Path,
        metavar="F",
        help="fusions: a table of one sample or with a column sample, or a folder",
    )
    parser.add_argument("--variants", type=Path, metavar="V", help="hot spots, as --fusions")
    add_fractions(parser)
    add_reference_cohort(parser)
    parser.add_argument(
        "--json", type=Path, metavar="JSON", help="write everything that was found as JSON too"
    )
    parser.add_argument(
        "--evidence", type=Path, metavar="TSV", help="write every piece of evidence as a table"
    )
    parser.add_argument(
        "--probabilities", type=Path, metavar="TSV", help="write the probability of every class"
    )
    parser.add_argument(
        "--figures", type=Path, metavar="DIR", help="draw an evidence card of every sample (SVG)"
    )
    parser.set_defaults(run=_subtype)


def _subtype(args: argparse.Namespace) -> None:
    from leukoscope.formats.subtype_json import write_subtypes
    from leukoscope.report.figures_subtyping import draw_cards
    from leukoscope.subtyping.calling import call_subtypes
    from leukoscope.tables.subtyping import SUBTYPE_CALLS, SUBTYPE_EVIDENCE, SUBTYPE_PROBABILITIES

    expression = read_samples(args.counts)
    calls = call_subtypes(expression, _knowledge(args), **_evidence(args, expression))
    if args.evidence:
        SUBTYPE_EVIDENCE.write(calls.evidence, args.evidence)
    if args.probabilities:
        SUBTYPE_PROBABILITIES.write(calls.probabilities, args.probabilities)
    if args.json:
        write_subtypes(calls.table, calls.evidence, calls.probabilities, args.json)
    if args.figures:
        draw_cards(calls, args.figures)
    SUBTYPE_CALLS.write(calls.table, args.output)


def _knowledge(args: argparse.Namespace) -> SubtypeKnowledge:
    """Return the shipped tables, with the reference cohort of the user if there is one."""
    from dataclasses import replace

    from leukoscope.knowledge.subtype_tables import subtype_knowledge
    from leukoscope.subtyping.reference_cohort import apply_cohort
    from leukoscope.tables.subtyping import REFERENCE_COHORT

    known = subtype_knowledge()
    if not args.reference_cohort:
        return known
    cohort = REFERENCE_COHORT.read(args.reference_cohort)
    return replace(known, outlier_genes=apply_cohort(known.outlier_genes, cohort))


def _evidence(args: argparse.Namespace, expression: Expression) -> dict[str, Any]:
    from leukoscope.formats.sample_tables import read_fusions_of, read_sample_facts, read_variants_of
    from leukoscope.knowledge import read_knowledge
    from leukoscope.subtyping.drivers import driver_evidence
    from leukoscope.tables.driver_fusions import DRIVER_FUSIONS

    given: dict[str, Any] = {}
    if args.fusions:
        fusions = read_fusions_of(args.fusions, expression.samples)
        given["with_fusions"] = set(fusions)
        given["drivers"] = driver_evidence(fusions, read_knowledge(DRIVER_FUSIONS))
    if args.variants:
        given["variants"] = read_variants_of(args.variants, expression.samples)
    if args.vcf:
        given["allele_fractions"] = read_named_fractions(args.vcf)
    if args.samples:
        given["known"] = read_sample_facts(args.samples)
    return given
