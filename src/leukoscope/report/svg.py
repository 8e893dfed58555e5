"""Small drawings of the patient report, written as SVG by hand.

Colour and form come from presentation attributes and classes, never from ``style``: the
report's content-security policy forbids it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

STRIP_WIDTH, STRIP_HEIGHT = 240, 22
_LOW, _HIGH = 0.1, 10_000.0


def expression_strip(points: Sequence[tuple[str, float]], *, label: str) -> Markup:
    """Return a strip with one mark per sample on a logarithmic axis from 0.1 to 10,000 TPM.

    Parameters
    ----------
    points
        Timepoint and TPM of each sample; values beyond the axis stand at its ends.
    label
        What the strip shows, for those who cannot see it.
    """
    ticks = "".join(
        f'<line class="tick" x1="{_x(10.0**power):.1f}" x2="{_x(10.0**power):.1f}" y1="5" y2="17"/>'
        for power in range(-1, 5)
    )
    marks = "".join(_mark(timepoint, _x(tpm)) for timepoint, tpm in points)
    return Markup(
        f'<svg class="strip" role="img" aria-label="{escape(label)}" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" '
        f'width="{STRIP_WIDTH}" height="{STRIP_HEIGHT}">'
        f'<line class="axis" x1="{_x(_LOW):.1f}" x2="{_x(_HIGH):.1f}" y1="11" y2="11"/>{ticks}'
        f'<line class="floor" x1="{_x(1.0):.1f}" x2="{_x(1.0):.1f}" y1="2" y2="20"/>{marks}</svg>'
    )


def expression_axis() -> Markup:
    """Return the numbers of the axis of :func:`expression_strip`."""
    numbers = "".join(
        f'<text class="axis-text" text-anchor="middle" x="{_x(10.0**power):.1f}" y="13">{text}</text>'
        for power, text in zip(range(-1, 5), ("≤0.1", "1", "10", "100", "1k", "10k"), strict=True)
    )
    return Markup(
        f'<svg class="strip" aria-hidden="true" viewBox="0 0 {STRIP_WIDTH} 18" width="{STRIP_WIDTH}" height="18">'
        f"{numbers}</svg>"
    )


def _x(tpm: float) -> float:
    clipped = min(max(tpm, _LOW), _HIGH)
    return 14 + (STRIP_WIDTH - 28) * math.log10(clipped / _LOW) / math.log10(_HIGH / _LOW)


def _mark(timepoint: str, x: float) -> str:
    """Return the mark of a timepoint: shapes differ, so that colour is not needed."""
    if timepoint == "remission":
        return f'<circle class="mark remission" cx="{x:.1f}" cy="11" r="4.5"/>'
    if timepoint == "relapse":
        return f'<path class="mark relapse" d="M{x:.1f} 5l6 6l-6 6l-6 -6z"/>'
    return f'<circle class="mark onset" cx="{x:.1f}" cy="11" r="5"/>'
