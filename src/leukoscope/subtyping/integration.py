"""Weigh all evidence of one sample: class, member, tier, conflicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from leukoscope.subtyping.experts import GROUPS
from leukoscope.subtyping.findings import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Finding
from leukoscope.subtyping.lineage import LINEAGES
from leukoscope.tables.subtyping import NORMAL

FloatArray = NDArray[np.float64]

#: All that a call can say: the classes of B-ALL, and what is none.
ALL_GROUPS = (*GROUPS, "T-ALL", "Myeloid", NORMAL)
_OF_LINEAGE = {"T": "T-ALL", "myeloid": "Myeloid", "normal": NORMAL}

DEFINITE, PROBABLE, SUGGESTIVE, NONE = "definite", "probable", "suggestive", "none"
#: Probability from which each tier may be given.
DEFINITE_P, PROBABLE_P, SUGGESTIVE_P = 0.9, 0.8, 0.5
#: Classes that expression can tell from the others, but whose member only the lesion tells.
MEMBERS = {"Ph group": ("BCR::ABL1", "Ph-like"), "ETV6 group": ("ETV6::RUNX1", "ETV6::RUNX1-like")}
#: Classes that are defined by chromosomes, with what the karyotype must not say.
_PLOIDY_GROUPS = ("Hyperdiploid", "Low hypodiploid", "Near haploid", "iAMP21")
#: A definite driver fusion adds this to the odds of B lineage, e.g. in a sample of few blasts.
FUSION_LINEAGE_LOG_ODDS = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """What one sample is, and how sure."""

    group: str  #: empty where none is more probable than the next
    subtype: str
    member_status: str  #: established, likely or not assessable
    probability: float
    tier: str
    second_group: str
    second_probability: float
    probabilities: FloatArray  #: of ALL_GROUPS
    second_drivers: tuple[str, ...]
    conflicts: tuple[str, ...]


def integrate(
    log_weight: FloatArray, lineage: FloatArray, findings: Sequence[Finding], *, fusions_given: bool
) -> Call:
    """Add the log odds of all findings to the vote of expression.

    Parameters
    ----------
    log_weight
        ``[group]`` vote of expression, in the order of GROUPS.
    lineage
        ``[lineage]`` probabilities; what they lack of 1 is of no known lineage, and could be any class.
    findings
        Evidence with the group it bears on and its log odds.
    fusions_given
        Whether fusions were looked for, so that the absence of one tells.
    """
    weight = log_weight.copy()
    for finding in findings:
        if finding.group in GROUPS and not np.isnan(finding.log_odds):
            weight[GROUPS.index(finding.group)] += finding.log_odds
    of_b = softmax(weight)
    lineages = _with_fusions(lineage, findings)
    others = [lineages[LINEAGES.index(name)] for name in _OF_LINEAGE]
    unknown = max(1.0 - float(lineages.sum()), 0.0)
    probabilities = np.array([*(lineages[0] * of_b), *others]) + unknown / len(ALL_GROUPS)
    order = np.argsort(-probabilities, kind="stable")
    is_told = probabilities[order[0]] > probabilities[order[1]]  # else nothing was measured that tells
    group, second = (ALL_GROUPS[i] if is_told else "" for i in order[:2])
    member, status = _member(group, findings, fusions_given=fusions_given)
    conflicts = _conflicts(group, findings, log_weight, lineage)
    drivers = _second_drivers(group, findings)
    probability = float(probabilities[order[0]])
    return Call(
        group, member, status, probability, _tier(group, probability, findings, conflicts), second,
        float(probabilities[order[1]]), probabilities, drivers, conflicts,
    )  # fmt: skip


def _with_fusions(lineage: FloatArray, findings: Sequence[Finding]) -> FloatArray:
    if not any(f.kind == "fusion" and f.defining for f in findings):
        return lineage
    unknown = max(1.0 - float(lineage.sum()), 0.0)
    raised = lineage * np.where(np.arange(lineage.size) == 0, np.exp(FUSION_LINEAGE_LOG_ODDS), 1.0)
    return np.asarray(raised / (raised.sum() + unknown))


def _member(group: str, findings: Sequence[Finding], *, fusions_given: bool) -> tuple[str, str]:
    """Return the member of a class and how well it is established."""
    if not group:
        return "", NOT_ASSESSABLE
    found = [
        f for f in findings if f.group == group and f.status == DETECTED and f.kind in {"fusion", "variant"}
    ]
    if found:
        best = max(found, key=lambda f: f.log_odds)
        return best.subtype, "established" if best.defining else "likely"
    if group in MEMBERS:
        return (MEMBERS[group][1], "likely") if fusions_given else (group, NOT_ASSESSABLE)
    if group in _PLOIDY_GROUPS:
        detected = any(f.group == group and f.kind == "karyotype" and f.defining for f in findings)
        return group, "established" if detected else "likely"
    return group, "likely"


def _tier(group: str, probability: float, findings: Sequence[Finding], conflicts: Sequence[str]) -> str:
    is_b = group in GROUPS
    lesion = any(f.defining and f.group == group for f in findings)
    if any(f.kind == "karyotype" and f.group == group and f.status == NOT_ASSESSABLE for f in findings):
        return SUGGESTIVE if probability >= SUGGESTIVE_P else NONE
    if is_b and lesion and probability >= DEFINITE_P and not conflicts:
        return DEFINITE
    if probability >= PROBABLE_P:
        return PROBABLE
    return SUGGESTIVE if probability >= SUGGESTIVE_P else NONE


def _second_drivers(group: str, findings: Sequence[Finding]) -> tuple[str, ...]:
    others = [
        f"{f.subtype} ({f.statement})"
        for f in findings
        if f.kind in {"fusion", "variant"} and f.status == DETECTED and f.group != group
    ]
    return tuple(others)


def _conflicts(
    group: str, findings: Sequence[Finding], log_weight: FloatArray, lineage: FloatArray
) -> tuple[str, ...]:
    """Return what contradicts the call, or each other."""
    found = []
    by_expression = GROUPS[int(log_weight.argmax())]
    sure = float(softmax(log_weight).max())
    lesions = sorted({f.group for f in findings if f.defining and f.kind in {"fusion", "variant"}})
    if len(lesions) > 1:
        found.append(f"Class-defining lesions of several classes: {', '.join(lesions)}")
    found += [
        f"The lesion says {lesion}, the expression pattern {by_expression} ({sure:.0%})"
        for lesion in lesions
        if lesion != by_expression and sure >= PROBABLE_P
    ]
    if group in {"Hyperdiploid", "iAMP21"}:
        denied = [
            f for f in findings if f.kind == "karyotype" and f.group == group and f.status == NOT_DETECTED
        ]
        if denied and denied[0].log_odds < -1.0:
            found.append(f"The expression pattern says {group}, the chromosomes do not")
    for f in findings:
        if f.kind == "karyotype" and f.defining and f.group != group and group in GROUPS:
            found.append(f"The chromosomes say {f.group}, the call is {group}")
        if f.kind == "outlier" and f.group == group and f.log_odds < 0:
            found.append(f.statement)
    if lesions and lineage[1:].max() >= 0.5:  # told to be another one, not merely unknown
        found.append(
            "A class-defining lesion of B-ALL in a sample whose expression is not B-lineage leukaemia"
        )
    return tuple(found)
