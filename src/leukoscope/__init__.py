"""leukoscope reads the RNA of a child's leukaemia.

It says what disease this is, why it may resist treatment, and what could be tried.  For
research use only.  The public names below are bound on first use, so that importing the
package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from leukoscope.version import __version__

_PUBLIC: dict[str, str] = {
    "call_fusions": "leukoscope.fusions.calling",
    "call_subtypes": "leukoscope.subtyping.calling",
    "Cohort": "leukoscope.cohort",
    "compare_carriers": "leukoscope.association",
    "consensus_cluster": "leukoscope.clustering",
    "contrast_genes": "leukoscope.differential",
    "enrich_ranked": "leukoscope.enrichment",
    "find_overrepresented": "leukoscope.enrichment",
    "fit_model": "leukoscope.differential",
    "fusion_svg": "leukoscope.report.fusion_drawing",
    "GeneModel": "leukoscope.genemodel",
    "GeneSets": "leukoscope.genesets",
    "InputError": "leukoscope.errors",
    "LeukoscopeError": "leukoscope.errors",
    "open_reference": "leukoscope.formats.reference",
    "read_counts": "leukoscope.formats.counts",
    "read_fusions": "leukoscope.formats.fusion_tables",
    "read_gmt": "leukoscope.formats.gmt",
    "ReferenceDataError": "leukoscope.errors",
    "scan_alignments": "leukoscope.formats.bam",
    "score_samples": "leukoscope.enrichment",
    "study_cohort": "leukoscope.study",
    "ToolError": "leukoscope.errors",
}

if TYPE_CHECKING:
    from leukoscope.association import compare_carriers
    from leukoscope.clustering import consensus_cluster
    from leukoscope.cohort import Cohort
    from leukoscope.differential import contrast_genes, fit_model
    from leukoscope.enrichment import enrich_ranked, find_overrepresented, score_samples
    from leukoscope.errors import InputError, LeukoscopeError, ReferenceDataError, ToolError
    from leukoscope.formats.bam import scan_alignments
    from leukoscope.formats.counts import read_counts
    from leukoscope.formats.fusion_tables import read_fusions
    from leukoscope.formats.gmt import read_gmt
    from leukoscope.formats.reference import open_reference
    from leukoscope.fusions.calling import call_fusions
    from leukoscope.genemodel import GeneModel
    from leukoscope.genesets import GeneSets
    from leukoscope.report.fusion_drawing import fusion_svg
    from leukoscope.study import study_cohort
    from leukoscope.subtyping.calling import call_subtypes

__all__ = [
    "Cohort",
    "GeneModel",
    "GeneSets",
    "InputError",
    "LeukoscopeError",
    "ReferenceDataError",
    "ToolError",
    "__version__",
    "call_fusions",
    "call_subtypes",
    "compare_carriers",
    "consensus_cluster",
    "contrast_genes",
    "enrich_ranked",
    "find_overrepresented",
    "fit_model",
    "fusion_svg",
    "open_reference",
    "read_counts",
    "read_fusions",
    "read_gmt",
    "scan_alignments",
    "score_samples",
    "study_cohort",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'leukoscope' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
