"""What was looked for: every lesion of the panel is detected, not detected or not assessable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.evidence import SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Fusion, Target
from leukoscope.formats.fusion_names import genes_at
from leukoscope.fusions.drivers import is_immunoglobulin

if TYPE_CHECKING:
    import pandas as pd

#: Below this expression of both partners (TPM) a fusion transcript would not be seen.
EXPRESSION_FLOOR = 1.0
_DUX4 = re.compile(r"DUX4(L\d+)?")
_UNRELIABLE = ("read_pairs", "uniquely_mapped_percent", "blast_percent")
_SPOILED = ("read-through", "5'-5'", "3'-3'")


def loci(gene: str) -> frozenset[str]:
    """Return the genes that a name of a fusion table stands for.

    Neighbours of an intergenic breakpoint are several; segments of an immunoglobulin locus and
    copies of DUX4 are one.

    Examples
    --------
    >>> sorted(loci("AL683807.2(442713),DHRSX(8017)"))
    ['AL683807.2', 'DHRSX']
    >>> sorted(loci("IGHJ6") | loci("DUX4L9") | loci("IGLL5"))
    ['DUX4', 'IGH', 'IGLL5']
    """
    return frozenset(_locus(name) for name in genes_at(gene))


def _locus(name: str) -> str:
    if is_immunoglobulin(name):
        return name[:3]
    return "DUX4" if _DUX4.fullmatch(name) else name


def matching_targets(targets: pd.DataFrame, call: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the panel that a fusion call is: those that name most of its genes.

    A row with any partner is not matched by a possible read-through, by genes joined against
    their strands, nor by a call out of frame: a neighbour of ABL1 is not yet a kinase fusion.

    Parameters
    ----------
    targets
        The panel (:data:`~leukoscope.tables.knowledge.TARGETS`).
    call
        A row of :data:`~leukoscope.tables.fusions.FUSIONS`.
    """
    rows = [{str(key): value for key, value in row.items()} for row in targets.to_dict("records")]
    spoiled = any(mark in str(call["type"]) for mark in _SPOILED) or call["reading_frame"] in {
        "out-of-frame",
        "stop-codon",
    }
    found = [row for row in rows if _matches(row, call) and not (spoiled and _open_sides(row))]
    fewest = min((_open_sides(row) for row in found), default=0)
    return [row for row in found if _open_sides(row) == fewest]


def _open_sides(row: Mapping[str, Any]) -> int:
    return [row["gene5"], row["gene3"]].count("*")


def _matches(row: Mapping[str, Any], call: Mapping[str, Any]) -> bool:
    five, three = loci(str(call["gene1"])), loci(str(call["gene2"]))
    if row["kind"] == "within":
        return bool(five & three & _named(row["gene5"])) and row["event"] in str(call["type"])
    if five & three:
        return False
    pair = (_fits(five, row["gene5"]) and _fits(three, row["gene3"])) or (
        row["either_order"] and _fits(three, row["gene5"]) and _fits(five, row["gene3"])
    )
    return bool(pair)


def _named(genes: str) -> frozenset[str]:
    return frozenset(genes.split("|"))


def _fits(names: frozenset[str], wanted: str) -> bool:
    return wanted == "*" or bool(names & _named(wanted))


def assess_targets(
    targets: pd.DataFrame, fusions: Sequence[Fusion], samples: Sequence[SampleEvidence]
) -> tuple[Target, ...]:
    """Return the state of every lesion of the panel, in the order of its groups.

    Parameters
    ----------
    targets
        The panel (:data:`~leukoscope.tables.knowledge.TARGETS`).
    fusions
        Fusions of the patient.
    samples
        The patient's samples.  Only those that should hold leukaemia can exclude a lesion.
    """
    expression = {evidence.sample: evidence.tpm() for evidence in samples}
    assessed = []
    for record in targets.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        status, basis = _status(row, fusions, samples, expression)
        texts = {name: row[name] for name in ("target", "group", "meaning", "confirm", "caveat", "source")}
        assessed.append(Target(status=status, basis=basis, **texts))
    return tuple(assessed)


def _status(
    row: Mapping[str, Any],
    fusions: Sequence[Fusion],
    samples: Sequence[SampleEvidence],
    expression: Mapping[str, Mapping[str, float]],
) -> tuple[str, str]:
    found = [fusion for fusion in fusions if row["target"] in fusion.targets]
    certain = [fusion for fusion in found if _confident(fusion)]
    if certain:
        return DETECTED, _names(certain)
    if found:
        return NOT_ASSESSABLE, f"only candidates of low confidence: {_names(found)}"
    diseased = [evidence for evidence in samples if evidence.shows_disease]
    if not diseased:
        return NOT_ASSESSABLE, "only samples in remission, which hold few leukaemic cells"
    reasons = [_obstacle(row, evidence, expression[evidence.sample]) for evidence in diseased]
    if all(reasons):
        return NOT_ASSESSABLE, reasons[0]
    able = [evidence for evidence, reason in zip(diseased, reasons, strict=True) if not reason]
    return NOT_DETECTED, _ground(row, able[0], expression[able[0].sample])


def _confident(fusion: Fusion) -> bool:
    return any(support.confidence in {"high", "medium"} for support in fusion.support)


def _names(fusions: Iterable[Fusion]) -> str:
    shown = [
        f"{fusion.name}{' ' + fusion.exons if fusion.exons else ''} "
        f"({sum(s.split_reads + s.discordant_mates for s in fusion.support)} fragments)"
        for fusion in fusions
    ]
    return ", ".join(dict.fromkeys(shown))


def _obstacle(row: Mapping[str, Any], evidence: SampleEvidence, tpm: Mapping[str, float]) -> str:
    """Return why the lesion cannot be excluded in a sample, empty if it can.

    The promoter of the 5' gene drives a fusion: where it is silent, nothing can be told.  A silent
    3' gene without a named partner speaks against the fusion, which would make it heard.
    """
    if evidence.fusions is None:
        return "fusions were not searched"
    for metric in _UNRELIABLE:
        check = evidence.check(metric)
        if check.get("verdict") == "FAIL":
            return (
                f"{str(check['label']).lower()}: {check['value']:,.0f}, where {check['fail']:,.0f} are needed"
            )
    sides = [side for side in (_levels(row["gene5"], tpm), _levels(row["gene3"], tpm)) if side is not None]
    if evidence.genes is None or not sides:
        return ""
    if any(not side for side in sides):
        return f"the reference or its annotation lacks {_lacking(row, tpm)}"
    if row["gene5"] != "*" and all(max(side.values()) < EXPRESSION_FLOOR for side in sides):
        return f"not expressed: {_levels_in_words(sides)}"
    return ""


def _levels(genes: str, tpm: Mapping[str, float]) -> dict[str, float] | None:
    """Return the expression of one side's genes; ``None`` if any gene may stand there."""
    names = _named(genes)
    if "*" in names:
        return None
    levels: dict[str, float] = {}
    for symbol, value in tpm.items():
        locus = _locus(symbol)
        if locus in names:
            levels[locus] = levels.get(locus, 0.0) + value
    return levels


def _lacking(row: Mapping[str, Any], tpm: Mapping[str, float]) -> str:
    sides = (row["gene5"], row["gene3"])
    absent = [side.replace("|", " and ") for side in sides if _levels(side, tpm) == {}]
    return " and ".join(dict.fromkeys(absent))


def _ground(row: Mapping[str, Any], evidence: SampleEvidence, tpm: Mapping[str, float]) -> str:
    """Return on which depth and expression a lesion was excluded."""
    depth = evidence.check("read_pairs").get("value")
    parts = [f"{depth / 1e6:.1f} million read pairs"] if depth is not None and depth == depth else []
    sides = [side for side in (_levels(row["gene5"], tpm), _levels(row["gene3"], tpm)) if side]
    parts.append(_levels_in_words(sides) if sides else "expression of the genes not known")
    return "; ".join(parts)


def _levels_in_words(sides: Sequence[Mapping[str, float]]) -> str:
    levels = {gene: value for side in sides for gene, value in side.items()}
    return ", ".join(f"{gene} {value:.1f} TPM" for gene, value in levels.items())
