"""Figures of differential expression: each takes axes and checked tables or arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.ticker import LogLocator, NullLocator
from matplotlib.transforms import offset_copy
from numpy.typing import NDArray

from leukoscope.report.figure_files import figure_file
from leukoscope.study.projection import principal_components

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from leukoscope.differential import DifferentialResult, Model

_GREY, _UP, _DOWN, _BLUE, _ORANGE = "#9aa0a6", "#b3261e", "#1f5fa8", "#1f5fa8", "#d55e00"
_GRID = 600  # dots of a cloud on either axis


def volcano(
    ax: Axes, differential: pd.DataFrame, *, alpha: float = 0.05, effect: float = 1.0, n_labels: int = 10
) -> None:
    """Draw effect against evidence, and name the strongest genes.

    Genes with no adjusted p-value are left out; a p-value of zero is drawn at the smallest
    positive number.  Of grey genes that fall on one another one is drawn.
    """
    table = differential[differential["p_adjusted"].notna()]
    evidence = -np.log10(np.maximum(table["p_adjusted"], np.finfo(float).tiny))
    table = table.assign(evidence=evidence)
    called = (table["p_adjusted"] < alpha) & (table["log2_fold_change"].abs() >= effect)
    up = called & (table["log2_fold_change"] > 0)
    for chosen, colour, name in (
        (~called, _GREY, "not called"),
        (up, _UP, "up"),
        (called & ~up, _DOWN, "down"),
    ):
        _cloud(
            ax, table.loc[chosen, ["log2_fold_change", "evidence"]], colour, f"{name} ({int(chosen.sum())})"
        )
    for limit in (-effect, effect):
        ax.axvline(limit, color="black", linewidth=0.5, linestyle=":")
    ax.axhline(-np.log10(alpha), color="black", linewidth=0.5, linestyle=":")
    ax.set_xlabel("log2 fold change")
    ax.set_ylabel("−log10 adjusted p")
    strongest = table[called].sort_values(["p_adjusted", "gene_id"], kind="stable").head(n_labels)
    _name_points(ax, strongest)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        fontsize=7, frameon=False, markerscale=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3
    )


def ma(
    ax: Axes, differential: pd.DataFrame, *, alpha: float = 0.05, effect: str = "log2_fold_change"
) -> None:
    """Draw an effect (a column) against mean count; genes without counts are left out."""
    table = differential[(differential["base_mean"] > 0) & differential[effect].notna()]
    called = table["p_adjusted"] < alpha
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(numticks=9))
    ax.xaxis.set_major_formatter(_short)
    ax.xaxis.set_minor_locator(NullLocator())
    for chosen, colour, name in ((~called, _GREY, "other"), (called, _UP, f"FDR < {alpha:g}")):
        points = table.loc[chosen, ["base_mean", effect]]
        _cloud(ax, points, colour, f"{name} ({int(chosen.sum())})", logarithmic=True)
    ax.axhline(0.0, color="black", linewidth=0.6)
    ax.set_xlabel("mean of normalised counts")
    ax.set_ylabel("log2 fold change" if effect == "log2_fold_change" else "shrunken log2 fold change")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        fontsize=7, frameon=False, markerscale=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2
    )


def _short(value: float, _: object) -> str:
    """Return a power of ten as the axis of counts shows it: 0.1, 100, 10k, 1M."""
    for unit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"


def _cloud(ax: Axes, points: pd.DataFrame, colour: str, label: str, *, logarithmic: bool = False) -> None:
    """Draw points; of those that fall on one dot of a fine grid only the first is drawn."""
    x, y = points.iloc[:, 0].to_numpy(np.float64), points.iloc[:, 1].to_numpy(np.float64)
    if x.size:
        dot = _steps(np.log10(x) if logarithmic else x) * (_GRID + 1) + _steps(y)
        first = np.unique(dot, return_index=True)[1]
        x, y = x[first], y[first]
    ax.plot(x, y, ".", markersize=3, markeredgewidth=0, color=colour, rasterized=True, label=label)


def _steps(values: NDArray[np.float64]) -> NDArray[np.float64]:
    span = float(values.max() - values.min()) or 1.0
    steps: NDArray[np.float64] = np.rint((values - values.min()) / span * _GRID)
    return steps


def _name_points(ax: Axes, table: pd.DataFrame) -> None:
    """Write the names of points beside the cloud, from above, none on another."""
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    ax.set(xlim=(left - 0.12 * (right - left), right + 0.12 * (right - left)), ylim=(bottom, top))
    step = 0.042 * (top - bottom)
    lines = []
    for side in (-1, 1):
        chosen = table[np.sign(table["log2_fold_change"]) == side].sort_values("evidence", ascending=False)
        place = top + step
        for _, row in chosen.iterrows():
            x, y = float(row["log2_fold_change"]), float(row["evidence"])
            place = min(y, place - step)
            beside = x + side * 0.03 * (right - left)
            lines.append(((x, y), (beside, place)))
            text = beside + side * 0.006 * (right - left)
            ax.text(text, place, _name(row), fontsize=7, ha="left" if side > 0 else "right", va="center")
    ax.add_collection(LineCollection(lines, colors=_GREY, linewidths=0.4, zorder=1), autolim=False)


def dispersions(ax: Axes, differential: pd.DataFrame) -> None:
    """Draw gene-wise dispersions, the trend and the final ones against the mean count."""
    table = differential[differential["dispersion"].notna() & (differential["base_mean"] > 0)]
    ordered = table.sort_values("base_mean", kind="stable")
    for name, colour, label in (
        ("dispersion_gene", _GREY, "gene by itself"),
        ("dispersion", _BLUE, "drawn to the trend"),
    ):
        ax.scatter(table["base_mean"], table[name], s=3, c=colour, linewidths=0, rasterized=True, label=label)
    ax.plot(ordered["base_mean"], ordered["dispersion_trend"], color=_UP, linewidth=1.2, label="trend")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("mean of normalised counts")
    ax.set_ylabel("dispersion")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        fontsize=7, frameon=False, markerscale=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3
    )


def pca(
    ax: Axes, expression: NDArray[np.float64], samples: pd.DataFrame, colour_by: str, *, n_genes: int = 500
) -> None:
    """Draw the samples on the first two principal components of the most variable genes.

    Parameters
    ----------
    ax
        Where.
    expression
        Variance-stabilised, ``[gene, sample]``.
    samples
        Sample table, one row per column of `expression`.
    colour_by
        Column of `samples`.
    n_genes
        Genes of largest variance that are used.
    """
    scores, share = principal_components(expression, n_genes)
    levels = sorted(set(samples[colour_by].astype(str)))
    for number, level in enumerate(levels):
        chosen = (samples[colour_by].astype(str) == level).to_numpy()
        marker = "osD^v"[number // 10 % 5]  # there are ten colours
        ax.scatter(scores[chosen, 0], scores[chosen, 1], s=18, marker=marker, label=level)
    ax.set_xlabel(f"PC1 ({share[0]:.0%} of variance)")
    ax.set_ylabel(f"PC2 ({share[1]:.0%} of variance)")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        title=colour_by, fontsize=6, title_fontsize=6, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5),
        ncols=1 + len(levels) // 28,
    )  # fmt: skip


def sample_scores(ax: Axes, scores: pd.DataFrame, variable: str) -> None:
    """Draw the samples of a contrast on their principal components.

    Parameters
    ----------
    ax
        Where.
    scores
        :data:`~leukoscope.tables.figure_data.SAMPLE_SCORES`.
    variable
        What the levels are of.
    """
    for level, colour, marker in zip(sorted(set(scores["level"])), (_DOWN, _ORANGE), "os", strict=False):
        inside = scores["level"] == level
        ax.plot(
            scores.loc[inside, "pc1"], scores.loc[inside, "pc2"], marker, color=colour, markersize=5,
            alpha=0.8, markeredgecolor="white", markeredgewidth=0.5, label=f"{level} ({int(inside.sum())})",
        )  # fmt: skip
    share = scores.iloc[0]
    ax.set(
        xlabel=f"PC1 ({share['share1']:.0%} of variance)", ylabel=f"PC2 ({share['share2']:.0%} of variance)"
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(
        title=variable, fontsize=7, title_fontsize=7, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0),
        ncols=2,
    )  # fmt: skip


def heat_map(figure: Figure, values: pd.DataFrame, levels: dict[str, str]) -> None:
    """Draw standardised expression of genes (rows) in samples (columns), the level of each sample above.

    Parameters
    ----------
    figure
        Where.
    values
        :data:`~leukoscope.tables.figure_data.HEAT_MAP`.
    levels
        Level of each sample.
    """
    samples = [name for name in values.columns if name in levels]
    names = list(dict.fromkeys(levels[sample] for sample in samples))
    bar, ax = figure.subplots(2, 1, height_ratios=(1, max(len(values), 12)), gridspec_kw={"hspace": 0.02})
    colours = [to_rgb((_DOWN, _ORANGE)[names.index(levels[sample])]) for sample in samples]
    bar.imshow([colours], aspect="auto")
    bar.set_axis_off()
    for name in names:
        inside = [i for i, sample in enumerate(samples) if levels[sample] == name]
        bar.text(
            float(np.mean(inside)), -0.7, f"{name} ({len(inside)})", ha="center", va="bottom", fontsize=8,
            color=(_DOWN, _ORANGE)[names.index(name)],
        )  # fmt: skip
    image = ax.imshow(
        values[samples].to_numpy(np.float64), aspect="auto", cmap="RdBu_r", vmin=-2.5, vmax=2.5,
    )  # fmt: skip
    beside = offset_copy(ax.get_yaxis_transform(), figure, x=-4, units="points")
    for place, symbol in enumerate(values["symbol"]):
        ax.text(
            0, place, symbol, transform=beside, ha="right", va="center_baseline", fontsize=symbol_size(len(values))
        )  # fmt: skip
    ax.set(xticks=[], yticks=[], xlabel=f"{len(samples)} samples")
    drawn, inch = ax.get_position(), 1 / figure.get_figwidth()
    scale = figure.add_axes(
        (drawn.x1 + 0.15 * inch, drawn.y0 + 0.3 * drawn.height, 0.11 * inch, 0.4 * drawn.height)
    )
    figure.colorbar(image, cax=scale, label="z of log2 expression")


def symbol_size(n_genes: int) -> float:
    """Return the size in points of the names of a heat map's genes."""
    return 6.5 if n_genes > 30 else 7.0


def draw_all(model: Model, found: DifferentialResult, folder: Path) -> None:
    """Write volcano, MA, dispersion and PCA figures of one contrast as SVG."""
    from leukoscope.differential.transform import stabilised_by_model

    table, alpha, shrunken = found.table, found.alpha, "shrunken_log2_fold_change"
    figures: dict[str, Callable[[Axes], None]] = {
        "volcano": lambda ax: volcano(ax, table, alpha=alpha),
        "ma": lambda ax: ma(ax, table, alpha=alpha),
        "dispersion": lambda ax: dispersions(ax, table),
    }
    if shrunken in table:
        figures["ma-shrunken"] = lambda ax: ma(ax, table, alpha=alpha, effect=shrunken)
    if model.design.levels:
        expression = stabilised_by_model(model)
        factor = found.contrast.factor or list(model.design.levels)[-1]
        column = factor.removeprefix("factor(").rstrip(")")
        figures["pca"] = lambda ax: pca(ax, expression, model.cohort.samples, column)
    for name, draw in figures.items():
        with figure_file(folder / f"{name}.svg", width=4.8, height=3.8) as ax:
            draw(ax)
            if name not in {"dispersion", "pca"}:
                cast("Figure", ax.figure).suptitle(found.contrast.name, fontsize=9)


def _name(row: pd.Series) -> str:
    return str(row.get("symbol") or row["gene_id"])
