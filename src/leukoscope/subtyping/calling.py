"""`call_subtypes`: which leukaemia each sample is, from whatever evidence there is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leukoscope.expression import Expression
from leukoscope.karyotype.calling import KaryotypeCalls, call_karyotypes
from leukoscope.karyotype.profile import CHROMOSOMES
from leukoscope.knowledge.subtype_tables import SubtypeKnowledge
from leukoscope.subtyping.doubts import UNSEEN, held_against_sheet, other_lineages, why_not_called
from leukoscope.subtyping.experts import GROUPS, ExpressionVote, vote
from leukoscope.subtyping.findings import (
    DETECTED,
    NOT_ASSESSABLE,
    Finding,
    fusion_findings,
    karyotype_findings,
    outlier_findings,
    variant_findings,
)
from leukoscope.subtyping.integration import ALL_GROUPS, Call, integrate
from leukoscope.subtyping.lineage import LINEAGES, Lineage, tell_lineage
from leukoscope.subtyping.outliers import find_outliers
from leukoscope.subtyping.phenotype import blast_fraction, counts_per_million, tell_immunophenotype, tell_sex
from leukoscope.subtyping.sample_sheet import Names, sheet_conflicts
from leukoscope.subtyping.signatures import STAGES, score_signatures
from leukoscope.tables.subtyping import (
    DRIVER_EVIDENCE,
    NORMAL,
    SUBTYPE_CALLS,
    SUBTYPE_EVIDENCE,
    SUBTYPE_PROBABILITIES,
    VARIANT_EVIDENCE,
)

#: Blast fraction below which a call from expression is at most suggestive.
FEW_BLASTS = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class SubtypeCalls:
    """What was found in every sample, and what it rests on."""

    table: pd.DataFrame  #: :data:`~leukoscope.tables.subtyping.SUBTYPE_CALLS`
    probabilities: pd.DataFrame  #: :data:`~leukoscope.tables.subtyping.SUBTYPE_PROBABILITIES`
    evidence: pd.DataFrame  #: :data:`~leukoscope.tables.subtyping.SUBTYPE_EVIDENCE`
    karyotype: KaryotypeCalls
    vote: ExpressionVote


@dataclass(frozen=True, slots=True, eq=False)
class _Traits:
    """What expression says of every sample besides the class."""

    lineage: Lineage
    sex: list[str]
    blasts: NDArray[np.float64]
    immunophenotype: list[str]
    stage: list[str]


def call_subtypes(
    expression: Expression,
    knowledge: SubtypeKnowledge,
    *,
    drivers: pd.DataFrame | None = None,
    with_fusions: Collection[str] | None = None,
    variants: pd.DataFrame | None = None,
    allele_fractions: pd.DataFrame | None = None,
    known: Mapping[str, Mapping[str, str]] | None = None,
) -> SubtypeCalls:
    """Call lineage, class, member and tier of every sample.

    Every sample is called on its own: alone or in a batch, the bytes are the same.

    Parameters
    ----------
    expression
        The samples.
    knowledge
        Models and tables (:func:`~leukoscope.knowledge.subtype_tables.subtype_knowledge`).
    drivers
        Driver fusions of all samples (:data:`~leukoscope.tables.subtyping.DRIVER_EVIDENCE`); None
        if fusions were not looked for.
    with_fusions
        Samples in which fusions were looked for; by default all, if `drivers` is given.
    variants
        Hot spots of all samples (:data:`~leukoscope.tables.subtyping.VARIANT_EVIDENCE`), or None.
    allele_fractions
        Sites of a VCF (:data:`~leukoscope.tables.karyotype.ALLELE_FRACTIONS`), or None.
    known
        What the sample sheet says of a sample: ``sex``, ``subtype``, ``karyotype`` (ISCN), ``blast_percent``;
        contradictions become conflicts.
    """
    drivers = None if drivers is None else DRIVER_EVIDENCE.check(drivers)
    variants = None if variants is None else VARIANT_EVIDENCE.check(variants)
    looked = (
        set(expression.samples if with_fusions is None else with_fusions) if drivers is not None else set()
    )
    votes = vote(expression, knowledge)
    traits = _traits(expression, knowledge, votes)
    karyotype = call_karyotypes(
        expression, knowledge.karyotype_genes, knowledge.karyotype_chromosomes, allele_fractions
    )
    cpm = counts_per_million(expression)
    outliers = find_outliers(cpm, expression, knowledge.outlier_genes)
    names = Names(knowledge.subtypes)
    calls, findings = [], []
    for row, sample in enumerate(expression.samples):
        found = [
            *_expression_findings(votes, row),
            *_chromosome_findings(karyotype, row),
            *outlier_findings(outliers[row]),
        ]
        if drivers is not None:
            found += fusion_findings(drivers[drivers["sample"] == sample], names.canonical, names.group)
        if variants is not None:
            found += variant_findings(variants[variants["sample"] == sample])
        call = integrate(
            votes.log_weight[row], traits.lineage.probability[row], found, fusions_given=sample in looked
        )
        calls.append(held_against_sheet(call, (known or {}).get(sample, {})))
        findings.append(found)
    conflicts = sheet_conflicts(expression.samples, calls, traits.sex, names, known or {})
    for sample, told in zip(expression.samples, conflicts, strict=True):
        told += karyotype.conflicts(sample, (known or {}).get(sample, {}).get("karyotype", ""))
    rows = [
        _call_row(row, expression, calls[row], findings[row], traits, votes, karyotype, names, conflicts[row])
        for row in range(len(calls))
    ]
    return SubtypeCalls(
        SUBTYPE_CALLS.check(pd.DataFrame(rows, columns=SUBTYPE_CALLS.names)),
        _probability_table(expression, calls, votes),
        _evidence_table(expression, findings, traits),
        karyotype,
        votes,
    )


def _traits(expression: Expression, knowledge: SubtypeKnowledge, votes: ExpressionVote) -> _Traits:
    of_lineage = np.full_like(votes.features, np.nan) if expression.only_loud else votes.features
    lineage = tell_lineage(
        of_lineage, knowledge.lineage_panel, knowledge.lineage_profiles, knowledge.lineage_markers
    )
    cpm = counts_per_million(expression)
    stages = score_signatures(
        expression, knowledge.signatures, knowledge.signature_genes, kind="stage", names=STAGES
    )
    enough = stages.n_genes >= 0.5 * len(knowledge.signature_genes)
    stage = [
        STAGES[int(s.argmax())] if ok else NOT_ASSESSABLE for s, ok in zip(stages.raw, enough, strict=True)
    ]
    blasts = blast_fraction(cpm, expression, knowledge.cell_markers)
    leukaemic = 1.0 - lineage.probability[:, LINEAGES.index("normal")]
    return _Traits(
        lineage, tell_sex(cpm, expression), blasts * leukaemic, tell_immunophenotype(cpm, expression), stage
    )


def _expression_findings(votes: ExpressionVote, row: int) -> list[Finding]:
    found = []
    for name, table in (("panel", votes.panel), ("signature", votes.score)):
        values = table[row]
        if np.isnan(values).all():
            text = f"The {name} expert keeps silent: too few of its genes were measured"
            found.append(Finding("expression", NOT_ASSESSABLE, "", "", np.nan, text))
            continue
        best = int(np.nanargmax(values))
        text = f"The {name} expert takes the expression pattern for {GROUPS[best]} ({values[best]:.0%})"
        found.append(Finding("expression", DETECTED, GROUPS[best], GROUPS[best], np.nan, text))
    return found


def _chromosome_findings(karyotype: KaryotypeCalls, row: int) -> list[Finding]:
    ploidy = karyotype.ploidy.iloc[row]
    return karyotype_findings(
        karyotype.fits[row],
        float(ploidy["chromosome21"]),
        float(np.median(karyotype.profile.n_genes[row, : len(CHROMOSOMES)])),
        with_alleles=ploidy["allele_fractions"] == "used",
    )


def _call_row(
    row: int,
    expression: Expression,
    call: Call,
    findings: list[Finding],
    traits: _Traits,
    votes: ExpressionVote,
    karyotype: KaryotypeCalls,
    names: Names,
    contradictions: list[str],
) -> list[object]:
    sample = expression.samples[row]
    ploidy = karyotype.ploidy.iloc[row]
    blasts = float(traits.blasts[row])
    is_b = call.group in GROUPS
    tier = "suggestive" if is_b and blasts < FEW_BLASTS and call.tier == "probable" else call.tier
    conflicts = [*call.conflicts, *other_lineages(traits.lineage, row, call), *contradictions]
    supporting = [f.statement for f in findings if f.status == DETECTED and f.group == call.group]
    return [
        sample, call.group, call.subtype, round(call.probability, 4), tier, traits.lineage.name(row),
        call.member_status, call.second_group, round(call.second_probability, 4), "; ".join(call.second_drivers),
        names.who.get(call.subtype, ""), names.icc.get(call.subtype, ""), round(blasts, 3), traits.sex[row],
        traits.immunophenotype[row] if is_b else NOT_ASSESSABLE, traits.stage[row], ploidy["chromosome_number"],
        ploidy["hyperdiploid_index"],
        "; ".join(f.statement.split(" ")[0] for f in findings if f.kind == "outlier" and f.status == DETECTED),
        expression.units[row], int(votes.n_panel[row]), "; ".join(supporting), "; ".join(conflicts),
        "; ".join(_notes(findings, call, ploidy, blasts) + _matrix_notes(expression, row)),
        why_not_called(expression, traits.lineage, row, call),
    ]  # fmt: skip


def _matrix_notes(expression: Expression, row: int) -> list[str]:
    notes = []
    if expression.n_filtered:
        notes.append(
            f"The matrix was filtered by expression: {expression.n_filtered} genes that it lacks were taken as silent"
        )
    if expression.lost[row]:
        lost = ", ".join(expression.lost[row])
        notes.append(f"Not a single read on {lost}: its genes were taken as not measured")
    return notes


def _notes(findings: list[Finding], call: Call, ploidy: pd.Series, blasts: float) -> list[str]:
    notes = [f.statement for f in findings if f.status == NOT_ASSESSABLE]
    if ploidy["note"] and (
        call.group in {"Hyperdiploid", "Near haploid", "Low hypodiploid"} or ploidy["status"] != DETECTED
    ):
        notes.append(f"Ploidy class: {ploidy['note']}")
    if call.group and call.member_status == NOT_ASSESSABLE:
        notes.append(f"Which member of the {call.group} it is needs a fusion call")
    if call.group == NORMAL and call.tier != "none":
        notes.append(UNSEEN)
    elif blasts < FEW_BLASTS:
        notes.append(f"Few blasts ({blasts:.0%} of the RNA): expression shows the normal cells")
    return notes


def _probability_table(expression: Expression, calls: list[Call], votes: ExpressionVote) -> pd.DataFrame:
    n_other = len(ALL_GROUPS) - len(GROUPS)
    parts = [
        pd.DataFrame(
            {
                "sample": sample,
                "group": ALL_GROUPS,
                "probability": call.probabilities.round(6),
                "panel": np.append(votes.panel[row], np.full(n_other, np.nan)).round(6),
                "score": np.append(votes.score[row], np.full(n_other, np.nan)).round(6),
            }
        )
        for row, (sample, call) in enumerate(zip(expression.samples, calls, strict=True))
    ]
    return (
        SUBTYPE_PROBABILITIES.check(pd.concat(parts, ignore_index=True))
        if parts
        else SUBTYPE_PROBABILITIES.empty()
    )


def _evidence_table(expression: Expression, findings: list[list[Finding]], traits: _Traits) -> pd.DataFrame:
    rows = []
    for row, sample in enumerate(expression.samples):
        values = traits.lineage.probability[row]
        lineage = ", ".join(f"{name} {p:.0%}" for name, p in zip(LINEAGES, values, strict=True))
        rows.append([sample, "lineage", DETECTED, "", np.nan, f"Lineage: {lineage}"])
        ordered = sorted(findings[row], key=lambda f: -abs(np.nan_to_num(f.log_odds)))
        rows += [[sample, f.kind, f.status, f.subtype, f.log_odds, f.statement] for f in ordered]
        status = NOT_ASSESSABLE if traits.sex[row] in {NOT_ASSESSABLE, "uncertain"} else DETECTED
        rows.append([sample, "sex", status, "", np.nan, f"Sex by XIST and Y genes: {traits.sex[row]}"])
    return SUBTYPE_EVIDENCE.check(pd.DataFrame(rows, columns=SUBTYPE_EVIDENCE.names))
