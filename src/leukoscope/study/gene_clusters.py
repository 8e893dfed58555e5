"""Clusters of genes over the expression groups with the pathways of each (the paper's Figure 8D)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from scipy.cluster.hierarchy import fcluster, linkage

from leukoscope.enrichment import find_overrepresented
from leukoscope.errors import InputError
from leukoscope.genesets import GeneSets
from leukoscope.kernels.multiplicity import benjamini_hochberg
from leukoscope.study.chapters import GeneClusters
from leukoscope.study.projection import standardise
from leukoscope.tables.study import CLUSTER_TERMS, GENE_CLUSTERS

Floats = NDArray[np.float64]
N_GENES = 2000  #: genes of the strongest evidence that are clustered
MOST_CLUSTERS = 8
FEWEST = 10  #: genes below which there is nothing to cluster
ALPHA = 0.05
N_TERMS = 20  #: gene sets that are kept of each cluster


def cluster_genes(
    expression: pd.DataFrame | None, names: pd.Series, members: pd.Series, gene_sets: GeneSets | None
) -> GeneClusters:
    """Cluster the genes that differ between expression groups, and find the pathways of each cluster.

    Genes are chosen by one-way analysis of variance of the logarithms, and clustered by Ward's
    method on the z-scores of their group means; the number of clusters is that of the largest mean
    silhouette.

    Parameters
    ----------
    expression
        Logarithms, genes in rows; None if there is none.
    names
        Name of each gene in the gene sets, by the index of `expression`.
    members
        Group of each sample, by sample.
    gene_sets
        Collection for the pathways; None to leave them out.
    """
    sizes = members.value_counts().sort_index()
    if expression is None or len(sizes) < 2:
        reason = "is no expression matrix" if expression is None else "are fewer than two expression groups"
        return GeneClusters(absent=f"There {reason}.")
    order = members.sort_values(kind="stable")
    values = expression[order.index].to_numpy(np.float64)
    if len(order) - len(sizes) < 2:
        return GeneClusters(
            absent=f"{len(order)} samples in {len(sizes)} groups are too few to compare groups."
        )
    statistic, p_value = compare_groups(values, [order.to_numpy() == group for group in sizes.index])
    adjusted = benjamini_hochberg(p_value)
    chosen = np.flatnonzero(adjusted < ALPHA)
    if chosen.size < FEWEST:
        return GeneClusters(
            absent=f"Only {chosen.size} gene(s) differ between the groups (adjusted p < {ALPHA})."
        )
    n_different = chosen.size
    chosen = np.sort(chosen[np.argsort(-statistic[chosen], kind="stable")[:N_GENES]])
    scores = standardise(values[chosen])
    means = np.column_stack([scores[:, order.to_numpy() == group].mean(axis=1) for group in sizes.index])
    cluster = _cluster(means)
    table = pd.DataFrame(
        {
            "gene": names.loc[expression.index[chosen]].to_numpy(),
            "cluster": cluster,
            "f": statistic[chosen],
            "p_value": p_value[chosen],
            "p_adjusted": adjusted[chosen],
            "highest": sizes.index.to_numpy()[means.argmax(axis=1)],
            **{f"mean_{group}": means[:, i].round(4) for i, group in enumerate(sizes.index)},
        }
    )
    kept = ~table["gene"].duplicated().to_numpy()
    table = table[kept]
    rank = np.lexsort((-table["f"].to_numpy(), table["cluster"].to_numpy()))
    shown = pd.DataFrame(
        scores[kept][rank], index=table["gene"].iloc[rank].tolist(), columns=order.index.tolist()
    )
    terms = cluster_terms(_by_cluster(table), gene_sets, names.tolist())
    return GeneClusters(
        genes=GENE_CLUSTERS.check(table.iloc[rank]),
        terms=terms,
        scores=shown,
        notes=_notes(n_different, len(table), int(cluster.max()), gene_sets is None),
    )


def compare_groups(values: Floats, groups: Sequence[NDArray[np.bool_]]) -> tuple[Floats, Floats]:
    """Return F and p of a one-way analysis of variance of every row; NaN for rows that do not vary.

    Parameters
    ----------
    values : float64[gene, sample]
        Logarithms.
    groups
        Mask of the samples of each group; at least two samples more than groups.
    """
    grand = values.mean(axis=1)
    between, within = np.zeros(len(values)), np.zeros(len(values))
    for inside in groups:
        part = values[:, inside]
        mean = part.mean(axis=1)
        between += part.shape[1] * (mean - grand) ** 2
        within += ((part - mean[:, None]) ** 2).sum(axis=1)
    free, rest = len(groups) - 1, sum(int(g.sum()) for g in groups) - len(groups)
    varies = np.ptp(values, axis=1) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(varies, (between / free) / (within / rest), np.nan)
    return statistic, np.asarray(special.fdtrc(free, rest, statistic), dtype=np.float64)


def cluster_terms(
    clusters: Mapping[int, Sequence[str]], gene_sets: GeneSets | None, universe: Sequence[str]
) -> pd.DataFrame:
    """Return the gene sets that are over-represented in each cluster (:data:`~leukoscope.tables.study.CLUSTER_TERMS`).

    Parameters
    ----------
    clusters
        Genes of each cluster.
    gene_sets
        The collection; None for no terms.
    universe
        All genes that could have been in a cluster.
    """
    parts: list[pd.DataFrame] = []
    if gene_sets is None:
        return CLUSTER_TERMS.empty()
    for number, genes in clusters.items():
        try:
            found = find_overrepresented(genes, gene_sets, universe=universe).table
        except InputError:  # no gene of the cluster is in any set: it has no term
            continue
        best = found[found["p_adjusted"] < ALPHA].head(N_TERMS)
        parts.append(best.assign(cluster=number, set_size=best["size"]))
    filled = [part for part in parts if not part.empty]
    return CLUSTER_TERMS.check(pd.concat(filled)) if filled else CLUSTER_TERMS.empty()


def _by_cluster(table: pd.DataFrame) -> dict[int, list[str]]:
    numbers = sorted(set(table["cluster"].tolist()))
    return {number: table.loc[table["cluster"] == number, "gene"].tolist() for number in numbers}


def _cluster(means: Floats) -> NDArray[np.int64]:
    """Return the cluster of each gene, 1 the largest, for the number of clusters that separates best."""
    profiles = np.unique(means.round(6), axis=0)
    if len(profiles) < 3:
        labels = np.unique(means.round(6), axis=0, return_inverse=True)[1].ravel() + 1
    else:
        tree = linkage(means, "ward")
        cuts = [fcluster(tree, k, "maxclust") for k in range(2, min(MOST_CLUSTERS, len(profiles) - 1) + 1)]
        labels = max(cuts, key=lambda labels: round(_centroid_silhouette(means, labels), 6))
    sizes = pd.Series(labels).value_counts()
    order = sorted(sizes.index, key=lambda label: (-sizes[label], np.flatnonzero(labels == label)[0]))
    number = {label: i for i, label in enumerate(order, start=1)}
    return np.array([number[label] for label in labels], dtype=np.int64)


def _centroid_silhouette(values: Floats, labels: NDArray[np.integer]) -> float:
    """Return the mean simplified silhouette: distances to centroids, not to all members."""
    names = np.unique(labels)
    if names.size < 2:
        return -1.0
    centres = np.array([values[labels == name].mean(axis=0) for name in names])
    distance = np.sqrt(((values[:, None, :] - centres[None]) ** 2).sum(axis=2))
    own = np.searchsorted(names, labels)
    inside = distance[np.arange(len(values)), own]
    distance[np.arange(len(values)), own] = np.inf
    other = distance.min(axis=1)
    largest = np.maximum(inside, other)
    return float(np.where(largest > 0, (other - inside) / np.where(largest > 0, largest, 1.0), 0.0).mean())


def _notes(n_different: int, n_shown: int, n_clusters: int, without_sets: bool) -> tuple[str, ...]:
    notes = [
        f"{n_different:,} genes differ between the groups (analysis of variance, adjusted p < {ALPHA}); "
        + ("all" if n_shown == n_different else f"the {n_shown:,} of the strongest evidence")
        + f" are shown in {n_clusters} clusters.",
        "The groups were made from the expression of these genes, so the p-values rank genes and do not prove that "
        "there are groups.",
    ]
    return (*notes, "Without gene sets the clusters have no pathways.") if without_sets else tuple(notes)
