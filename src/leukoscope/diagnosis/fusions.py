"""The fusions of one patient: one finding per pair of genes, over breakpoints and samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.evidence import SampleEvidence
from leukoscope.diagnosis.targets import matching_targets
from leukoscope.diagnosis.values import Fusion, FusionSupport
from leukoscope.fusions.drivers import match_driver
from leukoscope.fusions.structure import fusion_structure, structure_to_json

if TYPE_CHECKING:
    import pandas as pd

    from leukoscope.genemodel import GeneModel

#: Fusions that get a drawing, best first.
MAX_DRAWN = 25
_CONFIDENCE = {"high": 0, "medium": 1, "low": 2}


def collect_fusions(
    samples: Sequence[SampleEvidence],
    targets: pd.DataFrame,
    drivers: pd.DataFrame,
    gene_model: GeneModel | None = None,
) -> tuple[Fusion, ...]:
    """Return the fusions of a patient: clinical list first, then by confidence and support.

    Calls of one pair at several breakpoints are one finding with its best supported call; a
    pair that several samples show is one finding with the support of each.  A finding belongs
    to the clinical list if it is of the panel, or defines a class of B-ALL, by a source that
    was verified, and if its confidence is not low; everything else is on the research list.

    Parameters
    ----------
    samples
        The patient's samples, in the order in which they are told.
    targets
        The panel (:data:`~leukoscope.tables.knowledge.TARGETS`).
    drivers
        Classes that fusions define (:data:`~leukoscope.tables.driver_fusions.DRIVER_FUSIONS`).
    gene_model
        Annotation of the reference; without it no fusion can be drawn.
    """
    calls: dict[tuple[str, str], dict[str, list[Mapping[str, Any]]]] = {}
    for evidence in samples:
        for call in _standing_calls(evidence.fusions):
            pair = (str(call["gene1"]), str(call["gene2"]))
            calls.setdefault(pair, {}).setdefault(evidence.sample, []).append(call)
    by_name = {evidence.sample: evidence for evidence in samples}
    found = [_finding(pair, rows, by_name, targets, drivers) for pair, rows in calls.items()]
    ordered = sorted(found, key=_place)
    if gene_model is None:
        return tuple(ordered)
    drawn = [_drawn(fusion, calls[fusion.gene5, fusion.gene3], gene_model) for fusion in ordered[:MAX_DRAWN]]
    return (*drawn, *ordered[MAX_DRAWN:])


def _standing_calls(fusions: pd.DataFrame | None) -> list[dict[str, Any]]:
    if fusions is None:
        return []
    calls = [{str(key): value for key, value in call.items()} for call in fusions.to_dict("records")]
    return sorted((call for call in calls if not call.get("rejected_by")), key=_rank)


def _rank(call: Mapping[str, Any]) -> tuple[Any, ...]:
    confidence = _CONFIDENCE.get(str(call["confidence"]), len(_CONFIDENCE))
    return confidence, -_fragments(call), str(call["breakpoint1"]), str(call["breakpoint2"])


def _fragments(call: Mapping[str, Any]) -> int:
    return int(call["split_reads1"]) + int(call["split_reads2"]) + int(call["discordant_mates"])


def _place(fusion: Fusion) -> tuple[Any, ...]:
    best = min(_CONFIDENCE.get(support.confidence, len(_CONFIDENCE)) for support in fusion.support)
    fragments = max(support.split_reads + support.discordant_mates for support in fusion.support)
    return fusion.listing != "clinical", best, -fragments, fusion.name, fusion.gene5, fusion.gene3


def _finding(
    pair: tuple[str, str],
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    samples: Mapping[str, SampleEvidence],
    targets: pd.DataFrame,
    drivers: pd.DataFrame,
) -> Fusion:
    support = tuple(_support(samples[name], calls) for name, calls in rows.items())
    best = min((calls[0] for calls in rows.values()), key=_rank)
    name = str(best.get("fusion") or "::".join(pair))
    panel = matching_targets(targets, best)
    driver = match_driver(*pair, str(best["type"]), str(best["reading_frame"]), drivers)
    doubts = str(best.get("plausibility") or "")
    listed = any(row["evidence"] == "verified" for row in panel) and not doubts
    known = listed or (driver is not None and driver.verified)
    certain = str(best["confidence"]) in {"high", "medium"}
    return Fusion(
        name=name,
        gene5=pair[0],
        gene3=pair[1],
        exons=str(best.get("exons") or ""),
        vicc=str(best.get("vicc") or ""),
        event=str(best["type"]),
        sites=f"{best['site1']} – {best['site2']}",
        reading_frame=str(best["reading_frame"]),
        domains=str(best["retained_protein_domains"]),
        listing="clinical" if known and certain else "research",
        targets=tuple(str(row["target"]) for row in panel),
        driver_class=driver.label if driver else "",
        who=driver.who_haem5 if driver and driver.verified else "",
        icc=driver.icc_2022 if driver and driver.verified else "",
        plausibility=doubts,
        panel_frequency=_number(best.get("panel_frequency")),
        support=support,
        structure=None,
    )


def _drawn(fusion: Fusion, rows: Mapping[str, Sequence[Mapping[str, Any]]], gene_model: GeneModel) -> Fusion:
    best = min((calls[0] for calls in rows.values()), key=_rank)
    return replace(fusion, structure=structure_to_json(fusion_structure(best, gene_model)))


def _support(evidence: SampleEvidence, calls: Sequence[Mapping[str, Any]]) -> FusionSupport:
    best = calls[0]
    return FusionSupport(
        sample=evidence.sample,
        timepoint=evidence.timepoint,
        breakpoint5=str(best["breakpoint1"]),
        breakpoint3=str(best["breakpoint2"]),
        split_reads=int(best["split_reads1"]) + int(best["split_reads2"]),
        discordant_mates=int(best["discordant_mates"]),
        confidence=str(best["confidence"]),
        probability=_number(best.get("probability")),
        further_breakpoints=len(calls) - 1,
    )


def _number(value: object) -> float | None:
    """Return a number, or ``None`` for a missing one."""
    if isinstance(value, float | int) and value == value:
        return float(value)
    return None
