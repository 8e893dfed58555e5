"""What a sample expresses beside its events: isoforms of two haplotypes, unspliced RNA, clones, DNA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leukoscope.simulation.fragments import IntArray, Library
from leukoscope.simulation.haplotypes import Haplotype
from leukoscope.simulation.sequences import Bases
from leukoscope.simulation.structures import Genome, Piece

FEMALE_ONLY, MALE_CONTIG = "XIST", "chrY"
GENE_SPREAD, SAMPLE_SPREAD = 1.6, 0.25
CLONE_SHARE = 0.02  #: share of all fragments that come from rearranged immunoglobulin


@dataclass(frozen=True)
class Background:
    """Molecules of a sample and how many fragments of all come from each."""

    molecules: list[Bases]
    weight: NDArray[np.float64]  #: (molecules,) sums to 1
    gene: IntArray  #: (molecules,) index into the genome's genes; -1 for clones and DNA
    spliced: NDArray[np.bool_]  #: (molecules,)


def draw_expression(rng: np.random.Generator, genome: Genome) -> NDArray[np.float64]:
    """Draw the expression that all samples of a genome share, in transcripts (any unit).

    Log-normal with a spread of 1.6 for genes of no name; around their level for named ones.
    """
    spread = np.array([GENE_SPREAD if g.symbol.startswith("SIM") else 0.4 for g in genome.genes])
    if not any(g.symbol.startswith("SIM") for g in genome.genes):
        spread[:] = GENE_SPREAD
    level = np.array([g.level for g in genome.genes])
    drawn: NDArray[np.float64] = 2.0 * level * np.exp(rng.normal(0.0, 1.0, len(genome.genes)) * spread)
    return drawn


def sample_expression(
    rng: np.random.Generator, genome: Genome, expression: NDArray[np.float64], sex: str
) -> NDArray[np.float64]:
    """Return the expression of one sample: the shared one with noise, and what its sex lacks at zero."""
    own = expression * np.exp(rng.normal(0.0, SAMPLE_SPREAD, expression.size))
    for number, gene in enumerate(genome.genes):
        if (sex == "female" and gene.contig == MALE_CONTIG) or (sex == "male" and gene.symbol == FEMALE_ONLY):
            own[number] = 0.0
    return own


def express(
    rng: np.random.Generator,
    genome: Genome,
    haplotypes: Sequence[Haplotype],
    expression: NDArray[np.float64],
    library: Library,
) -> Background:
    """Make the molecules of a sample.

    Every gene has its transcripts (shares from a Dirichlet distribution that favours the first)
    in both haplotypes, and its unspliced body; then the rearranged immunoglobulin clones of the
    genome and stretches of DNA.  A molecule's weight is its abundance × its length.
    """
    molecules: list[Bases] = []
    weights: list[float] = []
    genes: list[int] = []
    spliced: list[bool] = []

    def add(pieces: Sequence[Piece], weight: float, gene: int, is_spliced: bool) -> None:
        for haplotype in haplotypes:
            molecules.append(haplotype.read(pieces)[0])
            weights.append(weight / len(haplotypes))
            genes.append(gene)
            spliced.append(is_spliced)

    for number, gene in enumerate(genome.genes):
        shares = rng.dirichlet([6.0] + [1.5] * (len(gene.transcripts) - 1))
        mature = expression[number] * shares * [t.length for t in gene.transcripts]
        unspliced = library.unspliced * rng.uniform(0.5, 2.0)
        for which, weight in enumerate(mature):
            add(gene.pieces(which), weight, number, True)
        if len(gene.transcripts[0].exons) > 1:
            body = Piece(gene.contig, gene.start, gene.end, gene.strand)
            add([body], mature.sum() * unspliced / (1 - min(unspliced, 0.5)), number, False)
    total = sum(weights)
    clones = sum(r.weight for r in genome.rearrangements)
    for clone in genome.rearrangements:
        add(clone.pieces, total * CLONE_SHARE * clone.weight / clones, -1, True)
    dna = _dna(rng, genome.contigs)
    for piece in dna:
        add([piece], total * library.genomic / len(dna), -1, False)
    weight = np.array(weights)
    return Background(molecules, weight / weight.sum(), np.array(genes), np.array(spliced))


def _dna(rng: np.random.Generator, contigs: Mapping[str, Bases], windows: int = 400) -> list[Piece]:
    """Draw stretches of 2 kb of sequenced DNA from both strands."""
    names = list(contigs)
    sizes = np.array([contigs[name].size for name in names], dtype=float)
    found: list[Piece] = []
    for _ in range(windows * 40):
        name = names[int(rng.choice(len(names), p=sizes / sizes.sum()))]
        start = int(rng.integers(max(1, contigs[name].size - 2_000)))
        window = contigs[name][start : start + 2_000]
        if window.size and not (window == ord("N")).any():
            found.append(Piece(name, start, start + window.size, 1 if rng.random() < 0.5 else -1))
        if len(found) == windows:
            break
    return found


def set_fragments_of_gene(background: Background, gene: int, share_of_all: float) -> Background:
    """Return the background with one gene's mature transcripts at a given share of all fragments."""
    weight = background.weight.copy()
    mine = (background.gene == gene) & background.spliced
    present = weight[mine].sum()
    weight[mine] = share_of_all * (weight[mine] / present if present > 0 else 1.0 / max(1, mine.sum()))
    weight[~mine] *= (1.0 - share_of_all) / weight[~mine].sum()
    return Background(background.molecules, weight, background.gene, background.spliced)
