"""Simulate the paired reads of one sample, block by block, and its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leukoscope.errors import InputError
from leukoscope.simulation.artefacts import BENCH_SHARES, LASTING, draw_bench_artefacts, lasting_molecules
from leukoscope.simulation.background import (
    Background,
    express,
    sample_expression,
    set_fragments_of_gene,
)
from leukoscope.simulation.events import Event
from leukoscope.simulation.fastq import PairSink, open_pair, read_name
from leukoscope.simulation.fragments import (
    Fragments,
    IntArray,
    Library,
    Pool,
    draw_fragments,
    join,
    pool_molecules,
)
from leukoscope.simulation.haplotypes import Haplotype, draw_haplotypes
from leukoscope.simulation.planting import (
    EventMolecule,
    classify,
    draw_event_fragments,
    event_molecule,
    wild_type_fragments,
)
from leukoscope.simulation.sequences import Bases, as_bases
from leukoscope.simulation.sequencing import Qualities, add_errors, draw_qualities, read_mates
from leukoscope.simulation.structures import Genome
from leukoscope.simulation.truth import describe_event, event_tag, truth_document

BLOCK = 50_000  #: pairs in memory at a time
LARGEST_EVENT_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What one sample shall be."""

    sample: str
    pairs: int
    library: Library = field(default_factory=Library)
    chimeras: float = 0.001  #: share of fragments that come from artefacts of the bench
    sex: str = "female"
    person: int | None = None  #: samples of one number have the same SNPs; None: a person of its own


@dataclass(frozen=True)
class _Prepared:
    """Everything that the blocks of a sample draw from."""

    plan: SamplePlan
    pool: Pool
    background: NDArray[np.float64]  #: (molecules,) weights, zero for events
    molecule_tag: IntArray  #: (molecules,) tag of fragments drawn by weight
    exon_ends: list[IntArray]
    event_molecules: list[EventMolecule]
    event_fragments: Fragments
    tags: list[str]


def simulate_sample(
    rng: np.random.Generator,
    genome: Genome,
    expression: NDArray[np.float64],
    plan: SamplePlan,
    events: Sequence[Event],
    support: IntArray,
    outdir: Path,
) -> dict[str, Any]:
    """Write the reads of one sample and return its truth.

    Parameters
    ----------
    rng
        Source of chance; the same generator gives the same bytes.
    genome
        Reference.
    expression
        Transcripts of each gene, in any unit, before this sample's own variation.
    plan
        Name, size and library.
    events, support
        Planted events, and how many unique fragments shall cross each one's junction.
    outdir
        Where ``<sample>_R1.fastq.gz`` and ``<sample>_R2.fastq.gz`` appear.

    Raises
    ------
    InputError
        If the events ask for more fragments than the sample has.
    """
    preparation, qualities_rng, blocks_rng = rng.spawn(3)
    prepared = _prepare(preparation, genome, expression, plan, events, support)
    cycles = plan.library.read_length
    qualities = (draw_qualities(qualities_rng, cycles, 0), draw_qualities(qualities_rng, cycles, 1))
    supporters = [_Supporters() for _ in events]
    artefacts = dict.fromkeys([*BENCH_SHARES, *LASTING], 0)
    with open_pair(plan.sample, outdir) as sink:
        for first, block in _blocks(blocks_rng, prepared):
            _write_block(blocks_rng, sink, first, block, prepared, qualities)
            _note(block, first, prepared, supporters, artefacts)
    described = [
        describe_event(genome, event, number) | supporters[number - 1].as_record()
        for number, event in enumerate(events, start=1)
    ]
    families = sorted({g.family for g in genome.genes if g.family})
    members = [sorted({g.symbol for g in genome.genes if f in (g.family, g.symbol)}) for f in families]
    return truth_document(plan.sample, asdict(plan), described, artefacts, members)


class _Supporters:
    """Names of the fragments that support one event."""

    def __init__(self) -> None:
        self.by_kind: dict[int, list[str]] = {0: [], 1: [], 2: [], 3: []}
        self.copies: list[str] = []

    def as_record(self) -> dict[str, Any]:
        return {
            "junction_fragments": self.by_kind[3],
            "spanning_fragments": self.by_kind[2],
            "short_anchor_fragments": self.by_kind[1],
            "other_fragments": len(self.by_kind[0]),
            "copies": self.copies,
        }


def _prepare(
    rng: np.random.Generator,
    genome: Genome,
    expression: NDArray[np.float64],
    plan: SamplePlan,
    events: Sequence[Event],
    support: IntArray,
) -> _Prepared:
    own = sample_expression(rng, genome, expression, plan.sex)
    own_rng = rng if plan.person is None else np.random.default_rng([plan.person, 3])
    haplotypes = draw_haplotypes(own_rng, genome.contigs)
    background = express(rng, genome, haplotypes, own, plan.library)
    tags = ["B000", *(event_tag(n) for n in range(1, len(events) + 1)), *BENCH_SHARES, *LASTING]
    molecule_tag, background = _add_lasting(rng, genome, own, haplotypes, background, events, plan, tags)
    planted = [event_molecule(event, haplotypes[int(rng.integers(2))]) for event in events]
    first = len(background.molecules)
    pool = pool_molecules(
        [*background.molecules, *(m.bases for m in planted)], margin=plan.library.read_length
    )
    fragments = draw_event_fragments(rng, pool, planted, first, support, plan.library)
    unique = plan.pairs * (1.0 - plan.library.duplicates)
    if fragments.size > LARGEST_EVENT_SHARE * unique:
        raise InputError(
            f"{plan.sample}: the {len(events)} events ask for {fragments.size:,} fragments, of {int(unique):,} that "
            f"{plan.pairs:,} pairs hold. Ask for more pairs (--pairs), fewer events or less support (--support)."
        )
    background = _balance(genome, background, events, planted, fragments, unique)
    weight = np.concatenate([background.weight, np.zeros(len(planted))])
    exon_ends = _exon_ends(genome, background, haplotypes) + [np.empty(0, np.int64)] * len(planted)
    molecule_tag = np.concatenate([molecule_tag, np.arange(1, len(planted) + 1)])
    return _Prepared(plan, pool, weight, molecule_tag, exon_ends, planted, fragments, tags)


def _add_lasting(
    rng: np.random.Generator,
    genome: Genome,
    own: NDArray[np.float64],
    haplotypes: Sequence[Haplotype],
    background: Background,
    events: Sequence[Event],
    plan: SamplePlan,
    tags: Sequence[str],
) -> tuple[IntArray, Background]:
    """Add the artefacts that a sample has throughout; return the tag of every molecule too."""
    none = np.zeros(len(background.molecules), dtype=np.int64)
    if plan.chimeras <= 0:
        return none, background
    taken = {gene.id for event in events for gene in (event.gene5, event.gene3)}
    lasting = lasting_molecules(rng, genome, own, taken)
    total = sum(own[i] * g.transcripts[0].length for i, g in enumerate(genome.genes))
    hopped = float(rng.integers(1, 4)) / plan.pairs  # a few fragments of another sample's fusion
    share = np.array([hopped if kind == "HOPP" else weight / total for kind, _, weight in lasting])
    molecules = [haplotypes[0].read(pieces)[0] for _, pieces, _ in lasting]
    merged = Background(
        background.molecules + molecules,
        np.concatenate([background.weight * (1.0 - share.sum()), share]),
        np.concatenate([background.gene, np.full(len(lasting), -1)]),
        np.concatenate([background.spliced, np.ones(len(lasting), dtype=bool)]),
    )
    return np.concatenate(
        [none, np.array([tags.index(kind) for kind, _, _ in lasting], dtype=np.int64)]
    ), merged


def _balance(
    genome: Genome,
    background: Background,
    events: Sequence[Event],
    planted: Sequence[EventMolecule],
    fragments: Fragments,
    unique: float,
) -> Background:
    """Give the genes of events with a share as many normal transcripts as the share says."""
    index = {gene.id: number for number, gene in enumerate(genome.genes)}
    drawn = np.bincount(fragments.tag, minlength=len(events) + 1)
    for number, event in enumerate(events, start=1):
        if event.share is not None:
            normal = wild_type_fragments(event, planted[number - 1], int(drawn[number]))
            background = set_fragments_of_gene(background, index[event.gene5.id], min(0.2, normal / unique))
    return background


def _exon_ends(genome: Genome, background: Background, haplotypes: Sequence[Haplotype]) -> list[IntArray]:
    """Return the offsets of the exon junctions in every molecule (without indels, which are rare)."""
    ends: list[IntArray] = []
    which: dict[int, int] = {}
    for gene, spliced in zip(background.gene.tolist(), background.spliced.tolist(), strict=True):
        if gene < 0 or not spliced:
            ends.append(np.empty(0, dtype=np.int64))
            continue
        seen = which.get(gene, 0)
        which[gene] = seen + 1
        pieces = genome.genes[gene].pieces(seen // len(haplotypes))
        ends.append(np.cumsum([p.end - p.start for p in pieces])[:-1])
    return ends


@dataclass(frozen=True)
class _Block:
    """Pairs of one block in the order of the files; `copy` marks PCR copies."""

    pool_part: Fragments
    bench_pool: Pool
    bench_part: Fragments
    order: IntArray  #: place in (pool_part, bench_part) of each pair
    copy: NDArray[np.bool_]


def _blocks(rng: np.random.Generator, prepared: _Prepared) -> Iterator[tuple[int, _Block]]:
    """Yield (number of the first pair, block) until all pairs are made."""
    plan = prepared.plan
    events = prepared.event_fragments.take(rng.permutation(prepared.event_fragments.size))
    given = 0
    for first in range(0, plan.pairs, BLOCK):
        n = min(BLOCK, plan.pairs - first)
        until = round(events.size * (first + n) / plan.pairs)
        yield first, _draw_block(rng, prepared, n, events.take(np.arange(given, until)))
        given = until


def _draw_block(rng: np.random.Generator, prepared: _Prepared, n: int, events: Fragments) -> _Block:
    plan, library = prepared.plan, prepared.plan.library
    unique = max(1, n - int(rng.binomial(n, library.duplicates))) if n else 0
    bench = min(int(rng.poisson(unique * plan.chimeras)), max(0, unique - events.size))
    plain = max(0, unique - bench - events.size)
    molecule = np.repeat(
        np.arange(prepared.background.size),
        rng.multinomial(plain, prepared.background / prepared.background.sum()),
    )
    drawn = draw_fragments(rng, prepared.pool, molecule, library, 0)
    drawn = replace(drawn, tag=prepared.molecule_tag[molecule])
    tags = {kind: prepared.tags.index(kind) for kind in BENCH_SHARES}
    molecules, artefacts = draw_bench_artefacts(
        rng, prepared.pool, prepared.background, prepared.exon_ends, bench, library, tags
    )
    pool_part = join([drawn, events])
    unique = pool_part.size + artefacts.size
    source = np.concatenate([np.arange(unique), rng.integers(0, max(1, unique), max(0, n - unique))])
    order = rng.permutation(n)
    bench_pool = pool_molecules(molecules, margin=library.read_length)
    return _Block(pool_part, bench_pool, artefacts, source[order], order >= unique)


def _write_block(
    rng: np.random.Generator,
    sink: PairSink,
    first: int,
    block: _Block,
    prepared: _Prepared,
    qualities: tuple[Qualities, Qualities],
) -> None:
    cycles = prepared.plan.library.read_length
    ours = read_mates(prepared.pool, block.pool_part, cycles)
    bench = read_mates(block.bench_pool, block.bench_part, cycles) if block.bench_part.size else None
    letters = np.array([as_bases(tag) for tag in prepared.tags])
    tags = letters[_tags(block)]
    for mate in (0, 1):
        reads: Bases = ours[mate] if bench is None else np.concatenate([ours[mate], bench[mate]])
        reads = reads[block.order]
        quality = add_errors(rng, reads, qualities[mate])
        sink.write(first, tags, reads, quality, mate)


def _tags(block: _Block) -> IntArray:
    return np.concatenate([block.pool_part.tag, block.bench_part.tag])[block.order]


def _note(
    block: _Block,
    first: int,
    prepared: _Prepared,
    supporters: Sequence[_Supporters],
    artefacts: dict[str, int],
) -> None:
    """Record who supports each event, and count artefacts, in one block."""
    tags = _tags(block)
    counts = np.bincount(tags[~block.copy], minlength=len(prepared.tags))
    for number in range(len(supporters) + 1, len(prepared.tags)):
        artefacts[prepared.tags[number]] += int(counts[number])
    for number, support in enumerate(supporters, start=1):
        places = np.flatnonzero(tags == number)
        fragments = block.pool_part.take(block.order[places])
        kinds = classify(
            fragments, prepared.event_molecules[number - 1], prepared.plan.library.read_length
        ).tolist()
        for place, kind in zip(places.tolist(), kinds, strict=True):
            name = read_name(prepared.plan.sample, first + place, event_tag(number))
            if not block.copy[place]:
                support.by_kind[kind].append(name)
            elif kind:
                support.copies.append(name)
