"""`Cohort`: the counts of many samples, with their genes and their samples.

Counts are ``counts[gene, sample]`` everywhere in leukoscope: genes in rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.errors import InputError, quote_some
from leukoscope.tables.cohort import GENES, SAMPLES


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Counts of genes in samples; checks itself when made and never changes.

    Parameters
    ----------
    counts
        int64 or float64 ``[gene, sample]``, finite and not negative.  Expected counts, as
        RSEM's, are fractional and stay so; :meth:`rounded` makes them whole.
    genes
        One row per row of `counts` (:data:`~leukoscope.tables.cohort.GENES`).
    samples
        One row per column of `counts` (:data:`~leukoscope.tables.cohort.SAMPLES`).

    Raises
    ------
    InputError
        If shapes disagree, a name repeats, or a count is negative or missing.

    Examples
    --------
    >>> genes = pd.DataFrame({"gene_id": ["ENSG1", "ENSG2"]})
    >>> samples = pd.DataFrame({"sample": ["a", "b", "c"], "sex": ["f", "m", "f"]})
    >>> cohort = Cohort(np.array([[1, 0, 2], [5, 9, 3]]), genes, samples)
    >>> cohort.select(samples=["c", "a"]).counts
    array([[2, 1],
           [3, 5]])
    """

    counts: NDArray[Any]
    genes: pd.DataFrame
    samples: pd.DataFrame

    def __post_init__(self) -> None:
        """Check the parts against each other and make the array read-only."""
        genes = GENES.check(self.genes)
        samples = SAMPLES.check(self.samples)
        counts = _checked_counts(np.asarray(self.counts), genes, samples)
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "genes", genes)
        object.__setattr__(self, "samples", samples)

    @property
    def gene_ids(self) -> NDArray[np.object_]:
        """Gene identifiers, in row order."""
        return self.genes["gene_id"].to_numpy(dtype=object)

    @property
    def sample_names(self) -> NDArray[np.object_]:
        """Sample names, in column order."""
        return self.samples["sample"].to_numpy(dtype=object)

    @property
    def is_whole(self) -> bool:
        """Whether every count is a whole number."""
        return self.counts.dtype.kind == "i" or bool((self.counts == np.rint(self.counts)).all())

    def select(self, *, genes: Any = None, samples: Any = None) -> Cohort:
        """Return the cohort of some genes and samples, in the order given.

        Parameters
        ----------
        genes, samples
            Identifiers, or a boolean mask, or None for all.

        Raises
        ------
        InputError
            If an identifier is not in the cohort.
        """
        rows = _positions(genes, self.gene_ids, "gene")
        columns = _positions(samples, self.sample_names, "sample")
        return Cohort(self.counts[np.ix_(rows, columns)], self.genes.iloc[rows], self.samples.iloc[columns])

    def rounded(self) -> Cohort:
        """Return the cohort with whole counts, halves to the even neighbour as R's ``round``."""
        if self.counts.dtype.kind == "i":
            return self
        return Cohort(np.rint(self.counts).astype(np.int64), self.genes, self.samples)

    def described_by(self, sheet: pd.DataFrame) -> Cohort:
        """Return the samples of a sample sheet, in its order and with its columns.

        Count columns that the sheet does not name are left out; compare the two sets of
        names to say which.

        Raises
        ------
        InputError
            If the sheet names no sample, or one that has no counts.
        """
        sheet = SAMPLES.check(sheet)
        if sheet.empty:
            raise InputError("the sample sheet names no sample.")
        lacking = [name for name in sheet["sample"] if name not in set(self.sample_names)]
        if lacking:
            raise InputError(
                f"{len(lacking)} of {len(sheet)} samples of the sample sheet have no count column: "
                f"{quote_some(lacking)}. Do both use the same names?"
            )
        columns = _positions(list(sheet["sample"]), self.sample_names, "sample")
        return Cohort(self.counts[:, columns], self.genes, sheet)


def _checked_counts(counts: NDArray[Any], genes: pd.DataFrame, samples: pd.DataFrame) -> NDArray[Any]:
    if counts.shape != (len(genes), len(samples)):
        raise InputError(
            f"counts: the array is {' × '.join(map(str, counts.shape))}, but there are {len(genes)} genes "
            f"and {len(samples)} samples; genes belong in rows."
        )
    if counts.dtype.kind not in "iubf":
        raise InputError(f"counts: an array of {counts.dtype} holds no counts.")
    counts = np.array(counts, dtype=np.float64 if counts.dtype.kind == "f" else np.int64, order="C")
    wrong = ~np.isfinite(counts) | (counts < 0) if counts.dtype.kind == "f" else counts < 0
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InputError(
            f"counts: {int(wrong.sum())} value(s) are negative, missing or infinite, e.g. {counts[row, column]} of "
            f"gene '{genes['gene_id'].iloc[row]}' in sample '{samples['sample'].iloc[column]}'."
        )
    counts.setflags(write=False)
    return counts


def _positions(wanted: Any, names: NDArray[np.object_], what: str) -> NDArray[np.intp]:
    if wanted is None:
        return np.arange(names.size)
    chosen = np.asarray(wanted)
    if chosen.dtype == bool:
        if chosen.shape != names.shape:
            raise InputError(f"a {what} mask of {chosen.size} does not fit {names.size} {what}s.")
        return np.flatnonzero(chosen)
    positions = np.asarray(pd.Index(names).get_indexer(pd.Index(chosen, dtype=object)), dtype=np.intp)
    if (positions < 0).any():
        absent = [str(name) for name, position in zip(chosen, positions, strict=True) if position < 0]
        raise InputError(f"{len(absent)} {what}(s) are not in the cohort: {quote_some(absent)}.")
    return positions
