"""Figure of the co-expression network: its hubs and the edges among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hub_network(ax: Axes, genes: pd.DataFrame, edges: pd.DataFrame, *, n_genes: int = 50) -> None:
    """Draw the best-connected hubs, coloured by module; edges red if positive, blue if negative.

    Parameters
    ----------
    genes, edges
        :data:`~leukoscope.tables.coexpression.NETWORK_GENES` and ``NETWORK_EDGES``; genes that are not
        hubs, and hubs beyond `n_genes`, are left out.
    """
    ax.set_axis_off()
    hubs = genes[genes["hub"]].sort_values(["degree", "gene"], ascending=[False, True]).head(n_genes)
    if hubs.empty:
        ax.text(
            0.5, 0.5, "No pair of genes is correlated beyond chance.", ha="center", transform=ax.transAxes
        )
        return
    place = {gene: i for i, gene in enumerate(hubs["gene"])}
    inside = edges[edges["gene1"].isin(place) & edges["gene2"].isin(place)]
    ends = np.array(
        [[place[a], place[b]] for a, b in zip(inside["gene1"], inside["gene2"], strict=True)], dtype=np.int64
    )
    at = _layout(len(hubs), ends.reshape(-1, 2))
    colours = np.where(inside["correlation"] > 0, "#E31A1C", "#1F78B4")
    ax.add_collection(
        LineCollection(list(at[ends.reshape(-1, 2)]), colors=list(colours), linewidths=0.5, alpha=0.5)
    )
    shades = colormaps["tab20"](hubs["module"].to_numpy() % 20)
    ax.scatter(at[:, 0], at[:, 1], s=40, c=shades, edgecolors="white", zorder=2)
    for gene, (x, y) in zip(hubs["gene"], at, strict=True):
        ax.annotate(str(gene), (x, y), xytext=(0, 5), textcoords="offset points", ha="center", fontsize=6)
    ax.margins(0.08)
    ax.set_title(f"{len(hubs)} hubs of {genes['module'].nunique()} modules", fontsize=9)


def _layout(n: int, ends: NDArray[np.int64], rounds: int = 150) -> Floats:
    """Place nodes by attraction along edges and repulsion of all, from a circle: no chance in it."""
    angle = 2.0 * np.pi * np.arange(n) / max(n, 1)
    at = np.column_stack((np.cos(angle), np.sin(angle)))
    wanted = 1.5 / np.sqrt(max(n, 1))
    joined = np.zeros((n, n))
    joined[ends[:, 0], ends[:, 1]] = joined[ends[:, 1], ends[:, 0]] = 1.0
    for step in range(rounds):
        apart = at[:, None] - at[None]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        force = wanted**2 / distance**2 - joined * distance / wanted
        move = (apart * force[:, :, None]).sum(axis=1)
        length = np.maximum(np.sqrt((move**2).sum(axis=1, keepdims=True)), 1e-9)
        at = at + move / length * np.minimum(length, 0.1 * (1.0 - step / rounds))
    return at
