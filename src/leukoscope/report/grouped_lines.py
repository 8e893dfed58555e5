"""Many lesions in few lines: what shares its state and its reason is told at once.

The document and the workbook hold every lesion and codon by itself.  A page that a clinician
prints needs only what was found, what could not be assessed and why, and what was not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leukoscope.diagnosis.deletions import GROUP as WITHIN_GENES
from leukoscope.diagnosis.targets import BLIND
from leukoscope.diagnosis.values import NOT_ASSESSABLE, NOT_DETECTED, Target, Variant
from leukoscope.report import wording

_MISSED = "Looked for and not seen, but RNA can miss it: another method excludes it."
_CLEAR = "Looked for with enough reads and expression, and not seen."
_WITHIN = "No deletion inside the gene was seen. The loss of a whole gene is not assessable from RNA."


@dataclass(frozen=True, slots=True)
class GroupLine:
    """Lesions, or codons, of one state for one reason."""

    samples: tuple[str, ...]  #: none if the line holds for all samples
    status: str
    basis: str
    members: str


def group_hotspots(variants: Iterable[Variant]) -> tuple[GroupLine, ...]:
    """Return the hot spots without a mutation: what is not assessable first, by sample and reason.

    Codons of one gene stand together.  Where a codon has too few fragments, their number stands
    behind it; where no mutation is seen, the line says how many fragments each codon has at least.
    Samples of which the same holds share a line.
    """
    groups: dict[tuple[str, str, str], list[Variant]] = {}
    for variant in variants:
        if variant.status in {NOT_ASSESSABLE, NOT_DETECTED}:
            key = (variant.sample, variant.status, _shared_basis(variant))
            groups.setdefault(key, []).append(variant)
    samples: dict[tuple[str, str, str], list[str]] = {}
    for (sample, status, basis), members in groups.items():
        told = (status, _told_basis(status, basis, members), _by_gene(members))
        samples.setdefault(told, []).append(sample)
    lines = [GroupLine(tuple(names), *told) for told, names in samples.items()]
    return tuple(sorted(lines, key=lambda line: line.status != NOT_ASSESSABLE))


def _shared_basis(variant: Variant) -> str:
    needed = _needed(variant)
    codon = _codon(variant)
    if variant.reason.startswith(f"no transcript reads {codon[:1]} at codon {codon[1:]}:"):
        return "no transcript of the annotation reads the expected amino acid"
    return f"too few fragments (their number stands behind the codon): {needed}" if needed else variant.reason


def _codon(variant: Variant) -> str:
    return variant.change.removeprefix("p.").removesuffix("=")


def _needed(variant: Variant) -> str:
    """Return how many fragments were needed, if their number is why nothing can be told."""
    start = f"only {variant.depth} of "
    return variant.reason.removeprefix(start) if variant.reason.startswith(start) else ""


def _told_basis(status: str, basis: str, members: Sequence[Variant]) -> str:
    if basis or status != NOT_DETECTED:
        return wording.sentence(basis)
    fewest = min(variant.depth for variant in members)
    return f"At least {wording.several(fewest, 'fragment')} at each codon."


def _by_gene(variants: Sequence[Variant]) -> str:
    genes: dict[str, list[str]] = {}
    for variant in variants:
        codon = _codon(variant)
        genes.setdefault(variant.gene, []).append(f"{codon} ({variant.depth})" if _needed(variant) else codon)
    return "; ".join(f"{gene} {', '.join(codons)}" for gene, codons in genes.items())


def group_targets(targets: Iterable[Target]) -> tuple[GroupLine, ...]:
    """Return the lesions that were not detected: what is not assessable first, by reason.

    Behind the lesions stands how to confirm or exclude them; those that RNA can miss although
    they were looked for have a line of their own.
    """
    groups: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        if target.status == NOT_ASSESSABLE:
            groups.setdefault((NOT_ASSESSABLE, wording.sentence(target.basis)), []).append(target)
        elif target.status == NOT_DETECTED:
            groups.setdefault((NOT_DETECTED, _reach(target)), []).append(target)
    ordered = sorted(
        groups.items(), key=lambda item: (item[0][0] != NOT_ASSESSABLE, item[0][1] == _CLEAR, -len(item[1]))
    )
    return tuple(
        GroupLine((), status, basis, by_method(members) if basis != _CLEAR else _names(members))
        for (status, basis), members in ordered
    )


def _reach(target: Target) -> str:
    blind = target.basis.partition(f"; {BLIND} ")[2]
    if blind:
        return wording.sentence(f"looked for and not seen; {BLIND} {blind}")
    if target.group == WITHIN_GENES and target.target.endswith(" deletion"):
        return _WITHIN
    return _MISSED if target.caveat else _CLEAR


def by_method(targets: Iterable[Target]) -> str:
    """Return lesions with the method that confirms or excludes them, those of one method together.

    Parameters
    ----------
    targets
        Lesions of the panel.
    """
    methods: dict[str, list[str]] = {}
    for target in targets:
        methods.setdefault(target.confirm, []).append(target.target)
    return "; ".join(
        f"{wording.enumerated(names)}{f' ({method})' if method else ''}" for method, names in methods.items()
    )


def _names(targets: Sequence[Target]) -> str:
    return wording.enumerated([target.target for target in targets])
