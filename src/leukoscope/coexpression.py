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
    block: int = 2048,
) -> Network:
    """Join genes whose expression is correlated beyond chance.

    p falls with |r|, so the Benjamini–Hochberg cut over all pairs is found in a histogram of |r| and
    made exact among the pairs of the one bin (or few) that it falls in; no list of all pairs is ever held.

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
    cut, n_significant = _discovery_cut(rows, counts, n_pairs, values.shape[1], max_q, block)
    strongest = _strongest(rows, counts, max_edges, block)
    least = max(cut, min_correlation, strongest)
    edges = _edges(rows, names[varies], least, n_pairs, values.shape[1], block)
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


def _discovery_cut(
    rows: Floats, counts: Indices, n_pairs: int, n_samples: int, max_q: float, block: int
) -> tuple[float, int]:
    """Return the smallest |r| within the false discovery rate, and how many pairs reach it.

    The cut is above 1 if no pair does.  A bin can hold the cut if its best p and its largest rank
    fit; the lowest such bin is looked at pair by pair, then the next.
    """
    edges = np.arange(kernels.BINS + 1) / kernels.BINS
    reaching = np.concatenate((np.cumsum(counts[::-1])[::-1], [0]))  # pairs at or above each edge
    best_p = kernels.correlation_p(edges[1:], n_samples)
    possible = np.flatnonzero((counts > 0) & (best_p <= max_q * reaching[:-1] / max(n_pairs, 1) * (1 + 1e-9)))
    for first in range(0, possible.size, 16):
        some = possible[first : first + 16]
        low, high = edges[some[0]], edges[some[-1] + 1] if some[-1] + 1 < kernels.BINS else np.inf
        found = np.sort(np.abs(_between(rows, low, high, block)[2]))[::-1]
        rank = reaching[some[-1] + 1] + np.arange(1, found.size + 1)
        fits = np.flatnonzero(kernels.correlation_p(found, n_samples) <= max_q * rank / n_pairs)
        if fits.size:
            last = fits[-1]
            while last + 1 < found.size and found[last + 1] == found[last]:
                last += 1
            return float(found[last]), int(rank[last])
    return 2.0, 0


def _strongest(rows: Floats, counts: Indices, n: int, block: int) -> float:
    """Return the |r| of the n-th strongest pair; 0 if there are no more, above 1 if none is wanted."""
    if n >= counts.sum():
        return 0.0
    if n == 0:
        return 2.0
    reaching = np.cumsum(counts[::-1])[::-1]
    bin_ = int(np.flatnonzero(reaching >= n)[-1])
    above = int(reaching[bin_ + 1]) if bin_ + 1 < counts.size else 0
    high = (bin_ + 1) / kernels.BINS if bin_ + 1 < counts.size else np.inf
    found = np.sort(np.abs(_between(rows, bin_ / kernels.BINS, high, block)[2]))[::-1]
    return float(found[n - above - 1])


def _between(rows: Floats, low: float, high: float, block: int) -> tuple[Indices, Indices, Floats]:
    """Return the pairs with low ≤ |r| < high."""
    parts = []
    for first, second, part in kernels.correlation_blocks(rows, block):
        i, j, r = kernels.select(part, first == second, low, high)
        parts.append((i + first, j + second, r))
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    gene1, gene2, r = (np.concatenate(column) for column in zip(*parts, strict=True))
    return gene1, gene2, r


def _edges(
    rows: Floats, names: NDArray[np.object_], least: float, n_pairs: int, n_samples: int, block: int
) -> pd.DataFrame:
    gene1, gene2, r = _between(rows, least, np.inf, block)
    order = np.lexsort((gene2, gene1))
    gene1, gene2, r = (
        gene1[order],
        gene2[order],
        np.round(r[order], 12),
    )  # later digits depend on the processor
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
    names, ends = np.unique(edges[["gene1", "gene2"]].to_numpy().ravel().astype(str), return_inverse=True)
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
