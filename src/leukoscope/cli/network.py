"""``leukoscope network``: co-expression of genes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from leukoscope.cli import at_least, between
from leukoscope.cli.normalise import add_expression_arguments, read_expression_argument


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``network``."""
    parser = verbs.add_parser(
        "network",
        help="join genes that are expressed together",
        description=(
            "Correlate all pairs of genes in bounded memory, keep those within a false discovery rate, and find "
            "modules and hubs; writes edges.tsv, genes.tsv, network.graphml and network.svg."
        ),
        epilog="example: leukoscope network tpm.tsv.gz --log2 --min-correlation 0.8 --outdir network",
    )
    add_expression_arguments(parser)
    parser.add_argument("--outdir", metavar="D", type=Path, required=True, help="folder of tables and figure")
    parser.add_argument("--method", choices=("pearson", "spearman"), default="pearson")
    parser.add_argument(
        "--max-q", metavar="Q", type=between(0, 1), default=0.05, help="false discovery rate (0.05)"
    )
    parser.add_argument(
        "--min-correlation", metavar="R", type=between(0, 1), default=0.0, help="smallest |r| of an edge (0)"
    )
    parser.add_argument(
        "--max-edges", metavar="N", type=at_least(1), default=1_000_000, help="strongest edges kept (1000000)"
    )
    parser.add_argument(
        "--hubs", metavar="N", type=at_least(0), default=10, help="hubs marked per module (10)"
    )
    parser.set_defaults(run=_network)


def _network(args: argparse.Namespace) -> None:
    from leukoscope.coexpression import build_network
    from leukoscope.formats.graphml import write_graphml
    from leukoscope.report.figure_files import figure_file
    from leukoscope.report.figures_network import hub_network
    from leukoscope.tables.coexpression import NETWORK_EDGES, NETWORK_GENES

    found = build_network(
        read_expression_argument(args),
        method=args.method,
        max_q=args.max_q,
        min_correlation=args.min_correlation,
        max_edges=args.max_edges,
        n_hubs=args.hubs,
    )
    NETWORK_EDGES.write(found.edges, args.outdir / "edges.tsv")
    NETWORK_GENES.write(found.genes, args.outdir / "genes.tsv")
    write_graphml(found.genes, found.edges, args.outdir / "network.graphml")
    with figure_file(args.outdir / "network.svg", width=7.0, height=7.0) as ax:
        hub_network(ax, found.genes, found.edges)
    print(
        f"leukoscope: {found.n_significant} of {found.n_pairs} pairs within the false discovery rate, "
        f"{len(found.edges)} kept; {len(found.constant)} constant gene(s) left out.",
        file=sys.stderr,
    )
