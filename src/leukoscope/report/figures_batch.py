"""Figure of what the principal components of a cohort go with: batch, depth, blasts, biology."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from leukoscope.report.cohort_words import variable_name

#: Share of the variance from which it is written into the figure: below, it rounds to nothing.
LEAST_SHARE = 0.005


def component_effects(ax: Axes, tests: pd.DataFrame) -> None:
    """Draw the share of each component's variance that each variable explains.

    A number stands where the adjusted p is below 0.05 and the share does not round to nothing.

    Parameters
    ----------
    ax
        Where.
    tests
        :data:`~leukoscope.tables.study.COMPONENT_TESTS`.
    """
    order = tests.sort_values(["kind", "variable"], kind="stable")["variable"].drop_duplicates()
    wide = tests.pivot(index="variable", columns="component", values="effect").loc[order]
    stars = (
        tests.pivot(index="variable", columns="component", values="p_adjusted").loc[order].to_numpy() < 0.05
    )
    stars &= wide.to_numpy(np.float64) >= LEAST_SHARE
    image = ax.imshow(wide.to_numpy(np.float64), cmap="Oranges", vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(stars), strict=True):
        value = wide.iloc[row, column]
        ax.text(column, row, f"{value:.2f}*", ha="center", va="center", fontsize=6.5,
                color="white" if value > 0.6 else "black")  # fmt: skip
    explained = tests.drop_duplicates("component").set_index("component")["explained"]
    ax.set_xticks(range(len(wide.columns)), labels=[f"PC{c}\n{explained[c]:.2g}" for c in wide.columns])
    kinds = tests.drop_duplicates("variable").set_index("variable")["kind"]
    ax.set_yticks(range(len(wide)), labels=[f"{variable_name(name)}: {kinds[name]}" for name in wide.index])
    ax.tick_params(length=0, labelsize=7)
    ax.figure.colorbar(image, ax=ax, label="share explained (R²)")
