"""Figures of gene-set enrichment: dot plot, running sum, and scores of samples."""

from __future__ import annotations

import re
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage

Floats = NDArray[np.float64]
_IDENTIFIER = re.compile(r"[A-Za-z-]{1,6}[:_-]?\d{4,}(\.\d+)?")


def set_label(name: str, description: str) -> str:
    """Return what to call a gene set: its description if its name is an identifier such as GO:0006260.

    Examples
    --------
    >>> set_label("GO:0006260", "DNA replication"), set_label("HALLMARK_HYPOXIA", "https://…")
    ('DNA replication', 'HALLMARK_HYPOXIA')
    """
    return description if description and _IDENTIFIER.fullmatch(name) else name


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
    most = int(shown["count"].max())
    area = _area(shown["count"].to_numpy(np.float64), most)
    dots = ax.scatter(
        shown["fold"], places, s=area, c=strength, cmap="viridis_r", vmin=0, linewidths=1.0,
        edgecolors=["#E31A1C" if one else "none" for one in driven],
    )  # fmt: skip
    texts = [set_label(name, text) for name, text in zip(shown["set"], shown["description"], strict=True)]
    ax.set_yticks(places, labels=[textwrap.shorten(str(text), 60, placeholder="…") for text in texts])
    ax.set(xlabel="Fold enrichment", title="Over-represented gene sets")
    ax.margins(x=0.1)
    bar = ax.figure.colorbar(dots, ax=ax, shrink=0.5, anchor=(0.0, 0.0))
    bar.set_label("−log₁₀ adjusted p")
    for count in sorted({max(most // 4, 1), max(most // 2, 1), most}):
        ax.scatter([], [], s=float(_area(np.float64(count), most)), color="#777777", label=str(count))
    ax.legend(
        title="Genes",
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        fontsize=7,
        title_fontsize=7,
    )
    if driven.any():
        ax.annotate(
            "red edge: one gene family", (0.99, 0.01), xycoords="axes fraction", ha="right", fontsize=7
        )


def _area(counts: Floats | np.float64, most: int) -> Floats:
    """Return the area of dots in points² for counts of which `most` is the largest."""
    return np.asarray(12.0 + 140.0 * counts / most)


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


def score_map(ax: Axes, scores: pd.DataFrame, *, n_sets: int = 40) -> None:
    """Draw the scores of the sets that vary most, each less its mean; similar sets and samples stand together.

    Parameters
    ----------
    scores
        :func:`~leukoscope.tables.enrichment.sample_scores`; sets with a missing score are left out.
    n_sets
        Sets shown.
    """
    values = scores.iloc[:, 2:].to_numpy(np.float64)
    spread = np.where(np.isfinite(values).all(axis=1), np.ptp(values, axis=1), -1.0)
    best = np.argsort(-spread, kind="stable")[: min(n_sets, int((spread >= 0).sum()))]
    if best.size == 0:
        ax.text(0.5, 0.5, "No set has a score in every sample.", ha="center", transform=ax.transAxes)
        ax.set_axis_off()
        return
    shown = values[best] - values[best].mean(axis=1, keepdims=True)
    rows, columns = _leaf_order(shown), _leaf_order(shown.T)
    limit = max(float(np.quantile(np.abs(shown), 0.99)), 1e-12)
    image = ax.imshow(
        shown[np.ix_(rows, columns)], aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit,
        interpolation="nearest",
    )  # fmt: skip
    texts = [set_label(row["set"], row["description"]) for _, row in scores.iloc[best[rows]].iterrows()]
    ax.set_yticks(
        range(len(texts)), labels=[textwrap.shorten(str(text), 48, placeholder="…") for text in texts],
        fontsize=6 if len(texts) > 25 else 8,
    )  # fmt: skip
    samples = scores.columns[2:][columns]
    ax.set_xticks(range(len(samples)) if len(samples) <= 60 else [])
    if len(samples) <= 60:
        ax.set_xticklabels(samples, rotation=90, fontsize=6)
    ax.tick_params(length=0)
    ax.set_xlabel(f"{len(samples)} sample(s)")
    ax.set_title(f"{len(texts)} of {len(scores)} gene sets, those that vary most", fontsize=9)
    ax.figure.colorbar(image, ax=ax, shrink=0.5, label="Score less the set's mean")


def _leaf_order(rows: NDArray[np.float64]) -> list[int]:
    if len(rows) < 3:
        return list(range(len(rows)))
    return [int(i) for i in leaves_list(linkage(rows, method="average"))]


def term_groups(ax: Axes, up: pd.DataFrame, down: pd.DataFrame, *, n_groups: int = 10) -> None:
    """Draw the best term of each group of similar terms: rising genes to the right, falling ones to the left.

    The area of a dot is the number of genes; how many terms its group has stands behind the name.  Dotted lines
    stand at q = 0.05, also where no term reaches them.

    Parameters
    ----------
    ax
        Where.
    up, down
        :data:`~leukoscope.tables.enrichment.TERM_GROUPS` of the genes that rise and that fall.
    n_groups
        Groups of each direction that are shown.
    """
    rows = [(row, 1) for row in _best_terms(up, n_groups)][::-1]
    rows = [(row, -1) for row in _best_terms(down, n_groups)][::-1] + rows
    counts = np.array([row["count"] for row, _ in rows], dtype=np.float64)
    evidence = np.array([-side * np.log10(max(row["q_value"], 1e-300)) for row, side in rows])
    places = np.arange(len(rows))
    ax.hlines(places, 0, evidence, color="#cfd6df", linewidth=1.2, zorder=1)
    colours = ["#b3261e" if side > 0 else "#1f5fa8" for _, side in rows]
    ax.scatter(evidence, places, s=14 + 100 * counts / counts.max(), color=colours, zorder=2)
    for x, place, count in zip(evidence, places, counts, strict=True):
        ax.text(x, place - 0.48, f"{count:.0f} genes", fontsize=6, ha="center", va="top", color="#5a6575")
    ax.axvline(0, color="black", linewidth=0.6)
    for side in {side for _, side in rows}:
        ax.axvline(-side * np.log10(0.05), color="black", linewidth=0.6, linestyle=":", zorder=0)
    ax.set_yticks(range(len(rows)), labels=[_term(row) for row, _ in rows], fontsize=7)
    ax.set_ylim(-1, len(rows) - 0.4)
    ax.margins(x=0.12)
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    ax.set_xlabel("−log₁₀ q (dotted: 0.05); blue: of genes that fall, red: that rise", fontsize=8)
    ax.spines[["top", "right"]].set_visible(False)


def running_sums(figure: Figure, curves: pd.DataFrame, ranked: pd.DataFrame) -> None:
    """Draw the running sums of a few sets, a panel each.

    Parameters
    ----------
    figure
        Where.
    curves
        :data:`~leukoscope.tables.figure_data.RUNNING_SUMS`.
    ranked
        :data:`~leukoscope.tables.enrichment.RANKED_ENRICHMENT`, with those sets.
    """
    names = list(dict.fromkeys(curves["set"]))
    columns = min(2, len(names))
    apart = {"wspace": 0.2, "hspace": 0.55}
    axes = figure.subplots(-(-len(names) // columns), columns, squeeze=False, gridspec_kw=apart).ravel()
    by_name = ranked.set_index("set")
    for ax, name in zip(axes, names, strict=False):
        curve, row = curves[curves["set"] == name], by_name.loc[name]
        sums = curve["running_sum"].to_numpy(np.float64)
        ax.plot(curve["rank"], sums, color="#1f5fa8", linewidth=1.2)
        ax.axhline(0.0, color="black", linewidth=0.6)
        low, high = min(0.0, float(sums.min())), max(0.0, float(sums.max()))
        span = (high - low) or 1.0
        marks = curve.loc[curve["in_set"], "rank"]
        _ticks(ax, marks.to_numpy(np.float64), low - 0.2 * span, low - 0.06 * span)
        ax.set_xlim(0, int(curve["ranked"].iloc[0]) + 1)
        title = textwrap.shorten(set_label(str(name), str(row["description"])), 44, placeholder="…")
        ax.set_title(
            f"{title}\nNES {row['normalised_score']:.2f}, adjusted p {row['p_adjusted']:.1g}",
            fontsize=8,
            y=1.03,
        )
        ax.tick_params(labelsize=7)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    figure.supxlabel(
        "rank of the gene (rising genes first)", fontsize=8, y=0.06 / figure.get_figheight(), va="bottom"
    )
    figure.supylabel("running sum", fontsize=8, x=0.06 / figure.get_figwidth(), ha="left")


def _ticks(ax: Axes, places: NDArray[np.float64], low: float, high: float) -> None:
    """Draw vertical lines as one, with gaps: quicker to draw than hundreds, and a smaller file."""
    heights = np.tile([low, high, np.nan], places.size)
    ax.plot(np.repeat(places, 3), heights, color="black", linewidth=0.4, solid_capstyle="butt")


def term_labels(up: pd.DataFrame, down: pd.DataFrame, n_groups: int = 10) -> list[str]:
    """Return the names beside the dots of :func:`term_groups`."""
    return [_term(row) for table in (up, down) for row in _best_terms(table, n_groups)]


def _best_terms(groups: pd.DataFrame, n_groups: int) -> list[pd.Series]:
    best = groups[groups["representative"]].head(n_groups)
    sizes = groups.groupby("group").size()
    return [row for _, row in best.assign(terms=best["group"].map(sizes)).iterrows()]


def _term(row: pd.Series) -> str:
    text = textwrap.shorten(set_label(str(row["set"]), str(row["description"])), 46, placeholder="…")
    return f"{text} (+{row['terms'] - 1})" if row["terms"] > 1 else text
