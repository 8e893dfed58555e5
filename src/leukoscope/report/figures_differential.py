"""Figures of differential expression: each takes axes and checked tables or arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.publishing import published

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from leukoscope.differential import DifferentialResult, Model

_GREY, _UP, _DOWN, _BLUE = "#9aa0a6", "#b3261e", "#1f5fa8", "#1f5fa8"


def volcano(
    ax: Axes, differential: pd.DataFrame, *, alpha: float = 0.05, effect: float = 1.0, n_labels: int = 10
) -> None:
    """Draw effect against evidence, and name the strongest genes.

    Genes with no adjusted p-value are left out; a p-value of zero is drawn at the smallest
    positive number.
    """
    table = differential[differential["p_adjusted"].notna()]
    evidence = -np.log10(np.maximum(table["p_adjusted"], np.finfo(float).tiny))
    called = (table["p_adjusted"] < alpha) & (table["log2_fold_change"].abs() >= effect)
    up = called & (table["log2_fold_change"] > 0)
    for chosen, colour, name in (
        (~called, _GREY, "not called"),
        (up, _UP, "up"),
        (called & ~up, _DOWN, "down"),
    ):
        ax.scatter(
            table.loc[chosen, "log2_fold_change"], evidence[chosen], s=4, c=colour, linewidths=0, rasterized=True,
            label=f"{name} ({int(chosen.sum())})",
        )  # fmt: skip
    strongest = table[called].sort_values(["p_adjusted", "gene_id"], kind="stable").index[:n_labels]
    for row in strongest:
        ax.annotate(_name(table.loc[row]), (table.loc[row, "log2_fold_change"], evidence[row]), fontsize=6)
    ax.set_xlabel("log2 fold change")
    ax.set_ylabel("−log10 adjusted p")
    ax.legend(fontsize=6, frameon=False, markerscale=2)


def ma(ax: Axes, differential: pd.DataFrame, *, alpha: float = 0.05) -> None:
    """Draw effect against mean count; genes without counts are left out."""
    table = differential[(differential["base_mean"] > 0) & differential["log2_fold_change"].notna()]
    called = table["p_adjusted"] < alpha
    for chosen, colour, name in ((~called, _GREY, "other"), (called, _UP, f"FDR < {alpha:g}")):
        ax.scatter(
            table.loc[chosen, "base_mean"], table.loc[chosen, "log2_fold_change"], s=4, c=colour, linewidths=0,
            rasterized=True, label=f"{name} ({int(chosen.sum())})",
        )  # fmt: skip
    ax.axhline(0.0, color="black", linewidth=0.6)
    ax.set_xscale("log")
    ax.set_xlabel("mean of normalised counts")
    ax.set_ylabel("log2 fold change")
    ax.legend(fontsize=6, frameon=False, markerscale=2)


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
    ax.legend(fontsize=6, frameon=False, markerscale=2)


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
    for level in sorted(set(samples[colour_by].astype(str))):
        chosen = (samples[colour_by].astype(str) == level).to_numpy()
        ax.scatter(scores[chosen, 0], scores[chosen, 1], s=18, label=level)
    ax.set_xlabel(f"PC1 ({share[0]:.0%} of variance)")
    ax.set_ylabel(f"PC2 ({share[1]:.0%} of variance)")
    ax.legend(title=colour_by, fontsize=6, title_fontsize=6, frameon=False)


def principal_components(
    expression: NDArray[np.float64], n_genes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the samples' first two scores [sample, 2] and the shares of variance.

    The sign is such that the largest loading of each component is positive.
    """
    order = np.argsort(-expression.var(axis=1), kind="stable")[:n_genes]
    centred = expression[order] - expression[order].mean(axis=1, keepdims=True)
    loadings, singular, rotated = np.linalg.svd(centred, full_matrices=False)
    count = min(2, singular.size)
    sign = np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])])
    scores = np.zeros((expression.shape[1], 2))
    scores[:, :count] = (rotated.T * singular * sign)[:, :count]
    share = np.zeros(2)
    share[:count] = (singular**2 / max(float((singular**2).sum()), 1e-300))[:count]
    return scores, share


def draw_all(model: Model, found: DifferentialResult, folder: Path) -> None:
    """Write volcano, MA, dispersion and PCA figures of one contrast as SVG."""
    from leukoscope.differential.transform import transform

    _draw(folder / "volcano.svg", lambda ax: volcano(ax, found.table, alpha=found.alpha))
    _draw(folder / "ma.svg", lambda ax: ma(ax, found.table, alpha=found.alpha))
    _draw(folder / "dispersion.svg", lambda ax: dispersions(ax, found.table))
    if model.trend.kind != "local" and model.design.levels:
        expression = transform(model.cohort.counts / model.size_factors, model.trend)
        factor = list(model.design.levels)[-1]
        column = factor.removeprefix("factor(").rstrip(")")
        _draw(folder / "pca.svg", lambda ax: pca(ax, expression, model.cohort.samples, column))


def _draw(path: Path, draw: object) -> None:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "leukoscope", "svg.fonttype": "none"}):
        figure = Figure(figsize=(4.5, 3.6), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots())  # type: ignore[operator]
        with published(path) as part:
            figure.savefig(part, format="svg", dpi=200, metadata={"Date": None})


def _name(row: pd.Series) -> str:
    return str(row.get("symbol") or row["gene_id"])
