"""``leukoscope enrich``: gene sets over-represented in a list, or shifted in a ranking."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.genesets import GeneSets

_EPILOG = """examples:
  leukoscope enrich up.txt --gene-sets go_bp --universe tested.txt --output go.tsv --groups groups.tsv
  leukoscope enrich remission.tsv --ranked --gene-sets hallmark.gmt --seed 1 --output gsea.tsv --figure gsea.svg

Shipped: go_bp, go_mf, go_cc (2022-07-01). Anything else is a GMT file; several join with commas."""


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``enrich``."""
    parser = verbs.add_parser(
        "enrich",
        help="find gene sets in a gene list or a ranking",
        description=(
            "Find the gene sets that a list of genes holds beyond chance (the numbers of clusterProfiler), join "
            "similar ones in the manner of Metascape, and flag those that one gene family drives; or, with --ranked, "
            "score sets along a ranked list (GSEA)."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "genes",
        metavar="GENES",
        type=Path,
        help="one gene a line; with --ranked a TSV gene, score, or the table of differential",
    )
    parser.add_argument(
        "--gene-sets", metavar="SETS", required=True, help="GMT file, or the name of a shipped collection"
    )
    parser.add_argument("--output", metavar="TSV", type=Path, required=True, help="result table")
    parser.add_argument(
        "--universe", metavar="FILE", type=Path, help="genes that could have been found, one a line"
    )
    parser.add_argument("--groups", metavar="TSV", type=Path, help="also write groups of similar sets")
    parser.add_argument(
        "--figure", metavar="FILE", type=Path, help="dot plot (or running sum of the best set), .svg or .png"
    )
    parser.add_argument("--min-size", metavar="N", type=at_least(1), help="smallest set (10; ranked 15)")
    parser.add_argument("--max-size", metavar="N", type=at_least(1), default=500, help="largest set (500)")
    parser.add_argument("--ranked", action="store_true", help="GENES is a ranking")
    parser.add_argument(
        "--permutations", metavar="N", type=at_least(1), default=1000, help="random sets of each size (1000)"
    )
    parser.add_argument(
        "--seed", metavar="S", type=at_least(0), default=1, help="seed of the random sets (1)"
    )
    parser.set_defaults(run=_enrich)


def _enrich(args: argparse.Namespace) -> None:
    gene_sets = read_gene_sets(args.gene_sets)
    if args.ranked:
        _enrich_ranking(args, gene_sets)
    else:
        _enrich_list(args, gene_sets)


def _enrich_list(args: argparse.Namespace, gene_sets: GeneSets) -> None:
    from leukoscope.enrichment import find_overrepresented, group_terms
    from leukoscope.knowledge.genesets import gene_families
    from leukoscope.tables.enrichment import ENRICHMENT, TERM_GROUPS
    from leukoscope.textfiles import read_names

    found = find_overrepresented(
        read_names(args.genes),
        gene_sets,
        universe=read_names(args.universe) if args.universe else None,
        min_size=10 if args.min_size is None else args.min_size,
        max_size=args.max_size,
        families=gene_families(),
    )
    ENRICHMENT.write(found.table, args.output)
    if args.groups:
        TERM_GROUPS.write(group_terms(found.table, gene_sets), args.groups)
    if args.figure:
        from leukoscope.report.figure_files import figure_file
        from leukoscope.report.figures_enrichment import dot_plot

        with figure_file(args.figure, width=7.0, height=5.0) as ax:
            dot_plot(ax, found.table)
    lost = f"{len(found.unannotated)} query gene(s) in no set, {len(found.outside)} outside the universe"
    print(
        f"leukoscope: {len(found.table)} sets tested; {lost}; {found.n_size} sets of other size.",
        file=sys.stderr,
    )


def _enrich_ranking(args: argparse.Namespace, gene_sets: GeneSets) -> None:
    import numpy as np

    from leukoscope.enrichment import enrich_ranked, running_sum
    from leukoscope.tables.enrichment import RANKED_ENRICHMENT

    ranked = _read_ranking(args.genes)
    found = enrich_ranked(
        ranked,
        gene_sets,
        rng=np.random.default_rng(args.seed),
        n_permutations=args.permutations,
        min_size=15 if args.min_size is None else args.min_size,
        max_size=args.max_size,
    )
    RANKED_ENRICHMENT.write(found.table, args.output)
    if args.figure:
        from leukoscope.report.figure_files import figure_file
        from leukoscope.report.figures_enrichment import running_sum_plot

        best: pd.Series = found.table.iloc[0]
        with figure_file(args.figure) as ax:
            running_sum_plot(ax, best, *running_sum(ranked, gene_sets, str(best["set"])))
    print(
        f"leukoscope: {found.n_ranked} genes ranked, {found.missing} without a score, {found.tied} tied.",
        file=sys.stderr,
    )


def _read_ranking(path: Path) -> pd.DataFrame:
    """Return genes and scores: a table of them, or the statistics of a differential table."""
    from leukoscope.study.expression import ranked_genes
    from leukoscope.tables.differential import DIFFERENTIAL
    from leukoscope.tables.enrichment import RANKED_GENES
    from leukoscope.textfiles import open_text

    with open_text(path) as source:
        is_differential = "statistic" in source.readline().rstrip("\r\n").split("\t")
    return ranked_genes(DIFFERENTIAL.read(path)) if is_differential else RANKED_GENES.read(path)


def read_gene_sets(text: str) -> GeneSets:
    """Return the shipped collections and GMT files that are named, joined by commas."""
    from leukoscope.errors import InputError
    from leukoscope.formats.gmt import read_gmt
    from leukoscope.genesets import join_gene_sets
    from leukoscope.knowledge.genesets import COLLECTIONS, shipped_gene_sets

    unknown = [name for name in text.split(",") if name not in COLLECTIONS and not Path(name).exists()]
    if unknown:
        raise InputError(
            f"--gene-sets: '{unknown[0]}' is no file and no shipped collection ({', '.join(COLLECTIONS)})."
        )
    parts = [shipped_gene_sets(name) if name in COLLECTIONS else read_gmt(name) for name in text.split(",")]
    return parts[0] if len(parts) == 1 else join_gene_sets(parts)
