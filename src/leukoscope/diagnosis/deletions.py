"""Deletions in the panel of lesions: inside genes by junctions, CDKN2A/B by expression, and IKZF1plus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from leukoscope.diagnosis.evidence import BLASTS, SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Marker, Target
from leukoscope.variants.deletions import SPLICING

GROUP = "Intragenic events"
PLUS_SOURCE = "DOI:10.1055/s-0040-1709804"
#: Standard deviations of CDKN2A among 1,223 B-ALL below which a deletion would explain the expression;
#: in an open cohort with MLPA it found 5 of 10 deletions, with 1 false among 21.
LOW_CDKN2A = -1.5


def add_deletions(
    targets: Sequence[Target], samples: Sequence[SampleEvidence], markers: Sequence[Marker]
) -> tuple[Target, ...]:
    """Return the panel with what junctions say of deletions, and with CDKN2A/B and IKZF1plus at its end.

    Parameters
    ----------
    targets
        The panel as fusions tell it; a lesion that they detected stays so.
    samples
        The patient's samples; those in remission are not asked.
    markers
        Expression of marker genes.
    """
    shown = [evidence for evidence in samples if evidence.shows_disease]
    rows = [row for evidence in shown for row in evidence.searched(evidence.deletions, (BLASTS,))]
    told = tuple(_told(target, rows) for target in targets)
    cdkn2a = _cdkn2a(markers)
    return (*told, cdkn2a, _ikzf1plus({target.target: target for target in told}, cdkn2a))


def _told(target: Target, rows: Sequence[dict[str, Any]]) -> Target:
    """Return a lesion with what the junctions of its gene say."""
    if target.group != GROUP or not target.target.endswith(" deletion") or target.status == DETECTED:
        return target
    own = [row for row in rows if target.target == f"{row['gene']} deletion"]
    if not own and target.status == NOT_DETECTED:
        return replace(target, status=NOT_ASSESSABLE, basis="reads across its introns were not counted")
    found = [row for row in own if row["status"] == DETECTED]
    known = [row for row in found if row["reason"] != SPLICING]
    if known:
        return replace(target, status=DETECTED, basis=_in_words(known))
    if found:
        return replace(target, status=NOT_ASSESSABLE, basis=f"{_in_words(found)}; {SPLICING}")
    missed = [row for row in own if row["deletion"] == "any"]
    if missed and all(row["status"] == NOT_DETECTED for row in missed):
        return replace(target, status=NOT_DETECTED, basis=_depth(missed[0]))
    reasons = dict.fromkeys(row["reason"] for row in missed if row["status"] == NOT_ASSESSABLE)
    return replace(target, status=NOT_ASSESSABLE, basis="; ".join(reasons)) if reasons else target


def _in_words(rows: Sequence[dict[str, Any]]) -> str:
    return ", ".join(
        f"{row['deletion']}{' (' + row['name'] + ')' if row['name'] else ''}: {row['reads']} reads, "
        f"{row['share']:.0%} of those at its splice sites"
        for row in rows
    )


def _depth(row: dict[str, Any]) -> str:
    return f"{row['usual_reads']:.0f} reads across the usual introns; {row['reason']}"


def _cdkn2a(markers: Sequence[Marker]) -> Target:
    """Return CDKN2A/B, which RNA never settles."""
    values = [v for m in markers if m.symbol == "CDKN2A" for v in m.values if v.timepoint != "remission"]
    scores = [value.z for value in values if value.z is not None]
    if not scores:
        basis = "expression of CDKN2A against other B-ALL is not known"
    elif min(scores) < LOW_CDKN2A:
        basis = f"low CDKN2A (z = {min(scores):.1f}) is consistent with a deletion, and is no proof"
    else:
        basis = f"usual CDKN2A (z = {min(scores):.1f}) does not exclude a deletion"
    return Target(
        target="CDKN2A/B deletion",
        group=GROUP,
        status=NOT_ASSESSABLE,
        basis=basis,
        meaning="Loss of the cell-cycle inhibitors of 9p21 (research only)",
        confirm="MLPA or array",
        caveat="RNA cannot tell a deleted gene from a silent one.",
        source="",
    )


def _ikzf1plus(panel: dict[str, Target], cdkn2a: Target) -> Target:
    status, basis = _plus_status(panel, cdkn2a)
    return Target(
        target="IKZF1plus",
        group=GROUP,
        status=status,
        basis=basis,
        meaning="IKZF1 deletion with a deletion of CDKN2A, CDKN2B (homozygous), PAX5 or PAR1, without an ERG deletion",
        confirm="MLPA or array",
        caveat="The definition rests on DNA; most of its parts leave no sure trace in RNA.",
        source=PLUS_SOURCE,
    )


def _plus_status(panel: dict[str, Target], cdkn2a: Target) -> tuple[str, str]:
    def seen(name: str) -> bool:
        return name in panel and panel[name].status == DETECTED

    against = [name for name in ("ERG deletion", "DUX4 rearrangement") if seen(name)]
    partners = [name for name in ("PAX5 deletion", "P2RY8::CRLF2") if seen(name)]
    if not seen("IKZF1 deletion"):
        return (
            NOT_ASSESSABLE,
            "no deletion inside IKZF1 was seen; the loss of the whole gene cannot be excluded",
        )
    if "ERG deletion" in against:
        return NOT_DETECTED, "IKZF1 deletion with ERG deletion"
    if against:
        return NOT_ASSESSABLE, "DUX4 rearrangement: an ERG deletion is common, and has to be looked for"
    if partners:
        found = f"IKZF1 deletion with {' and '.join(partners)}"
        if "ERG deletion" in panel and panel["ERG deletion"].status == NOT_DETECTED:
            return DETECTED, f"{found}; no ERG deletion was seen"
        return NOT_ASSESSABLE, f"{found}; whether ERG is deleted is open"
    return NOT_ASSESSABLE, f"IKZF1 deletion; its partners are open: {cdkn2a.basis}; PAX5 and PAR1 by MLPA"
