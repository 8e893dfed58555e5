"""The tables of a study, by the name of their file, and its summary as one JSON value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from leukoscope.study.analysis import Study
from leukoscope.study.chapters import Batch, FusionSets, GeneClusters, Longitudinal, NetworkFindings
from leukoscope.study.expression import ContrastFindings
from leukoscope.study.methods import describe_methods
from leukoscope.tables import Table
from leukoscope.tables.association import CARRIER_TESTS, CARRIERS, CATEGORY_TESTS, OVERLAPS
from leukoscope.tables.clinical import BASELINE, RISK
from leukoscope.tables.clustering import CLUSTER_CHOICE, CLUSTER_CLASSES
from leukoscope.tables.coexpression import NETWORK_EDGES, NETWORK_GENES
from leukoscope.tables.cohort import SAMPLES
from leukoscope.tables.contrasts import CONTRAST_PLAN
from leukoscope.tables.differential import DIFFERENTIAL
from leukoscope.tables.enrichment import ENRICHMENT, RANKED_ENRICHMENT, TERM_GROUPS
from leukoscope.tables.recurrence import EVENT_DISTRIBUTION, FUSION_EVENTS, RANKED_PAIRS
from leukoscope.tables.study import (
    CLUSTER_TERMS,
    COMPONENT_TESTS,
    COURSE_FUSIONS,
    COURSE_SAMPLES,
    COURSE_TESTS,
    FUSION_LOCI,
    FUSION_SETS,
    GENE_CLUSTERS,
    GROUP_SUBTYPES,
    GROUP_VERDICTS,
    NETWORK_MODULES,
    SAMPLE_COMPONENTS,
    SHARED_GENES,
)
from leukoscope.tables.subtyping import SUBTYPE_CALLS

FORMAT = 1  #: of ``cohort.json``


def study_tables(study: Study) -> Iterator[tuple[str, Table, pd.DataFrame]]:
    """Yield the path (without ending), contract and content of every table; absent chapters have none."""
    yield "samples", SAMPLES, study.samples.fillna("").astype(str)
    yield "patients/risk", RISK, study.patients.risk
    yield "patients/baseline", BASELINE, study.patients.baseline
    yield "patients/baseline_by_risk", BASELINE, study.patients.baseline_by_risk
    if not study.fusions.absent:
        yield "fusions/events", FUSION_EVENTS, study.fusions.events
        yield "fusions/ranked_pairs", RANKED_PAIRS, study.fusions.ranked
        yield "fusions/distribution", EVENT_DISTRIBUTION, study.fusions.distribution
        yield "fusions/genes_by_timepoint", CARRIER_TESTS, study.fusions.genes_by_timepoint
        yield "fusions/pairs_by_risk", CARRIER_TESTS, study.fusions.pairs_by_risk
        yield "fusions/genes_by_group", CARRIERS, study.fusions.genes_by_group
    yield "contrasts/plan", CONTRAST_PLAN, study.plan
    for found in study.contrasts:
        if not found.absent:
            folder = f"contrasts/{found.comparison.contrast}"
            yield f"{folder}/differential", DIFFERENTIAL, found.table
            yield f"{folder}/enriched_up", ENRICHMENT, found.enriched_up
            yield f"{folder}/enriched_down", ENRICHMENT, found.enriched_down
            yield f"{folder}/term_groups_up", TERM_GROUPS, found.groups_up
            yield f"{folder}/term_groups_down", TERM_GROUPS, found.groups_down
            yield f"{folder}/ranked_enrichment", RANKED_ENRICHMENT, found.ranked
            yield f"{folder}/fusion_overlap", OVERLAPS, found.overlaps
    if not study.groups.absent:
        yield "groups/choice", CLUSTER_CHOICE, study.groups.choice
        yield "groups/classes", CLUSTER_CLASSES, study.groups.classes
        yield "groups/associations", CATEGORY_TESTS, study.groups.associations
    yield from _chapter_tables(study)


def _chapter_tables(study: Study) -> Iterator[tuple[str, Table, pd.DataFrame]]:
    if not study.subtypes.absent:
        yield "subtypes/calls", SUBTYPE_CALLS, study.subtypes.calls
        yield "subtypes/groups_by_subtype", GROUP_SUBTYPES, study.subtypes.table
        yield "subtypes/verdicts", GROUP_VERDICTS, study.subtypes.verdicts
    if not study.fusion_sets.absent:
        yield "fusions/sets", FUSION_SETS, study.fusion_sets.sets
        yield "fusions/shared_genes", SHARED_GENES, study.fusion_sets.shared
        yield "fusions/loci", FUSION_LOCI, study.fusion_sets.loci
    if not study.courses.absent:
        yield "courses/samples", COURSE_SAMPLES, study.courses.samples
        yield "courses/fusions", COURSE_FUSIONS, study.courses.fusions
        yield "courses/tests", COURSE_TESTS, study.courses.tests
    if not study.clusters.absent:
        yield "clusters/genes", GENE_CLUSTERS, study.clusters.genes
        yield "clusters/terms", CLUSTER_TERMS, study.clusters.terms
    if not study.network.absent:
        yield "network/genes", NETWORK_GENES, study.network.genes
        yield "network/edges", NETWORK_EDGES, study.network.edges
        yield "network/modules", NETWORK_MODULES, study.network.modules
        yield "network/terms", CLUSTER_TERMS, study.network.terms
    if not study.batch.absent:
        yield "batch/components", SAMPLE_COMPONENTS, study.batch.components
        yield "batch/tests", COMPONENT_TESTS, study.batch.tests


def summarise(study: Study) -> dict[str, Any]:
    """Return what the report says in numbers: the content of ``cohort.json``."""
    risk = study.patients.risk["risk"].value_counts()
    chapters: dict[str, FusionSets | Longitudinal | GeneClusters | NetworkFindings | Batch] = {
        "fusion_sets": study.fusion_sets,
        "courses": study.courses,
        "clusters": study.clusters,
        "network": study.network,
        "batch": study.batch,
    }
    return {
        "format": FORMAT,
        "intended_use": "For research use only. Not for use in diagnostic procedures.",
        "samples": study.samples["timepoint"].value_counts().sort_index().to_dict(),
        "patients": {
            "total": len(study.patients.risk),
            "risk": risk.sort_index().to_dict(),
            "stated_otherwise": list(study.patients.disagreements),
            "notes": list(study.patients.notes),
        },
        "fusions": {
            "absent": study.fusions.absent,
            "events": len(study.fusions.events),
            "notes": list(study.fusions.notes),
        },
        "contrasts": [_contrast(found) for found in study.contrasts],
        "groups": _groups(study),
        "subtypes": _subtypes(study),
        **{name: {"absent": one.absent, "notes": list(one.notes)} for name, one in chapters.items()},
        "methods": list(describe_methods(study)),
        "tables": {path: table.name for path, table, _ in study_tables(study)},
    }


def _contrast(found: ContrastFindings) -> dict[str, Any]:
    comparison = found.comparison
    return {
        "id": comparison.contrast,
        "variable": comparison.variable,
        "levels": [comparison.reference, comparison.target],
        "design": comparison.design,
        "samples": [comparison.n_reference, comparison.n_target],
        "absent": found.absent,
        "up": len(found.up),
        "down": len(found.down),
        "notes": list(found.notes),
    }


def _groups(study: Study) -> dict[str, Any]:
    return {
        "absent": study.groups.absent,
        "k": study.groups.k,
        "supported": study.groups.supported,
        "expression": study.expression_unit,
        "members": {str(name): str(group) for name, group in sorted(study.groups.members.items())},
        "notes": list(study.groups.notes),
    }


def _subtypes(study: Study) -> dict[str, Any]:
    found = study.subtypes
    return {
        "absent": found.absent,
        "agreement_with_called": _number(found.agreement),
        "agreement_with_stated": _number(found.stated_agreement),
        "p_value": _number(found.p_value),
        "cramers_v": _number(found.cramers_v),
        "verdicts": dict(zip(found.verdicts["group"], found.verdicts["statement"], strict=True)),
        "notes": list(found.notes),
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
