"""Figures of a cohort: carriers by group, recurrent pairs, events over the chromosomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#5a6575"
_TYPE_COLOURS = {
    "translocation": "#0072b2",
    "deletion": "#cc79a7",
    "duplication": "#e69f00",
    "inversion": "#009e73",
}


def mirrored_carriers(
    ax: Axes, tests: pd.DataFrame, groups: tuple[str, str], *, n_features: int = 16
) -> None:
    """Draw the share of carriers of the features with the smallest p, first group left, second right.

    Parameters
    ----------
    ax
        Where.
    tests
        :data:`~leukoscope.tables.association.CARRIER_TESTS` of two groups.
    groups
        Their names, in the order of the tests.
    n_features
        Features to show; the others are left out.
    """
    shown = tests.sort_values(["chi2_p", "feature"]).head(n_features).iloc[::-1]
    shares = np.array([[_share(part) for part in row.split()] for row in shown["carriers"]]).reshape(-1, 2)
    places = np.arange(len(shown))
    ax.barh(places, -100 * shares[:, 0], color=BLUE, label=groups[0])
    ax.barh(places, 100 * shares[:, 1], color=ORANGE, label=groups[1])
    tested = zip(shown["carriers"], shown["chi2_p"], shown["exact_p"], strict=True)
    for place, (row, chi2, exact) in enumerate(tested):
        first, second = row.split()
        ax.text(-100 * shares[place, 0] - 1, place, first, ha="right", va="center", fontsize=7, color=GREY)
        ax.text(
            100 * shares[place, 1] + 1,
            place,
            f"{second}   p {chi2:.2g} ({exact:.2g})",
            va="center",
            fontsize=7,
            color=GREY,
        )
    limit = 100 * shares.max(initial=0.1) * 1.45
    ax.set(xlim=(-limit, limit * 1.4), xlabel="samples with a breakpoint in the gene (%)")
    ax.set_yticks(places, [f"{name}" for name in shown["feature"]])
    ax.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    ax.axvline(0, color="black", linewidth=0.8)
    ax.legend(loc="lower right", frameon=False, fontsize=8)
    _bare(ax)


def recurrent_pairs(ax: Axes, ranked: pd.DataFrame, *, with_normals: bool = True, n_pairs: int = 15) -> None:
    """Draw the pairs of one group by the patients that have them; those of remission samples in grey.

    Parameters
    ----------
    ax
        Where.
    ranked
        Rows of one group of :data:`~leukoscope.tables.recurrence.RANKED_PAIRS`.
    with_normals
        Whether there are remission samples, so that a pair can be told to be in none.
    n_pairs
        Pairs to show; the others are left out.
    """
    shown = ranked.sort_values(["rank", "pair"]).head(n_pairs).iloc[::-1]
    places = np.arange(len(shown))
    normal = shown["normal_patients"].to_numpy() > 0
    ax.hlines(places, 0, shown["patients"], color="#cfd6df", linewidth=2)
    for inside, colour, label in ((~normal, BLUE, "not in remission"), (normal, GREY, "also in remission")):
        ax.plot(
            shown["patients"].to_numpy()[inside], places[inside], "o", color=colour, label=label, markersize=5
        )
    ax.set_yticks(places, shown["pair"])
    ax.set(xlabel="patients", xlim=(0, 1.05 * shown["patients"].max() + 0.5 if len(shown) else 1))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if with_normals:
        ax.legend(loc="lower right", frameon=False, fontsize=8)
    _bare(ax)


def events_by_chromosome(ax: Axes, distribution: pd.DataFrame, group: str) -> None:
    """Draw how many events of each type have a breakpoint on each chromosome, for one group.

    Parameters
    ----------
    ax
        Where.
    distribution
        :data:`~leukoscope.tables.recurrence.EVENT_DISTRIBUTION`.
    group
        The group to show.
    """
    inside = distribution[distribution["group"] == group]
    kinds = inside["type"].str.split("/").str[0]
    table = inside.assign(kind=kinds).pivot_table(
        index="contig", columns="kind", values="events", aggfunc="sum"
    )
    table = table.fillna(0).reindex(sorted(table.index, key=_natural))
    bottom = np.zeros(len(table))
    for kind, colour in _TYPE_COLOURS.items():
        if kind in table:
            ax.bar(np.arange(len(table)), table[kind], bottom=bottom, color=colour, label=kind, width=0.8)
            bottom += table[kind].to_numpy()
    ax.set_xticks(np.arange(len(table)), [name.removeprefix("chr") for name in table.index])
    ax.set(xlabel="chromosome", ylabel="events")
    ax.set_title(group, fontsize=9, loc="left", fontweight="bold")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    if len(table):
        ax.legend(frameon=False, fontsize=7, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    _bare(ax)


def _share(carriers: str) -> float:
    found, total = map(int, carriers.split("/"))
    return found / total if total else 0.0


def _natural(name: str) -> tuple[int, str]:
    number = re.match(r"(?:chr)?(\d+)$", name)
    return (int(number.group(1)), "") if number else (99, name)


def _bare(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
