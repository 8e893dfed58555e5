"""Marker genes of one patient: expressed, silent, or not assessable."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.evidence import SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Marker, MarkerValue
from leukoscope.quality import PAR1_GENES

if TYPE_CHECKING:
    import pandas as pd

#: From here on (TPM) a gene counts as expressed.
EXPRESSED = 1.0


def read_markers(markers: pd.DataFrame, samples: Sequence[SampleEvidence]) -> tuple[Marker, ...]:
    """Return the expression of every marker gene in every sample, in the order of the table.

    Parameters
    ----------
    markers
        Genes to show (:data:`~leukoscope.tables.knowledge.MARKERS`).
    samples
        The patient's samples.
    """
    levels = {evidence.sample: evidence.tpm() for evidence in samples}
    ranked = {sample: sorted(v for v in tpm.values() if v > 0) for sample, tpm in levels.items()}
    return tuple(
        Marker(
            symbol=str(row["gene"]),
            group=str(row["group"]),
            why=str(row["why"]),
            source=str(row["source"]),
            values=tuple(
                _value(str(row["gene"]), evidence, levels[evidence.sample], ranked[evidence.sample])
                for evidence in samples
            ),
        )
        for row in markers.to_dict("records")
    )


def _value(
    gene: str, evidence: SampleEvidence, tpm: Mapping[str, float], ranked: Sequence[float]
) -> MarkerValue:
    reason = _obstacle(gene, evidence, tpm)
    level = tpm.get(gene)
    at: dict[str, Any] = {"sample": evidence.sample, "timepoint": evidence.timepoint, "reason": reason}
    if reason or level is None:
        return MarkerValue(status=NOT_ASSESSABLE, tpm=level, rank_percent=None, **at)
    rank = 100 * bisect_left(ranked, level) / len(ranked) if ranked and level > 0 else None
    status = DETECTED if level >= EXPRESSED else NOT_DETECTED
    return MarkerValue(status=status, tpm=level, rank_percent=rank, **at)


def _obstacle(gene: str, evidence: SampleEvidence, tpm: Mapping[str, float]) -> str:
    if evidence.genes is None:
        return "expression was not measured"
    if gene not in tpm:
        return "not in the annotation of the reference"
    if not sum(tpm.values()) > 0:
        return "no gene has any expression"
    silent = all(tpm.get(name) == 0 for name in PAR1_GENES)
    if gene in PAR1_GENES and silent:
        return "all pseudo-autosomal genes read zero: the reference probably keeps their copy on chromosome Y"
    if tpm[gene] < EXPRESSED and evidence.check("read_pairs").get("verdict") == "FAIL":
        return "too few reads to call a gene silent"
    return ""
