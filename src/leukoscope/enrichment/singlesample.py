"""Single-sample scores: how high the genes of a set stand in each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numba
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from leukoscope.errors import InputError, quote_some
from leukoscope.genesets import GeneSets
from leukoscope.kernels import set_scores as kernels
from leukoscope.kernels.ranks import rank_samples
from leukoscope.kernels.singscore import singscores
from leukoscope.tables.enrichment import sample_scores
from leukoscope.workers import call_in_runs, call_on_threads

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
ScoreMethod = Literal["singscore", "ssgsea", "gsva"]

METHODS: tuple[ScoreMethod, ...] = get_args(ScoreMethod)
RANK_EXPONENT = 0.25  #: of ssGSEA's weights
GENES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class SampleScores:
    """What :func:`score_samples` found, and what it left out."""

    table: pd.DataFrame  #: :func:`leukoscope.tables.enrichment.sample_scores`, sets in the collection's order
    method: ScoreMethod
    n_genes: int  #: genes that were ranked
    constant: tuple[str, ...]  #: genes that do not vary, left out by ``gsva``
    other_size: tuple[str, ...]  #: sets left out because of their number of ranked genes

    def summary(self) -> str:
        """Return one line for the reader."""
        return (
            f"{self.method}: {len(self.table)} sets in {self.table.shape[1] - 2} sample(s), {self.n_genes} genes "
            f"ranked; {len(self.constant)} constant gene(s) and {len(self.other_size)} sets of other size left out."
        )


def score_samples(
    expression: pd.DataFrame,
    gene_sets: GeneSets,
    *,
    method: ScoreMethod = "singscore",
    min_size: int = 1,
    max_size: int | None = None,
    scaled: bool = True,
) -> SampleScores:
    """Score every gene set in every sample.

    ``singscore`` [1]_ is the mean rank of the set's genes, scaled to [-0.5, 0.5]; the score of a pair of an up- and
    a down-regulated set is the difference of theirs.  ``ssgsea`` [2]_ weighs ranks and compares the genes of the
    set with all others; it is divided by the range of all scores.  ``gsva`` [3]_ first puts every gene on its own
    scale over the samples, so that a score tells how a sample differs from the others here; the first two look
    at one sample alone (but for ssGSEA's division).  The numbers are those of the R packages singscore 1.29 and
    GSVA 1.46 (``kcdf = "Gaussian"``).  A set of all genes, for which nothing is defined, is left out.

    Parameters
    ----------
    expression
        Genes in rows, samples in columns, on a logarithmic or stabilised scale (only ``gsva`` needs that).
    gene_sets
        The collection.
    method
        One of :data:`METHODS`.
    min_size, max_size
        Sizes, among ranked genes, of sets that are scored.
    scaled
        Divide ``ssgsea`` by the range.

    Raises
    ------
    InputError
        If a value is missing, a gene stands twice, no set can be scored, or ``gsva`` is asked of one sample.

    References
    ----------
    .. [1] Foroutan et al., BMC Bioinformatics 19 (2018) 404, doi:10.1186/s12859-018-2435-4
    .. [2] Barbie et al., Nature 462 (2009) 108, doi:10.1038/nature08460
    .. [3] Hänzelmann et al., BMC Bioinformatics 14 (2013) 7, doi:10.1186/1471-2105-14-7
    """
    values, varies = _check_values(expression, method), np.ones(len(expression), dtype=np.bool_)
    if method == "gsva":
        varies = np.ptp(values, axis=1) > 0
        values = values[varies]
    names = expression.index[varies].astype(str)
    begins, members = _rows_of_sets(names, gene_sets)
    size = np.diff(begins)
    largest = names.size - 1 if max_size is None else min(max_size, names.size - 1)
    kept = (size >= max(min_size, 1)) & (size <= largest)
    if not kept.any():
        raise InputError(
            f"score: none of the {len(gene_sets)} sets of {gene_sets.name} (e.g. {quote_some(gene_sets.genes[:1])}) "
            f"has {min_size} or more, but not all, of the {names.size} ranked genes (e.g. "
            f"{quote_some(names[:1].tolist())}). Do both sides use the same identifiers?"
        )
    members, begins = members[np.repeat(kept, size)], np.concatenate(([0], np.cumsum(size[kept])))
    scores = _scores(values, begins, members, method)
    if method == "ssgsea" and scaled and np.ptp(scores) > 0:
        scores /= np.ptp(scores)
    table = pd.DataFrame(scores, columns=expression.columns.astype(str))
    table.insert(0, "set", [gene_sets.names[s] for s in np.flatnonzero(kept)], allow_duplicates=True)
    table.insert(
        1, "description", [gene_sets.descriptions[s] for s in np.flatnonzero(kept)], allow_duplicates=True
    )
    return SampleScores(
        table=sample_scores(expression.columns.astype(str).tolist()).check(table),
        method=method,
        n_genes=names.size,
        constant=tuple(expression.index[~varies].astype(str)),
        other_size=tuple(gene_sets.names[s] for s in np.flatnonzero(~kept)),
    )


def _check_values(expression: pd.DataFrame, method: str) -> Floats:
    values = np.ascontiguousarray(expression.to_numpy(np.float64))
    if method not in METHODS:
        raise InputError(f"score: no method '{method}'; there are {', '.join(METHODS)}.")
    if values.shape[1] < (2 if method == "gsva" else 1):
        raise InputError(
            f"score: {values.shape[1]} sample(s); gsva compares samples. singscore and ssgsea take one."
        )
    if not np.isfinite(values).all():
        raise InputError("score: the matrix holds missing or infinite values.")
    twice = list(expression.index[expression.index.duplicated()].unique())
    if twice:
        raise InputError(f"score: {len(twice)} gene(s) stand twice: {quote_some(twice)}.")
    return values


def _rows_of_sets(names: pd.Index, gene_sets: GeneSets) -> tuple[Indices, Indices]:
    """Where each set begins, and the rows of its genes that are here, ascending."""
    row = names.get_indexer(pd.Index(gene_sets.genes, dtype=object))[gene_sets.members].astype(np.int64)
    of_set = np.repeat(np.arange(len(gene_sets)), np.diff(gene_sets.begins))
    of_set, row = of_set[row >= 0], row[row >= 0]
    order = np.lexsort((row, of_set))
    begins = np.concatenate(([0], np.cumsum(np.bincount(of_set, minlength=len(gene_sets)))))
    return begins.astype(np.int64), row[order]


def _scores(values: Floats, begins: Indices, members: Indices, method: ScoreMethod) -> Floats:
    found = np.empty((values.shape[1], begins.size - 1))
    if method == "gsva":
        values = _log_odds(values)
    sizes = np.diff(begins)
    sets_of_gene = np.repeat(np.arange(sizes.size), sizes)[np.argsort(members, kind="stable")]
    gene_begins = np.concatenate(([0], np.cumsum(np.bincount(members, minlength=len(values)))))
    up = np.ones(sizes.size, dtype=np.bool_)

    def one(sample: int) -> None:
        column, score = np.ascontiguousarray(values[:, sample]), found[sample]
        if method == "singscore":
            score[:] = singscores(*rank_samples(column[None], False), members, begins, up)[0]
            return
        order = np.argsort(-column, kind="stable")
        if method == "ssgsea":
            room = np.empty((2, column.size))
            kernels.rank_sums(column, order, begins, members, RANK_EXPONENT, room, score)
        else:
            kernels.walk_peaks(order, gene_begins, sets_of_gene, sizes, np.empty((sizes.size, 6)), score)

    call_on_threads(one, len(found), numba.get_num_threads())
    return np.ascontiguousarray(found.T)


def _log_odds(values: Floats) -> Floats:
    """Put every gene on its own scale over the samples."""
    normal = special.ndtr(kernels.REACH * np.arange(kernels.STEPS + 1) / kernels.STEPS)
    found = np.empty_like(values)

    def some(rows: slice) -> None:
        kernels.kernel_distribution(values[rows], normal, found[rows])

    call_in_runs(some, len(values), GENES_AT_ONCE, numba.get_num_threads())
    return found
