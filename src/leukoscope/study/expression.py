"""Contrasts of expression: differential genes, what they are enriched in, and fusions among them.

The paper's Figures 5, 6 and 8A–C.  Every contrast is a row of a table, never implied.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leukoscope.association import measure_overlaps
from leukoscope.cohort import Cohort
from leukoscope.contrasts import Comparison
from leukoscope.differential import Model, contrast_genes, fit_model
from leukoscope.enrichment import enrich_ranked, find_overrepresented, group_terms
from leukoscope.errors import InputError
from leukoscope.genesets import GeneSets
from leukoscope.tables.association import OVERLAPS
from leukoscope.tables.differential import DIFFERENTIAL
from leukoscope.tables.enrichment import ENRICHMENT, RANKED_ENRICHMENT, TERM_GROUPS

BLASTS_DIFFER = 0.1  #: difference of the median shares of blasts from which it is said


@dataclass(frozen=True, slots=True)
class ContrastFindings:
    """One contrast; tables are empty where `absent` or `missing` says why."""

    comparison: Comparison
    table: pd.DataFrame  #: :data:`~leukoscope.tables.differential.DIFFERENTIAL`
    up: tuple[str, ...]  #: names of the genes that rise, strongest evidence first
    down: tuple[str, ...]
    enriched_up: pd.DataFrame  #: :data:`~leukoscope.tables.enrichment.ENRICHMENT`
    enriched_down: pd.DataFrame
    groups_up: pd.DataFrame  #: :data:`~leukoscope.tables.enrichment.TERM_GROUPS`
    groups_down: pd.DataFrame
    ranked: pd.DataFrame  #: :data:`~leukoscope.tables.enrichment.RANKED_ENRICHMENT`
    overlaps: pd.DataFrame  #: :data:`~leukoscope.tables.association.OVERLAPS` with the fusion genes
    absent: str = ""  #: why there is nothing, if so
    missing: tuple[str, ...] = ()  #: why parts are empty
    caveats: tuple[str, ...] = ()  #: what the genes may tell of besides the contrast
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContrastRules:
    """When a gene counts as differential, and how contrasts are computed."""

    alpha: float = 0.05  #: adjusted p-value below which a gene is differential
    least_change: float = 1.0  #: |log2 fold change| from which it is; 1 is twofold
    n_permutations: int = 1000  #: random sets of each size in ranked enrichment
    least_p: float = 1e-10  #: smaller p-values of ranked enrichment are not told apart, as in clusterProfiler


def study_contrast(
    comparison: Comparison,
    rng: np.random.Generator,
    *,
    cohort: Cohort | None,
    gene_sets: GeneSets | None,
    families: pd.DataFrame | None,
    fusion_genes: Collection[str] | None,
    rules: ContrastRules,
) -> ContrastFindings:
    """Compare two groups of samples: genes, gene sets, fusion genes.

    Parameters
    ----------
    comparison
        Which samples, and how.
    rng
        Source of the permutations.
    cohort
        Counts of all samples; None if there are none.
    gene_sets
        Collection for the enrichment; None to leave it out.
    families
        :data:`~leukoscope.tables.enrichment.FAMILIES`; enriched sets are flagged that one of them drives.
    fusion_genes
        Names of genes with a fusion breakpoint, for the overlap; None if fusions were not looked for.
    rules
        Limits.
    """
    if cohort is None:
        return _nothing(comparison, "There are no counts.")
    if comparison.reason:
        return _nothing(comparison, f"Not computed: {comparison.reason}.")
    with_counts = comparison.samples[comparison.samples["sample"].isin(cohort.sample_names)]
    try:
        model = _fit(cohort.described_by(with_counts), comparison)
        found = contrast_genes(
            model, [comparison.variable, comparison.target, comparison.reference], alpha=rules.alpha
        )
    except InputError as error:
        return _nothing(comparison, f"Not computed: {error}")
    names = gene_names(found.table)
    changed = found.table["p_adjusted"] < rules.alpha
    order = found.table["p_value"].rank(method="first").to_numpy()
    up = _named(names, order, changed & (found.table["log2_fold_change"] >= rules.least_change))
    down = _named(names, order, changed & (found.table["log2_fold_change"] <= -rules.least_change))
    tested = set(names[found.table["p_adjusted"].notna()])
    enriched_up, groups_up, no_up = _enrich(up, "rise", gene_sets, tested, families)
    enriched_down, groups_down, no_down = _enrich(down, "fall", gene_sets, tested, families)
    ranked, no_ranks = _rank(found.table, gene_sets, rules, rng)
    overlaps, no_overlap = _overlap(fusion_genes, {"up": up, "down": down}, tested)
    notes = [model.summary(), found.summary()]
    if len(with_counts) < len(comparison.samples):
        notes.append(
            f"{len(comparison.samples) - len(with_counts)} sample(s) of the contrast have no counts."
        )
    return ContrastFindings(
        *(
            comparison,
            found.table,
            up,
            down,
            enriched_up,
            enriched_down,
            groups_up,
            groups_down,
            ranked,
            overlaps,
        ),
        missing=tuple(reason for reason in (no_up, no_down, no_ranks, no_overlap) if reason),
        caveats=_caveats(comparison),
        notes=tuple(notes),
    )


def gene_names(table: pd.DataFrame) -> pd.Series:
    """Return the symbol of each gene, its identifier where it has none."""
    if "symbol" not in table:
        return table["gene_id"]
    return table["symbol"].where(table["symbol"] != "", table["gene_id"])


def ranked_genes(table: pd.DataFrame) -> pd.DataFrame:
    """Return genes and scores for ranked enrichment; of rows with one name the strongest counts.

    Genes that were not tested, because they have too few reads, are left out: beside them every set of
    expressed genes would stand out.

    Parameters
    ----------
    table
        :data:`~leukoscope.tables.differential.DIFFERENTIAL`.
    """
    tested = table[table["p_adjusted"].notna()]
    scores = pd.DataFrame({"gene": gene_names(tested), "score": tested["statistic"]})
    order = np.argsort(-scores["score"].abs().to_numpy(), kind="stable")
    return scores.iloc[order].drop_duplicates("gene")


def _fit(cohort: Cohort, comparison: Comparison) -> Model:
    levels = {comparison.variable: [comparison.reference, comparison.target]}
    return fit_model(cohort, comparison.design, levels=levels)


def _named(names: pd.Series, order: np.ndarray, chosen: pd.Series) -> tuple[str, ...]:
    rows = np.flatnonzero(chosen.to_numpy())
    return tuple(dict.fromkeys(names.to_numpy()[rows[np.argsort(order[rows], kind="stable")]]))


def _enrich(
    genes: Sequence[str],
    verb: str,
    gene_sets: GeneSets | None,
    universe: Collection[str],
    families: pd.DataFrame | None,
) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """Return the enriched sets of some genes, their groups, and why there are none."""
    empty = ENRICHMENT.empty(), TERM_GROUPS.empty()
    if gene_sets is None:
        return *empty, ""
    if not genes:
        return *empty, f"No gene {verb}s, so no gene set can be over-represented among them."
    in_sets = set(gene_sets.genes)
    if in_sets.isdisjoint(genes) and not in_sets.isdisjoint(universe):
        one = len(genes) == 1
        where = (
            f"The one gene that {verb}s is in no"
            if one
            else f"None of the {len(genes):,} genes that {verb} is in a"
        )
        return *empty, f"{where} gene set, so no set can be over-represented."
    try:
        found = find_overrepresented(genes, gene_sets, universe=universe, families=families)
    except InputError as error:
        return *empty, f"Genes that {verb}: {error}"
    return found.table, group_terms(found.table, gene_sets), ""


def _overlap(
    fusion_genes: Collection[str] | None, changed: dict[str, tuple[str, ...]], tested: set[str]
) -> tuple[pd.DataFrame, str]:
    """Return how far fusion genes and differential genes are the same, and why that was not asked."""
    if fusion_genes is None:
        return OVERLAPS.empty(), "Fusions were not looked for, so their genes are not compared with these."
    if not fusion_genes:
        return OVERLAPS.empty(), "No fusion was found whose genes could be compared with these."
    if not tested:
        return OVERLAPS.empty(), "No gene could be tested, so none is compared with the genes of fusions."
    return measure_overlaps({"fusion genes": fusion_genes}, changed, universe=tested), ""


def _caveats(comparison: Comparison) -> tuple[str, ...]:
    """Say how far the samples differ in blasts, because genes then tell of cells rather than of what cells do."""
    for column, unit, source in (
        ("blast_percent", 0.01, "as stated"),
        ("blast_fraction", 1.0, "by estimate"),
    ):
        if column not in comparison.samples:
            continue
        share = unit * pd.to_numeric(comparison.samples[column], errors="coerce")
        middle = share.groupby(comparison.samples[comparison.variable]).median()
        target, reference = middle.get(comparison.target, np.nan), middle.get(comparison.reference, np.nan)
        if np.isnan(target - reference):
            continue
        if abs(target - reference) < BLASTS_DIFFER:
            return ()
        differ = (
            f"The samples differ in blasts: {source} {target:.0%} in {comparison.target} and {reference:.0%} in "
            f"{comparison.reference} (medians)."
        )
        if {"blast_fraction", "blast_percent"} & set(comparison.covariates):
            return (f"{differ} The contrast is adjusted for them.",)
        return (
            f"{differ} Many of these genes tell which cells there are, not what the cells do. A covariate {column} in "
            "the table of contrasts adjusts for it.",
        )
    return ()


def _rank(
    table: pd.DataFrame, gene_sets: GeneSets | None, rules: ContrastRules, rng: np.random.Generator
) -> tuple[pd.DataFrame, str]:
    if gene_sets is None:
        return RANKED_ENRICHMENT.empty(), ""
    try:
        found = enrich_ranked(
            ranked_genes(table),
            gene_sets,
            rng=rng,
            n_permutations=rules.n_permutations,
            least_p=rules.least_p,
        )
    except InputError as error:
        return RANKED_ENRICHMENT.empty(), f"Ranked enrichment: {error}"
    return found.table, ""


def _nothing(comparison: Comparison, reason: str) -> ContrastFindings:
    sets, groups = ENRICHMENT.empty(), TERM_GROUPS.empty()
    return ContrastFindings(
        *(comparison, DIFFERENTIAL.empty(), (), (), sets, sets, groups, groups),
        *(RANKED_ENRICHMENT.empty(), OVERLAPS.empty()),
        absent=reason,
    )
