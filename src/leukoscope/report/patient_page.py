"""What the patient report shows, part by part: every value is already text."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from leukoscope.diagnosis import Diagnosis
from leukoscope.report.grouped_lines import GroupLine
from leukoscope.report.summary import Summary
from leukoscope.therapy import Therapy


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check of the quality gate."""

    label: str
    value: str
    warn: str
    fail: str
    verdict: str
    consequence: str
    source: str


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """One sample with its quality gate."""

    sample: str
    timepoint: str
    details: tuple[tuple[str, str], ...]
    verdict: str
    checks: tuple[CheckLine, ...]
    passed: str  #: checks that were passed, with their values
    troubled: bool  #: whether a check was not passed
    unmeasured: str  #: checks that were not made


@dataclass(frozen=True, slots=True)
class SupportLine:
    """What one sample shows of a fusion."""

    sample: str
    timepoint: str
    breakpoints: str
    split_reads: str
    discordant_mates: str
    confidence: str
    further: str


@dataclass(frozen=True, slots=True)
class FusionBlock:
    """One fusion; every value is already text."""

    name: str
    vicc: str
    event: str
    doubts: str
    confidence: str
    meaning: str
    facts: tuple[tuple[str, str], ...]
    support: tuple[SupportLine, ...]
    drawing: Markup


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One lesion of the panel."""

    target: str
    group: str
    status: str
    basis: str
    meaning: str
    confirm: str
    source: str


@dataclass(frozen=True, slots=True)
class MarkerLine:
    """One marker gene."""

    symbol: str
    group: str
    values: str
    strip: Markup
    z: str  #: against the population
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class VariantLine:
    """One hot spot that was detected."""

    sample: str
    change: str
    origin: str  #: where another caller reports it, and whether the RNA lacks it
    reads: str
    fraction: str
    meaning: str
    source: str


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """One change outside the hot spots."""

    sample: str
    change: str
    consequence: str
    locus: str
    reads: str
    fraction: str
    limits: str  #: what speaks against a mutation of the leukaemia
    meaning: str


@dataclass(frozen=True, slots=True)
class SubtypeBlock:
    """The subtype of one sample."""

    sample: str
    timepoint: str
    status: str
    name: str
    facts: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    conflicts: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientPage:
    """The whole page."""

    diagnosis: Diagnosis  #: for what needs no wording
    report_id: str
    summary: Summary
    samples: tuple[SampleBlock, ...]
    subtypes: tuple[SubtypeBlock, ...]
    clinical: tuple[FusionBlock, ...]
    research: tuple[FusionBlock, ...]
    research_printed: int  #: how many of these, the best supported, are printed
    no_fusions: str  #: the sentence that stands instead of clinical fusions
    targets: tuple[TargetLine, ...]
    target_groups: tuple[GroupLine, ...]  #: those that were not detected, or not assessable
    target_counts: tuple[tuple[str, int], ...]
    variants: tuple[VariantLine, ...]
    variants_told: str  #: what was read at the hot spots
    hotspots: tuple[GroupLine, ...]  #: the hot spots without mutation, or not assessable
    candidates: tuple[CandidateLine, ...]  #: changes elsewhere in the listed genes
    candidates_told: str  #: in how many samples the genes were looked through
    markers: tuple[MarkerLine, ...]  #: those that can be assessed in a sample
    markers_lost: tuple[tuple[str, str], ...]  #: reasons, and the genes that they keep from being assessed
    markers_note: str  #: what limits the comparison of all of them
    marker_order: str  #: samples in the order of their values, empty if there is one
    marker_axis: Markup
    relapsed: bool
    explained: str  #: poor response, or relapse where the early response was not poor or is not known
    disease: str  #: for which the levels of the drugs are told
    drugs: tuple[tuple[str, str, tuple[Therapy, ...]], ...]  #: heading, kind and rows, none of them empty
    references: tuple[tuple[str, str, str], ...]  #: identifier, citation and address
    glossary: tuple[tuple[str, str], ...]
