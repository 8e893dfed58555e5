"""Planted events against their own sequence: every derived fact is recomputed the slow way."""

from __future__ import annotations

import numpy as np
import pytest

from leukoscope.simulation.event_classes import CLASSES, draw_events, named_fusion
from leukoscope.simulation.event_drawing import Draw
from leukoscope.simulation.events import (
    absorbed_bases,
    directions,
    equivalent_shifts,
    reading_frame,
    rearrangement_type,
)
from leukoscope.simulation.sequences import STOP_CODONS, as_text
from leukoscope.simulation.structures import read_pieces
from leukoscope.simulation.truth import describe_event


@pytest.fixture(scope="module")
def events(genome):
    return draw_events(np.random.default_rng(8), genome, list(CLASSES), 4)


def _base(genome, contig, position, strand):
    letter = chr(genome.contigs[contig][position])
    return letter if strand > 0 else {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}[letter]


def test_every_class_is_planted(events):
    assert {event.kind for event in events} == set(CLASSES)


def test_a_gene_takes_part_in_one_group_only(events):
    groups, seen = {}, {}
    for number, event in enumerate(events):
        groups[number] = number if event.partner is None else event.partner
        for gene in (event.gene5, event.gene3):
            if gene.family != "IGH":
                assert seen.setdefault(gene.id, groups[number]) == groups[number], gene.symbol


def test_breakpoints_name_the_bases_beside_the_junction(genome, events):
    for number, event in enumerate(events, start=1):
        told = describe_event(genome, event, number)
        before, inserted, after = told["sequence"].split("|")
        s1, s2 = (1 if told[k] == "+" else -1 for k in ("strand1", "strand2"))
        assert before[-1] == _base(genome, told["contig1"], told["breakpoint1"] - 1, s1)
        assert after[0] == _base(genome, told["contig2"], told["breakpoint2"] - 1, s2)
        assert inserted == told["inserted"]
        assert told["gene1"] in told["aliases1"]
        assert told["gene2"] in told["aliases2"]


def test_shifted_breakpoints_give_the_same_sequence(genome, events):
    """Rebuild the molecule with both breakpoints moved; it must stay the same, and no further."""
    for event in events:
        if event.inserted:
            assert equivalent_shifts(genome.contigs, event) == (0, 0)
            continue
        left, right = event.left, event.right

        def around(move, left=left, right=right):
            a = [left.last + left.strand * (i + move) for i in range(-60 - move, 1)]
            b = [right.first + right.strand * (i + move) for i in range(60 - move)]
            return "".join(
                [_base(genome, left.contig, p, left.strand) for p in a]
                + [_base(genome, right.contig, p, right.strand) for p in b]
            )

        to_left, to_right = equivalent_shifts(genome.contigs, event)
        assert to_left + to_right < 40
        assert {around(m) for m in range(-to_left, to_right + 1)} == {around(0)}
        assert around(-to_left - 1) != around(0)
        assert around(to_right + 1) != around(0)


def test_insert_bases_that_are_genome_are_counted(genome, events):
    inserts = [event for event in events if event.inserted]
    assert len(inserts) >= 8
    for event in inserts:
        left, right, n = event.left, event.right, len(event.inserted)
        after = "".join(
            _base(genome, left.contig, left.last + left.strand * (i + 1), left.strand) for i in range(n)
        )
        before = "".join(
            _base(genome, right.contig, right.first - right.strand * (n - i), right.strand) for i in range(n)
        )
        first, last = absorbed_bases(genome.contigs, event)
        assert event.inserted[:first] == after[:first]
        assert event.inserted[n - last :] == before[n - last :]
        assert first == n or event.inserted[first] != after[first]
        assert last == n or event.inserted[n - last - 1] != before[n - last - 1]


def test_frames_agree_with_translation(genome, events):
    """Translate the whole fused molecule from the start codon of the 5' gene."""
    told = {"in-frame": 0, "out-of-frame": 0, "": 0, "stop-codon": 0}
    for event in events:
        frame = reading_frame(genome, event)
        told[frame] += 1
        if frame == "":
            continue
        text = as_text(read_pieces(genome.contigs, event.pieces))
        gene5, gene3 = event.gene5, event.gene3
        start = _spliced(event.pieces, gene5)
        junction = sum(p.end - p.start for p in event.pieces[: event.junction])
        codons = [text[i : i + 3].encode() for i in range(start, len(text) - 2, 3)]
        stop = next((i for i, c in enumerate(codons) if c in STOP_CODONS), len(codons)) * 3 + start
        end3 = len(text) - _after_stop(event.pieces, gene3)
        reaches_own_stop = stop + 3 == end3
        assert (frame == "in-frame") == reaches_own_stop, (event.kind, gene5.symbol, gene3.symbol, frame)
        if frame == "stop-codon":
            assert stop < junction + len(event.inserted) + 3
    assert told["in-frame"] >= 8
    assert told["out-of-frame"] >= 4


def _spliced(pieces, gene):
    """Return the offset of the gene's first coding base in the molecule."""
    first, last = gene.transcripts[0].cds
    atg = first if gene.strand > 0 else last - 1
    offset = 0
    for piece in pieces:
        if piece.start <= atg < piece.end:
            return offset + abs(atg - piece.first)
        offset += piece.end - piece.start
    raise AssertionError("the start codon is not in the molecule")


def _after_stop(pieces, gene):
    """Return how many bases follow the stop codon at the end of the molecule."""
    first, last = gene.transcripts[0].cds
    piece = pieces[-1]
    return piece.end - last if gene.strand > 0 else first - piece.start


def test_types_follow_from_positions_and_directions(events):
    for event in events:
        one, two = directions(event)
        lower = min((event.left.last, one), (event.right.first, two))
        expected = (
            "translocation"
            if event.left.contig != event.right.contig
            else "inversion"
            if one == two
            else "deletion"
            if lower[1] == "downstream"
            else "duplication"
        )
        assert rearrangement_type(event) == expected


def test_classes_are_what_they_say(events):
    for event in events:
        kind, told = event.kind, rearrangement_type(event)
        if kind in ("internal_tandem_duplication", "exon_tandem_duplication"):
            assert told == "duplication"
        if kind in ("intragenic_deletion", "neighbour_deletion", "read_through"):
            assert told == "deletion"
        if kind == "inversion":
            assert told == "inversion"
        if kind == "internal_tandem_duplication":
            assert 9 <= abs(event.left.last - event.right.first) + 1 <= 150
        if kind == "hijack":
            assert event.gene5.family == "IGH"
        if kind == "intragenic_deletion":
            introns = {
                pair
                for t in event.gene5.transcripts
                for pair in zip([e for _, e in t.exons], [s for s, _ in t.exons[1:]], strict=False)
            }
            cut = sorted((event.left.last, event.right.first))
            assert (cut[0] + 1, cut[1]) not in introns


def test_the_fusions_of_the_demonstration_are_in_frame(genome):
    for known in (("ETV6", 5, "RUNX1", 2), ("BCR", 14, "ABL1", 2)):
        assert reading_frame(genome, named_fusion(genome, *known)) == "in-frame"


def test_a_genome_too_small_gets_fewer_events(genome):
    draw = Draw(np.random.default_rng(1), genome, used={g.id for g in genome.genes})
    assert all(build(draw) is None for build in CLASSES.values())


def test_one_seed_one_set_of_events(genome, events):
    assert draw_events(np.random.default_rng(8), genome, list(CLASSES), 4) == events
