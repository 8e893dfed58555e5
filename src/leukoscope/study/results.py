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
from leukoscope.version import RESEARCH_USE


def study_tables(study: Study) -> Iterator[tuple[str, Table, pd.DataFrame]]:
    """Yield the path (without ending), contract and content of every table; absent chapters have none."""
    yield "samples", SAMPLES, study.samples.fillna("").astype(str)
    yield "contrasts/plan", CONTRAST_PLAN, study.plan
    yield from _tables_of("patients", study.patients)
    for found in study.contrasts:
        if not found.absent:
            yield from _tables_of("contrasts", found, f"contrasts/{found.comparison.contrast}")
    chapters: dict[str, Any] = {
        "fusions": study.fusions,
        "groups": study.groups,
        "subtypes": study.subtypes,
        "fusion_sets": study.fusion_sets,
        "courses": study.courses,
        "clusters": study.clusters,
        "network": study.network,
        "batch": study.batch,
    }
    for name, chapter in chapters.items():
        if not chapter.absent:
            yield from _tables_of(name, chapter, "fusions" if name == "fusion_sets" else name)


def _tables_of(chapter: str, found: object, folder: str = "") -> Iterator[tuple[str, Table, pd.DataFrame]]:
    for attribute, (name, table) in _TABLES[chapter].items():
        yield f"{folder or chapter}/{name}", table, getattr(found, attribute)


#: The tables of each chapter: attribute of what was found, file, contract.
_TABLES: dict[str, dict[str, tuple[str, Table]]] = {
    "patients": {
        "risk": ("risk", RISK),
        "baseline": ("baseline", BASELINE),
        "baseline_by_risk": ("baseline_by_risk", BASELINE),
    },
    "fusions": {
        "events": ("events", FUSION_EVENTS),
        "ranked": ("ranked_pairs", RANKED_PAIRS),
        "distribution": ("distribution", EVENT_DISTRIBUTION),
        "genes_by_timepoint": ("genes_by_timepoint", CARRIER_TESTS),
        "pairs_by_risk": ("pairs_by_risk", CARRIER_TESTS),
        "genes_by_group": ("genes_by_group", CARRIERS),
    },
    "contrasts": {
        "table": ("differential", DIFFERENTIAL),
        "enriched_up": ("enriched_up", ENRICHMENT),
        "enriched_down": ("enriched_down", ENRICHMENT),
        "groups_up": ("term_groups_up", TERM_GROUPS),
        "groups_down": ("term_groups_down", TERM_GROUPS),
        "ranked": ("ranked_enrichment", RANKED_ENRICHMENT),
        "overlaps": ("fusion_overlap", OVERLAPS),
    },
    "groups": {
        "choice": ("choice", CLUSTER_CHOICE),
        "classes": ("classes", CLUSTER_CLASSES),
        "associations": ("associations", CATEGORY_TESTS),
    },
    "subtypes": {
        "calls": ("calls", SUBTYPE_CALLS),
        "table": ("groups_by_subtype", GROUP_SUBTYPES),
        "verdicts": ("verdicts", GROUP_VERDICTS),
    },
    "fusion_sets": {
        "sets": ("sets", FUSION_SETS),
        "shared": ("shared_genes", SHARED_GENES),
        "loci": ("loci", FUSION_LOCI),
    },
    "courses": {
        "samples": ("samples", COURSE_SAMPLES),
        "fusions": ("fusions", COURSE_FUSIONS),
        "tests": ("tests", COURSE_TESTS),
    },
    "clusters": {"genes": ("genes", GENE_CLUSTERS), "terms": ("terms", CLUSTER_TERMS)},
    "network": {
        "genes": ("genes", NETWORK_GENES),
        "edges": ("edges", NETWORK_EDGES),
        "modules": ("modules", NETWORK_MODULES),
        "terms": ("terms", CLUSTER_TERMS),
    },
    "batch": {"components": ("components", SAMPLE_COMPONENTS), "tests": ("tests", COMPONENT_TESTS)},
}


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
        "intended_use": RESEARCH_USE,
        "samples": study.samples["timepoint"].value_counts().sort_index().to_dict(),
        "patients": {
            "total": len(study.patients.risk),
            "risk": risk.sort_index().to_dict(),
            "stated_otherwise": list(study.patients.disagreements),
            "notes": list(study.patients.notes),
        },
        "fusions": {
            "absent": study.fusions.absent,
            "assessed": dict(study.fusions.assessed),
            "events": len(study.fusions.events),
            "notes": list(study.fusions.notes),
        },
        "rules": {"alpha": study.options.rules.alpha, "least_change": study.options.rules.least_change},
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
        "missing": list(found.missing),
        "caveats": list(found.caveats),
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
