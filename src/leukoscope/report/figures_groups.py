"""Figures of what expression groups are: clinical composition, known classes, clusters of genes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from leukoscope.report.cohort_words import variable_name
from leukoscope.report.figures_clustering import show_cells
from leukoscope.report.figures_enrichment import set_label

LEVELS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#5a6575")
GROUPS = (*LEVELS, "#f0e442", "#882255", "#332288", "#117733", "#aa4499")
CLUSTERS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a6575", "#000000")


def group_composition(figure: Figure, associations: pd.DataFrame) -> None:
    """Draw, for each clinical variable, the share of its levels in each group, and the test.

    Parameters
    ----------
    figure
        Where.
    associations
        :data:`~leukoscope.tables.association.CATEGORY_TESTS` by group; of many levels the rarest are drawn as one.
    """
    shown = associations.to_dict("records")
    columns = min(4, max(len(shown), 1))
    axes = figure.subplots(-(-max(len(shown), 1) // columns), columns, squeeze=False).ravel()
    for ax, row in zip(axes, shown, strict=False):
        groups, counts = _counts(row["counts"])
        levels, counts = _frequent(row["levels"].split(", "), counts)
        shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        bottom = np.zeros(len(groups))
        for level, share, colour in zip(levels, shares.T, LEVELS, strict=False):
            ax.bar(range(len(groups)), share, bottom=bottom, color=colour, width=0.7, label=level)
            bottom += share
        names = [f"{name}\n({int(total)})" for name, total in zip(groups, counts.sum(axis=1), strict=True)]
        ax.set_xticks(range(len(groups)), labels=names)
        ax.set_title(
            f"{variable_name(row['variable'])}\np = {row['p_value']:.2g}, adj. {row['p_adjusted']:.2g}",
            fontsize=8,
        )
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(fontsize=6, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    figure.supylabel("patients of the group (%)", fontsize=8)


def _frequent(levels: list[str], counts: NDArray[np.float64]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the levels that the colours suffice for, those of most samples, and all others as the last."""
    if len(levels) <= len(LEVELS):
        return levels, counts
    order = np.argsort(-counts.sum(axis=0), kind="stable")
    first, rest = np.sort(order[: len(LEVELS) - 1]), order[len(LEVELS) - 1 :]
    named = [*(levels[i] for i in first), f"{len(rest)} others"]
    return named, np.column_stack((counts[:, first], counts[:, rest].sum(axis=1)))


def group_subtypes(ax: Axes, table: pd.DataFrame) -> None:
    """Draw how many samples of each group are of each known class (:data:`~leukoscope.tables.study.GROUP_SUBTYPES`)."""
    wide = table.pivot(index="subtype", columns="group", values="samples").fillna(0)
    wide = wide.loc[wide.sum(axis=1).sort_values(kind="stable").index[::-1]]
    ax.imshow(wide.to_numpy(np.float64), cmap="Blues", aspect="auto", vmin=0)
    middle = wide.to_numpy().max() / 2
    for row, values in enumerate(wide.to_numpy(np.int64)):
        for column, value in enumerate(values):
            if value:
                colour = "white" if value > middle else "black"
                ax.text(column, row, str(value), ha="center", va="center", color=colour, fontsize=8)
    ax.set_xticks(range(len(wide.columns)), labels=list(wide.columns))
    ax.set_yticks(range(len(wide)), labels=list(wide.index))
    ax.tick_params(length=0)
    ax.set(xlabel="expression group", ylabel="known class (samples)")
    ax.spines[:].set_visible(False)


def gene_clusters(
    figure: Figure,
    values: pd.DataFrame,
    clusters: Mapping[str, int],
    groups: Mapping[str, str],
    terms: pd.DataFrame,
) -> None:
    """Draw z-scores of genes in clusters over the samples in groups, the pathways of each cluster beside it.

    Parameters
    ----------
    figure
        Where.
    values
        :data:`~leukoscope.tables.figure_data.HEAT_MAP`, genes by cluster and samples by group.
    clusters, groups
        Cluster of each gene, group of each sample.
    terms
        :data:`~leukoscope.tables.study.CLUSTER_TERMS`.
    """
    samples = [name for name in values.columns if name in groups]
    of_genes = [clusters.get(gene, 0) for gene in values["gene_id"]]
    names = list(dict.fromkeys(groups[sample] for sample in samples))
    grid = figure.subplots(2, 3, height_ratios=(1, 24), width_ratios=(1, 26, 22))
    for ax in (*grid[0], grid[1, 2], grid[1, 0]):
        ax.set_axis_off()
    bar, side, main, words = grid[0, 1], grid[1, 0], grid[1, 1], grid[1, 2]
    bar.imshow([[to_rgb(GROUPS[names.index(groups[s]) % len(GROUPS)]) for s in samples]], aspect="auto")
    for name in names:
        middle = float(np.mean([i for i, sample in enumerate(samples) if groups[sample] == name]))
        label = f"group {name}" if len(names) < 5 else name
        bar.text(middle, -0.8, label, ha="center", va="bottom", fontsize=8)
    side.imshow([[to_rgb(CLUSTERS[(cluster - 1) % 8])] for cluster in of_genes], aspect="auto")
    shown = values[samples].to_numpy(np.float64)
    image = show_cells(main, shown, aspect="auto", cmap="RdBu_r", vmin=-2.5, vmax=2.5)
    main.set_xticks([])
    main.set_yticks([])
    grouped = "" if len(names) < 5 else f" in {len(names)} groups"
    main.set_xlabel(f"{len(samples)} samples{grouped}, {len(values):,} genes")
    _write_clusters(words, of_genes, terms)
    figure.colorbar(image, ax=words, location="bottom", shrink=0.6, label="z of log2 expression")


def _write_clusters(ax: Axes, of_genes: Sequence[int], terms: pd.DataFrame) -> None:
    """Write the number of genes and the best terms of each cluster at its height."""
    ax.set(xlim=(0, 1), ylim=(max(len(of_genes), 1) - 0.5, -0.5))
    for cluster in dict.fromkeys(of_genes):
        rows = [i for i, other in enumerate(of_genes) if other == cluster]
        best = terms[terms["cluster"] == cluster].sort_values(["p_value", "set"]).head(3)
        lines = [textwrap.shorten(set_label(name, text), 40, placeholder="…")
                 for name, text in zip(best["set"], best["description"], strict=True)]  # fmt: skip
        text = "\n".join([f"cluster {cluster}: {len(rows):,} genes", *(lines or ["no set over-represented"])])
        ax.text(0.02, float(np.mean(rows)), text, fontsize=7, va="center", color=CLUSTERS[(cluster - 1) % 8])


def _counts(text: str) -> tuple[list[str], NDArray[np.float64]]:
    """Return groups and counts of ``1 7/5; 2 10/12``: levels within groups."""
    parts = [part.rsplit(" ", 1) for part in text.split("; ")]
    return [name for name, _ in parts], np.array([[float(n) for n in row.split("/")] for _, row in parts])
