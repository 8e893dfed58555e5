"""A whole cohort: the analysis of Li et al. 2024 from tables to findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd

from leukoscope.clinical import RiskCriteria
from leukoscope.cohort import Cohort
from leukoscope.contrasts import IN_GROUP, Comparison, default_contrasts, plan, read_contrasts
from leukoscope.genesets import GeneSets
from leukoscope.knowledge.subtype_tables import SubtypeKnowledge
from leukoscope.normalization import size_factors
from leukoscope.study.batch import diagnose_batches
from leukoscope.study.chapters import (
    Batch,
    FusionSets,
    GeneClusters,
    KnownSubtypes,
    Longitudinal,
    NetworkFindings,
)
from leukoscope.study.expression import ContrastFindings, ContrastRules, study_contrast
from leukoscope.study.fusion_marks import mark_calls
from leukoscope.study.fusion_sets import compare_fusion_sets
from leukoscope.study.fusions import FusionFindings, study_fusions
from leukoscope.study.gene_clusters import cluster_genes
from leukoscope.study.groups import Groups, study_groups
from leukoscope.study.known_subtypes import CalledClasses, call_classes, relate_to_subtypes
from leukoscope.study.longitudinal import study_courses
from leukoscope.study.network import study_network
from leukoscope.study.patients import Patients, describe_patients, with_risk
from leukoscope.workers import Each

MOST_PAIRED = 4  #: expression groups up to which every pair is compared
LARGEST_LOGARITHM = 30.0  #: a matrix without a larger value holds logarithms


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from the paper's analysis."""

    criteria: RiskCriteria = field(default_factory=RiskCriteria)
    rules: ContrastRules = field(default_factory=ContrastRules)
    max_k: int = 10
    n_resamplings: int = 1000
    n_clustered_genes: int = 5000
    n_null: int = 20
    k: int = 0  #: number of expression groups; 0 to choose
    n_network_genes: int = 2000
    max_edges: int = 10_000  #: strongest edges of the network that are kept
    r_seed: int = 1  #: of the consensus clustering, as for R's set.seed


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that a cohort report says."""

    samples: pd.DataFrame  #: the sample sheet with ``risk`` as the criteria give it and ``group``
    patients: Patients
    fusions: FusionFindings
    plan: pd.DataFrame  #: :data:`~leukoscope.tables.contrasts.CONTRAST_PLAN`
    contrasts: tuple[ContrastFindings, ...]
    groups: Groups
    expression_unit: str  #: what the groups rest on
    subtypes: KnownSubtypes
    fusion_sets: FusionSets
    courses: Longitudinal
    clusters: GeneClusters
    network: NetworkFindings
    batch: Batch
    options: Options
    gene_sets: str  #: which collection enrichment was asked of, and its size; empty for none


def study_cohort(
    samples: pd.DataFrame,
    contrasts: pd.DataFrame | None,
    *,
    cohort: Cohort | None,
    tpm: pd.DataFrame | None = None,
    fusions: Mapping[str, pd.DataFrame] | None,
    gene_sets: GeneSets | None,
    families: pd.DataFrame | None = None,
    rng: np.random.Generator,
    knowledge: SubtypeKnowledge | None = None,
    drivers: pd.DataFrame | None = None,
    options: Options | None = None,
    progress: Callable[[str], object] = lambda what: None,
    each: Each = map,
) -> Study:
    """Analyse a cohort.

    Parameters
    ----------
    samples
        Sample sheet with columns ``sample``, ``patient``, ``timepoint``, and what is known clinically.
    contrasts
        :data:`~leukoscope.tables.contrasts.CONTRASTS`; None for those of the paper.
    cohort
        Counts; None if there are none.
    tpm
        TPM or other normalised values or their logarithms, genes in rows; the expression groups rest on
        them, else on normalised counts.
    fusions
        Fusion calls of each sample; None if there are none.
    gene_sets
        Collection for the enrichment; None to leave it out.
    families
        :data:`~leukoscope.tables.enrichment.FAMILIES`; enriched sets are flagged that one of them drives.
    rng
        Source of everything random but the consensus clustering, which takes R's seed.
    knowledge
        Models and tables of subtyping; None to call no subtypes.
    drivers
        :data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`; None to tell no driver.
    options
        What differs from the defaults.
    progress
        Told what is about to be computed.
    each
        How contrasts are computed: one after another, or by :func:`~leukoscope.workers.open_workers`.
    """
    options = options or Options()
    patients = describe_patients(samples, options.criteria)
    samples = with_risk(samples, patients)
    expression, unit = clustered_expression(cohort, tpm)
    expression = None if expression is None else _of_samples(expression, samples)
    marked = None if fusions is None else mark_calls(fusions, samples, drivers)
    progress("subtypes")
    classes = call_classes(
        _measured(cohort, tpm, samples), samples, knowledge=knowledge, drivers=drivers, fusions=marked
    )
    samples = _with_measured(samples, classes, cohort)
    progress("expression groups")
    groups = _groups(expression, samples, rng, options)
    samples = _with_groups(samples, groups)
    progress("fusions")
    found = study_fusions(marked, samples, None if knowledge is None else knowledge.genes)
    looked = samples[samples["sample"].isin(marked or {})]
    names = pd.Series(dtype=object) if expression is None else gene_names_of(expression, cohort, knowledge)
    asked = default_contrasts(samples) if contrasts is None else contrasts
    comparisons = read_contrasts(_all_contrasts(asked, groups), samples)
    analyse = partial(
        study_contrast,
        cohort=cohort,
        gene_sets=gene_sets,
        families=families,
        fusion_genes=None if found.absent else _breakpoint_genes(found),
        rules=options.rules,
    )
    analysed = each(analyse, comparisons, rng.spawn(len(comparisons)))
    progress("gene clusters, network, courses")
    return Study(
        samples=samples,
        patients=patients,
        fusions=found,
        plan=plan(comparisons),
        groups=groups,
        expression_unit=unit,
        subtypes=relate_to_subtypes(classes, samples, groups.members),
        fusion_sets=compare_fusion_sets(found, looked),
        courses=_courses(found, samples, looked, classes, cohort),
        clusters=cluster_genes(expression, names, groups.members, gene_sets),
        network=_network(expression, names, samples, groups, gene_sets, options),
        batch=diagnose_batches(expression, samples),
        options=options,
        gene_sets="" if gene_sets is None else f"{gene_sets.name} ({len(gene_sets.names):,} sets)",
        contrasts=_collect(comparisons, analysed, progress),  # last: workers are at them meanwhile
    )


def _collect(
    comparisons: Sequence[Comparison],
    analysed: Iterator[ContrastFindings],
    progress: Callable[[str], object],
) -> tuple[ContrastFindings, ...]:
    findings = []
    for one in comparisons:
        progress(f"contrast {one.contrast}")
        findings.append(next(analysed))
    return tuple(findings)


def _groups(
    expression: pd.DataFrame | None, samples: pd.DataFrame, rng: np.random.Generator, options: Options
) -> Groups:
    return study_groups(
        expression,
        samples,
        rng=rng,
        max_k=options.max_k,
        n_resamplings=options.n_resamplings,
        r_seed=options.r_seed,
        n_genes=options.n_clustered_genes,
        n_null=options.n_null,
        k=options.k,
    )


def _network(
    expression: pd.DataFrame | None,
    names: pd.Series,
    samples: pd.DataFrame,
    groups: Groups,
    gene_sets: GeneSets | None,
    options: Options,
) -> NetworkFindings:
    onset = samples.loc[samples["timepoint"] == "onset", "sample"]
    at_onset = None if expression is None else expression[[n for n in onset if n in expression.columns]]
    return study_network(
        at_onset,
        names,
        groups.members,
        gene_sets,
        n_genes=options.n_network_genes,
        max_edges=options.max_edges,
    )


def _courses(
    found: FusionFindings,
    samples: pd.DataFrame,
    looked: pd.DataFrame,
    classes: CalledClasses,
    cohort: Cohort | None,
) -> Longitudinal:
    return study_courses(
        found.events,
        samples,
        assessed=frozenset(looked["sample"]),
        reads=None if cohort is None else pd.Series(cohort.counts.sum(axis=0), index=cohort.sample_names),
        calls=classes.table,
        probabilities=classes.probabilities,
    )


def _breakpoint_genes(found: FusionFindings) -> list[str]:
    return sorted({*found.events["locus_a"], *found.events["locus_b"]} - {"?"})


def _all_contrasts(contrasts: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    return pd.concat([contrasts, group_contrasts(groups)], ignore_index=True).fillna("")


def _measured(cohort: Cohort | None, tpm: pd.DataFrame | None, samples: pd.DataFrame) -> pd.DataFrame | None:
    """Return what subtypes are called from: counts where there are any, else the normalised values."""
    if cohort is not None:
        return pd.DataFrame(cohort.counts, index=cohort.gene_ids, columns=cohort.sample_names)
    return None if tpm is None else tpm[[name for name in samples["sample"] if name in tpm.columns]]


def _with_measured(samples: pd.DataFrame, classes: CalledClasses, cohort: Cohort | None) -> pd.DataFrame:
    """Add what contrasts may adjust for: estimated blasts, reads and detected genes."""
    blasts = classes.table.set_index("sample")["blast_fraction"]
    added = {"blast_fraction": samples["sample"].map(blasts).astype(np.float64)}
    if cohort is not None:
        reads = pd.Series(cohort.counts.sum(axis=0), index=cohort.sample_names)
        genes = pd.Series((cohort.counts > 0).sum(axis=0), index=cohort.sample_names)
        added |= {"reads": samples["sample"].map(reads), "genes_detected": samples["sample"].map(genes)}
    return samples.assign(**{name: values for name, values in added.items() if name not in samples})


def _of_samples(expression: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame | None:
    """Return the columns of the sheet's samples, and the genes that are measured in all of them."""
    kept = expression[[name for name in samples["sample"] if name in expression.columns]].dropna()
    return None if kept.empty else kept


def gene_names_of(
    expression: pd.DataFrame, cohort: Cohort | None, knowledge: SubtypeKnowledge | None
) -> pd.Series:
    """Return the symbol of each gene where one is known, else its identifier, by the matrix's index."""
    symbols: dict[str, str] = {}
    if knowledge is not None:
        symbols = dict(zip(knowledge.genes["gene_id"], knowledge.genes["symbol"], strict=True))
    if cohort is not None and "symbol" in cohort.genes:
        symbols |= dict(zip(cohort.genes["gene_id"], cohort.genes["symbol"], strict=True))
    return pd.Series([symbols.get(gene) or gene for gene in expression.index], index=expression.index)


def clustered_expression(cohort: Cohort | None, tpm: pd.DataFrame | None) -> tuple[pd.DataFrame | None, str]:
    """Return log2(x + 1) of TPM, or of counts divided by size factors per million, and what it is called.

    One per million, not one read: else the noise of genes with a few reads outweighs everything.

    Values that are logarithms already, as their size tells, stay as they are.
    """
    if tpm is not None and not tpm.empty and np.nanmax(tpm.to_numpy()) < LARGEST_LOGARITHM:
        return tpm, "logarithms as they were given"
    if tpm is not None:
        return tpm.transform(np.log1p) / np.log(2.0), "log2(TPM + 1)"
    if cohort is None:
        return None, ""
    scaled = cohort.counts / size_factors(cohort.counts)
    per_million = scaled * (1e6 / scaled.sum(axis=0).mean())
    frame = pd.DataFrame(np.log2(per_million + 1.0), index=cohort.gene_ids, columns=cohort.sample_names)
    return frame, "log2(normalised count per million + 1)"


def group_contrasts(groups: Groups) -> pd.DataFrame:
    """Return the contrasts of the expression groups, as rows of a contrasts table.

    Up to :data:`MOST_PAIRED` groups are compared pair by pair, more of them each with all others.
    """
    names = sorted(groups.members.unique())
    if len(names) > MOST_PAIRED:
        rows = [(f"group_{name}_over_others", f"{IN_GROUP}{name}", "no", "yes", "", "") for name in names]
    else:
        rows = [(f"group_{b}_over_{a}", "group", a, b, "", "") for a, b in combinations(names, 2)]
    return pd.DataFrame(rows, columns=["id", "variable", "reference", "target", "blocking", "subset"])


def _with_groups(samples: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """Add the group of each sample, and for many groups a column ``in_group_…`` of each."""
    group = samples["sample"].map(groups.members).fillna("").astype(str)
    names = sorted(groups.members.unique())
    inside = {
        f"{IN_GROUP}{name}": np.where(group == "", "", np.where(group == name, "yes", "no")) for name in names
    }
    return samples.assign(group=group, **(inside if len(names) > MOST_PAIRED else {}))
