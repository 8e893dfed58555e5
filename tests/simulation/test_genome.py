"""The simulated genome against the rules of biology and the readers of the package."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from leukoscope.formats.fasta import open_genome
from leukoscope.formats.gtf import read_gene_model
from leukoscope.simulation.gene_building import SHORTEST_CODING, GenePlan, lay_out
from leukoscope.simulation.genome_building import PAR_GENES, GenomePlan, build_genome
from leukoscope.simulation.reference_files import read_genome, write_fasta, write_gtf
from leukoscope.simulation.sequences import (
    STOP_CODONS,
    as_bases,
    as_text,
    coding_sequence,
    mutate,
    reverse_complement,
)
from leukoscope.simulation.structures import coding_phase, read_pieces


@pytest.fixture(scope="module")
def files(genome, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    write_fasta(genome, folder / "genome.fa")
    write_gtf(genome, folder / "annotation.gtf")
    return folder


def _coding_text(genome, gene, transcript):
    first, last = transcript.cds
    parts = [(max(s, first), min(e, last)) for s, e in transcript.exons if max(s, first) < min(e, last)]
    text = "".join(as_text(genome.contigs[gene.contig][s:e]) for s, e in parts)
    return text if gene.strand > 0 else as_text(reverse_complement(as_bases(text)))


def test_every_reading_frame_is_open_from_start_to_its_one_stop(genome):
    coding = [(g, t) for g in genome.genes for t in g.transcripts if t.cds]
    assert len(coding) > 100
    stops = {codon.decode() for codon in STOP_CODONS}
    for gene, transcript in coding:
        text = _coding_text(genome, gene, transcript)
        codons = [text[i : i + 3] for i in range(0, len(text), 3)]
        assert len(text) % 3 == 0
        assert codons[0] == "ATG", gene.symbol
        assert codons[-1] in stops, gene.symbol
        assert not stops & set(codons[:-1]), gene.symbol


def test_every_intron_has_canonical_splice_sites(genome):
    seen = 0
    for gene in genome.genes:
        for transcript in gene.transcripts:
            for (_, left), (right, _) in pairwise(transcript.exons):
                intron = genome.contigs[gene.contig][left:right]
                text = as_text(intron if gene.strand > 0 else reverse_complement(intron))
                assert (text[:2], text[-2:]) == ("GT", "AG"), (gene.symbol, transcript.id)
                seen += 1
    assert seen > 1_000


def test_no_two_contigs_share_a_coordinate(genome):
    known = {name: np.flatnonzero(bases != ord("N"))[[0, -1]] for name, bases in genome.contigs.items()}
    for (_, a), (_, b) in combinations(known.items(), 2):
        assert a[1] < b[0] or b[1] < a[0]


def test_genes_do_not_overlap_and_lie_on_known_bases(genome):
    by_contig = {}
    for gene in genome.genes:
        by_contig.setdefault(gene.contig, []).append((gene.start, gene.end))
    for contig, spans in by_contig.items():
        spans.sort()
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert not (genome.contigs[contig][spans[0][0] : spans[-1][1]] == ord("N")).all()


def test_known_fusions_are_in_frame_by_design(genome):
    for symbol, exon in (("ETV6", 5), ("BCR", 14), ("TCF3", 16), ("KMT2A", 9)):
        gene = genome.genes[genome.by_symbol[symbol]]
        assert coding_phase(gene, gene.transcripts[0], gene.pieces()[exon - 1].last) == 2
    for symbol, exon in (("RUNX1", 2), ("ABL1", 2), ("PBX1", 3), ("AFF1", 5)):
        gene = genome.genes[genome.by_symbol[symbol]]
        assert coding_phase(gene, gene.transcripts[0], gene.pieces()[exon - 1].first) == 0


def test_phase_agrees_with_counting_letters(genome):
    rng = np.random.default_rng(2)
    for gene in genome.genes[::7]:
        transcript = gene.transcripts[0]
        if transcript.cds is None:
            continue
        order = [p for start, end in transcript.exons for p in range(start, end)]
        coding = [p for p in order if transcript.cds[0] <= p < transcript.cds[1]]
        coding = coding if gene.strand > 0 else coding[::-1]
        for _ in range(20):
            position = int(rng.integers(gene.start, gene.end))
            expected = coding.index(position) % 3 if position in coding else None
            assert coding_phase(gene, transcript, position) == expected


def test_the_annotation_is_read_back_as_it_was_built(genome, files):
    model = read_gene_model(files / "annotation.gtf")
    assert model.n_genes == len(genome.genes)
    for gene in genome.genes:
        g = model.gene_index[gene.id]
        assert (model.gene_start[g], model.gene_end[g]) == (gene.start, gene.end)
        assert model.gene_symbol[g] == gene.symbol
        for t, transcript in zip(model.transcripts_of(g), gene.transcripts, strict=True):
            exons = model.exons_of(t)
            pairs = zip(model.exon_start[exons].tolist(), model.exon_end[exons].tolist(), strict=True)
            assert tuple(pairs) == transcript.exons
            for exon in range(exons.start, exons.stop):
                if model.exon_cds_start[exon] < 0:
                    continue
                forward = gene.strand > 0
                first = int(model.exon_cds_start[exon] if forward else model.exon_cds_end[exon] - 1)
                assert model.exon_phase[exon] == -coding_phase(gene, transcript, first) % 3


def test_the_sequence_is_read_back_as_it_was_built(genome, files):
    opened = open_genome(files / "genome.fa")
    for name, bases in genome.contigs.items():
        assert opened.fetch(name, 0, opened.length(name)) == as_text(bases)


def test_a_given_genome_is_seen_as_the_built_one(genome, files):
    given = read_genome(files / "genome.fa", files / "annotation.gtf")
    assert {g.id for g in given.genes} == {g.id for g in genome.genes}
    gene = given.genes[given.by_symbol["BCR"]]
    built = genome.genes[genome.by_symbol["BCR"]]
    assert gene.pieces() == built.pieces()
    assert as_text(read_pieces(given.contigs, gene.pieces())) == as_text(
        read_pieces(genome.contigs, built.pieces())
    )


def test_copies_are_near_identical_and_arrays_nearly_so(genome):
    def spliced(gene):
        return read_pieces(genome.contigs, gene.pieces())

    copies = [g for g in genome.genes if g.symbol.endswith("P1") and g.family]
    assert len(copies) == GenomePlan().families
    for copy in copies:
        original = genome.genes[genome.by_symbol[copy.family]]
        assert 0.02 < (spliced(copy) != spliced(original)).mean() < 0.12
    array = [g for g in genome.genes if g.family == "DUX4"]
    assert {g.contig for g in array} == {"chr4", "chr10"}
    dux4 = spliced(genome.genes[genome.by_symbol["DUX4"]])
    assert all((spliced(g) != dux4).mean() < 0.03 for g in array)


@pytest.mark.parametrize("masked", [True, False])
def test_the_pseudoautosomal_copy(masked):
    genome = build_genome(np.random.default_rng(5), GenomePlan(fillers=5, masked_par=masked))
    copies = [g for g in genome.genes if g.id.endswith("_PAR_Y")]
    assert len(copies) == (0 if masked else len(PAR_GENES))
    for copy in copies:
        original = genome.genes[genome.by_symbol[copy.symbol]]
        assert original.contig == "chrX"
        assert as_text(read_pieces(genome.contigs, copy.pieces())) == as_text(
            read_pieces(genome.contigs, original.pieces())
        )


def test_one_seed_one_genome():
    one, two = (build_genome(np.random.default_rng(9), GenomePlan(fillers=3)) for _ in range(2))
    assert one.genes == two.genes
    assert all(np.array_equal(one.contigs[name], two.contigs[name]) for name in one.contigs)


def test_mutation_changes_the_stated_share():
    bases = np.repeat(as_bases("ACGT"), 25_000)
    assert (mutate(np.random.default_rng(1), bases, 0.1) != bases).mean() == pytest.approx(0.1, abs=0.005)


def test_a_reading_frame_needs_room():
    with pytest.raises(ValueError, match="needs 2 codons"):
        coding_sequence(np.random.default_rng(1), 1)


@pytest.mark.parametrize(("exons", "coding_from"), [(1, 1), (2, 1), (2, 2), (5, 1), (5, 5)])
def test_short_genes_have_room_for_their_frame(exons, coding_from):
    """Genes of one exon once drew 3' ends longer than what their start left (seeds 202 and 505)."""
    plan = GenePlan("SIMG1", "G", "protein_coding", 1, exons, coding_from)
    rng = np.random.default_rng(7)
    for _ in range(500):
        layout = lay_out(rng, plan)
        coding = sum(
            max(0, min(end, layout.cds[1]) - max(start, layout.cds[0])) for start, end in layout.exons
        )
        assert coding >= SHORTEST_CODING - 2 and coding % 3 == 0
