"""A panel of normals: events that a laboratory sees in samples without leukaemia."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.formats.fusion_names import fusion_name
from leukoscope.tables.driver_fusions import FUSION_PANEL

NEAR = 10  #: bases within which breakpoints are the same
MIN_SAMPLES = 2
MIN_FREQUENCY = 0.1


def build_panel(samples: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Count in how many normal samples each event was seen, called or discarded.

    Parameters
    ----------
    samples
        The events of each sample (:data:`~leukoscope.tables.fusions.FUSIONS`); calls and discarded
        events of one sample are one table.

    Returns
    -------
    :data:`~leukoscope.tables.driver_fusions.FUSION_PANEL`.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for events in samples.values():
        columns = (events[name] for name in ("gene1", "gene2", "breakpoint1", "breakpoint2"))
        seen.update({(fusion_name(g1, g2), b1, b2) for g1, g2, b1, b2 in zip(*columns, strict=True)})
    rows = [
        {
            "fusion": fusion,
            "breakpoint1": one,
            "breakpoint2": two,
            "samples": n,
            "frequency": n / len(samples),
        }
        for (fusion, one, two), n in sorted(seen.items())
    ]
    return FUSION_PANEL.check(pd.DataFrame(rows)) if rows else FUSION_PANEL.empty()


def leave_out(panel: pd.DataFrame, n_samples: int, own: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the panel that :func:`build_panel` makes without some of its samples.

    Parameters
    ----------
    panel
        :data:`~leukoscope.tables.driver_fusions.FUSION_PANEL`.
    n_samples
        How many samples it was made from.
    own
        The events of those that are left out.
    """
    keys = ["fusion", "breakpoint1", "breakpoint2"]
    mine = panel[keys].merge(build_panel(own)[[*keys, "samples"]], on=keys, how="left")["samples"]
    samples = panel["samples"].to_numpy() - mine.fillna(0).to_numpy(np.int64)
    fewer = panel.assign(samples=samples, frequency=samples / max(n_samples - len(own), 1))
    kept: pd.DataFrame = fewer[samples > 0].reset_index(drop=True)
    return kept


def is_in_panel(
    calls: pd.DataFrame,
    panel: pd.DataFrame,
    *,
    min_samples: int = MIN_SAMPLES,
    min_frequency: float = MIN_FREQUENCY,
) -> NDArray[np.bool_]:
    """Tell which calls have both breakpoints within `NEAR` bases of an event that recurs in the panel.

    An event recurs if it was seen in `min_samples` samples or in a share of `min_frequency` of them, but
    never on the strength of one sample alone.
    """
    recurrent = panel[
        (panel["samples"] >= min_samples) | ((panel["frequency"] >= min_frequency) & (panel["samples"] > 1))
    ]
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one, two in zip(recurrent["breakpoint1"], recurrent["breakpoint2"], strict=True):
        (contig1, position1), (contig2, position2) = _place(one), _place(two)
        places.setdefault((contig1, contig2), []).append((position1, position2))
        places.setdefault((contig2, contig1), []).append((position2, position1))
    found = np.zeros(len(calls), dtype=bool)
    for i, (one, two) in enumerate(zip(calls["breakpoint1"], calls["breakpoint2"], strict=True)):
        (contig1, position1), (contig2, position2) = _place(one), _place(two)
        found[i] = any(
            abs(position1 - p) <= NEAR and abs(position2 - q) <= NEAR
            for p, q in places.get((contig1, contig2), [])
        )
    return found


def _place(text: str) -> tuple[str, int]:
    contig, _, position = text.rpartition(":")
    return contig, int(position)
