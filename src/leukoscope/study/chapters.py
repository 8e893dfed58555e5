"""What each further chapter of a cohort analysis found; without data a chapter says why in `absent`.

Every table is empty by default, so that ``Longitudinal(absent="…")`` is a chapter with nothing in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from leukoscope.tables.coexpression import NETWORK_EDGES, NETWORK_GENES
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


@dataclass(frozen=True, slots=True)
class KnownSubtypes:
    """Whether a new expression group is an old subtype."""

    calls: pd.DataFrame = field(default_factory=SUBTYPE_CALLS.empty)  #: of every sample with expression
    table: pd.DataFrame = field(default_factory=GROUP_SUBTYPES.empty)
    verdicts: pd.DataFrame = field(default_factory=GROUP_VERDICTS.empty)
    agreement: float = math.nan  #: adjusted Rand index of groups and called classes
    stated_agreement: float = math.nan  #: the same with the column ``subtype`` of the sample sheet
    p_value: float = math.nan  #: independence of group and class
    cramers_v: float = math.nan  #: its effect size, corrected for bias
    absent: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Longitudinal:
    """What becomes of fusions, blasts and the signal of the class from onset to remission to relapse."""

    samples: pd.DataFrame = field(default_factory=COURSE_SAMPLES.empty)
    fusions: pd.DataFrame = field(default_factory=COURSE_FUSIONS.empty)
    tests: pd.DataFrame = field(default_factory=COURSE_TESTS.empty)
    absent: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FusionSets:
    """Breakpoint genes that groups share, and where on the genome events rise or fall (Figs 1B–D, 3)."""

    sets: pd.DataFrame = field(default_factory=FUSION_SETS.empty)
    shared: pd.DataFrame = field(default_factory=SHARED_GENES.empty)
    loci: pd.DataFrame = field(default_factory=FUSION_LOCI.empty)
    sizes: tuple[tuple[str, int], ...] = ()  #: compared groups and how many genes each has
    absent: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GeneClusters:
    """Clusters of genes over the expression groups, with their pathways (Fig. 8D)."""

    genes: pd.DataFrame = field(default_factory=GENE_CLUSTERS.empty)
    terms: pd.DataFrame = field(default_factory=CLUSTER_TERMS.empty)
    #: z-scores of the heat map: genes in the order of their clusters, samples in that of their groups
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    absent: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkFindings:
    """Genes that are expressed together."""

    genes: pd.DataFrame = field(default_factory=NETWORK_GENES.empty)
    edges: pd.DataFrame = field(default_factory=NETWORK_EDGES.empty)
    modules: pd.DataFrame = field(default_factory=NETWORK_MODULES.empty)
    terms: pd.DataFrame = field(default_factory=CLUSTER_TERMS.empty)  #: `cluster` is the module
    absent: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Principal components of all samples and what they go with."""

    components: pd.DataFrame = field(default_factory=SAMPLE_COMPONENTS.empty)
    tests: pd.DataFrame = field(default_factory=COMPONENT_TESTS.empty)
    absent: str = ""
    notes: tuple[str, ...] = ()
