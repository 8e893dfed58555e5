"""All that subtyping looks up, read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.knowledge import knowledge_path
from leukoscope.knowledge.subtype_models import LinearModel, linear_model
from leukoscope.tables.karyotype import KARYOTYPE_CHROMOSOMES, KARYOTYPE_GENES
from leukoscope.tables.subtyping import (
    CELL_MARKERS,
    GENE_REFERENCE,
    LINEAGE_MARKERS,
    LINEAGE_PROFILES,
    OUTLIER_GENES,
    SIGNATURE_GENES,
    SIGNATURES,
    SUBTYPES,
)


@dataclass(frozen=True, slots=True, eq=False)
class SubtypeKnowledge:
    """Tables and models of subtyping and of the karyotype."""

    genes: pd.DataFrame
    profile: NDArray[np.float64]  #: [gene of `genes`] usual log2 CPM, NaN if unknown
    subtypes: pd.DataFrame
    signatures: pd.DataFrame
    signature_genes: pd.DataFrame
    lineage_markers: pd.DataFrame
    lineage_profiles: pd.DataFrame
    cell_markers: pd.DataFrame
    outlier_genes: pd.DataFrame
    karyotype_genes: pd.DataFrame
    karyotype_chromosomes: pd.DataFrame
    panel: LinearModel
    lineage_panel: LinearModel
    scores: LinearModel


@lru_cache(maxsize=1)
def subtype_knowledge() -> SubtypeKnowledge:
    """Return the shipped tables and models."""
    genes = GENE_REFERENCE.read(knowledge_path("gene_reference.tsv.gz"))
    baseline = KARYOTYPE_GENES.read(knowledge_path("karyotype_genes.tsv.gz"))
    usual = baseline.set_index("gene_id")["log2_cpm"].reindex(genes["gene_id"]).to_numpy(np.float64)
    panel = linear_model("lineage_panel")
    return SubtypeKnowledge(
        genes=genes,
        profile=np.where(usual > 0.1, usual, np.nan),
        subtypes=SUBTYPES.read(knowledge_path("subtypes.tsv")),
        signatures=SIGNATURES.read(knowledge_path("subtype_signatures.tsv.gz")),
        signature_genes=SIGNATURE_GENES.read(knowledge_path("signature_genes.tsv.gz")),
        lineage_markers=LINEAGE_MARKERS.read(knowledge_path("lineage_markers.tsv")),
        lineage_profiles=LINEAGE_PROFILES.read(knowledge_path("lineage_profiles.tsv.gz"))
        .set_index("gene_id")
        .loc[list(panel.features)]
        .reset_index(),
        cell_markers=CELL_MARKERS.read(knowledge_path("cell_markers.tsv")),
        outlier_genes=OUTLIER_GENES.read(knowledge_path("outlier_genes.tsv")),
        karyotype_genes=baseline,
        karyotype_chromosomes=KARYOTYPE_CHROMOSOMES.read(knowledge_path("karyotype_chromosomes.tsv")),
        panel=linear_model("subtype_panel"),
        lineage_panel=panel,
        scores=linear_model("subtype_scores"),
    )


@lru_cache(maxsize=1)
def reference_scores() -> pd.DataFrame:
    """Return the score vectors of the 2,294 published reference samples."""
    return pd.read_csv(knowledge_path("subtype_reference_scores.tsv.gz"), sep="\t")
