"""What was looked for: every lesion of the panel is detected, not detected or not assessable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.diagnosis.evidence import BLASTS, SampleEvidence
from leukoscope.diagnosis.values import DETECTED, NOT_ASSESSABLE, NOT_DETECTED, Fusion, Target
from leukoscope.formats.fusion_names import genes_at
from leukoscope.fusions.drivers import is_immunoglobulin

if TYPE_CHECKING:
    import pandas as pd

#: Below this expression of both partners (TPM) a fusion transcript would not be seen.
EXPRESSION_FLOOR = 1.0
_DUX4 = re.compile(r"DUX4(L\d+)?")
#: Quality checks whose failure leaves nothing excluded.
UNRELIABLE = ("read_pairs", "uniquely_mapped_percent", BLASTS)
#: What a lesion that one timepoint excludes and another does not is not.
BLIND = "not assessable in"
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
        row["either_order"]
        and _fits_reciprocally(three, row["gene5"])
        and _fits_reciprocally(five, row["gene3"])
    )
    return bool(pair)


def _by_locus(tpm: Mapping[str, float]) -> dict[str, float]:
    levels: dict[str, float] = {}
    for symbol, value in tpm.items():
        locus = _locus(symbol)
        levels[locus] = levels.get(locus, 0.0) + value
    return levels


def _named(genes: str) -> frozenset[str]:
    return frozenset(genes.split("|"))


def _fits(names: frozenset[str], wanted: str) -> bool:
    return "*" in _named(wanted) or bool(names & _named(wanted))


def _fits_reciprocally(names: frozenset[str], wanted: str) -> bool:
    """Return whether genes fit in the other order: only named partners do, where some are named beside any."""
    named = _named(wanted) - {"*"}
    return bool(names & named) if named else True


@dataclass(frozen=True, slots=True)
class _Ground:
    """What one sample has to exclude a lesion with."""

    name: str  #: timepoint, or the sample if that is not stated
    searched: bool
    given: bool  #: the fusions came as a table, of whatever caller
    failure: str  #: of the quality gate, or no leukaemia
    read_pairs: float | None
    tpm: Mapping[str, float] | None  #: by locus


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
    grounds = [
        _Ground(
            e.timepoint or e.sample,
            e.fusions is not None,
            e.fusions_given,
            e.hiding(UNRELIABLE),
            e.checks().get("read_pairs", {}).get("value"),
            None if e.genes is None else _by_locus(e.tpm()),
        )
        for e in samples
        if e.shows_disease
    ]
    assessed = []
    for record in targets.to_dict("records"):
        row = {str(key): value for key, value in record.items()}
        status, basis = _status(row, fusions, grounds)
        texts = {name: row[name] for name in ("target", "group", "confirm", "caveat", "source")}
        meaning = row["meaning"] if row["evidence"] == "verified" else f"{row['meaning']} (research only)"
        assessed.append(Target(status=status, basis=basis, meaning=meaning, **texts))
    return tuple(assessed)


def _status(row: Mapping[str, Any], fusions: Sequence[Fusion], grounds: Sequence[_Ground]) -> tuple[str, str]:
    found = [fusion for fusion in fusions if row["target"] in fusion.targets]
    confident = [fusion for fusion in found if _confident(fusion)]
    certain = [fusion for fusion in confident if fusion.listing == "clinical" or not fusion.plausibility]
    if certain:
        return DETECTED, _names(certain)
    if confident:
        doubts = ", ".join(dict.fromkeys(fusion.plausibility for fusion in confident))
        return NOT_ASSESSABLE, f"only doubtful candidates ({doubts}): {_names(confident)}"
    if found:
        return NOT_ASSESSABLE, f"only candidates of low confidence: {_names(found)}"
    if not grounds:
        return NOT_ASSESSABLE, "only samples in remission, which hold few leukaemic cells"
    reasons = [_obstacle(row, ground) for ground in grounds]
    able = [ground for ground, reason in zip(grounds, reasons, strict=True) if not reason]
    if not able:
        return NOT_ASSESSABLE, reasons[0]
    clear = {ground.name for ground in able}
    blind = {g.name: reason for g, reason in zip(grounds, reasons, strict=True) if g.name not in clear}
    limits = [f"{BLIND} {name}: {reason}" for name, reason in blind.items()]
    return NOT_DETECTED, "; ".join((_basis(row, able[0]), *limits))


def _confident(fusion: Fusion) -> bool:
    return any(support.confidence in {"high", "medium"} for support in fusion.support)


def _names(fusions: Iterable[Fusion]) -> str:
    shown = [
        f"{fusion.name}{' ' + fusion.exons if fusion.exons else ''} "
        f"({sum(s.split_reads + s.discordant_mates for s in fusion.support)} fragments)"
        for fusion in fusions
    ]
    return ", ".join(dict.fromkeys(shown))


def _obstacle(row: Mapping[str, Any], ground: _Ground) -> str:
    """Return why the lesion cannot be excluded in a sample, empty if it can.

    The promoter of the 5' gene drives a fusion: where it is silent, nothing can be told.  A silent
    3' gene without a named partner speaks against the fusion, which would make it heard.
    """
    if not ground.searched:
        return "fusions were not searched"
    if ground.given and row["kind"] == "within":
        return "the table of fusions came with the sample: its caller may not look inside genes"
    if ground.failure:
        return ground.failure
    if ground.tpm is None:
        blind = ground.given and not _is_known(ground.read_pairs)
        return "neither the depth of the sample nor the expression of the genes is known" if blind else ""
    absent = [genes for genes in (row["gene5"], row["gene3"]) if _levels(genes, ground.tpm) == {}]
    if absent:
        lacking = " and ".join(dict.fromkeys(gene for genes in absent for gene in genes.split("|")))
        return f"the table of expression lacks {lacking}"
    levels = _both_levels(row, ground.tpm)
    if row["gene5"] != "*" and max(levels.values(), default=0.0) < EXPRESSION_FLOOR:
        return f"not expressed: {_in_words(levels)}"
    return ""


def _is_known(number: float | None) -> bool:
    return number is not None and number == number


def _levels(genes: str, tpm: Mapping[str, float]) -> dict[str, float] | None:
    """Return the expression of one side's genes; ``None`` if any gene may stand there."""
    names = genes.split("|")
    return None if "*" in names else {name: tpm[name] for name in names if name in tpm}


def _both_levels(row: Mapping[str, Any], tpm: Mapping[str, float]) -> dict[str, float]:
    return (_levels(row["gene5"], tpm) or {}) | (_levels(row["gene3"], tpm) or {})


def _basis(row: Mapping[str, Any], ground: _Ground) -> str:
    """Return on which depth and expression a lesion was excluded."""
    depth = ground.read_pairs
    parts = ["not in the table of fusions that came with the sample"] if ground.given else []
    parts += [f"{depth / 1e6:.1f} million read pairs"] if depth is not None and _is_known(depth) else []
    levels = _both_levels(row, ground.tpm or {})
    parts.append(_in_words(levels) if levels else "expression of the genes not known")
    return "; ".join(parts)


def _in_words(levels: Mapping[str, float]) -> str:
    return ", ".join(f"{gene} {value:.1f} TPM" for gene, value in levels.items())
