"""Figures of sets: Venn diagrams of two to four, and UpSet plots of more."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
#: Ellipses (x, y, width, height, degrees) of Venn diagrams by the number of sets; four after Venn himself.
_ELLIPSES = {
    2: ((0.36, 0.5, 0.52, 0.52, 0), (0.64, 0.5, 0.52, 0.52, 0)),
    3: ((0.37, 0.6, 0.5, 0.5, 0), (0.63, 0.6, 0.5, 0.5, 0), (0.5, 0.38, 0.5, 0.5, 0)),
    4: (
        (0.35, 0.47, 0.36, 0.72, 40),
        (0.45, 0.56, 0.36, 0.72, 40),
        (0.55, 0.56, 0.36, 0.72, -40),
        (0.65, 0.47, 0.36, 0.72, -40),
    ),
}
_NAMES = {
    2: ((0.2, 0.82), (0.8, 0.82)),
    3: ((0.14, 0.88), (0.86, 0.88), (0.5, 0.07)),
    4: ((0.1, 0.16), (0.2, 0.94), (0.8, 0.94), (0.9, 0.16)),
}


def venn(ax: Axes, sizes: Mapping[str, int], parts: Mapping[frozenset[str], int]) -> None:
    """Draw two to four sets as ellipses of fixed size, with the number of members of every part.

    Parameters
    ----------
    ax
        Where.
    sizes
        Members of each set, by its name.
    parts
        Members that are in exactly these sets; what is not named has none.
    """
    names, shapes = list(sizes), _ELLIPSES[len(sizes)]
    for (x, y, width, height, turn), colour in zip(shapes, COLOURS, strict=False):
        for face, edge, alpha in ((colour, "none", 0.18), ("none", colour, 1.0)):
            ax.add_patch(Ellipse((x, y), width, height, angle=turn, fc=face, ec=edge, alpha=alpha, lw=1.2))
    for inside, (x, y) in _places(shapes).items():
        count = parts.get(frozenset(names[i] for i in inside), 0)
        ax.text(x, y, str(count), ha="center", va="center", fontsize=9)
    for (x, y), name, colour in zip(_NAMES[len(sizes)], names, COLOURS, strict=False):
        ax.text(x, y, f"{name}\n{sizes[name]}", ha="center", va="center", fontsize=8, color=colour)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_axis_off()


def upset(
    figure: Figure, sizes: Mapping[str, int], parts: Mapping[frozenset[str], int], *, n_parts: int = 18
) -> None:
    """Draw the sizes of all combinations of sets as bars over a matrix of dots, largest first.

    Parameters
    ----------
    figure
        Where.
    sizes, parts
        As for :func:`venn`, of any number of sets.
    n_parts
        Combinations that are shown; the smaller ones are left out.
    """
    shown = sorted(parts.items(), key=lambda part: (-part[1], sorted(part[0])))[:n_parts]
    bars, dots = figure.subplots(2, 1, height_ratios=(3, 0.6 + 0.35 * len(sizes)), sharex=True)
    places = np.arange(len(shown))
    bars.bar(places, [count for _, count in shown], color="#5a6575", width=0.6)
    for place, (_, count) in enumerate(shown):
        bars.text(place, count, str(count), ha="center", va="bottom", fontsize=7)
    bars.set_ylabel("genes")
    bars.spines[["top", "right"]].set_visible(False)
    for row, (name, size) in enumerate(sizes.items()):
        inside = np.array([name in combination for combination, _ in shown], dtype=bool)
        for where, colour in ((~inside, "#dfe4ea"), (inside, COLOURS[row % 4])):
            dots.plot(places[where], np.full(int(where.sum()), row), "o", color=colour, markersize=6)
        dots.text(-0.9, row, f"{name} ({size})", ha="right", va="center", fontsize=8)
    rows = {name: row for row, name in enumerate(sizes)}
    for place, (combination, _) in enumerate(shown):
        ends = [rows[name] for name in combination]
        dots.vlines(place, min(ends), max(ends), color="#5a6575", linewidth=1.2, zorder=0)
    dots.set(ylim=(len(sizes) - 0.4, -0.6), xlim=(-0.7, max(len(shown), 6) - 0.3))
    dots.set_axis_off()


def _places(shapes: Sequence[tuple[float, ...]]) -> dict[tuple[int, ...], tuple[float, float]]:
    """Return the middle of each part: of the points in it, the one farthest from every other part."""
    steps = (np.arange(120) + 0.5) / 120
    x, y = np.meshgrid(steps, steps)
    inside = np.array([_is_inside(shape, x, y) for shape in shapes])
    codes = np.tensordot(2 ** np.arange(len(shapes)), inside, axes=1)
    found = {}
    for size in range(1, len(shapes) + 1):
        for chosen in combinations(range(len(shapes)), size):
            here = codes == sum(2**i for i in chosen)
            if here.any():
                found[chosen] = _middle(here, steps)
    return found


def _middle(here: NDArray[np.bool_], steps: NDArray[np.float64]) -> tuple[float, float]:
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(here)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(steps[column]), float(steps[row])


def _is_inside(shape: tuple[float, ...], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    middle_x, middle_y, width, height, degrees = shape
    turn = math.radians(degrees)
    across = (x - middle_x) * math.cos(turn) + (y - middle_y) * math.sin(turn)
    along = -(x - middle_x) * math.sin(turn) + (y - middle_y) * math.cos(turn)
    inside: NDArray[np.bool_] = (across / (width / 2)) ** 2 + (along / (height / 2)) ** 2 <= 1
    return inside
