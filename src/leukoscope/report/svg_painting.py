"""Paint the SVG that this package writes on a matplotlib figure, for PDF and PNG without a browser.

Only the elements and attributes of :mod:`leukoscope.report.svg_shapes` are known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Polygon, Rectangle
from matplotlib.path import Path

_TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+(?:e-?\d+)?")
_TURN = re.compile(r"rotate\((-?[\d.]+)")
_LENGTHS = {"M": 2, "L": 2, "C": 6, "Q": 4, "A": 7, "H": 1, "V": 1, "Z": 0}
_ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def paint_svg(figure: Figure, text: str) -> None:
    """Draw an SVG on the whole of a figure, which takes its proportions.

    Parameters
    ----------
    figure
        Where; its width is kept.
    text
        As :func:`leukoscope.report.svg_shapes.drawing` returns it.
    """
    root = ElementTree.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    figure.set_size_inches(figure.get_figwidth(), figure.get_figwidth() * height / width)
    figure.set_layout_engine("none")
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()
    point = 72 * figure.get_figwidth() / width  # points a unit
    for order, element in enumerate(root.iter()):
        _paint(ax, element, point, order)


def _paint(ax: Axes, element: ElementTree.Element, point: float, order: int) -> None:
    name, given = element.tag.rpartition("}")[2], element.attrib
    if name == "text":
        _write(ax, element, point, order)
        return
    number = {key: float(value) for key, value in given.items() if re.fullmatch(r"-?[\d.]+", value)}
    look = _look(given, point) | {"zorder": order}
    if name == "rect":
        corner = number.get("x", 0.0), number.get("y", 0.0)
        ax.add_patch(Rectangle(corner, number["width"], number["height"], **look))
    elif name == "circle":
        ax.add_patch(Circle((number["cx"], number["cy"]), number["r"], **look))
    elif name == "line":
        ends = [(number["x1"], number["y1"]), (number["x2"], number["y2"])]
        ax.add_patch(PathPatch(Path(ends), **look | {"facecolor": "none"}))
    elif name in {"polygon", "polyline"}:
        corners = [tuple(map(float, corner.split(","))) for corner in given["points"].split()]
        ax.add_patch(Polygon(corners, closed=name == "polygon", **look))
    elif name == "path":
        ax.add_patch(PathPatch(_path(given["d"]), **look))


def _look(given: dict[str, str], point: float) -> dict[str, Any]:
    dashes = given.get("stroke-dasharray", "none")
    line = "solid" if dashes == "none" else (0, [float(n) * point for n in re.split(r"[ ,]+", dashes)])
    alpha = float(given.get("opacity", given.get("stroke-opacity", given.get("fill-opacity", "1"))))
    return {
        "facecolor": given.get("fill", "black"),
        "edgecolor": given.get("stroke", "none"),
        "linewidth": float(given.get("stroke-width", "1")) * point,
        "linestyle": line,
        "alpha": alpha,
        "clip_on": False,
    }


def _write(ax: Axes, element: ElementTree.Element, point: float, order: int) -> None:
    given = element.attrib
    turn = _TURN.search(given.get("transform", ""))
    weight = "bold" if given.get("font-weight", "normal") in {"bold", "600", "700"} else "normal"
    family = "monospace" if "mono" in given.get("font-family", "").lower() else "sans-serif"
    ax.text(
        float(given["x"]), float(given["y"]), _words(element), parse_math=False,
        fontsize=float(given.get("font-size", "11")) * point * 0.9, color=given.get("fill", "black"),
        fontweight=weight, fontstyle=given.get("font-style", "normal"), family=family, zorder=order,
        ha=_ANCHORS[given.get("text-anchor", "start")],
        va="center_baseline" if given.get("dominant-baseline") == "middle" else "baseline",
        rotation=-float(turn.group(1)) if turn else 0.0, rotation_mode="anchor",
    )  # fmt: skip


def _words(element: ElementTree.Element) -> str:
    """Return the text of an element; a part that is moved away from the one before it begins with spaces."""
    parts = [
        ("  " if "dx" in part.attrib else "") + (part.text or "") + (part.tail or "") for part in element
    ]
    return (element.text or "") + "".join(parts)


def _path(text: str) -> Path:
    points: list[tuple[float, float]] = []
    codes: list[int] = []
    x = y = start_x = start_y = 0.0
    for command, values in _commands(text):
        if command == "Z":
            points.append((start_x, start_y))
            codes.append(int(Path.CLOSEPOLY))
            continue
        if command == "H":
            values = [values[0], y]
        elif command == "V":
            values = [x, values[0]]
        pairs = zip(values[::2], values[1::2], strict=False)
        new = list(_arc_points(x, y, values) if command == "A" else pairs)
        kind = {"M": Path.MOVETO, "C": Path.CURVE4, "Q": Path.CURVE3}.get(command, Path.LINETO)
        points += new
        codes += [int(kind)] * len(new)
        x, y = new[-1]
        if command == "M":
            start_x, start_y = x, y
    return Path(points, codes)


def _commands(text: str) -> Iterator[tuple[str, list[float]]]:
    """Yield absolute commands with their numbers; a repeated command may leave its letter out."""
    tokens = _TOKEN.findall(text)
    at, command = 0, ""
    while at < len(tokens):
        if tokens[at].isalpha():
            command = tokens[at]
            at += 1
        size = _LENGTHS[command]
        yield command, [float(token) for token in tokens[at : at + size]]
        at += size


def _arc_points(x: float, y: float, values: list[float]) -> Iterator[tuple[float, float]]:
    """Yield points on the arc of a circle from (x, y), a degree or two apart."""
    radius, _, _, large, sweep, end_x, end_y = values
    half_x, half_y = (end_x - x) / 2, (end_y - y) / 2
    half = math.hypot(half_x, half_y)
    if half == 0.0:
        yield end_x, end_y
        return
    radius = max(radius, half)
    away = math.sqrt(max(radius**2 - half**2, 0.0)) / half * (1.0 if large != sweep else -1.0)
    middle_x, middle_y = x + half_x - away * half_y, y + half_y + away * half_x
    first = math.atan2(y - middle_y, x - middle_x)
    turn = (math.atan2(end_y - middle_y, end_x - middle_x) - first) % (2 * math.pi)
    turn = turn if sweep else turn - 2 * math.pi
    steps = max(2, round(abs(math.degrees(turn)) / 1.5))
    for step in range(1, steps + 1):
        angle = first + turn * step / steps
        yield middle_x + radius * math.cos(angle), middle_y + radius * math.sin(angle)
