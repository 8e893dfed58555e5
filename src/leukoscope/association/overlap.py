"""Overlap of gene sets: fusion genes against up- and down-regulated genes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from leukoscope.errors import InputError
from leukoscope.kernels.fisher import odds_ratio
from leukoscope.kernels.hypergeometric import upper_tail
from leukoscope.tables.association import OVERLAPS


def measure_overlaps(
    first: Mapping[str, Collection[str]],
    second: Mapping[str, Collection[str]],
    *,
    universe: Collection[str],
) -> pd.DataFrame:
    """Compare every set of `first` with every set of `second`.

    Parameters
    ----------
    first, second
        Named gene sets, e.g. fusion genes, and up and down genes.
    universe
        Genes that could have been found in either: for differential genes those that were
        tested (adjusted p-value not missing).  Genes outside are left out and counted.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.association.OVERLAPS`.

    Raises
    ------
    InputError
        If the universe is empty.
    """
    genes = set(universe)
    if not genes:
        raise InputError("universe: holds no gene; without it an overlap has no expectation.")
    rows = [
        _overlap(name, set(members), other, set(others), genes)
        for name, members in first.items()
        for other, others in second.items()
    ]
    return OVERLAPS.check(pd.DataFrame(rows, columns=OVERLAPS.names))


def _overlap(
    first: str, members: set[str], second: str, others: set[str], genes: set[str]
) -> tuple[object, ...]:
    inside, inside_other = members & genes, others & genes
    shared = inside & inside_other
    k, a, b, n = len(shared), len(inside), len(inside_other), len(genes)
    table = np.array([[k, a - k], [b - k, n - a - b + k]])
    p_value = float(upper_tail(np.array([k]), np.array([b]), n, a)[0])
    outside = len((members | others) - genes)
    counts = (n, a, b, outside, k, a * b / n)
    return (first, second, *counts, *odds_ratio(table), p_value, ",".join(sorted(shared)))
