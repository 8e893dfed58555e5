"""What a change of bases does to a protein."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from leukoscope.variants.hotspots import GENETIC_CODE, CodingTranscript

_COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True, slots=True)
class Consequence:
    """A change of one protein."""

    gene: str
    transcript_id: str
    codon: int  #: first codon that changes
    protein_change: str
    kind: str  #: missense, nonsense, start lost, stop lost, synonymous, frameshift or in-frame


@dataclass(frozen=True)
class CodingIndex:
    """The transcripts in which mutations are counted, by position."""

    transcripts: Mapping[str, CodingTranscript]  #: one of each gene

    @cached_property
    def places(self) -> dict[tuple[str, int], list[tuple[str, int]]]:
        """Genes and offsets in their coding sequence by contig (without ``chr``) and position."""
        found: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for gene, transcript in self.transcripts.items():
            contig = transcript.contig.removeprefix("chr")
            for offset, position in enumerate(transcript.positions):
                found.setdefault((contig, int(position)), []).append((gene, offset))
        return found

    def consequences(self, contig: str, position: int, reference: str, alternative: str) -> list[Consequence]:
        """Return what a change does to each gene whose coding sequence it touches.

        Parameters
        ----------
        contig, position
            Of the first base of the reference allele, from 0; without ``chr``.
        reference, alternative
            Alleles on the forward strand without shared bases, ``-`` if empty.
        """
        reference, alternative = reference.replace("-", ""), alternative.replace("-", "")
        touched: dict[str, list[int]] = {}
        for here in range(position, position + max(len(reference), 1)):
            for gene, offset in self.places.get((contig, here), ()):
                touched.setdefault(gene, []).append(offset)
        return [
            _consequence(gene, self.transcripts[gene], sorted(offsets), reference, alternative)
            for gene, offsets in touched.items()
        ]


def choose_transcripts(
    transcripts: Mapping[str, Sequence[CodingTranscript]], preferred: Mapping[str, str]
) -> CodingIndex:
    """Return one transcript of each gene: the preferred one, else the longest, then the first by name.

    Parameters
    ----------
    transcripts
        Coding transcripts by gene.
    preferred
        Identifiers by gene, such as those that hot spots are counted in.
    """
    return CodingIndex(
        {
            gene: min(
                found, key=lambda t: (t.transcript_id != preferred.get(gene), -len(t.bases), t.transcript_id)
            )
            for gene, found in sorted(transcripts.items())
        }
    )


def _consequence(
    gene: str, transcript: CodingTranscript, offsets: list[int], reference: str, alternative: str
) -> Consequence:
    first, codon = offsets[0], offsets[0] // 3 + 1
    residue = GENETIC_CODE.get(transcript.bases[3 * codon - 3 : 3 * codon], "X")
    if len(reference) != len(alternative):
        frame = (len(alternative) - len(reference)) % 3
        ending = "fs" if frame else ("del" if len(reference) > len(alternative) else "ins")
        kind = "frameshift" if frame else "in-frame"
        return Consequence(gene, transcript.transcript_id, codon, f"p.{residue}{codon}{ending}", kind)
    if len(offsets) != len(reference) or offsets[-1] // 3 + 1 != codon:  # beyond the exon or the codon
        return Consequence(gene, transcript.transcript_id, codon, f"p.{residue}{codon}delins", "missense")
    written = alternative if transcript.forward else alternative[::-1].translate(_COMPLEMENT)
    at = first % 3
    bases = transcript.bases[3 * codon - 3 : 3 * codon]
    changed = GENETIC_CODE.get(bases[:at] + written + bases[at + len(written) :], "X")
    return Consequence(gene, transcript.transcript_id, codon, *_substitution(residue, codon, changed))


def _substitution(residue: str, codon: int, changed: str) -> tuple[str, str]:
    if changed == residue:
        return f"p.{residue}{codon}=", "synonymous"
    if codon == 1:
        return "p.M1?", "start lost"
    if changed == "*":
        return f"p.{residue}{codon}*", "nonsense"
    if residue == "*":
        return f"p.*{codon}{changed}ext", "stop lost"
    return f"p.{residue}{codon}{changed}", "missense"
