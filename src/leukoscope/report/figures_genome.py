"""Figure of breakpoints along the genome, onset above the axis and remission below."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

KINDS = {
    "translocation": ("#0072b2", "o"),
    "deletion": ("#cc79a7", "s"),
    "duplication": ("#e69f00", "^"),
    "inversion": ("#009e73", "D"),
    "other": ("#5a6575", "x"),
}
CHANGES = ("more at onset", "more in remission", "unchanged", "not compared")
_NUMBER = re.compile(r"(?:chr)?(\d+)$")


def genome_breakpoints(
    figure: Figure, loci: pd.DataFrame, lengths: Mapping[str, int], *, n_labels: int = 12
) -> None:
    """Draw the loci with a breakpoint along the genome, a panel for each direction of change.

    Height is the share of patients that have one: at onset above the axis, in remission below.

    Parameters
    ----------
    figure
        Where.
    loci
        :data:`~leukoscope.tables.study.FUSION_LOCI`.
    lengths
        Length of each contig that is drawn; loci elsewhere are left out.
    n_labels
        Loci of each panel that are named, those of most patients first.
    """
    starts, total = {}, 0
    for name in sorted(lengths, key=natural_order):
        starts[name] = total
        total += lengths[name]
    inside = loci[loci["contig"].isin(starts) & (loci["onset"] + loci["remission"] > 0)]
    inside = inside.assign(
        place=inside["contig"].map(starts) + inside["position"],
        up=100 * inside["onset"] / inside["onset_total"].clip(lower=1),
        down=100 * inside["remission"] / inside["remission_total"].clip(lower=1),
    )
    most = max(float(inside[["up", "down"]].max().max()) if len(inside) else 0.0, 1.0)
    panels = [change for change in CHANGES if (inside["change"] == change).any()] or [CHANGES[0]]
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for ax, change in zip(axes, panels, strict=True):
        _mark_contigs(ax, starts, lengths, total)
        _draw_loci(ax, inside[inside["change"] == change], total, n_labels)
        ax.set(xlim=(0, max(total, 1)), ylim=(-1.6 * most, 1.6 * most), ylabel="patients (%)")
        ax.set_yticks([tick for tick in ax.get_yticks() if abs(tick) <= min(100.0, 1.6 * most)])
        ax.set_title(change, fontsize=9, loc="left", fontweight="bold")
    axes[-1].set_xlabel("chromosome   (above the line: at onset, below: in remission)")
    handles = [
        axes[0].plot([], [], marker, color=colour, markersize=5, label=kind)[0]
        for kind, (colour, marker) in KINDS.items()
        if (inside["type"] == kind).any()
    ]
    if handles:
        figure.legend(handles=handles, frameon=False, fontsize=8, ncols=5, loc="outside upper center")


def natural_order(name: str) -> tuple[int, str]:
    """Order contigs as people do: numbers first."""
    number = _NUMBER.match(name)
    return (int(number.group(1)), "") if number else (99, name)


def _draw_loci(ax: Axes, loci: pd.DataFrame, total: int, n_labels: int) -> None:
    ax.vlines(loci["place"], -loci["down"], loci["up"], color="#cfd6df", linewidth=0.8, zorder=1)
    for kind, (colour, marker) in KINDS.items():
        points = loci[loci["type"] == kind]
        for column, side in (("up", 1), ("down", -1)):
            seen = points[points[column] > 0]
            ax.plot(seen["place"], side * seen[column], marker, color=colour, markersize=3.5)
    for column, side in (("up", 1), ("down", -1)):
        larger = loci[
            (loci[column] >= loci["down" if side > 0 else "up"]) & (loci["onset"] + loci["remission"] > 1)
        ]
        _name_loci(
            ax, larger.sort_values([column, "locus"], ascending=[False, True]), column, side, total, n_labels
        )


def _name_loci(ax: Axes, loci: pd.DataFrame, column: str, side: int, total: int, n_labels: int) -> None:
    """Name the first loci; a name that would touch another one is left out."""
    taken: list[float] = []
    for row in loci.to_dict("records"):
        if len(taken) < n_labels and all(abs(row["place"] - other) > 0.014 * total for other in taken):
            taken.append(row["place"])
            ax.annotate(
                row["locus"], (row["place"], side * row[column]), xytext=(0, side * 4), textcoords="offset points",
                rotation=90, fontsize=6, ha="center", va="bottom" if side > 0 else "top",
            )  # fmt: skip


def _mark_contigs(ax: Axes, starts: Mapping[str, int], lengths: Mapping[str, int], total: int) -> None:
    ax.axhline(0, color="black", linewidth=0.8)
    for number, (name, start) in enumerate(starts.items()):
        if number % 2:
            ax.axvspan(start, start + lengths[name], color="#f4f6f9", zorder=0)
    wide = [name for name in starts if lengths[name] > 0.012 * total]
    ax.set_xticks([starts[name] + lengths[name] / 2 for name in wide])
    ax.set_xticklabels([name.removeprefix("chr") for name in wide], fontsize=7)
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
    ax.spines[["top", "right", "bottom"]].set_visible(False)
