"""The parts of a :class:`Diagnosis`.

Everything is frozen and made of text, numbers, tuples and further parts, so that
:mod:`leukoscope.diagnosis.document` can turn it into JSON and back without loss.  A number
that was not measured is ``None``.  Every statement about a lesion has one of three states.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from leukoscope.response import Response
from leukoscope.therapy import Therapy

#: Raised when a reader of an older document would misread a newer one.
SCHEMA_VERSION = 2

DETECTED, NOT_DETECTED, NOT_ASSESSABLE = "detected", "not detected", "not assessable"
#: A mutation by its gene and codon, whatever the residue: KRAS G12.
_CODON = re.compile(r"(\S+ [A-Z]\d+).*")


@dataclass(frozen=True, slots=True)
class Named:
    """A name and what it stands for: a tool and its version, a parameter and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileChecksum:
    """A file that was read, by its name without folders, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check of the quality gate; see :data:`leukoscope.tables.quality.QUALITY`."""

    metric: str
    label: str
    value: float | None
    unit: str
    better: str
    warn: float | None
    fail: float | None
    verdict: str
    consequence: str
    source: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of the patient."""

    sample: str
    timepoint: str
    details: tuple[Named, ...]  #: what the sample sheet says: tissue, age, sex, blasts, ...
    verdict: str  #: of the quality gate: PASS, WARN, FAIL or NOT ASSESSABLE
    checks: tuple[QualityCheck, ...]
    has_fusions: bool  #: whether fusions were searched
    genes: int | None  #: genes whose expression was measured; None if it was not
    has_variants: bool  #: whether hot spots of mutation were read
    has_candidates: bool  #: whether the listed genes were looked through for other changes


@dataclass(frozen=True, slots=True)
class FusionSupport:
    """What one sample shows of a fusion, at its best supported breakpoint."""

    sample: str
    timepoint: str
    breakpoint5: str
    breakpoint3: str
    split_reads: int
    discordant_mates: int
    confidence: str  #: high, medium or low
    probability: float | None
    further_breakpoints: int  #: other calls of the same pair in this sample


@dataclass(frozen=True, slots=True)
class Fusion:
    """One fusion of two genes (or an event within one), over all samples of the patient."""

    name: str  #: HGNC: BCR::ABL1
    gene5: str
    gene3: str
    exons: str  #: e14a2; empty if it cannot be told
    vicc: str
    event: str  #: translocation, deletion/read-through, ...
    sites: str  #: CDS/splice-site – CDS/splice-site
    reading_frame: str  #: in-frame, out-of-frame, stop-codon, or empty
    domains: str
    listing: str  #: clinical or research
    targets: tuple[str, ...]  #: lesions of the panel that it is
    driver_class: str  #: the class of B-ALL that it defines; empty if none
    who: str  #: name of that class in WHO-HAEM5
    icc: str  #: and in the International Consensus Classification 2022
    plausibility: str  #: warnings that it may be no rearrangement; empty if none
    panel_frequency: float | None  #: share of the normal panel with it
    support: tuple[FusionSupport, ...]  #: earliest timepoint first
    structure: dict[str, Any] | None  #: for the drawing; see :mod:`leukoscope.fusions.structure`


@dataclass(frozen=True, slots=True)
class Target:
    """A lesion that was looked for, whether found or not."""

    target: str
    group: str
    status: str  #: detected, not detected or not assessable
    basis: str  #: on which evidence, or why it cannot be told
    meaning: str
    confirm: str  #: with which other method to confirm or exclude it
    caveat: str
    source: str


@dataclass(frozen=True, slots=True)
class MarkerValue:
    """Expression of one gene in one sample."""

    sample: str
    timepoint: str
    status: str  #: detected (≥ 1 TPM), not detected or not assessable
    tpm: float | None
    rank_percent: float | None  #: share of the sample's expressed genes below it
    z: float | None  #: against 1,223 B-ALL, from log2 CPM; None without counts of a whole transcriptome
    reason: str  #: why it cannot be assessed


@dataclass(frozen=True, slots=True)
class Marker:
    """A gene whose expression says something about the leukaemia."""

    symbol: str
    group: str
    why: str
    source: str
    values: tuple[MarkerValue, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One hot spot in one sample; see :data:`leukoscope.tables.variants.VARIANTS`."""

    sample: str
    timepoint: str
    gene: str
    change: str
    status: str
    reason: str
    depth: int
    fragments: int
    fraction: float | None
    meaning: str
    source: str

    @property
    def name(self) -> str:
        """Gene and change: KRAS G12D, or KRAS G12= where only the reference is seen."""
        return f"{self.gene} {self.change.removeprefix('p.')}"

    def is_at(self, name: str) -> bool:
        """Whether a gene, or the codon of a mutation (KRAS G12V), is that of the hot spot."""
        return name == self.gene or _codon(name) == _codon(self.name)


def _codon(name: str) -> str:
    return _CODON.sub(r"\1", name)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A change of protein outside the hot spots in one sample; germline or somatic is not known."""

    sample: str
    timepoint: str
    gene: str
    change: str
    consequence: str  #: missense, nonsense, frameshift, ...
    locus: str  #: contig:position REF>ALT
    depth: float | None  #: fragments or reads; None if the caller does not say
    fragments: float | None  #: of these, with the change
    fraction: float | None
    caller: str  #: alignment, or the file of another caller
    note: str
    meaning: str  #: what a mutation of the gene does
    remissions: tuple[str, ...]  #: the patient's samples in remission that have it too


@dataclass(frozen=True, slots=True)
class Subtype:
    """Which B-ALL a sample is."""

    sample: str
    timepoint: str
    status: str
    reason: str  #: why it was not assessed
    group: str  #: coarser class that expression can tell
    subtype: str
    who: str  #: name in WHO-HAEM5
    icc: str  #: name in the International Consensus Classification 2022
    tier: str  #: definite, probable, suggestive, none, or defined by fusion
    probability: float | None  #: of the group
    details: tuple[Named, ...]  #: lineage, blasts, B-cell stage, ploidy, overexpressed genes, ...
    evidence: tuple[str, ...]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A publication that a statement of the document cites."""

    id: str
    title: str
    year: int
    source: str  #: journal, registry or publisher


@dataclass(frozen=True, slots=True)
class Provenance:
    """How the document was made."""

    software: str
    version: str
    knowledge_release: str
    tools: tuple[Named, ...]
    parameters: tuple[Named, ...]
    inputs: tuple[FileChecksum, ...]
    knowledge: tuple[FileChecksum, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is known of one patient, and what could not be assessed."""

    schema_version: int
    intended_use: str
    patient: str
    samples: tuple[Sample, ...]  #: onset, remission, relapse, then others by name
    subtypes: tuple[Subtype, ...]
    fusions: tuple[Fusion, ...]  #: clinical list first, best supported first
    variants: tuple[Variant, ...]
    candidates: tuple[Candidate, ...]  #: changes outside the hot spots, for research
    targets: tuple[Target, ...]
    markers: tuple[Marker, ...]
    response: Response
    therapies: tuple[Therapy, ...]
    limits: tuple[str, ...]
    references: tuple[Reference, ...]
    provenance: Provenance
