"""Figures of gene-set enrichment: dot plot and running sum."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray


def dot_plot(ax: Axes, enriched: pd.DataFrame, *, n_sets: int = 20) -> None:
    """Draw the best sets: fold enrichment across, dot area the count, colour the adjusted p-value.

    Sets whose genes come mostly from one gene family have a red edge.

    Parameters
    ----------
    enriched
        :data:`~leukoscope.tables.enrichment.ENRICHMENT`, best first.
    n_sets
        Sets shown.
    """
    shown = enriched.head(n_sets).iloc[::-1]
    if shown.empty:
        ax.text(0.5, 0.5, "No gene set holds a query gene.", ha="center", va="center", transform=ax.transAxes)
        ax.set_axis_off()
        return
    strength = -np.log10(np.maximum(shown["p_adjusted"].to_numpy(np.float64), 1e-300))
    places = np.arange(len(shown))
    driven = np.array([bool(family) for family in shown["family"]])
    area = 12.0 + 140.0 * shown["count"].to_numpy(np.float64) / shown["count"].max()
    dots = ax.scatter(
        shown["fold"], places, s=area, c=strength, cmap="viridis_r", vmin=0, linewidths=1.0,
        edgecolors=["#E31A1C" if one else "none" for one in driven],
    )  # fmt: skip
    texts = [text or name for name, text in zip(shown["set"], shown["description"], strict=True)]
    ax.set_yticks(places, labels=[textwrap.shorten(str(text), 60, placeholder="…") for text in texts])
    ax.set(xlabel="Fold enrichment", title="Over-represented gene sets")
    bar = ax.figure.colorbar(dots, ax=ax, shrink=0.6)
    bar.set_label("−log₁₀ adjusted p")
    if driven.any():
        ax.annotate(
            "red edge: one gene family", (0.99, 0.01), xycoords="axes fraction", ha="right", fontsize=7
        )


def running_sum_plot(ax: Axes, row: pd.Series, sums: NDArray[np.float64], ranks: NDArray[np.int64]) -> None:
    """Draw the running sum of one set along the ranking, its peak and its genes.

    Parameters
    ----------
    row
        Row of :data:`~leukoscope.tables.enrichment.RANKED_ENRICHMENT`.
    sums : float64[genes]
        Running sum after each ranked gene.
    ranks : int64[size]
        Ranks of the set's genes, from 0.
    """
    ax.plot(np.arange(1, sums.size + 1), sums, color="#1F78B4", linewidth=1.5)
    ax.axhline(0.0, color="black", linewidth=0.6)
    ax.axvline(row["peak"], color="#E31A1C", linestyle=":", linewidth=1.0)
    low, high = min(0.0, float(np.nanmin(sums))), max(0.0, float(np.nanmax(sums)))
    span = (high - low) or 1.0
    ax.vlines(ranks + 1, low - 0.16 * span, low - 0.06 * span, color="black", linewidth=0.4)
    ax.set(xlim=(0, sums.size + 1), xlabel="Rank", ylabel="Running sum")
    ax.set_title(
        f"{textwrap.shorten(str(row['set']), 50, placeholder='…')}\n"
        f"score {row['enrichment_score']:.3f}, normalised {row['normalised_score']:.2f}, "
        f"adjusted p {row['p_adjusted']:.2g}",
        fontsize=8,
    )
