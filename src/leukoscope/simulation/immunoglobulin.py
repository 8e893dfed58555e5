"""An IGH-like locus: V, D, J and constant genes, and the rearranged transcripts of B cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leukoscope.simulation.sequences import (
    Bases,
    as_bases,
    as_text,
    isochores,
    mutate,
    random_bases,
    reverse_complement,
)
from leukoscope.simulation.structures import (
    Gene,
    Piece,
    Rearrangement,
    Transcript,
    literal_piece,
    read_pieces,
)

N_VARIABLE, N_DIVERSITY, N_JOINING = 12, 8, 6
CONSTANT = ("IGHM", "IGHD", "IGHG1", "IGHA1")
SPACER = 1_500


@dataclass(frozen=True, slots=True)
class HeavyChainLocus:
    """The locus: its bases at `start` of a contig, and its genes by kind in order of transcription."""

    bases: Bases
    start: int
    genes: list[Gene]
    variable: tuple[Gene, ...]
    diversity: tuple[Gene, ...]
    joining: tuple[Gene, ...]
    constant: tuple[Gene, ...]


def build_heavy_chain_locus(rng: np.random.Generator, contig: str, start: int) -> HeavyChainLocus:
    """Build the locus on the reverse strand, as IGH stands on chromosome 14.

    In the direction of transcription: V genes (leader and V exon), D segments, J segments, then
    constant genes (four exons each).  V genes come in two families of 15 % divergence.
    """
    blocks = _blocks(rng)
    length = sum(bases.size + SPACER for _, bases, _ in blocks) + 8_000
    sense = isochores(rng, length)
    genes: dict[str, list[Gene]] = {kind: [] for kind in "VDJC"}
    at = 4_000
    for number, (kind, bases, exons) in enumerate(blocks, start=1):
        sense[at : at + bases.size] = bases
        if kind == "C":
            sense[at - 2 : at] = as_bases("AG")  # the J segment is spliced to it
        placed = tuple(sorted((start + length - at - b, start + length - at - a) for a, b in exons))
        symbol = CONSTANT[len(genes["C"])] if kind == "C" else f"IGH{kind}{len(genes[kind]) + 1}-1"
        gene_id = f"SIMG8{number:010d}"
        genes[kind].append(
            Gene(
                gene_id,
                symbol,
                f"IG_{kind}_gene",
                contig,
                -1,
                (Transcript(gene_id.replace("SIMG", "SIMT") + "01", placed),),
                level=0.02,
                family="IGH",
            )
        )
        at += bases.size + SPACER
    ordered = [gene for kind in "VDJC" for gene in genes[kind]]
    kinds = (tuple(genes[kind]) for kind in "VDJC")
    return HeavyChainLocus(reverse_complement(sense), start, ordered[::-1], *kinds)


def _blocks(rng: np.random.Generator) -> list[tuple[str, Bases, list[tuple[int, int]]]]:
    """Return (kind, bases, exons) of every gene in the direction of transcription."""
    ancestors = [random_bases(rng, 46 + 90 + 305, 0.55) for _ in range(2)]
    blocks = []
    for number in range(N_VARIABLE):
        bases = mutate(rng, ancestors[number % 2], 0.15)
        bases[46:52], bases[134:136] = as_bases("GTAAGT"), as_bases("AG")
        blocks.append(("V", bases, [(0, 46), (136, 441)]))
    for _ in range(N_DIVERSITY):
        bases = random_bases(rng, int(rng.integers(16, 32)), 0.6)
        blocks.append(("D", bases, [(0, bases.size)]))
    for _ in range(N_JOINING):
        bases = random_bases(rng, 60, 0.6)
        bases[50:56] = as_bases("GTAAGT")
        blocks.append(("J", bases, [(0, 50)]))
    for _ in CONSTANT:
        exons, at = [], 0
        for _ in range(4):
            exons.append((at, at + 320))
            at += 320 + 350
        bases = random_bases(rng, exons[-1][1], 0.55)
        for (_, donor), (acceptor, _) in pairwise(exons):
            bases[donor : donor + 6], bases[acceptor - 2 : acceptor] = as_bases("GTAAGT"), as_bases("AG")
        blocks.append(("C", bases, exons))
    return blocks


def rearrange(
    rng: np.random.Generator, locus: HeavyChainLocus, clones: int = 30
) -> tuple[Rearrangement, ...]:
    """Draw the V-D-J-C transcripts of `clones` B cells; clone k is expressed as 1/k.

    Segment ends are nibbled by up to 8 bases, 0 to 12 random bases stand between the segments
    (N additions), and the V exon carries 0 to 5 % of hypermutation.
    """
    contigs = _view(locus)
    return tuple(
        Rearrangement(_one_clone(rng, locus, contigs), 1.0 / number) for number in range(1, clones + 1)
    )


def _view(locus: HeavyChainLocus) -> dict[str, Bases]:
    """Return the locus as a contig that is padded to its place."""
    contig = locus.variable[0].contig
    return {contig: np.concatenate([np.full(locus.start, ord("N"), dtype=np.uint8), locus.bases])}


def _one_clone(
    rng: np.random.Generator, locus: HeavyChainLocus, contigs: dict[str, Bases]
) -> tuple[Piece, ...]:
    v = locus.variable[int(rng.integers(len(locus.variable)))].pieces()
    d = locus.diversity[int(rng.integers(len(locus.diversity)))].pieces()[0]
    j = locus.joining[int(rng.integers(len(locus.joining)))].pieces()[0]
    c = locus.constant[0 if rng.random() < 0.7 else int(rng.integers(len(CONSTANT)))].pieces()
    v_exon = v[1].trimmed(five=0, three=int(rng.integers(0, 9)))
    mutated = as_text(mutate(rng, read_pieces(contigs, [v_exon]), float(rng.uniform(0, 0.05))))
    d = d.trimmed(five=int(rng.integers(0, 5)), three=int(rng.integers(0, 5)))
    j = j.trimmed(five=int(rng.integers(0, 9)), three=0)
    first, second = (_addition(rng), _addition(rng))
    return (v[0], literal_piece(mutated), *first, d, *second, j, *c)


def _addition(rng: np.random.Generator) -> tuple[Piece, ...]:
    length = int(rng.integers(0, 13))
    return (literal_piece(as_text(random_bases(rng, length, 0.55))),) if length else ()
