"""The heat map of samples compared by genotype."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from leukoscope.report.figure_files import figure_file

_LETTERED = 16  #: samples up to which the figure prints numbers


def draw_identity(samples: pd.DataFrame, pairs: pd.DataFrame, path: Path) -> None:
    """Write the heat map to a file (.svg, .png or .pdf).

    Parameters
    ----------
    samples, pairs
        :data:`~leukoscope.tables.identity.IDENTITY_SAMPLES` and :data:`~leukoscope.tables.identity.IDENTITY_PAIRS`.
    """
    side = float(np.clip(2.2 + 0.32 * len(samples), 4, 20))
    with figure_file(path, width=side + 0.8, height=side) as ax:
        concordance(ax, samples, pairs)


def concordance(ax: Axes, samples: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """Draw the share of equal genotypes of every pair, samples sorted by patient; red frames are conflicts.

    A pair that is not assessable is left white.  A sample with a conflict has a red name.
    """
    ordered = samples.sort_values(["patient", "sample"])
    names = ordered["sample"].tolist()
    place = {name: i for i, name in enumerate(names)}
    image = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(image, 1.0)
    for row in pairs.to_dict("records"):
        i, j = place[row["sample_1"]], place[row["sample_2"]]
        if row["verdict"] != "not assessable":
            image[i, j] = image[j, i] = row["concordance"]
        if row["conflict"]:
            for x, y in ((i, j), (j, i)):
                frame = Rectangle(
                    (x - 0.5, y - 0.5), 1, 1, fill=False, edgecolor="#E31A1C", linewidth=2, zorder=3
                )
                ax.add_patch(frame)
    shown = ax.imshow(image, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    if len(names) <= _LETTERED:
        for (y, x), value in np.ndenumerate(image):
            if x != y and value == value:
                ax.text(x, y, f"{100 * value:.0f}", ha="center", va="center", fontsize=7,
                        color="white" if value > 0.6 else "black")  # fmt: skip
    ax.set_xticks(range(len(names)), labels=names, rotation=90)
    ax.set_yticks(range(len(names)), labels=names)
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        for label, conflict in zip(labels, ordered["conflicts"], strict=True):
            label.set_color("#E31A1C" if conflict else "black")
    ax.set_title("Share of equal genotypes (%), red: against the sample sheet")
    if ax.figure is not None:
        ax.figure.colorbar(shown, ax=ax, shrink=0.6, label="share")
