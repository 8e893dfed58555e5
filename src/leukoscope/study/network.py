"""The co-expression network of a cohort: modules, their hubs and what they mean."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from leukoscope.coexpression import build_network
from leukoscope.errors import InputError
from leukoscope.genesets import GeneSets
from leukoscope.study.chapters import NetworkFindings
from leukoscope.study.gene_clusters import cluster_terms
from leukoscope.study.projection import standardise
from leukoscope.tables.study import NETWORK_MODULES

SMALLEST_MODULE = 5  #: genes below which a module is not described
N_HUBS = 10


def study_network(
    expression: pd.DataFrame | None,
    names: pd.Series,
    members: pd.Series,
    gene_sets: GeneSets | None,
    *,
    n_genes: int,
    max_edges: int,
) -> NetworkFindings:
    """Build the network of the most variable genes over the grouped samples and describe its modules.

    Parameters
    ----------
    expression
        Logarithms, genes in rows, onset samples in columns; None if there is none.
    names
        Name of each gene in the gene sets, by the index of `expression`.
    members
        Group of each sample, by sample; may be empty.
    gene_sets
        Collection for the meaning of modules; None to leave it out.
    n_genes
        Most variable genes (median absolute deviation) that are joined.
    max_edges
        Strongest edges that are kept, so that the network stays readable.
    """
    if expression is None or not expression.shape[1]:
        missing = "expression matrix" if expression is None else "onset sample with expression"
        return NetworkFindings(absent=f"There is no {missing}.")
    variable = _most_variable(expression, names, n_genes)
    if variable.empty:
        return NetworkFindings(absent=f"No gene varies over the {expression.shape[1]} onset sample(s).")
    try:
        found = build_network(variable, max_edges=max_edges, n_hubs=N_HUBS)
    except InputError as error:
        return NetworkFindings(absent=f"Not computed: {error}")
    if found.edges.empty:
        return NetworkFindings(absent=f"No pair of {len(variable)} genes is correlated beyond chance.")
    sizes = found.genes["module"].value_counts()
    described = {
        int(number): found.genes.loc[found.genes["module"] == number, "gene"].tolist()
        for number in sorted(sizes.index[sizes >= SMALLEST_MODULE])
    }
    terms = cluster_terms(described, gene_sets, names.tolist())
    scores = pd.DataFrame(standardise(variable.to_numpy(np.float64)), variable.index, variable.columns)
    rows = [
        (
            number,
            len(genes),
            _hubs(found.genes, number),
            *_term(terms, number),
            *_groups(scores.loc[genes], members),
        )
        for number, genes in described.items()
    ]
    return NetworkFindings(
        genes=found.genes,
        edges=found.edges,
        modules=NETWORK_MODULES.check(pd.DataFrame(rows, columns=NETWORK_MODULES.names)),
        terms=terms,
        notes=(
            f"{found.n_significant:,} of {found.n_pairs:,} pairs of the {len(variable):,} most variable genes are "
            f"correlated (false discovery rate 5 %); the {len(found.edges):,} strongest, |r| ≥ "
            f"{found.least_correlation:.2f}, make the network, with {len(described)} modules of {SMALLEST_MODULE} "
            "genes or more.",
            "Samples that differ in blasts or batch correlate genes too: a module is a lead, not a mechanism.",
        ),
    )


def _most_variable(expression: pd.DataFrame, names: pd.Series, n_genes: int) -> pd.DataFrame:
    """Return the genes of largest deviation under their names; of genes of one name the most variable."""
    values = expression.to_numpy(np.float64)
    spread = np.median(np.abs(values - np.median(values, axis=1, keepdims=True)), axis=1)
    order = np.argsort(-spread, kind="stable")
    order = order[spread[order] > 0]
    labels = names.loc[expression.index[order]].to_numpy()
    first = ~pd.Series(labels).duplicated().to_numpy()
    kept = order[first][:n_genes]
    chosen: pd.DataFrame = expression.iloc[kept].set_axis(labels[first][:n_genes], axis=0)
    return chosen


def _hubs(genes: pd.DataFrame, module: int) -> str:
    own = genes[(genes["module"] == module) & genes["hub"]]
    best = own.sort_values(["module_degree", "strength", "gene"], ascending=[False, False, True])
    return ",".join(best["gene"].head(N_HUBS))


def _term(terms: pd.DataFrame, module: int) -> tuple[str, str, float]:
    own = terms[terms["cluster"] == module]
    if own.empty:
        return "", "", math.nan
    best = own.sort_values(["p_value", "set"]).iloc[0]
    return str(best["set"]), str(best["description"]), float(best["p_adjusted"])


def _groups(scores: pd.DataFrame, members: pd.Series) -> tuple[float, str]:
    """Return how far the mean score of a module differs between groups, and where it is highest."""
    from scipy import stats

    mean = scores.mean(axis=0).reindex(members.index)
    parts = [part.to_numpy() for _, part in mean.groupby(members)]
    if len(parts) < 2:
        return math.nan, ""
    return float(stats.kruskal(*parts).pvalue), str(mean.groupby(members).mean().idxmax())
