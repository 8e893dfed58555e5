"""Groups of similar terms, in the manner of Metascape."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.genesets import GeneSets
from leukoscope.kernels.hclust import LINKAGES, agglomerate
from leukoscope.tables.enrichment import ENRICHMENT, TERM_GROUPS

Floats = NDArray[np.float64]


def group_terms(
    enriched: pd.DataFrame,
    gene_sets: GeneSets,
    *,
    max_p: float = 0.01,
    min_count: int = 3,
    min_fold: float = 1.5,
    min_kappa: float = 0.3,
    max_terms: int = 2000,
) -> pd.DataFrame:
    """Join enriched sets of similar membership and choose the best of each group.

    As Metascape describes it [1]_: sets with p < 0.01, at least 3 genes and 1.5-fold enrichment,
    hierarchical clustering on Cohen's κ of their membership, groups of κ > 0.3, the best p-value as
    representative.  Linkage (average) and the genes that κ is taken over (all of the collection)
    are not published; the site's own numbers also rest on its databases.

    Parameters
    ----------
    enriched
        :data:`~leukoscope.tables.enrichment.ENRICHMENT`.
    gene_sets
        The collection it came from.
    max_p, min_count, min_fold, min_kappa
        Metascape's limits.
    max_terms
        Only the best of so many are grouped.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.enrichment.TERM_GROUPS`, best group first.

    References
    ----------
    .. [1] Zhou et al., Nat Commun 10 (2019) 1523, doi:10.1038/s41467-019-09234-6
    """
    enriched = ENRICHMENT.check(enriched)
    passing = (enriched["p_value"] < max_p) & (enriched["count"] >= min_count) & (enriched["fold"] > min_fold)
    kept = (
        enriched[passing]
        .sort_values(["p_value", "set"], kind="stable")
        .head(max_terms)
        .reset_index(drop=True)
    )
    labels = _groups(_kappa(kept["set"].tolist(), gene_sets), min_kappa)
    first = pd.Series(labels).drop_duplicates().reset_index(drop=True)  # rows are best first
    rank = {label: i + 1 for i, label in enumerate(first)}
    table = kept.assign(group=[rank[label] for label in labels], q_value=kept["p_adjusted"])
    table["representative"] = ~table["group"].duplicated()
    return TERM_GROUPS.check(table.sort_values(["group"], kind="stable"))


def _kappa(names: list[str], gene_sets: GeneSets) -> Floats:
    """Cohen's κ of membership over the genes of the collection, float64[terms, terms]."""
    position = {name: i for i, name in enumerate(gene_sets.names)}
    n, begins = len(gene_sets.genes), gene_sets.begins
    parts = [gene_sets.members[begins[s] : begins[s + 1]] for s in (position[name] for name in names)]
    size = np.array([part.size for part in parts], dtype=np.float64)
    held, column = np.unique(np.concatenate([np.empty(0, np.int64), *parts]), return_inverse=True)
    member = np.zeros((len(names), held.size), dtype=np.float32)  # of the genes that any of the sets holds
    member[np.repeat(np.arange(len(names)), size.astype(np.int64)), column] = 1.0
    both = (member @ member.T).astype(np.float64)
    agreed = (n - size[:, None] - size[None, :] + 2.0 * both) / n
    chance = (np.outer(size, size) + np.outer(n - size, n - size)) / n**2
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa: Floats = np.where(chance < 1.0, (agreed - chance) / (1.0 - chance), 1.0)
    return kappa


def _groups(kappa: Floats, min_kappa: float) -> list[int]:
    """Cut the average-linkage tree where similarity falls to `min_kappa`; the label is the first member."""
    if len(kappa) < 2:
        return list(range(len(kappa)))
    merges, heights = agglomerate(1.0 - kappa, LINKAGES.index("average"))
    label = list(range(len(kappa)))
    for (first, second), height in zip(merges, heights, strict=True):
        if height < 1.0 - min_kappa:
            label[second] = int(first)
    for i, parent in enumerate(label):
        label[i] = label[parent]
    return label
