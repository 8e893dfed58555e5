"""Gene networks from correlation, for 20,000 genes in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from leukoscope.errors import InputError, quote_some
from leukoscope.kernels import correlation as kernels
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.tables.coexpression import NETWORK_EDGES, NETWORK_GENES

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Window = tuple[int, int]  #: bins of |r|, the end not included
Pairs = tuple[Indices, Indices, Floats]  #: two genes, and their correlation

ROUNDING = 5e-13  #: correlations are told to twelve digits; one that is told as the limit reaches it
NOWHERE = (2 * kernels.BINS, 2 * kernels.BINS)
METHODS = ("pearson", "spearman")


@dataclass(frozen=True, slots=True)
class Network:
    """What :func:`build_network` found, and what it left out."""

    edges: pd.DataFrame  #: :data:`leukoscope.tables.coexpression.NETWORK_EDGES`
    genes: pd.DataFrame  #: :data:`leukoscope.tables.coexpression.NETWORK_GENES`
    n_pairs: int  #: pairs that were compared
    n_significant: int  #: pairs within the false discovery rate
    least_correlation: float  #: smallest |r| of an edge; NaN without edges
    constant: tuple[str, ...]  #: genes that do not vary, left out
    truncated: bool  #: whether significant pairs were cut by `max_edges` or `min_correlation`


def build_network(
    expression: pd.DataFrame,
    *,
    method: str = "pearson",
    max_q: float = 0.05,
    min_correlation: float = 0.0,
    max_edges: int = 1_000_000,
    n_hubs: int = 10,
    block: int = 512,
) -> Network:
    """Join genes whose expression is correlated beyond chance.

    p falls with |r|, so the Benjamini–Hochberg cut over all pairs is found in a histogram of |r| and
    made exact among the pairs of the one bin (or few) that it falls in; no list of all pairs is ever held.
    All pairs are correlated twice: for the histogram, and to collect the edges.

    Parameters
    ----------
    expression
        Genes in rows, samples in columns; no missing value.
    method
        ``pearson`` or ``spearman``.
    max_q
        False discovery rate over all pairs.
    min_correlation
        Smallest |r| of an edge.
    max_edges
        The strongest so many are kept (all that tie at the last); 0 for none.
    n_hubs
        Genes per module that are marked as hubs.
    block
        Rows that are compared at once; memory grows with its square.

    Raises
    ------
    InputError
        If there are fewer than four samples, a value is missing, or a gene is named twice.
    """
    values = _check_values(expression, method)
    varies = np.ptp(values, axis=1) > 0
    names = expression.index.astype(str).to_numpy(dtype=object)
    rows = kernels.standardise(values[varies], ranks=method == "spearman")
    n_pairs = len(rows) * (len(rows) - 1) // 2
    counts = np.zeros(kernels.BINS, dtype=np.int64)
    for first, second, part in kernels.correlation_blocks(rows, block):
        kernels.add_to_histogram(part, first == second, counts)
    windows = _cut_windows(counts, n_pairs, values.shape[1], max_q)
    limit = min_correlation - ROUNDING
    floor = max(limit, _bin_of_rank(counts, max_edges) / kernels.BINS)
    pairs = _select(rows, windows[0] if windows else NOWHERE, floor, block)
    cut, n_significant = _discovery_cut(rows, pairs, counts, windows, n_pairs, values.shape[1], max_q, block)
    least = max(cut, limit, _strongest(pairs[2], max_edges))
    kept = np.abs(pairs[2]) >= least
    edges = _edges(pairs[0][kept], pairs[1][kept], pairs[2][kept], names[varies], n_pairs, values.shape[1])
    return Network(
        edges=edges,
        genes=_describe_genes(edges, n_hubs),
        n_pairs=n_pairs,
        n_significant=n_significant,
        least_correlation=float(edges["correlation"].abs().min()) if len(edges) else float("nan"),
        constant=tuple(names[~varies]),
        truncated=n_significant > len(edges),
    )


def _check_values(expression: pd.DataFrame, method: str) -> Floats:
    values = expression.to_numpy(np.float64)
    if method not in METHODS:
        raise InputError(f"network: no correlation '{method}'; there are {', '.join(METHODS)}.")
    if values.shape[1] < 4:
        raise InputError(f"network: {values.shape[1]} sample(s); a correlation needs four at least.")
    if not np.isfinite(values).all():
        raise InputError("network: the matrix holds missing or infinite values.")
    twice = list(expression.index[expression.index.duplicated()].unique())
    if twice:
        raise InputError(f"network: {len(twice)} gene(s) stand twice: {quote_some(twice)}.")
    return values


def _cut_windows(counts: Indices, n_pairs: int, n_samples: int, max_q: float) -> list[Window]:
    """Return the ranges of |r| in which the false discovery rate can end, the lowest first.

    A bin of the histogram can hold the cut if its best p and its largest rank fit; some bins make a range.
    """
    best_p = kernels.correlation_p(np.arange(1, kernels.BINS + 1) / kernels.BINS, n_samples)
    reaching = np.cumsum(counts[::-1])[::-1]
    possible = np.flatnonzero((counts > 0) & (best_p <= max_q * reaching / max(n_pairs, 1) * (1 + 1e-9)))
    parts = [possible[first : first + 16] for first in range(0, possible.size, 16)]
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]


def _discovery_cut(
    rows: Floats, pairs: Pairs, counts: Indices, windows: list[Window], n_pairs: int, n_samples: int,
    max_q: float, block: int,
) -> tuple[float, int]:  # fmt: skip
    """Return the smallest |r| within the false discovery rate, and how many pairs reach it.

    The cut is above 1 if no pair does.  The lowest window is among `pairs`; it nearly always holds the cut.
    """
    for window in windows:
        known = pairs[2] if window == windows[0] else _select(rows, window, np.inf, block)[2]
        found = np.sort(np.abs(known[_is_within(np.abs(known), window)]))[::-1]
        rank = counts[window[1] :].sum() + np.arange(1, found.size + 1)
        fits = np.flatnonzero(kernels.correlation_p(found, n_samples) <= max_q * rank / n_pairs)
        if fits.size:
            last = fits[-1]
            while last + 1 < found.size and found[last + 1] == found[last]:
                last += 1
            return float(found[last]), int(rank[last])
    return 2.0, 0


def _bin_of_rank(counts: Indices, n: int) -> int:
    """Return the bin that holds the n-th strongest pair; the first if there are no more, one too many for none."""
    if n == 0:
        return 2 * kernels.BINS
    reaching = np.cumsum(counts[::-1])[::-1]
    return int(np.flatnonzero(reaching >= n)[-1]) if n < reaching[0] else 0


def _strongest(r: Floats, n: int) -> float:
    """Return the |r| of the n-th strongest pair; 0 if there are no more, above 1 if none is wanted."""
    if n == 0:
        return 2.0
    return float(np.partition(np.abs(r), r.size - n)[r.size - n]) if n < r.size else 0.0


def _is_within(size: Floats, window: Window) -> NDArray[np.bool_]:
    first, end = window
    return (size >= first / kernels.BINS) & ((size < end / kernels.BINS) | (end == kernels.BINS))


def _select(rows: Floats, window: Window, least: float, block: int) -> Pairs:
    """Return the pairs in a range of |r|, and all from `least` on."""
    low, high = window[0] / kernels.BINS, window[1] / kernels.BINS if window[1] < kernels.BINS else np.inf
    parts = []
    for first, second, part in kernels.correlation_blocks(rows, block):
        i, j, r = kernels.select(part, first == second, low, high, least)
        parts.append((i + first, j + second, r))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    gene1, gene2, r = (np.concatenate(column) for column in zip(*parts, strict=True))
    return gene1, gene2, r


def _edges(
    gene1: Indices, gene2: Indices, r: Floats, names: NDArray[np.object_], n_pairs: int, n_samples: int
) -> pd.DataFrame:
    order = np.lexsort((gene2, gene1))
    gene1, gene2 = gene1[order], gene2[order]
    r = np.round(r[order], 12)  # later digits depend on the processor
    p_values = kernels.correlation_p(r, n_samples)
    adjusted = np.minimum(1.0, benjamini_hochberg(p_values) * (n_pairs / max(r.size, 1)))
    frame = {
        "gene1": names[gene1],
        "gene2": names[gene2],
        "correlation": r,
        "p_value": p_values,
        "p_adjusted": adjusted,
    }
    return NETWORK_EDGES.check(pd.DataFrame(frame))


def _describe_genes(edges: pd.DataFrame, n_hubs: int) -> pd.DataFrame:
    if edges.empty:
        return NETWORK_GENES.empty()
    ends, names = pd.factorize(edges[["gene1", "gene2"]].to_numpy(dtype=object).ravel(), sort=True)
    first, second = ends.reshape(-1, 2).T
    r = edges["correlation"].to_numpy(np.float64)
    module = modules(first, second, np.abs(r), names.size)
    within = module[first] == module[second]

    def per_gene(weight: Floats | NDArray[np.bool_]) -> Floats:
        total = np.bincount(first, weight, names.size) + np.bincount(second, weight, names.size)
        return total.astype(np.float64)

    table = pd.DataFrame(
        {
            "gene": names,
            "degree": per_gene(np.ones(r.size)).astype(np.int64),
            "positive": per_gene(r > 0).astype(np.int64),
            "strength": np.round(per_gene(np.abs(r)), 9),
            "module": module,
            "module_degree": per_gene(within).astype(np.int64),
        }
    )
    ranked = table.sort_values(["module_degree", "strength", "gene"], ascending=[False, False, True])
    table["hub"] = ranked.groupby("module").cumcount() < n_hubs
    return NETWORK_GENES.check(table)


def modules(first: Indices, second: Indices, weight: Floats, n: int) -> Indices:
    """Group genes into modules by modularity (Louvain), numbered from 1, the largest first.

    Parameters
    ----------
    first, second : int64[edges]
        Ends of each edge.
    weight : float64[edges]
        Positive weights.
    n
        Number of genes.
    """
    ends = (np.concatenate((first, second)), np.concatenate((second, first)))
    graph = sparse.csr_matrix((np.concatenate((weight, weight)), ends), shape=(n, n))
    label = np.arange(n)
    while True:
        graph.sort_indices()
        found = kernels.find_modules(
            graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data.astype(np.float64)
        )
        names, part = np.unique(found, return_inverse=True)
        if names.size == graph.shape[0]:
            break
        label = part.ravel()[label]
        joined = sparse.csr_matrix((np.ones(part.size), (part.ravel(), np.arange(part.size))))
        graph = (joined @ graph @ joined.T).tocsr()
    size = np.bincount(label)
    rank = np.empty(size.size, dtype=np.int64)
    rank[np.argsort(-size, kind="stable")] = np.arange(1, size.size + 1)
    numbered: Indices = rank[label]
    return numbered
