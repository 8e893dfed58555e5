"""What a consensus clustering says about each K, class and sample, as tables."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.clustering.colours import track_colours
from leukoscope.clustering.resampling import ConsensusClustering
from leukoscope.tables.clustering import CLUSTER_CHOICE, CLUSTER_CLASSES, CLUSTER_CONSENSUS, ITEM_CONSENSUS

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def cumulative_consensus(matrix: Floats) -> Floats:
    """Return the cumulative share of sample pairs in 100 equal bins of consensus, float64[100].

    Bins are closed on the right, with the 1e-9 tolerance of R's ``hist``.
    """
    pairs = matrix[np.tril_indices(len(matrix), -1)]
    edges = np.arange(101) * 0.01
    edges[0] -= 1e-9
    edges[1:] += 1e-9
    counts = np.bincount(np.searchsorted(edges, pairs, side="left") - 1, minlength=100)
    cumulative: Floats = np.cumsum(counts) / counts.sum()
    return cumulative


def cumulative_area(matrix: Floats) -> float:
    """Return the area under the cumulative distribution of the consensus."""
    edges = np.arange(101) * 0.01
    area = 0.0
    for height, width in zip(cumulative_consensus(matrix), np.diff(edges), strict=True):
        area += float(height * width)
    return area


def ambiguous_share(matrix: Floats, *, low: float = 0.1, high: float = 0.9) -> float:
    """Return the proportion of ambiguous clustering (PAC [1]_): pairs with consensus in (low, high].

    References
    ----------
    .. [1] Senbabaoglu et al., Sci Rep 4 (2014) 6207, doi:10.1038/srep06207
    """
    pairs = matrix[np.tril_indices(len(matrix), -1)]
    return float(np.mean((pairs > low) & (pairs <= high)))


def silhouettes(distance: Floats, classes: Indices) -> Floats:
    """Return the silhouette of each sample, float64[n]; 0 for the only member of a class."""
    members = (classes[:, None] == np.unique(classes)[None, :]).astype(np.float64)
    sizes, own = members.sum(axis=0), members.argmax(axis=1)
    sums = distance @ members
    rows = np.arange(len(classes))
    within = sums[rows, own] / np.maximum(sizes[own] - 1.0, 1.0)
    others = sums / sizes
    others[rows, own] = np.inf
    nearest = others.min(axis=1)
    widest = np.maximum(np.maximum(within, nearest), np.finfo(np.float64).tiny)
    values: Floats = np.where(sizes[own] > 1, (nearest - within) / widest, 0.0)
    return values


def item_consensus(matrix: Floats, classes: Indices) -> Floats:
    """Return the mean consensus of each sample with the members of each class but itself.

    Returns
    -------
    means : float64[n, classes]
        NaN for the only member of a class with that class.
    """
    members = (classes[:, None] == np.unique(classes)[None, :]).astype(np.float64)
    apart = matrix - np.diag(np.diag(matrix))
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Floats = (apart @ members) / (members.sum(axis=0) - members)
    return means


def describe_choice(found: ConsensusClustering) -> pd.DataFrame:
    """Return how clear each K is: :data:`~leukoscope.tables.clustering.CLUSTER_CHOICE`."""
    areas = [cumulative_area(matrix) for matrix in found.matrices]
    deltas = areas[:1] + [(new - old) / old for old, new in pairwise(areas)]
    return CLUSTER_CHOICE.check(
        pd.DataFrame(
            {
                "k": list(found.ks),
                "area": areas,
                "delta_area": deltas,
                "pac": [ambiguous_share(matrix) for matrix in found.matrices],
                "silhouette": [silhouettes(found.distance, classes).mean() for classes in found.classes],
                "smallest": [np.bincount(classes)[1:].min() for classes in found.classes],
            }
        )
    )


def describe_classes(found: ConsensusClustering) -> pd.DataFrame:
    """Return the class of each sample at each K, and how firmly it belongs there.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.clustering.CLUSTER_CLASSES`.
    """
    colours = track_colours(found.classes)
    tables = [_classes_at(found, i).assign(k=k, colour=colours[i]) for i, k in enumerate(found.ks)]
    return CLUSTER_CLASSES.check(pd.concat(tables))


def _classes_at(found: ConsensusClustering, i: int) -> pd.DataFrame:
    classes, rows = found.classes[i], np.arange(len(found.samples))
    means = item_consensus(found.matrices[i], classes)
    others = means.copy()
    others[rows, classes - 1] = -np.inf
    own, following = means[rows, classes - 1], others.max(axis=1)
    position = np.empty(len(rows), dtype=np.int64)
    position[found.orders[i]] = rows + 1
    return pd.DataFrame(
        {
            "sample": found.samples,
            "cluster": classes,
            "position": position,
            "consensus": own,
            "next_consensus": following,
            "next_cluster": others.argmax(axis=1) + 1,
            "stability": own - following,
            "silhouette": silhouettes(found.distance, classes),
        }
    )


def describe_cluster_consensus(found: ConsensusClustering) -> pd.DataFrame:
    """Return the mean consensus within each class, as ``calcICL`` does.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.clustering.CLUSTER_CONSENSUS`.
    """
    rows = []
    for k, matrix, classes in zip(found.ks, found.matrices, found.classes, strict=True):
        for cluster in range(1, k + 1):
            inside = np.flatnonzero(classes == cluster)
            pairs = matrix[np.ix_(inside, inside)][np.tril_indices(inside.size, -1)]
            mean = float(pairs.sum() / pairs.size) if pairs.size else np.nan
            rows.append((k, cluster, inside.size, mean))
    return CLUSTER_CONSENSUS.check(pd.DataFrame(rows, columns=CLUSTER_CONSENSUS.names))


def describe_item_consensus(found: ConsensusClustering) -> pd.DataFrame:
    """Return the consensus of each sample with each class, as ``calcICL`` does.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.clustering.ITEM_CONSENSUS`.
    """
    tables = [
        pd.DataFrame(item_consensus(matrix, classes), index=list(found.samples), columns=range(1, k + 1))
        .rename_axis(index="sample", columns="cluster")
        .melt(ignore_index=False, value_name="item_consensus")
        .reset_index()
        .assign(k=k)
        for k, matrix, classes in zip(found.ks, found.matrices, found.classes, strict=True)
    ]
    return ITEM_CONSENSUS.check(pd.concat(tables))
