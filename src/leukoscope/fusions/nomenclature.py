"""Names of fusions: by exons, and in the VICC gene fusion nomenclature."""

from __future__ import annotations

from collections.abc import Mapping

from leukoscope.formats.fusion_names import is_immunoglobulin, locus_name, nearest_gene
from leukoscope.fusions.partners import Partner

CONVENTIONAL_LETTERS = {("BCR", "ABL1"): ("e", "a")}  # e14a2: exons of BCR and of ABL1


def exon_name(five: Partner | None, three: Partner | None) -> str:
    """Return the exons that are joined, numbered in the two transcripts; empty if a side has none.

    ``e5e2`` joins exon 5 to exon 2; ``i`` in place of ``e`` marks a breakpoint in the intron after (5')
    or before (3') that exon.  BCR::ABL1 keeps its conventional letters, ``e14a2``.
    """
    if five is None or three is None or five.exon_number is None or three.exon_number is None:
        return ""
    letters = CONVENTIONAL_LETTERS.get((five.symbol, three.symbol), ("e", "e"))
    marks = [
        "i" if side.at == "intron" else letter for side, letter in zip((five, three), letters, strict=True)
    ]
    return f"{marks[0]}{five.exon_number}{marks[1]}{three.exon_number}"


def vicc_name(
    five: Partner | None,
    three: Partner | None,
    gene5: str,
    gene3: str,
    inserted: str,
    *,
    hijack: bool = False,
    hgnc: Mapping[str, str] | None = None,
) -> str:
    """Return the fusion in the VICC nomenclature [1]_; empty within one gene, which is no gene fusion there.

    A side that a transcript explains is written ``ENST00000305877.13(BCR):e.14``, with the distance to
    the exon's fused end if there is one (``e.2+182`` beyond it towards 3', ``e.2-173`` before it); any
    other side is its gene, with the HGNC's number where it is known (``ABL1(hgnc:76)``), or ``?``.
    Bases inserted between the sides stand between double colons.

    Parameters
    ----------
    five, three
        Both sides.
    gene5, gene3
        Gene columns of the call.
    inserted
        Bases that belong to neither side.
    hijack
        Whether an immunoglobulin enhancer drives the other gene: ``reg_e@IGH::CRLF2``.
    hgnc
        Identifier (``HGNC:76``) of each symbol.

    References
    ----------
    .. [1] Gene Fusion Specification of the Variant Interpretation for Cancer Consortium,
       https://fusions.cancervariants.org
    """
    genes = nearest_gene(gene5), nearest_gene(gene3)
    if genes[0] == genes[1]:
        return ""
    if hijack:
        locus, target = genes if is_immunoglobulin(genes[0]) else genes[::-1]
        return f"reg_e@{_gene(locus_name(locus), hgnc)}::{_gene(target, hgnc)}"
    left, right = _component(five) or _gene(genes[0], hgnc), _component(three) or _gene(genes[1], hgnc)
    return "::".join(part for part in (left, inserted.upper(), right) if part)


def _gene(symbol: str, hgnc: Mapping[str, str] | None) -> str:
    number = (hgnc or {}).get(symbol, "")
    return f"{symbol}({number.lower()})" if number else symbol or "?"


def _component(side: Partner | None) -> str:
    if side is None or side.exon_number is None:
        return ""
    version = f".{side.transcript_version}" if side.transcript_version else ""
    offset = f"{side.offset:+d}" if side.offset else ""
    return f"{side.transcript_id}{version}({side.symbol}):e.{side.exon_number}{offset}"
