"""Reasons to doubt that a fusion is a rearrangement of the genome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.formats.fasta import Genome
from leukoscope.formats.fusion_names import genes_at, is_receptor_locus
from leukoscope.fusions.panel import NEAR
from leukoscope.fusions.partners import Annotation, transcribed_strand
from leukoscope.genemodel import is_mitochondrial_contig, known_contig

if TYPE_CHECKING:
    import pandas as pd

HOMOLOGY_WORD = 16  # bases, a power of two
HOMOLOGY_SHARE = 0.1  # of the words of the smaller gene
MICROHOMOLOGY = 6  # bases shared at the junction; two random sequences share so many once in about 500

WARNINGS = {
    "circular-RNA-like": "Exons of one gene joined backwards at their splice sites: the pattern of circular "
    "RNA, which normal cells make too. Only DNA can show a duplication.",
    "read-through-like": "Neighbouring genes in one direction, closer than 400 kb: transcription may run on "
    "from one into the other without any rearrangement.",
    "receptor-recombination": "Both sides lie in immunoglobulin or T-cell receptor genes, which lymphocytes "
    "rearrange normally.",
    "antisense": "One side is transcribed against its gene: no chimeric protein can result, though a gene may "
    "be cut off.",
    "homologous-genes": "The two genes share long stretches of sequence: reads of one may have been mapped "
    "to the other.",
    "template-switch-like": "Joined inside exons at bases that both sides share: reverse transcription makes "
    "such joints between abundant RNAs.",
    "mitochondrial": "One side lies in the mitochondrial genome, whose abundant RNA joins others by chance.",
    "seen-in-normals": "The same event, at the same breakpoints, recurs in normal samples.",
}
"""What each warning means, in words for a reader."""


def is_circular_rna_like(call: Mapping[str, Any]) -> bool:
    """Tell whether exons of one gene are joined backwards at splice sites."""
    kind, same = str(call["type"]), call["gene1"] == call["gene2"] and call["gene1"] != ""
    spliced = all(str(call[site]).endswith("splice-site") for site in ("site1", "site2"))
    return bool(same and kind.startswith("duplication") and "ITD" not in kind and spliced)


def is_read_through_like(call: Mapping[str, Any]) -> bool:
    """Tell whether two genes in one direction are joined across less than 400 kb."""
    return "read-through" in str(call["type"]) and call["gene1"] != call["gene2"]


def is_receptor_recombination(call: Mapping[str, Any]) -> bool:
    """Tell whether both sides lie in immunoglobulin or T-cell receptor loci."""
    sides = [genes_at(str(call[gene])) for gene in ("gene1", "gene2")]
    return all(sides) and all(is_receptor_locus(side[0]) for side in sides)


def is_antisense(call: Mapping[str, Any]) -> bool:
    """Tell whether a side is transcribed against the strand of its gene."""
    if "5'-5'" in str(call["type"]) or "3'-3'" in str(call["type"]):
        return True
    strands = [str(call[f"strand{side}(gene/fusion)"]).partition("/")[::2] for side in (1, 2)]
    return any(
        gene in "+-" and fusion in "+-" and gene != fusion for gene, fusion in strands if gene and fusion
    )


def is_mitochondrial(call: Mapping[str, Any]) -> bool:
    """Tell whether a side lies in the mitochondrial genome."""
    return any(is_mitochondrial_contig(str(call[f"breakpoint{side}"]).rpartition(":")[0]) for side in (1, 2))


def is_template_switch_like(call: Mapping[str, Any], genome: Genome) -> bool:
    """Tell whether the sides are joined away from splice sites where both have the same bases."""
    spliced = any(str(call[site]).endswith("splice-site") for site in ("site1", "site2"))
    exact = int(call["split_reads1"]) + int(call["split_reads2"]) > 0  # mates alone do not show the joint
    if spliced or not exact or call.get("inserted") or "ITD" in str(call["type"]):
        return False
    return shared_bases(call, genome) >= MICROHOMOLOGY


def shared_bases(call: Mapping[str, Any], genome: Genome, *, reach: int = 20) -> int:
    """Return how many bases around the junction could belong to either side, at most twice `reach`."""
    windows = []
    for side in (1, 2):
        contig, _, position = str(call[f"breakpoint{side}"]).rpartition(":")
        strand = transcribed_strand(call, side)
        if not strand:
            return 0
        windows.append(
            _around(genome, known_contig(contig, genome.contigs), int(position) - 1, strand, side, reach)
        )
    before = [w[:reach][::-1] for w in windows]
    after = [w[reach:] for w in windows]
    return _common_start(*before) + _common_start(*after)


def homology(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """Return the share of the words of the smaller gene that the other has too (see :func:`words`)."""
    smaller, larger = sorted((first, second), key=len)
    if not len(smaller):
        return 0.0
    at = np.minimum(np.searchsorted(larger, smaller), len(larger) - 1)
    return int((larger[at] == smaller).sum()) / len(smaller)


def words(annotation: Annotation, genome: Genome, gene: int) -> NDArray[np.int64]:
    """Return the distinct 16-base words of a gene's exons, each as the smaller of itself and its complement.

    Words with an unknown base are left out; shape (n,), ascending.
    """
    model = annotation.model
    contig = known_contig(str(model.contigs[model.gene_contig[gene]]), genome.contigs)
    apart = np.array([4], dtype=np.uint8)  # no word runs from one exon into the next
    exons = [(genome.codes(contig, start, end), apart) for start, end in model.merged_exons(gene)]
    found = np.sort(_words(np.concatenate([apart, *(codes for pair in exons for codes in pair)])))
    return found[np.diff(found, prepend=-1) > 0]  # as np.unique, in a third of the time


def panel_shares(calls: pd.DataFrame, panel: pd.DataFrame) -> list[float]:
    """Return the share of normal samples with an event at the same breakpoints, 0 if none has it.

    Parameters
    ----------
    calls
        :data:`~leukoscope.tables.fusions.FUSIONS`.
    panel
        :data:`~leukoscope.tables.driver_fusions.FUSION_PANEL`; breakpoints within 10 bases are the same, in
        either order.
    """
    known: dict[tuple[str, str], list[tuple[int, int, float]]] = {}
    columns = ("breakpoint1", "breakpoint2", "frequency")
    for first, second, frequency in zip(*(panel[c] for c in columns), strict=True):
        (one, at), (two, to) = _breakpoint(first), _breakpoint(second)
        known.setdefault((one, two), []).append((at, to, float(frequency)))
        known.setdefault((two, one), []).append((to, at, float(frequency)))
    shares = []
    for first, second in zip(calls["breakpoint1"], calls["breakpoint2"], strict=True):
        (one, at), (two, to) = _breakpoint(first), _breakpoint(second)
        near = (f for p, q, f in known.get((one, two), []) if abs(p - at) <= NEAR and abs(q - to) <= NEAR)
        shares.append(max(near, default=0.0))
    return shares


def _breakpoint(text: str) -> tuple[str, int]:
    contig, _, position = str(text).rpartition(":")
    return contig, int(position)


def _words(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the words at every base; words of twice the length are made of two, until they are long enough."""
    forward, backward = codes.astype(np.int64), 3 - codes.astype(np.int64)
    known, length = codes < 4, 1
    while length < HOMOLOGY_WORD:
        n = max(len(known) - length, 0)
        forward = (forward[:n] << 2 * length) | forward[length:]
        backward = (backward[length:] << 2 * length) | backward[:n]
        known = known[:n] & known[length:]
        length *= 2
    return np.minimum(forward, backward)[known]


def _around(genome: Genome, contig: str, position: int, strand: int, side: int, reach: int) -> str:
    """Return `reach` bases before and after the junction in the order of transcription."""
    joint = position + 1 if (side == 1) == (strand > 0) else position
    bases = genome.fetch(contig, joint - reach, joint + reach)
    return bases if strand > 0 else bases.translate(str.maketrans("ACGTN", "TGCAN"))[::-1]


def _common_start(first: str, second: str) -> int:
    pairs = zip(first, second, strict=True)
    return next((i for i, (a, b) in enumerate(pairs) if a != b or a == "N"), len(first))
