"""Marker genes of one patient: expressed, silent, or not assessable."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.evidence import SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Marker, MarkerValue
from leukoscope.quality import PAR1_GENES

if TYPE_CHECKING:
    import pandas as pd

#: From here on (TPM) a gene counts as expressed.
EXPRESSED = 1.0
#: From this number of genes on, expression is comparable with that of other cohorts.
WHOLE_TRANSCRIPTOME = 10_000
_OFFSET = 0.05  # CPM; the population's smallest values stand near it


def read_markers(markers: pd.DataFrame, samples: Sequence[SampleEvidence]) -> tuple[Marker, ...]:
    """Return the expression of every marker gene in every sample, in the order of the table.

    Parameters
    ----------
    markers
        Genes to show (:data:`~leukoscope.tables.knowledge.MARKERS`).
    samples
        The patient's samples.
    """
    profiles = [_profile(evidence) for evidence in samples]
    return tuple(
        Marker(
            symbol=str(row["gene"]),
            group=str(row["group"]),
            why=str(row["why"]) + ("" if row["evidence"] == "verified" else " (research only)"),
            source=str(row["source"]),
            values=tuple(_value(str(row["gene"]), profile, row) for profile in profiles),
        )
        for row in markers.to_dict("records")
    )


@dataclass(frozen=True, slots=True)
class _Profile:
    """The expression of one sample."""

    sample: str
    timepoint: str
    measured: bool
    shallow: bool  #: too few reads to call a gene silent
    tpm: Mapping[str, float]
    ranked: Sequence[float]  #: of the expressed genes, lowest first
    cpm: Mapping[str, float]  #: empty unless a whole transcriptome was counted


def _profile(evidence: SampleEvidence) -> _Profile:
    tpm = evidence.tpm()
    return _Profile(
        sample=evidence.sample,
        timepoint=evidence.timepoint,
        measured=evidence.genes is not None,
        shallow=evidence.checks().get("read_pairs", {}).get("verdict") == "FAIL",
        tpm=tpm,
        ranked=sorted(level for level in tpm.values() if level > 0),
        cpm=evidence.cpm() if len(tpm) >= WHOLE_TRANSCRIPTOME else {},
    )


def _value(gene: str, profile: _Profile, population: Mapping[Hashable, Any]) -> MarkerValue:
    reason, level, ranked = _obstacle(gene, profile), profile.tpm.get(gene), profile.ranked
    at: dict[str, Any] = {"sample": profile.sample, "timepoint": profile.timepoint, "reason": reason}
    if reason or level is None:
        return MarkerValue(status=NOT_ASSESSABLE, tpm=level, rank_percent=None, z=None, **at)
    rank = 100 * bisect_left(ranked, level) / len(ranked) if ranked and level > 0 else None
    status = DETECTED if level >= EXPRESSED else NOT_DETECTED
    return MarkerValue(status=status, tpm=level, rank_percent=rank, z=_z(gene, profile, population), **at)


def _z(gene: str, profile: _Profile, population: Mapping[Hashable, Any]) -> float | None:
    mean, spread = population.get("reference_mean", math.nan), population.get("reference_sd", math.nan)
    if gene not in profile.cpm or not spread > 0:
        return None
    return float((math.log2(profile.cpm[gene] + _OFFSET) - mean) / spread)


def _obstacle(gene: str, profile: _Profile) -> str:
    if not profile.measured:
        return "expression was not measured"
    if gene not in profile.tpm:
        return "not in the annotation of the reference"
    if not profile.ranked:
        return "no gene has any expression"
    if gene in PAR1_GENES and all(profile.tpm.get(name) == 0 for name in PAR1_GENES):
        return "all pseudo-autosomal genes read zero: the reference probably keeps their copy on chromosome Y"
    if profile.tpm[gene] < EXPRESSED and profile.shallow:
        return "too few reads to call a gene silent"
    return ""
