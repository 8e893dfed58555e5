"""A small leukaemia genome: driver and marker genes among fillers, copies, arrays and repeats."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import pairwise

import numpy as np

from leukoscope.simulation.gene_building import (
    MARGIN,
    GenePlan,
    Layout,
    draw_isoforms,
    lay_out,
    place,
    write_gene,
)
from leukoscope.simulation.immunoglobulin import build_heavy_chain_locus, rearrange
from leukoscope.simulation.sequences import Bases, isochores, mutate, random_bases, reverse_complement
from leukoscope.simulation.structures import Gene, Genome, Rearrangement, Transcript

PAD = 20_000  #: unknown bases at both ends of a contig
PAR_GENES = ("CRLF2", "CSF2RA", "IL3RA", "ASMTL", "P2RY8", "DHRSX")
ARRAY_UNIT = 3_300


@dataclass(frozen=True, slots=True)
class GenomePlan:
    """How large the genome shall be, and what it holds beside the named genes."""

    fillers: int = 60  #: genes of no meaning
    gap: float = 7_000.0  #: mean distance between neighbours
    intron_scale: float = 0.6  #: introns, as a multiple of a median of 900 bases
    families: int = 5  #: genes with a near-identical copy on another contig
    array_units: int = 10  #: D4Z4-like units, one DUX4 each, on chr4 and on chr10
    masked_par: bool = True  #: whether the pseudoautosomal copy on chrY is masked, as analysis sets do


@dataclass
class _Contig:
    """A contig while it is being built."""

    name: str
    parts: list[Bases]
    length: int
    genes: list[Gene] = field(default_factory=list)

    def append(self, bases: Bases) -> int:
        """Add bases at the end; return where they begin."""
        start = self.length
        self.parts.append(bases)
        self.length += bases.size
        return start

    def bases(self) -> Bases:
        return np.concatenate(self.parts)


def build_genome(rng: np.random.Generator, plan: GenomePlan | None = None) -> Genome:
    """Build a genome of real gene names and invented sequence.

    The number and strand of exons and the exon boundaries at which the known fusions of
    childhood leukaemia are cut resemble the real genes; every base is invented.  No two contigs
    share a coordinate: each begins with as many N as all contigs before it are long, so that a
    comparison of positions that forgets the contig goes wrong at once.

    Parameters
    ----------
    rng
        Source of chance; equal generators give equal genomes.
    plan
        Size and contents.
    """
    plan = plan or GenomePlan()
    plans = _gene_plans(rng, plan)
    repeats = [random_bases(rng, 300, 0.55), random_bases(rng, 900, 0.4)]
    array = _array_unit(rng)
    built: list[_Contig] = []
    rearrangements: tuple[Rearrangement, ...] = ()
    copies: list[tuple[Gene, Bases]] = []
    for name in sorted(plans, key=_rank):
        offset = built[-1].length if built else 0
        contig = _Contig(name, [np.full(offset + PAD, ord("N"), dtype=np.uint8)], offset + PAD)
        if name == "chrY":
            _add_par_copy(contig, built[-1], masked=plan.masked_par)
        for gene_plan in plans[name]:
            _add_gene(rng, contig, gene_plan, plan, repeats)
        if copies and name not in ("chrM", "chrY"):
            _add_copy(rng, contig, *copies.pop(), plan)
        if len(built) < plan.families:
            copies.append(_for_copying(rng, contig))
        if name in ("chr4", "chr10"):
            _add_array(rng, contig, array, plan.array_units)
        if name == "chr14":
            locus = build_heavy_chain_locus(rng, name, contig.length)
            contig.append(locus.bases)
            contig.genes += locus.genes
            rearrangements = rearrange(rng, locus)
        contig.append(_intergenic(rng, 3_000, repeats))
        contig.append(np.full(PAD, ord("N"), dtype=np.uint8))
        built.append(contig)
    return Genome(
        {contig.name: contig.bases() for contig in built},
        tuple(gene for contig in built for gene in contig.genes),
        rearrangements,
    )


def _rank(contig: str) -> int:
    name = contig.removeprefix("chr")
    return int(name) if name.isdigit() else {"X": 23, "Y": 24, "M": 25}[name]


def _gene_plans(rng: np.random.Generator, plan: GenomePlan) -> dict[str, list[GenePlan]]:
    """Return the genes of each contig in order: the named ones with fillers between them."""
    plans: dict[str, list[GenePlan]] = {"chr14": []}
    text = files("leukoscope.simulation").joinpath("leukaemia_genes.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        plans.setdefault(row["contig"], []).append(
            GenePlan(
                row["gene_id"],
                row["symbol"],
                row["biotype"],
                1 if row["strand"] == "+" else -1,
                int(row["exons"]),
                int(row["coding_from"] or 0),
                tuple(int(exon) for exon in row["framed"].split(",") if exon),
                float(row["level"]),
                int(row["gap"] or 0),
            )
        )
    autosomes = [name for name in plans if name not in ("chrX", "chrY", "chrM")]
    for number in range(1, plan.fillers + 1):
        genes = plans[autosomes[int(rng.integers(len(autosomes)))]]
        places = [i for i in range(len(genes) + 1) if i == len(genes) or genes[i].gap == 0]
        genes.insert(places[int(rng.integers(len(places)))], _filler(rng, number))
    return plans


def _filler(rng: np.random.Generator, number: int) -> GenePlan:
    coding = rng.random() < 0.85
    exons = int(np.clip(rng.lognormal(np.log(7), 0.6), 1, 25))
    return GenePlan(
        f"SIMG{number:011d}",
        f"SIM{number:04d}",
        "protein_coding" if coding else "lncRNA",
        int(rng.choice([-1, 1])),
        exons,
        min(exons, int(rng.integers(1, 3))) if coding else 0,
    )


def _intergenic(rng: np.random.Generator, length: int, repeats: list[Bases]) -> Bases:
    """Draw sequence between genes: isochores strewn with diverged copies of two repeats."""
    bases = isochores(rng, length)
    for _ in range(int(rng.poisson(length / 4_000))):
        repeat = mutate(rng, repeats[int(rng.integers(len(repeats)))], float(rng.uniform(0.1, 0.16)))
        repeat = repeat if rng.random() < 0.5 else reverse_complement(repeat)
        at = int(rng.integers(max(1, length - repeat.size)))
        bases[at : at + repeat.size] = repeat[: length - at]
    return bases


def _add_gene(
    rng: np.random.Generator, contig: _Contig, gene: GenePlan, plan: GenomePlan, repeats: list[Bases]
) -> None:
    gap = gene.gap or 600 + int(rng.exponential(plan.gap))
    contig.append(_intergenic(rng, gap, repeats))
    layout = lay_out(rng, gene, intron_scale=plan.intron_scale)
    sense = write_gene(rng, layout)
    _strew_introns(rng, sense, layout, repeats)
    start = contig.append(sense if gene.strand > 0 else reverse_complement(sense)) + MARGIN
    contig.genes.append(place(gene, layout, contig.name, start, draw_isoforms(rng, layout)))


def _strew_introns(rng: np.random.Generator, sense: Bases, layout: Layout, repeats: list[Bases]) -> None:
    """Put diverged copies of the first repeat into long introns, in place."""
    for (_, left), (right, _) in pairwise(layout.exons):
        room = right - left - 200 - repeats[0].size
        if room > 0 and rng.random() < 0.4:
            at = MARGIN + left + 100 + int(rng.integers(room))
            sense[at : at + repeats[0].size] = mutate(rng, repeats[0], float(rng.uniform(0.1, 0.16)))


def _for_copying(rng: np.random.Generator, contig: _Contig) -> tuple[Gene, Bases]:
    fillers = [g for g in contig.genes if g.symbol.startswith("SIM")] or contig.genes
    gene = fillers[int(rng.integers(len(fillers)))]
    bases = contig.bases()
    return gene, bases[gene.start - MARGIN : gene.end + MARGIN]


def _add_copy(rng: np.random.Generator, contig: _Contig, gene: Gene, bases: Bases, plan: GenomePlan) -> None:
    """Add an expressed, untranslated copy of a gene that differs in 3 to 10 % of its bases."""
    contig.append(isochores(rng, 600 + int(rng.exponential(plan.gap))))
    copy = mutate(rng, bases, float(rng.uniform(0.03, 0.10)))
    for transcript in gene.transcripts:
        for (_, left), (right, _) in pairwise(transcript.exons):
            for site in (left, right - 2):  # splice sites are conserved, else no copy is ever spliced
                at = site - gene.start + MARGIN
                copy[at : at + 2] = bases[at : at + 2]
    shift = contig.append(copy) + MARGIN - gene.start
    transcripts = tuple(
        Transcript(t.id + "P1", tuple((a + shift, b + shift) for a, b in t.exons)) for t in gene.transcripts
    )
    contig.genes.append(
        replace(
            gene,
            id=gene.id + "P1",
            symbol=gene.symbol + "P1",
            biotype="transcribed_unprocessed_pseudogene",
            contig=contig.name,
            transcripts=transcripts,
            family=gene.symbol,
        )
    )


def _array_unit(rng: np.random.Generator) -> tuple[Bases, Layout]:
    """Return one D4Z4-like unit in sense, with the layout of its single-exon gene."""
    unit = random_bases(rng, ARRAY_UNIT, 0.6)
    layout = Layout(((0, 1_700),), (80, 80 + 3 * 425))  # DUX4 has 424 amino acids
    gene = write_gene(rng, layout)
    unit[1_200 - MARGIN : 1_200 - MARGIN + gene.size] = gene
    return unit, layout


def _add_array(rng: np.random.Generator, contig: _Contig, array: tuple[Bases, Layout], units: int) -> None:
    """Add a tandem array whose units differ in up to 2 % of their bases; the last one is DUX4."""
    unit, layout = array
    contig.append(isochores(rng, 20_000))
    for number in range(1, units + 1):
        is_dux4 = contig.name == "chr4" and number == units
        copy = mutate(rng, unit, 0.0 if is_dux4 else float(rng.uniform(0.0, 0.02)))
        start = contig.append(copy) + 1_200
        label = number if contig.name == "chr4" else number + 20
        plan = GenePlan(
            "ENSG00000260596" if is_dux4 else f"SIMG9{label:010d}",
            "DUX4" if is_dux4 else f"DUX4L{label}",
            "protein_coding" if is_dux4 else "unprocessed_pseudogene",
            1,
            1,
            1,
            level=0.001,
        )
        shown = layout if is_dux4 else replace(layout, cds=None)
        contig.genes.append(replace(place(plan, shown, contig.name, start, []), family="DUX4"))


def _add_par_copy(chr_y: _Contig, chr_x: _Contig, *, masked: bool) -> None:
    """Begin chrY with the pseudoautosomal region of chrX, masked or letter by letter."""
    shared = [gene for gene in chr_x.genes if gene.symbol in PAR_GENES]
    start, end = min(g.start for g in shared) - 500, max(g.end for g in shared) + 500
    bases = chr_x.bases()[start:end]
    shift = chr_y.append(np.full(bases.size, ord("N"), dtype=np.uint8) if masked else bases) - start
    if masked:
        return
    for gene in shared:
        transcripts = tuple(
            Transcript(
                t.id + "_PAR_Y",
                tuple((a + shift, b + shift) for a, b in t.exons),
                None if t.cds is None else (t.cds[0] + shift, t.cds[1] + shift),
            )
            for t in gene.transcripts
        )
        copy = replace(gene, id=gene.id + "_PAR_Y", contig=chr_y.name, transcripts=transcripts, level=0.0)
        chr_y.genes.append(replace(copy, family=gene.symbol))
