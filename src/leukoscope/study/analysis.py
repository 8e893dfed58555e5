"""A whole cohort: the analysis of Li et al. 2024 from tables to findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leukoscope.clinical import RiskCriteria
from leukoscope.cohort import Cohort
from leukoscope.contrasts import plan, read_contrasts
from leukoscope.genesets import GeneSets
from leukoscope.normalization import size_factors
from leukoscope.study.chapters import (
    Batch,
    FusionSets,
    GeneClusters,
    KnownSubtypes,
    Longitudinal,
    NetworkFindings,
)
from leukoscope.study.expression import ContrastFindings, ContrastRules, study_contrast
from leukoscope.study.fusions import FusionFindings, study_fusions
from leukoscope.study.groups import Groups, adjusted_rand, study_groups
from leukoscope.study.patients import Patients, describe_patients, with_risk


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


def study_cohort(
    samples: pd.DataFrame,
    contrasts: pd.DataFrame,
    *,
    cohort: Cohort | None,
    tpm: pd.DataFrame | None = None,
    fusions: Mapping[str, pd.DataFrame] | None,
    gene_sets: GeneSets | None,
    rng: np.random.Generator,
    options: Options | None = None,
    progress: Callable[[str], object] = lambda what: None,
) -> Study:
    """Analyse a cohort.

    Parameters
    ----------
    samples
        Sample sheet with columns ``sample``, ``patient``, ``timepoint``, and what is known clinically.
    contrasts
        :data:`~leukoscope.tables.contrasts.CONTRASTS`.
    cohort
        Counts; None if there are none.
    tpm
        TPM, genes in rows; the expression groups rest on them, else on normalised counts.
    fusions
        Fusion calls of each sample; None if there are none.
    gene_sets
        Collection for the enrichment; None to leave it out.
    rng
        Source of everything random but the consensus clustering, which takes R's seed.
    options
        What differs from the defaults.
    progress
        Told what is about to be computed.
    """
    options = options or Options()
    patients = describe_patients(samples, options.criteria)
    samples = with_risk(samples, patients)
    progress("expression groups")
    expression, unit = clustered_expression(cohort, tpm)
    groups = study_groups(
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
    samples = samples.assign(group=samples["sample"].map(groups.members).fillna("").astype(str))
    progress("fusions")
    found = study_fusions(fusions, samples)
    genes = sorted({*found.events["locus_a"], *found.events["locus_b"]} - {"?"})
    asked = pd.concat([contrasts, pairwise_contrasts(groups)], ignore_index=True).fillna("")
    comparisons = read_contrasts(asked, samples)
    findings = []
    for one in comparisons:
        progress(f"contrast {one.contrast}")
        findings.append(
            study_contrast(cohort, one, gene_sets=gene_sets, fusion_genes=genes, rules=options.rules, rng=rng)
        )
    return Study(
        samples=samples,
        patients=patients,
        fusions=found,
        plan=plan(comparisons),
        contrasts=tuple(findings),
        groups=groups,
        expression_unit=unit,
        subtypes=KnownSubtypes(stated_agreement=_agreement(samples)),
        fusion_sets=FusionSets(),
        courses=Longitudinal(),
        clusters=GeneClusters(),
        network=NetworkFindings(),
        batch=Batch(),
    )


def clustered_expression(cohort: Cohort | None, tpm: pd.DataFrame | None) -> tuple[pd.DataFrame | None, str]:
    """Return log2(x + 1) of TPM, or of counts divided by size factors, and what it is called."""
    if tpm is not None:
        return tpm.transform(np.log1p) / np.log(2.0), "log2(TPM + 1)"
    if cohort is None:
        return None, ""
    scaled = cohort.counts / size_factors(cohort.counts)
    frame = pd.DataFrame(np.log2(scaled + 1.0), index=cohort.gene_ids, columns=cohort.sample_names)
    return frame, "log2(normalised count + 1)"


def pairwise_contrasts(groups: Groups) -> pd.DataFrame:
    """Return the contrasts of all pairs of expression groups, as rows of a contrasts table."""
    names = sorted(groups.members.unique())
    rows = [
        (f"group_{b}_over_{a}", "group", a, b, "", "") for i, a in enumerate(names) for b in names[i + 1 :]
    ]
    return pd.DataFrame(rows, columns=["id", "variable", "reference", "target", "blocking", "subset"])


def _agreement(samples: pd.DataFrame) -> float:
    if "subtype" not in samples:
        return float("nan")
    both = samples[(samples["group"] != "") & (samples["subtype"].astype(str) != "")]
    return adjusted_rand(both["group"].tolist(), both["subtype"].tolist()) if len(both) > 1 else float("nan")
