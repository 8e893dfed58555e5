"""Known driver pairs: spared from filters that judge by what is usual."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.fusions.loci import Loci

SPARED = frozenset(
    {
        "read_through",
        "relative_support",
        "template_switch",
        "abundant_partners",
        "intronic",
        "min_support",
        "improbable",
    }
)
MIN_READS = 2


def is_known_pair(events: pd.DataFrame, drivers: pd.DataFrame | None, loci: Loci) -> NDArray[np.bool_]:
    """Tell which events join two genes that the driver table names together, in its order.

    A receptor locus is written ``IG@`` there and any copy of DUX4 ``DUX4``; a row with ``*`` is no pair.
    """
    pairs: set[tuple[str, str]] = set()
    for row in [] if drivers is None else drivers.to_dict("records"):
        pairs.add((row["gene5"], row["gene3"]))
        if row["either_order"]:
            pairs.add((row["gene3"], row["gene5"]))
    names = {side: _names(events, side, loci) for side in ("a", "b")}
    first = events["five_prime"].to_numpy() > 0
    return np.array(
        [
            ((a, b) if forward else (b, a)) in pairs
            for a, b, forward in zip(names["a"], names["b"], first, strict=True)
        ],
        dtype=bool,
    )


def _names(events: pd.DataFrame, side: str, loci: Loci) -> list[str]:
    found = []
    for gene, receptor in zip(events[f"gene_{side}"], events[f"receptor_{side}"], strict=True):
        if receptor:
            found.append("IG@")
        elif gene >= 0:
            symbol = str(loci.model.gene_symbol[gene])
            found.append("DUX4" if loci.is_dux4(symbol) else symbol)
        else:
            found.append("")
    return found


def spare_known_pairs(events: pd.DataFrame, known: NDArray[np.bool_]) -> pd.DataFrame:
    """Take back known pairs with at least two fragments that only `SPARED` filters rejected."""
    spared = [
        ",".join(
            name for name in reasons.split(",") if not (is_known and total >= MIN_READS and name in SPARED)
        )
        for reasons, is_known, total in zip(events["rejected_by"], known, events["total"], strict=True)
    ]
    return events.assign(rejected_by=spared)
