"""What the figures of a cohort show and no other table of the study holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from leukoscope.clustering.evaluation import cumulative_consensus
from leukoscope.cohort import Cohort
from leukoscope.contrasts import Comparison
from leukoscope.enrichment import running_sum
from leukoscope.genesets import GeneSets
from leukoscope.study.analysis import Study, clustered_expression
from leukoscope.study.expression import ContrastFindings, gene_names, ranked_genes
from leukoscope.study.projection import principal_components, similar_order, standardise
from leukoscope.tables import Table
from leukoscope.tables.figure_data import (
    CONSENSUS_CURVES,
    CONSENSUS_VALUES,
    HEAT_MAP,
    RUNNING_SUMS,
    SAMPLE_SCORES,
    SHOWN_EXPRESSION,
)

N_VARIABLE = 2000  #: genes of largest variance that the report always shows
N_PROJECTED = 500  #: genes of largest variance that the principal components rest on, as in DESeq2's plotPCA
N_HEATED = 50  #: differential genes of a heat map, those of the strongest evidence
N_SUMS = 2  #: gene sets of each direction whose running sum is drawn
N_EXEMPLARS = 3  #: recurrent pairs that are drawn with their genes
MOST_MATRICES = 400  #: samples up to which the consensus matrix of every K is kept, not only the chosen one

Entry = tuple[str, Table, pd.DataFrame]


def figure_tables(
    study: Study, *, cohort: Cohort | None, tpm: pd.DataFrame | None, gene_sets: GeneSets | None
) -> Iterator[Entry]:
    """Yield path (without ending), contract and content of the tables that only figures need.

    Parameters
    ----------
    study
        What was found.
    cohort, tpm, gene_sets
        What it was found in, as given to :func:`~leukoscope.study.study_cohort`.
    """
    expression, _ = clustered_expression(cohort, tpm)
    if expression is not None:
        yield "expression/shown", SHOWN_EXPRESSION, shown_expression(study, expression, _symbols(cohort))
    for found in study.contrasts:
        if not found.absent and expression is not None:
            yield from _contrast_tables(found, expression, gene_sets)
    yield from _consensus_tables(study)
    if not study.clusters.scores.empty:
        scores = study.clusters.scores.round(3)
        named = {"gene_id": scores.index, "symbol": scores.index}
        yield "clusters/heat_map", HEAT_MAP, scores.assign(**named)


def shown_expression(study: Study, expression: pd.DataFrame, symbols: pd.Series) -> pd.DataFrame:
    """Return expression of the most variable genes and of every differential one, variable genes first.

    Differential genes come in the order of their smallest adjusted p-value, so that a report that has
    to be short can leave out the end.
    """
    variance = expression.to_numpy().var(axis=1)
    variable = expression.index[np.argsort(-variance, kind="stable")[:N_VARIABLE]]
    least = _least_p(study)
    differential = [gene for gene in least.index if gene in expression.index]
    order = list(dict.fromkeys([*variable, *differential]))
    is_variable, is_differential = set(variable), set(differential)
    shown = expression.loc[order].round(3)
    shown.insert(0, "gene_id", order)
    shown.insert(1, "symbol", [symbols.get(gene) or gene for gene in order])
    chosen = np.where(
        [gene in is_variable for gene in order],
        np.where([gene in is_differential for gene in order], "both", "variable"),
        "differential",
    )
    shown.insert(2, "chosen_as", chosen)
    return shown.reset_index(drop=True)


def exemplar_calls(study: Study, fusions: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the best supported call of each of the pairs that recur most at onset (the paper's Figure 4).

    Parameters
    ----------
    study
        What was found.
    fusions
        Calls of each sample (:data:`~leukoscope.tables.fusions.FUSIONS`).

    Returns
    -------
    pandas.DataFrame
        Rows of the calls, with ``sample`` and, as ``recurrence``, in how many patients the pair is.
    """
    ranked, events = study.fusions.ranked, study.fusions.events
    onset = ranked[(ranked["group"] == "onset") & (ranked["patients"] > 1)].head(N_EXEMPLARS)
    found = []
    for pair in onset.to_dict("records"):
        seen = events[(events["pair"] == pair["pair"]) & (events["timepoint"] == "onset")]
        best = seen.sort_values(["fragments", "sample"], ascending=[False, True]).iloc[0]
        calls = fusions[best["sample"]]
        named = calls[calls["fusion"].isin(best["names"].split(","))]
        strongest = named.sort_values(["split_reads1", "discordant_mates"], ascending=False).head(1)
        recurrence = f"{pair['patients']} of {pair['total']} patients"
        found.append(strongest.assign(sample=best["sample"], recurrence=recurrence))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _least_p(study: Study) -> pd.Series:
    """Return the smallest adjusted p of every gene that is differential in some contrast, ascending."""
    parts = []
    for found in study.contrasts:
        table = found.table
        called = gene_names(table).isin([*found.up, *found.down]) & table["p_adjusted"].notna()
        parts.append(table.loc[called].set_index("gene_id")["p_adjusted"])
    joined = pd.concat(parts) if parts else pd.Series(dtype=np.float64)
    return joined.groupby(level=0).min().sort_values(kind="stable")


def _symbols(cohort: Cohort | None) -> pd.Series:
    if cohort is None or "symbol" not in cohort.genes:
        return pd.Series(dtype=object)
    return cohort.genes.set_index("gene_id")["symbol"]


def _contrast_tables(
    found: ContrastFindings, expression: pd.DataFrame, gene_sets: GeneSets | None
) -> Iterator[Entry]:
    comparison = found.comparison
    folder = f"contrasts/{comparison.contrast}"
    samples = comparison.samples[comparison.samples["sample"].isin(expression.columns)]
    inside = expression[samples["sample"].tolist()]
    yield f"{folder}/scores", SAMPLE_SCORES, _scores(inside, samples[comparison.variable])
    yield f"{folder}/heat_map", HEAT_MAP, _heat_map(found, inside)
    if gene_sets is not None and not found.ranked.empty:
        yield f"{folder}/running_sums", RUNNING_SUMS, _running_sums(found, gene_sets)


def _scores(expression: pd.DataFrame, levels: pd.Series) -> pd.DataFrame:
    scores, share = principal_components(expression.to_numpy(np.float64), N_PROJECTED)
    columns = {
        "sample": expression.columns,
        "level": levels.to_numpy(),
        "pc1": scores[:, 0],
        "pc2": scores[:, 1],
    }
    return pd.DataFrame(columns).assign(share1=share[0], share2=share[1]).round(6)


def _heat_map(found: ContrastFindings, expression: pd.DataFrame) -> pd.DataFrame:
    """Return z of the strongest differential genes: rising ones first, samples by level, similar ones together."""
    table = found.table.sort_values(["p_value", "gene_id"], kind="stable")
    table = table.assign(symbol=gene_names(table))
    chosen = table[table["symbol"].isin([*found.up, *found.down]) & table["gene_id"].isin(expression.index)]
    chosen = chosen.head(N_HEATED)
    values = standardise(expression.loc[chosen["gene_id"]].to_numpy(np.float64))
    rises = (chosen["log2_fold_change"] > 0).to_numpy()
    rows = np.concatenate([np.flatnonzero(part)[similar_order(values[part])] for part in (rises, ~rises)])
    columns = _by_level(found.comparison, expression, values)
    shown = pd.DataFrame(values[np.ix_(rows, columns)].round(3), columns=expression.columns[columns])
    shown.insert(0, "gene_id", chosen["gene_id"].to_numpy()[rows])
    shown.insert(1, "symbol", chosen["symbol"].to_numpy()[rows])
    return shown


def _by_level(comparison: Comparison, expression: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    levels = comparison.samples.set_index("sample")[comparison.variable].reindex(expression.columns)
    parts = [np.flatnonzero(levels == level) for level in (comparison.reference, comparison.target)]
    return np.concatenate([part[similar_order(values[:, part].T)] if values.size else part for part in parts])


def _running_sums(found: ContrastFindings, gene_sets: GeneSets) -> pd.DataFrame:
    """Return the curves of the best sets of each direction, at their corners only."""
    ranked = ranked_genes(found.table)
    table = found.ranked.dropna(subset="normalised_score")
    parts = []
    for side in (table[table["normalised_score"] > 0], table[table["normalised_score"] < 0]):
        for name in side["set"].head(N_SUMS):
            sums, inside = running_sum(ranked, gene_sets, name)
            corners = np.unique(np.concatenate([inside, np.maximum(inside - 1, 0), [0, sums.size - 1]]))
            parts.append(
                pd.DataFrame(
                    {"set": name, "rank": corners + 1, "running_sum": sums[corners].round(5)}
                ).assign(in_set=np.isin(corners, inside), ranked=sums.size)
            )
    return pd.concat(parts, ignore_index=True) if parts else RUNNING_SUMS.empty()


def _consensus_tables(study: Study) -> Iterator[Entry]:
    found = study.groups.clustering
    if found is None:
        return
    edges = (np.arange(100) + 1) / 100
    curves = [
        pd.DataFrame({"k": k, "consensus": edges, "share": cumulative_consensus(matrix).round(6)})
        for k, matrix in zip(found.ks, found.matrices, strict=True)
    ]
    yield "groups/consensus_curves", CONSENSUS_CURVES, pd.concat(curves, ignore_index=True)
    names = np.array(found.samples, dtype=object)
    for k, matrix, order in zip(found.ks, found.matrices, found.orders, strict=True):
        if k == study.groups.k or len(names) <= MOST_MATRICES:
            ordered = pd.DataFrame(matrix[np.ix_(order, order)].round(4), columns=names[order])
            ordered.insert(0, "sample", names[order])
            yield f"groups/consensus_{k}", CONSENSUS_VALUES, ordered
