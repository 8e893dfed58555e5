"""Consensus clustering with the numbers of ConsensusClusterPlus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.clustering.distance import DISTANCES, sample_distance, scalar_products
from leukoscope.errors import InputError, quote_some
from leukoscope.kernels import consensus as kernels
from leukoscope.kernels.hclust import LINKAGES, agglomerate, cut, leaf_order
from leukoscope.kernels.r_random import seeded

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = NDArray[np.uint8]
Labeller = Callable[[Floats, Indices], Labels]

ALGORITHMS = ("hc", "km", "pam")
MAX_K = 31  #: labels are counted in five bits


@dataclass(frozen=True, slots=True)
class ConsensusClustering:
    """What :func:`consensus_cluster` found; the first axis of the arrays is K, from 2."""

    samples: tuple[str, ...]
    matrices: Floats  #: float64[K, n, n], share of resamples in which two samples stayed together
    classes: Indices  #: int64[K, n], 1-based consensus class
    orders: Indices  #: int64[K, n], samples from left to right in the consensus tree, 0-based
    merges: Indices  #: int64[K, n - 1, 2], merges of the consensus tree, 0-based, by smallest member
    heights: Floats  #: float64[K, n - 1]
    distance: Floats  #: float64[n, n], the distance that was clustered on
    parameters: dict[str, object]

    @property
    def ks(self) -> range:
        """Numbers of clusters."""
        return range(2, 2 + len(self.matrices))


def consensus_cluster(
    expression: pd.DataFrame,
    *,
    max_k: int = 10,
    n_resamplings: int = 1000,
    r_seed: int,
    algorithm: str = "hc",
    distance: str = "pearson",
    linkage: str = "average",
    final_linkage: str = "average",
    item_share: float = 0.8,
    gene_share: float = 1.0,
) -> ConsensusClustering:
    """Cluster samples again and again on random parts of the data, and count who stays together.

    The numbers are those of ConsensusClusterPlus [1]_ for the same seed: R's random sequence,
    its order of ties, its k-means and PAM.  k-means always uses Euclidean distance.

    Parameters
    ----------
    expression
        Genes in rows, samples in columns, as they shall be clustered
        (:func:`select_variable_genes`).
    max_k
        Largest number of clusters.
    n_resamplings, item_share, gene_share
        Random parts: how many, and the shares of samples and genes in each.
    r_seed
        Seed as for R's ``set.seed``.
    algorithm
        ``hc`` (hierarchical), ``km`` (k-means) or ``pam`` (medoids).
    distance
        ``pearson``, ``spearman`` or ``euclidean``.
    linkage, final_linkage
        R's names, for the resamples and for the consensus tree.

    Raises
    ------
    InputError
        If a share is not above 0 and at most 1, a value is missing, a sample is named twice or does not
        vary under a correlation, or there are too few samples for `max_k`.

    References
    ----------
    .. [1] Wilkerson & Hayes, Bioinformatics 26 (2010) 1572
    """
    _check_shares(item_share, gene_share)
    distance = "euclidean" if algorithm == "km" else distance
    values = _check_values(expression, distance, gene_share)
    n_drawn, n_genes = int(values.shape[1] * item_share), int(values.shape[0] * gene_share)
    _check_options(algorithm, distance, linkage, final_linkage)
    _check_size(values.shape[1], n_drawn, max_k, n_resamplings, algorithm)
    whole = sample_distance(values, distance)
    if algorithm == "km":
        labels = _label_means(values, n_drawn, n_genes, n_resamplings, max_k, r_seed)
    else:
        draws = kernels.draw(
            seeded(r_seed), values.shape[1], n_drawn, values.shape[0], n_genes, n_resamplings
        )
        label = _labeller(algorithm, max_k, LINKAGES.index(linkage))
        labels = (
            label(whole, draws[0])
            if n_genes == len(values)
            else _label_parts(values, distance, *draws, label)
        )
    matrices = np.stack([kernels.count_together(part) for part in labels])
    trees = [agglomerate(1.0 - matrix, LINKAGES.index(final_linkage)) for matrix in matrices]
    return ConsensusClustering(
        samples=tuple(map(str, expression.columns)),
        matrices=matrices,
        classes=np.stack([cut(merges, k) + 1 for k, (merges, _) in enumerate(trees, start=2)]),
        orders=np.stack([leaf_order(merges) for merges, _ in trees]),
        merges=np.stack([merges for merges, _ in trees]),
        heights=np.stack([heights for _, heights in trees]),
        distance=whole,
        parameters={
            "max_k": max_k,
            "n_resamplings": n_resamplings,
            "r_seed": r_seed,
            "algorithm": algorithm,
            "distance": distance,
            "linkage": linkage,
            "final_linkage": final_linkage,
            "item_share": item_share,
            "gene_share": gene_share,
        },
    )


def _labeller(algorithm: str, max_k: int, linkage: int) -> Labeller:
    if algorithm == "pam":
        return lambda distance, items: kernels.label_medoids(distance, items, max_k)
    return lambda distance, items: kernels.label_trees(distance, items, max_k, linkage)


def _label_parts(values: Floats, kind: str, items: Indices, genes: Indices, label: Labeller) -> Labels:
    """Cluster resamples that have their own genes, and so their own distances."""
    parts = []
    for drawn, kept in zip(items, genes, strict=True):
        whole = np.zeros((values.shape[1], values.shape[1]))
        whole[np.ix_(drawn, drawn)] = sample_distance(values[np.ix_(kept, drawn)], kind)
        parts.append(label(whole, drawn[None, :]))
    return np.concatenate(parts, axis=2)


def _label_means(
    values: Floats, n_drawn: int, n_genes: int, n_resamplings: int, max_k: int, r_seed: int
) -> Labels:
    if n_genes < len(values):
        raise InputError(
            "cluster: k-means on parts of the genes is not offered (ConsensusClusterPlus fails there)."
        )
    seen: dict[bytes, int] = {}
    twin = np.array([seen.setdefault(column.tobytes(), i) for i, column in enumerate(values.T)])
    items, centres = kernels.draw_with_centres(seeded(r_seed), n_drawn, n_resamplings, max_k, twin)
    if (centres[:, :, 0] < 0).any():
        raise InputError("cluster: more clusters than distinct samples in a resample; lower --max-k.")
    labels = kernels.label_means(scalar_products(values), items, centres, 10)
    if (labels == 255).any():
        raise InputError("cluster: k-means met an empty cluster; try another seed or a lower --max-k.")
    return labels


def _check_values(expression: pd.DataFrame, distance: str, gene_share: float) -> Floats:
    values = np.ascontiguousarray(expression.to_numpy(np.float64))
    samples = pd.Index(expression.columns)
    if samples.has_duplicates:
        twice = list(samples[samples.duplicated()].unique())
        raise InputError(f"cluster: {len(twice)} sample(s) stand twice: {quote_some(twice)}.")
    wrong = list(samples[~np.isfinite(values).all(axis=0)])
    if wrong:
        raise InputError(
            f"cluster: {len(wrong)} sample(s) have missing or infinite values: {quote_some(wrong)}."
        )
    if int(len(values) * gene_share) < 2:
        raise InputError(f"cluster: {len(values)} gene(s) are too few.")
    flat = list(samples[np.ptp(values, axis=0) == 0])
    if flat and distance != "euclidean":
        raise InputError(
            f"cluster: {len(flat)} sample(s) do not vary, so have no correlation: {quote_some(flat)}."
        )
    return values


def _check_shares(item_share: float, gene_share: float) -> None:
    for of, share in (("samples", item_share), ("genes", gene_share)):
        if not 0 < share <= 1:
            raise InputError(f"cluster: the share of {of} is {share:g}; it must be above 0 and at most 1.")


def _check_options(algorithm: str, distance: str, linkage: str, final_linkage: str) -> None:
    choices: list[tuple[str, str, tuple[str, ...]]]
    choices = [("algorithm", algorithm, ALGORITHMS), ("distance", distance, DISTANCES)]
    choices += [("linkage", linkage, LINKAGES), ("final linkage", final_linkage, LINKAGES)]
    for name, value, allowed in choices:
        if value not in allowed:
            raise InputError(f"cluster: no {name} '{value}'; there are {', '.join(allowed)}.")


def _check_size(n: int, n_drawn: int, max_k: int, n_resamplings: int, algorithm: str) -> None:
    most = min(MAX_K, n_drawn - (algorithm != "hc"))
    if not 2 <= max_k <= most:
        raise InputError(
            f"cluster: --max-k is {max_k}; with {n_drawn} of {n} samples in a resample it can be 2 to {most}."
            if most >= 2
            else f"cluster: {n} samples are too few: {n_drawn} of them in a resample cannot be told into 2 clusters."
        )
    if n_resamplings < 1:
        raise InputError(f"cluster: {n_resamplings} resamplings; there must be one at least.")
