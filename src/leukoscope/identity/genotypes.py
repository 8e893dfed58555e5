"""Genotypes of one sample from the bases that its fragments show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from leukoscope.tables.identity import GENOTYPES

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Genotype = NDArray[np.int8]

MIN_DEPTH = 10
UNKNOWN, REFERENCE, HETEROZYGOUS, ALTERNATIVE = -1, 0, 1, 2


def tabulate_genotypes(
    counts: NDArray[np.uint16],
    reference: NDArray[np.uint8],
    places: tuple[Sequence[str], Ints, Ints],
    *,
    min_depth: int = MIN_DEPTH,
    min_reads: int = 2,
    min_fraction: float = 0.02,
) -> pd.DataFrame:
    """Return where another base than the reference is seen, and where there is none.

    Parameters
    ----------
    counts : uint16[n, 4]
        Fragments with A, C, G, T in each cell.
    reference : uint8[n]
        Base of the reference: 0 to 3; cells with another value are left out.
    places
        Names of the contigs; contig (index) and position of each cell, positions ascending within a contig.
    min_depth
        Fragments that a position needs.
    min_reads, min_fraction
        Fragments, and their share, from which another base is written down.  Both are far below a
        genotype: the rest is what tells a mixture.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.identity.GENOTYPES`.
    """
    import pandas as pd

    contigs, contig, position = places
    depth = counts.sum(axis=1, dtype=np.int64)
    kept = np.flatnonzero((depth >= min_depth) & (reference < 4))
    others = counts[kept].astype(np.int64)
    others[np.arange(len(kept)), reference[kept]] = 0
    best = others.argmax(axis=1)
    reads = others[np.arange(len(kept)), best]
    is_variant = (reads >= min_reads) & (reads >= min_fraction * depth[kept])
    contig, position, depth = contig[kept], position[kept], depth[kept]
    begins = np.ones(len(kept), dtype=bool)
    begins[1:] = (contig[1:] != contig[:-1]) | (position[1:] != position[:-1] + 1)
    begins[1:] |= is_variant[1:] | is_variant[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(kept)) - 1
    names = np.array([name.removeprefix("chr") for name in contigs] or [""], dtype=object)
    runs = {
        "contig": names[contig[first]],
        "start": position[first],
        "end": position[last] + 1,
        "depth": np.minimum.reduceat(depth, first) if len(first) else depth,
        "alternative": np.where(is_variant[first], np.array(list("ACGT"))[best[first]], ""),
        "alternative_reads": np.where(is_variant[first], reads[first], 0),
    }
    return GENOTYPES.check(pd.DataFrame(runs))


@dataclass(frozen=True, eq=False)
class GenotypeMatrix:
    """Genotypes of all samples where any of them has a clear other base."""

    samples: tuple[str, ...]
    contig: NDArray[np.str_]  #: (n_sites,)
    position: Ints  #: (n_sites,)
    genotype: Genotype  #: (n_samples, n_sites): -1 unknown, else copies of the other base
    fraction: NDArray[np.float64]  #: (n_samples, n_sites): share of the other base; NaN where not covered
    depth: Ints  #: (n_samples, n_sites): 0 where not covered
    has_reference: NDArray[np.bool_]  #: (n_samples,): whether positions without another base are known


def genotype_of(fraction: NDArray[np.float64], depth: Ints, *, min_depth: int = MIN_DEPTH) -> Genotype:
    """Return genotypes by the share of the other base.

    Below 0.1 it is the reference, 0.2 to 0.8 heterozygous (either allele may be expressed more), above
    0.9 the other base alone; in between, and below the depth, unknown.

    Examples
    --------
    >>> genotype_of(np.array([0.0, 0.15, 0.4, 1.0, 1.0]), np.array([30, 30, 30, 30, 9]))
    array([ 0, -1,  1,  2, -1], dtype=int8)
    """
    called = np.full(fraction.shape, UNKNOWN, dtype=np.int8)
    covered = depth >= min_depth
    called[covered & (fraction < 0.1)] = REFERENCE
    called[covered & (fraction >= 0.2) & (fraction <= 0.8)] = HETEROZYGOUS
    called[covered & (fraction > 0.9)] = ALTERNATIVE
    return called


def join_genotypes(tables: dict[str, pd.DataFrame], *, min_depth: int = MIN_DEPTH) -> GenotypeMatrix:
    """Look up every sample where any sample has a clear genotype with another base.

    Parameters
    ----------
    tables
        Genotypes of each sample (:data:`~leukoscope.tables.identity.GENOTYPES`).
    """
    checked = {name: GENOTYPES.check(table, source=name) for name, table in tables.items()}
    names = sorted(set().union(*(set(table["contig"]) for table in checked.values())))
    code = {name: i << 40 for i, name in enumerate(names)}
    keys: dict[str, Ints] = {
        name: table["contig"].map(code).to_numpy(dtype=np.int64) for name, table in checked.items()
    }
    variable = [keys[name][_is_variable(t, min_depth)] + t["start"].to_numpy()[_is_variable(t, min_depth)]
                for name, t in checked.items()]  # fmt: skip
    sites: Ints = np.unique(np.concatenate([*variable, np.empty(0, dtype=np.int64)])).astype(np.int64)
    shape = (len(checked), len(sites))
    fraction, depth = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    for row, (name, table) in enumerate(checked.items()):
        fraction[row], depth[row] = _look_up(table, keys[name], sites)
    return GenotypeMatrix(
        samples=tuple(checked),
        contig=np.array(names or [""])[sites >> 40],
        position=sites & ((1 << 40) - 1),
        genotype=genotype_of(fraction, depth, min_depth=min_depth),
        fraction=fraction,
        depth=depth,
        has_reference=np.array([(t["alternative"] == "").any() for t in checked.values()], dtype=bool),
    )


def _is_variable(table: pd.DataFrame, min_depth: int) -> NDArray[np.bool_]:
    fraction = (table["alternative_reads"] / table["depth"].clip(lower=1)).to_numpy()
    found: NDArray[np.bool_] = genotype_of(fraction, table["depth"].to_numpy(), min_depth=min_depth) > 0
    return found


def _look_up(table: pd.DataFrame, key: Ints, sites: Ints) -> tuple[NDArray[np.float64], Ints]:
    """Return share of the other base and depth of one sample at the sites."""
    order = np.argsort(key + table["start"].to_numpy(), kind="stable")
    starts, ends = (key + table[side].to_numpy() for side in ("start", "end"))
    at = np.searchsorted(starts[order], sites, side="right") - 1
    row = order[np.clip(at, 0, None)] if len(order) else np.zeros(len(sites), dtype=np.int64)
    covered = (at >= 0) & (sites < ends[row]) if len(order) else np.zeros(len(sites), dtype=bool)
    depth = np.zeros(len(sites), dtype=np.int64)
    fraction = np.full(len(sites), np.nan)
    depth[covered] = table["depth"].to_numpy()[row[covered]]
    reads = table["alternative_reads"].to_numpy()[row[covered]]
    fraction[covered] = reads / np.maximum(depth[covered], 1)
    return fraction, depth
