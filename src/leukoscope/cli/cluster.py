"""``leukoscope cluster``: consensus clustering of samples."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from leukoscope.cli import at_least, share
from leukoscope.cli.normalise import add_expression_arguments, read_expression_argument

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.clustering import ConsensusClustering

_LINKAGES = ("average", "complete", "single", "ward.D", "ward.D2", "mcquitty", "median", "centroid")


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``cluster``."""
    parser = verbs.add_parser(
        "cluster",
        help="find expression groups by consensus clustering",
        description=(
            "Cluster samples again and again on random parts of the data and count who stays together: the numbers "
            "of ConsensusClusterPlus for the same seed, and beyond them PAC, silhouette, each sample's stability and, "
            "with --null, a comparison with data that hold no clusters."
        ),
        epilog="example: leukoscope cluster tpm.tsv.gz --max-k 10 --resamplings 1000 --seed 1 --outdir clusters",
    )
    add_expression_arguments(parser)
    parser.add_argument(
        "--outdir", metavar="D", type=Path, required=True, help="folder of tables and figures"
    )
    parser.add_argument("--max-k", metavar="K", type=int, default=10, help="largest number of clusters (10)")
    parser.add_argument(
        "--resamplings", metavar="N", type=at_least(1), default=1000, help="random parts of the data (1000)"
    )
    parser.add_argument("--seed", metavar="S", type=int, default=1, help="seed as for R's set.seed (1)")
    parser.add_argument(
        "--algorithm", choices=("hc", "km", "pam"), default="hc", help="hierarchical, k-means, medoids"
    )
    parser.add_argument("--distance", choices=("pearson", "spearman", "euclidean"), default="pearson")
    parser.add_argument("--linkage", choices=_LINKAGES, default="average", help="of the resamples")
    parser.add_argument("--final-linkage", choices=_LINKAGES, default="average", help="of the consensus tree")
    parser.add_argument(
        "--item-share", metavar="P", type=share, default=0.8, help="samples in each part (0.8)"
    )
    parser.add_argument("--gene-share", metavar="P", type=share, default=1.0, help="genes in each part (1)")
    parser.add_argument(
        "--genes", metavar="N", type=at_least(2), default=5000, help="most variable genes to use (5000)"
    )
    parser.add_argument(
        "--null",
        metavar="N",
        type=at_least(0),
        default=0,
        help="data sets without clusters to compare with (0)",
    )
    parser.set_defaults(run=_cluster)


def _cluster(args: argparse.Namespace) -> None:
    from leukoscope.clustering import consensus_cluster, select_variable_genes

    matrix = read_expression_argument(args)
    expression = select_variable_genes(matrix, n_genes=args.genes)
    found = consensus_cluster(
        expression,
        max_k=args.max_k,
        n_resamplings=args.resamplings,
        r_seed=args.seed,
        algorithm=args.algorithm,
        distance=args.distance,
        linkage=args.linkage,
        final_linkage=args.final_linkage,
        item_share=args.item_share,
        gene_share=args.gene_share,
    )
    choice, classes = _write_tables(args, found, expression)
    _write_figures(args.outdir, found, choice, classes)
    print(_summary(args, len(matrix), expression.shape, choice), file=sys.stderr)


def _summary(args: argparse.Namespace, n_genes: int, used: tuple[int, int], choice: pd.DataFrame) -> str:
    """Return one line for the reader."""
    how = {
        "hc": f"hierarchical ({args.linkage}) on {args.distance} distance",
        "km": "k-means, always on Euclidean distance",
        "pam": f"medoids on {args.distance} distance",
    }
    against = "not compared with data without clusters (--null)"
    if args.null:
        clear = ", ".join(map(str, choice.loc[choice["null_p"] < 0.05, "k"])) or "none"
        clear += "" if args.null > 19 else " (which takes 20 such data sets)"
        against = f"clearer than {args.null} data sets without clusters, p < 0.05, at K = {clear}"
    return (
        f"leukoscope: {used[1]} samples by the {used[0]} most variable of {n_genes} genes; {how[args.algorithm]}, "
        f"{args.resamplings} resamplings, seed {args.seed}; {against}."
    )


def _write_tables(
    args: argparse.Namespace, found: ConsensusClustering, expression: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    import numpy as np
    import pandas as pd

    from leukoscope import clustering
    from leukoscope.tables import clustering as tables

    choice, classes = clustering.describe_choice(found), clustering.describe_classes(found)
    if args.null:
        rng = np.random.default_rng(args.seed % 2**32)
        choice = clustering.compare_with_null(choice, found, expression, rng=rng, n_null=args.null)
    tables.CLUSTER_CHOICE.write(choice, args.outdir / "choice.tsv")
    tables.CLUSTER_CLASSES.write(classes, args.outdir / "classes.tsv")
    members = clustering.describe_cluster_consensus(found)
    tables.CLUSTER_CONSENSUS.write(members, args.outdir / "cluster_consensus.tsv")
    tables.ITEM_CONSENSUS.write(clustering.describe_item_consensus(found), args.outdir / "item_consensus.tsv")
    contract = tables.consensus_matrix(found.samples)
    for k, matrix in zip(found.ks, found.matrices, strict=True):
        frame = pd.DataFrame(matrix, columns=list(found.samples))
        frame.insert(0, "sample", list(found.samples), allow_duplicates=True)
        contract.write(frame, args.outdir / f"consensus_k{k}.tsv.gz")
    return choice, classes


def _write_figures(
    outdir: Path, found: ConsensusClustering, choice: pd.DataFrame, classes: pd.DataFrame
) -> None:
    from leukoscope.clustering.evaluation import cumulative_consensus
    from leukoscope.report import figures_clustering as figures
    from leukoscope.report.figure_files import figure_file

    for k, matrix in zip(found.ks, found.matrices, strict=True):
        at_k = classes[classes["k"] == k]
        with figure_file(outdir / f"consensus_k{k}.png") as ax:
            figures.consensus_matrix(ax, matrix, at_k)
        with figure_file(outdir / f"stability_k{k}.svg") as ax:
            figures.stability(ax, at_k)
    curves = {k: cumulative_consensus(matrix) for k, matrix in zip(found.ks, found.matrices, strict=True)}
    with figure_file(outdir / "cumulative.svg") as ax:
        figures.cumulative_distribution(ax, curves)
    with figure_file(outdir / "choice.svg") as ax:
        figures.delta_area(ax, choice)
    with figure_file(outdir / "tracking.png", width=8.0) as ax:
        figures.tracking(ax, classes)
