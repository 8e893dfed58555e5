"""Mutations at known hot spots: each codon is detected, not detected or not assessable.

A hot spot is written as gene, codon and reference amino acid.  Where it lies in the genome
follows from the gene model of the reference in use, and the transcript must read the amino
acids that the table names: no coordinate is remembered, and none can be wrong unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leukoscope.tables.variants import CODON_READS, HOTSPOTS, VARIANTS

if TYPE_CHECKING:
    import pandas as pd

_BASES = "TCAG"
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
GENETIC_CODE = {
    a + b + c: _AMINO_ACIDS[16 * i + 4 * j + k]
    for i, a in enumerate(_BASES)
    for j, b in enumerate(_BASES)
    for k, c in enumerate(_BASES)
}


@dataclass(frozen=True, slots=True)
class CodingTranscript:
    """The coding bases of one transcript, in the direction of transcription."""

    transcript_id: str
    contig: str
    forward: bool
    positions: Sequence[int]  #: 0-based position of each coding base
    bases: str  #: the coding sequence, capital letters

    def codon(self, number: int) -> tuple[tuple[int, int, int], str] | None:
        """Return positions and bases of a codon (first codon 1), or None beyond the end."""
        start = 3 * (number - 1)
        if start + 3 > len(self.bases):
            return None
        first, second, third = self.positions[start : start + 3]
        return (int(first), int(second), int(third)), self.bases[start : start + 3]


@dataclass(frozen=True, slots=True)
class LocatedCodon:
    """Where a hot spot lies in this reference; `reason` says why it does not, if so."""

    gene: str
    codon: int
    transcript_id: str = ""
    contig: str = ""
    forward: bool = True
    positions: tuple[int, int, int] = (-1, -1, -1)  #: 0-based, in the direction of transcription
    bases: str = ""
    reason: str = ""


def locate_hotspots(
    hotspots: pd.DataFrame, transcripts: dict[str, Sequence[CodingTranscript]]
) -> tuple[LocatedCodon, ...]:
    """Find each hot spot in the gene model of a reference.

    Of a gene's transcripts the one is taken that reads the expected amino acid at most of the
    gene's hot spots; among equals the longest, then the first by name.

    Parameters
    ----------
    hotspots
        The codons to look at (:data:`~leukoscope.tables.variants.HOTSPOTS`).
    transcripts
        Coding transcripts of each gene, by symbol.

    Returns
    -------
    tuple of LocatedCodon
        One for each row of `hotspots`, in that order.
    """
    hotspots = HOTSPOTS.check(hotspots)
    chosen = {
        gene: _best_transcript(transcripts.get(str(gene), ()), rows)
        for gene, rows in hotspots.groupby("gene")
    }
    return tuple(_locate(row.gene, row.codon, row.reference, chosen[row.gene]) for row in _rows(hotspots))


def _best_transcript(transcripts: Iterable[CodingTranscript], rows: pd.DataFrame) -> CodingTranscript | None:
    def agreement(transcript: CodingTranscript) -> int:
        return sum(_residue(transcript, row.codon) == row.reference for row in _rows(rows))

    ranked = sorted(transcripts, key=lambda t: (-agreement(t), -len(t.bases), t.transcript_id))
    return ranked[0] if ranked else None


def _residue(transcript: CodingTranscript, number: int) -> str:
    found = transcript.codon(number)
    return GENETIC_CODE.get(found[1], "X") if found else ""


def _locate(gene: str, codon: int, reference: str, transcript: CodingTranscript | None) -> LocatedCodon:
    if transcript is None:
        return LocatedCodon(gene, codon, reason="the reference has no coding transcript of this gene")
    found = transcript.codon(codon)
    residue = _residue(transcript, codon)
    if found is None or residue != reference:
        seen = f"reads {residue}" if residue else "ends before"
        reason = f"no transcript reads {reference} at codon {codon}: {transcript.transcript_id} {seen}"
        return LocatedCodon(gene, codon, transcript.transcript_id, reason=reason)
    positions, bases = found
    return LocatedCodon(
        gene, codon, transcript.transcript_id, transcript.contig, transcript.forward, positions, bases
    )


def call_hotspots(
    hotspots: pd.DataFrame,
    codons: Sequence[LocatedCodon],
    reads: pd.DataFrame,
    *,
    min_depth: int = 20,
    min_fragments: int = 4,
    min_fraction: float = 0.05,
    error_rate: float = 0.005,
    max_p_value: float = 1e-4,
) -> pd.DataFrame:
    """Say of each hot spot whether a mutation is seen there.

    A change of the amino acid is *detected* if enough fragments show it, they are enough of
    all, and sequencing errors do not explain them (one-sided binomial test).  Without one, the
    hot spot is *not detected* where the depth allows to say so, else *not assessable*.

    Parameters
    ----------
    hotspots
        The codons asked about (:data:`~leukoscope.tables.variants.HOTSPOTS`).
    codons
        Their places, from :func:`locate_hotspots`; same order.
    reads
        What the fragments show (:data:`~leukoscope.tables.variants.CODON_READS`); ``codon_id``
        counts the rows of `hotspots`.
    min_depth
        Fragments needed before the absence of a mutation means anything.
    min_fragments, min_fraction
        Fragments, and their share, that a mutation needs.
    error_rate
        Chance that a fragment shows a given wrong codon.
    max_p_value
        Largest chance that errors explain a detected mutation.

    Returns
    -------
    pandas.DataFrame
        :data:`~leukoscope.tables.variants.VARIANTS`; at least one row for each hot spot.
    """
    import pandas as pd
    from scipy.stats import binom

    reads = CODON_READS.check(reads)
    by_codon = dict(tuple(reads.groupby("codon_id")))
    rows: list[dict[str, Any]] = []
    for index, (hotspot, codon) in enumerate(zip(_rows(HOTSPOTS.check(hotspots)), codons, strict=True)):
        seen = by_codon.get(index, CODON_READS.empty())
        depth = int(seen["fragments"].sum())
        found = [
            change
            for change in _changes(hotspot.reference, seen)
            if change["alternative_fragments"] >= min_fragments
            and change["alternative_fragments"] >= min_fraction * depth
            and binom.sf(change["alternative_fragments"] - 1, depth, error_rate) <= max_p_value
        ]
        shared = _describe(hotspot, codon, depth)
        rows += [
            shared | change | _name(hotspot, change["amino_acid"], depth, change["alternative_fragments"])
            for change in found
        ] or [shared | _absent(hotspot, codon, depth, min_depth)]
    return VARIANTS.check(pd.DataFrame(rows, columns=VARIANTS.names))


def _changes(reference: str, seen: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the amino-acid changes among what the fragments show, the most frequent codon of each first."""
    changes: dict[str, dict[str, Any]] = {}
    for row in _rows(seen.sort_values(["fragments", "bases"], ascending=[False, True])):
        residue = GENETIC_CODE.get(row.bases, reference)
        if residue == reference:
            continue
        change = changes.setdefault(
            residue,
            {"amino_acid": residue, "alternative_codon": row.bases, "alternative_fragments": 0, "forward": 0},
        )
        change["alternative_fragments"] += row.fragments
        change["forward"] += row.forward
    return list(changes.values())


def _describe(hotspot: Any, codon: LocatedCodon, depth: int) -> dict[str, Any]:
    return {
        "gene": hotspot.gene,
        "codon": hotspot.codon,
        "transcript_id": codon.transcript_id,
        "contig": codon.contig,
        "position": str(codon.positions[0] + 1) if codon.contig else "",
        "reference_codon": codon.bases,
        "depth": depth,
        "significance": hotspot.significance,
        "meaning": hotspot.meaning,
        "evidence": hotspot.evidence,
        "source": hotspot.source,
    }


def _name(hotspot: Any, residue: str, depth: int, fragments: int) -> dict[str, Any]:
    named: dict[str, Any] = {
        "protein_change": f"p.{hotspot.reference}{hotspot.codon}{residue}",
        "status": "detected",
        "reason": "",
        "fraction": fragments / depth,
    }
    if hotspot.alternatives and residue not in hotspot.alternatives:
        named |= {
            "significance": "unknown",
            "meaning": "Another change of a hot-spot codon; its effect is not known",
        }
    return named


def _absent(hotspot: Any, codon: LocatedCodon, depth: int, min_depth: int) -> dict[str, Any]:
    reason = codon.reason or (f"only {depth} of {min_depth} fragments needed" if depth < min_depth else "")
    return {
        "protein_change": f"p.{hotspot.reference}{hotspot.codon}=",
        "status": "not assessable" if reason else "not detected",
        "reason": reason,
        "alternative_codon": "",
        "alternative_fragments": 0,
        "forward": 0,
        "fraction": 0.0 if depth else float("nan"),
    }


def _rows(frame: pd.DataFrame) -> Iterable[Any]:
    """Iterate over the rows as named tuples."""
    return frame.itertuples(index=False)
