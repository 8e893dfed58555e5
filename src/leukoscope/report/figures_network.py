"""Figure of the co-expression network: the hubs of its modules and the edges among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MODULES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5a6575", "#7a5195", "#a05d2c")


def hub_network(ax: Axes, genes: pd.DataFrame, edges: pd.DataFrame, *, n_genes: int = 60) -> None:
    """Draw the hubs of each module on a circle; edges red if positive, blue if negative.

    Parameters
    ----------
    ax
        Where.
    genes, edges
        :data:`~leukoscope.tables.coexpression.NETWORK_GENES` and ``NETWORK_EDGES``; genes that are not
        hubs, hubs of modules beyond the ninth, and hubs beyond `n_genes`, are left out.
    n_genes
        Hubs that are drawn.
    """
    ax.set_axis_off()
    hubs = genes[genes["hub"]].sort_values(["module", "degree", "gene"], ascending=[True, False, True])
    modules = list(dict.fromkeys(hubs["module"]))[: len(_MODULES)]
    share = max(n_genes // max(len(modules), 1), 1)
    hubs = hubs[hubs["module"].isin(modules)].groupby("module").head(share)
    if hubs.empty:
        ax.text(
            0.5, 0.5, "No pair of genes is correlated beyond chance.", ha="center", transform=ax.transAxes
        )
        return
    at, angles = _places(hubs, modules)
    place = {gene: i for i, gene in enumerate(hubs["gene"])}
    inside = edges[edges["gene1"].isin(place) & edges["gene2"].isin(place)]
    ends = [[place[a], place[b]] for a, b in zip(inside["gene1"], inside["gene2"], strict=True)]
    colours = np.where(inside["correlation"] > 0, "#c8452f", "#2f75b5")
    lines = at[np.array(ends, dtype=np.int64).reshape(-1, 2)]
    ax.add_collection(LineCollection(list(lines), colors=list(colours), linewidths=0.4, alpha=0.45, zorder=1))
    shades = [_MODULES[modules.index(module)] for module in hubs["module"]]
    ax.scatter(at[:, 0], at[:, 1], s=28, c=shades, edgecolors="white", zorder=2)
    for gene, (x, y), angle in zip(hubs["gene"], at, angles, strict=True):
        turn, left = np.degrees(angle), np.cos(angle) < -1e-9
        ax.text(
            x + 0.07 * np.cos(angle), y + 0.07 * np.sin(angle), str(gene), fontsize=6, rotation_mode="anchor",
            rotation=turn + 180 if left else turn, ha="right" if left else "left", va="center",
        )  # fmt: skip
    sizes = genes["module"].value_counts()
    for number, module in enumerate(modules):
        x, y = _centre(number, len(modules))
        ax.text(x, y - 1.36, f"module {module}: {sizes[module]:,} genes", ha="center", fontsize=8,
                color=_MODULES[number])  # fmt: skip
    ax.set_aspect("equal")
    columns, rows = min(3, len(modules)), -(-len(modules) // 3)
    ax.set(xlim=(-1.25, 2.6 * columns - 1.35), ylim=(-2.8 * rows + 1.25, 1.25))
    ax.annotate(
        "correlation: red positive, blue negative", (1.0, 0.0), (0, -4), "axes fraction", "offset points",
        ha="right", va="top", fontsize=7,
    )  # fmt: skip


def _places(hubs: pd.DataFrame, modules: list[int]) -> tuple[Floats, Floats]:
    """Return where each hub stands, and at which angle of the circle of its module."""
    within = hubs.groupby("module").cumcount().to_numpy()
    sizes = hubs.groupby("module")["gene"].transform("size").to_numpy()
    angles: Floats = 2.0 * np.pi * within / sizes + np.where(
        sizes % 4 == 0, np.pi / sizes, 0.0
    )  # none straight down
    centres = np.array([_centre(modules.index(module), len(modules)) for module in hubs["module"]])
    return centres + 0.55 * np.column_stack((np.cos(angles), np.sin(angles))), angles


def _centre(number: int, total: int) -> tuple[float, float]:
    columns = min(3, total)
    return 2.6 * (number % columns), -2.8 * (number // columns)
