"""Figures of consensus clustering: matrices, cumulative distribution, Δ area, tracking, item consensus."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

MOST_CELLS = 600  #: of a side of a matrix: more cannot be told apart in print, and make files large
Floats = NDArray[np.float64]


def consensus_matrix(ax: Axes, matrix: Floats, classes: pd.DataFrame) -> None:
    """Draw a consensus matrix in the order of its tree, white 0 to blue 1, classes as a strip on top.

    Parameters
    ----------
    matrix : float64[n, n]
        Consensus, in the order of the rows of `classes` sorted by sample as given.
    classes
        Rows of one K of :data:`~leukoscope.tables.clustering.CLUSTER_CLASSES`, in the order of `matrix`.
    """
    order = np.argsort(classes["position"].to_numpy())
    n = len(order)
    blues = ListedColormap([(1 - x, 1 - x, 1.0) for x in np.linspace(0, 1, 101)])
    image = show_cells(ax, matrix[np.ix_(order, order)], cmap=blues, vmin=0, vmax=1)
    ax.figure.colorbar(image, ax=ax, shrink=0.4, label="Consensus")
    strip = np.array([[to_rgb(colour) for colour in classes["colour"].to_numpy()[order]]])
    ax.imshow(
        strip,
        extent=(-0.5, n - 0.5, -0.5 - 0.06 * n, -0.5 - 0.01 * n),
        aspect="auto",
    )
    ordered = classes["cluster"].to_numpy()[order]
    for name in dict.fromkeys(ordered):
        middle = float(np.flatnonzero(ordered == name).mean())
        ax.text(middle, -0.5 - 0.035 * n, str(name), ha="center", va="center", fontsize=8)
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(n - 0.5, -0.5 - 0.07 * n)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(f"Consensus of {n} samples, K = {classes['k'].iloc[0]}")
    ax.spines[:].set_visible(False)


def cumulative_distribution(ax: Axes, curves: dict[int, Floats]) -> None:
    """Draw the cumulative distribution of the consensus for each K.

    Parameters
    ----------
    curves
        For each K float64[100], see :func:`leukoscope.clustering.evaluation.cumulative_consensus`.
    """
    middles = (np.arange(100) + 0.5) / 100
    shades = np.linspace(0.1, 0.9, max(len(curves), 2))
    from matplotlib import colormaps

    for shade, (k, curve) in zip(shades, curves.items(), strict=False):
        ax.plot(middles, curve, color=colormaps["viridis"](shade), label=str(k), linewidth=1.5)
    ax.set(
        xlim=(0, 1),
        ylim=(0, 1),
        xlabel="Consensus",
        ylabel="Share of sample pairs",
        title="Cumulative distribution",
    )
    ax.legend(title="K", fontsize=7, ncols=2, frameon=False)


def delta_area(ax: Axes, choice: pd.DataFrame) -> None:
    """Draw Δ area, PAC and, if there, the PAC of data without clusters against K."""
    ax.plot(choice["k"], choice["delta_area"], marker="o", color="#1F78B4", label="Δ area", clip_on=False)
    ax.plot(choice["k"], choice["pac"], marker="s", color="#E31A1C", label="PAC", clip_on=False)
    if "null_pac" in choice:
        ax.plot(choice["k"], choice["null_pac"], linestyle=":", color="#E31A1C", label="PAC without clusters")
    ax.set(xlabel="K", title="Choice of K", xticks=list(choice["k"]))
    ax.set_ylim(bottom=min(0.0, float(choice["delta_area"].min()) * 1.05))
    ax.legend(frameon=False)


def tracking(ax: Axes, classes: pd.DataFrame) -> None:
    """Draw the class of every sample (columns, in the order of the last tree) at every K (rows)."""
    last = classes[classes["k"] == classes["k"].max()].sort_values("position")["sample"]
    wide = classes.pivot(index="k", columns="sample", values="colour")[list(last)]
    image = np.array([[to_rgb(colour) for colour in row] for row in wide.to_numpy()])
    ax.imshow(image, aspect="auto")
    ax.set_yticks(range(len(wide)), labels=[str(k) for k in wide.index])
    ax.set_xticks([])
    ax.set(xlabel=f"{len(last)} samples", ylabel="K", title="Tracking")


def stability(ax: Axes, classes: pd.DataFrame) -> None:
    """Draw, for one K, each sample's consensus with its own class and with the next, worst last."""
    shown = classes.sort_values(["cluster", "stability"], ascending=[True, False])
    places = np.arange(len(shown))
    ax.bar(places, shown["consensus"].fillna(0), color=shown["colour"].to_numpy(), width=1.0)
    ax.plot(
        places, shown["next_consensus"], ".", color="black", markersize=3, label="next class", clip_on=False
    )
    ax.set(
        xlabel=f"class of {len(shown)} samples",
        ylabel="Mean consensus",
        ylim=(0, 1.02),
        title=f"Stability, K = {shown['k'].iloc[0]}",
    )
    middles = pd.Series(places).groupby(shown["cluster"].to_numpy()).mean()
    ax.set_xticks(middles.to_numpy(), labels=[str(name) for name in middles.index])
    ax.tick_params(axis="x", length=0)
    ax.legend(frameon=False, fontsize=7, loc="lower right", bbox_to_anchor=(1.0, 1.0))


def consensus_panels(figure: Figure, matrices: dict[int, pd.DataFrame]) -> None:
    """Draw the consensus matrix of every K, each in the order of its own tree, white 0 to blue 1.

    Parameters
    ----------
    figure
        Where.
    matrices
        :data:`~leukoscope.tables.figure_data.CONSENSUS_VALUES` by K.
    """
    columns = min(3, len(matrices))
    axes = figure.subplots(-(-len(matrices) // columns), columns, squeeze=False).ravel()
    for ax, (k, matrix) in zip(axes, matrices.items(), strict=False):
        image = ax.imshow(consensus_values(matrix), cmap="Blues", vmin=0, vmax=1)
        ax.set_title(f"K = {k}", fontsize=9)
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in axes[len(matrices) :]:
        ax.set_axis_off()
    figure.colorbar(image, ax=list(axes), shrink=0.5, label="consensus")


def show_cells(ax: Axes, values: Floats, **look: Any) -> AxesImage:
    """Show a matrix; of more than :data:`MOST_CELLS` rows or columns the means of neighbours, at the same places."""
    rows, columns = values.shape
    for axis, n in enumerate(values.shape):
        if n > MOST_CELLS:
            begins = np.linspace(0, n, MOST_CELLS + 1).astype(np.int64)
            sums = np.add.reduceat(values, begins[:-1], axis=axis)
            values = sums / np.expand_dims(np.diff(begins), 1 - axis)
    return ax.imshow(values, extent=(-0.5, columns - 0.5, rows - 0.5, -0.5), **look)


def consensus_values(matrix: pd.DataFrame) -> Floats:
    """Return the values of a table of :data:`~leukoscope.tables.figure_data.CONSENSUS_VALUES`."""
    values: Floats = matrix.drop(columns="sample").to_numpy(np.float64)
    return values
