"""Candidate mutations outside the hot spots: for the research list, never a lesion by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leukoscope.diagnosis.evidence import SampleEvidence, records
from leukoscope.diagnosis.values import DETECTED, Candidate


def collect_candidates(samples: Sequence[SampleEvidence]) -> tuple[Candidate, ...]:
    """Return the changes of protein in the patient's leukaemia that stand, by sample, gene and place.

    Those that an artefact explains, and hot spots that are told as mutations, are left out.  A change
    that a sample in remission has too was probably inherited; its absence there proves nothing.

    Parameters
    ----------
    samples
        The patient's samples, in their order.
    """
    remissions: dict[tuple[str, str], list[str]] = {}
    for evidence in samples:
        for row in [] if evidence.shows_disease else _rows(evidence):
            remissions.setdefault(_place(row), []).append(evidence.sample)
    return tuple(
        _candidate(evidence, row, remissions.get(_place(row), []))
        for evidence in samples
        if evidence.shows_disease
        for row in _standing(evidence)
    )


def _standing(evidence: SampleEvidence) -> list[dict[str, Any]]:
    """Return the rows that no artefact explains and that are no mutation of a hot spot."""
    told = _told(evidence)
    return [
        row
        for row in _rows(evidence)
        if not row["rejected_by"] and (row["gene"], row["protein_change"]) not in told
    ]


def _candidate(evidence: SampleEvidence, row: dict[str, Any], remissions: Sequence[str]) -> Candidate:
    numbers = {"depth": row["depth"], "fragments": row["alternative_fragments"], "fraction": row["fraction"]}
    return Candidate(
        sample=evidence.sample,
        timepoint=evidence.timepoint,
        gene=row["gene"],
        change=row["protein_change"],
        consequence=row["consequence"],
        locus=f"{row['locus']} {row['reference']}>{row['alternative']}",
        caller=row["caller"],
        note=row["note"],
        meaning=row["meaning"],
        remissions=tuple(dict.fromkeys(remissions)),
        **{name: None if value != value else float(value) for name, value in numbers.items()},
    )


def _rows(evidence: SampleEvidence) -> list[dict[str, Any]]:
    if evidence.candidates is None:
        return []
    return records(evidence.candidates.sort_values(["gene", "locus", "alternative", "caller"]))


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["locus"]), str(row["alternative"])


def _told(evidence: SampleEvidence) -> set[tuple[str, str]]:
    if evidence.variants is None:
        return set()
    detected = evidence.variants[evidence.variants["status"] == DETECTED]
    return set(zip(detected["gene"].astype(str), detected["protein_change"].astype(str), strict=True))
