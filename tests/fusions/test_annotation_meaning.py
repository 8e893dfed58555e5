"""Driver classes, warnings, domains and panels: what a fusion means, and what speaks against it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from leukoscope.formats.fasta import Genome, index_fasta, open_genome
from leukoscope.formats.fusion_names import is_immunoglobulin, is_receptor_locus
from leukoscope.formats.fusion_rows import fusion_table
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.fusions.domains import domains_by_gene
from leukoscope.fusions.drivers import match_driver
from leukoscope.fusions.partners import Annotation
from leukoscope.fusions.plausibility import WARNINGS, homology, shared_bases, words
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.driver_fusions import DRIVER_FUSIONS, FUSION_PANEL, PROTEIN_DOMAINS
from leukoscope.tables.subtyping import SUBTYPES


@pytest.fixture(scope="module")
def drivers():
    return read_knowledge(DRIVER_FUSIONS)


def _driver(gene5, gene3, drivers, kind="translocation", frame=""):
    found = match_driver(gene5, gene3, kind, frame, drivers)
    return None if found is None else found.label


@pytest.mark.parametrize(
    ("gene5", "gene3", "driver_class"),
    [
        ("BCR", "ABL1", "BCR::ABL1"),
        ("ABL1", "BCR", "BCR::ABL1"),
        ("ETV6", "RUNX1", "ETV6::RUNX1"),
        ("TEL", "AML1", "ETV6::RUNX1"),
        ("KMT2A", "AFF1", "KMT2A"),
        ("MLL", "AF4", "KMT2A"),
        ("KMT2A", "USP2", "KMT2A"),
        ("IGHJ5", "DUX4L2", "DUX4"),
        ("DUX4", "IGH", "DUX4"),
        ("IGHV3-23", "AL683807.2(442713),CRLF2(8017)", "CRLF2"),
        ("P2RY8", "CRLF2", "CRLF2"),
        ("NUP214", "ABL1", "ABL-class"),
        ("EBF1", "PDGFRB", "ABL-class"),
        ("PAX5", "JAK2", "JAK-STAT"),
        ("PAX5", "ZCCHC7", "PAX5alt"),
        ("MEF2D", "CSF1R", "MEF2D"),
        ("TCF3", "ZNF384", "ZNF384"),
        ("TAF15", "ZNF384", "ZNF384"),
        ("ACIN1", "NUTM1", "NUTM1"),
        ("IGH", "MYC", "BCL2/MYC"),
        ("IGH", "BCL2", "BCL2/MYC (research)"),
        ("ETV6", "NTRK3", "other kinase"),
        ("STIL", "TAL1", None),
        ("FLT3", "FLT3", None),
        ("ABL1", "ABL1", None),
        ("ABL1", "EXOSC2", None),
        ("", "", None),
    ],
)
def test_driver_classes(gene5, gene3, driver_class, drivers):
    assert _driver(gene5, gene3, drivers) == driver_class


def test_one_named_gene_is_not_enough_for_a_doubtful_event(drivers):
    assert _driver("EXOSC2", "ABL1", drivers) == "ABL-class"
    assert _driver("EXOSC2", "ABL1", drivers, kind="deletion/read-through") is None
    assert _driver("EXOSC2", "ABL1", drivers, kind="inversion/5'-5'") is None
    assert _driver("EXOSC2", "ABL1", drivers, frame="out-of-frame") is None
    assert _driver("P2RY8", "CRLF2", drivers, kind="deletion/read-through") == "CRLF2"
    assert _driver("BCR", "ABL1", drivers, frame="out-of-frame") == "BCR::ABL1"
    assert _driver("NUP214", "EXOSC2(500),ABL1(300)", drivers) is None
    assert _driver("IGHJ5", "CRLF2(99000),CSF2RA(90000)", drivers) == "CRLF2"
    assert _driver("IGHJ5", "CRLF2(101000),CSF2RA(90000)", drivers) is None


def test_hijack_by_an_immunoglobulin_enhancer(small, drivers):
    call = {
        "gene1": "IGHJ5", "gene2": "CSF2RA(7000),CRLF2(8017)", "breakpoint1": "chr14:105864254",
        "breakpoint2": "chrX:1220767", "type": "translocation", "site2": "intergenic", "inserted": "GGTT",
    }  # fmt: skip
    told = annotate_calls(fusion_table([call], source="made"), *small, drivers=drivers).iloc[0]
    assert (told.fusion, told.driver_class, told.vicc) == ("IGH::CRLF2", "CRLF2", "reg_e@IGH::CRLF2")
    assert told.plausibility == ""


def test_genes_are_numbered_as_the_annotation_numbers_them(drivers, tmp_path):
    """The rules of the specification: the gene's number where it is a component, nothing within one gene."""
    lines = [
        f'{contig}\tx\texon\t{start}\t{start + 99}\t.\t+\t.\tgene_id "{name}"; transcript_id "{name}.t"; '
        f'gene_name "{name}"; hgnc_id "HGNC:{number}";\n'
        for contig, start, name, number in (
            ("c1", 101, "BCR", 1014),
            ("c1", 301, "CRLF2", 14281),
            ("c2", 101, "ABL1", 76),
        )
    ]
    (tmp_path / "a.gtf").write_text("".join(lines))
    fasta = (">c1\n" + "ACGT" * 200 + "\n>c2\n" + "AACCGGTT" * 100 + "\n").encode()
    genome, model = Genome(index_fasta(fasta, "made"), fasta), read_gene_model(tmp_path / "a.gtf")

    def named(gene1, gene2, at1, at2, sense2="+"):
        call = {
            "gene1": gene1, "gene2": gene2, "breakpoint1": at1, "breakpoint2": at2, "type": "translocation",
            "strand1(gene/fusion)": "+/+", "strand2(gene/fusion)": f"+/{sense2}", "direction1": "downstream",
            "direction2": "upstream" if sense2 == "+" else "downstream", "inserted": "GG",
        }  # fmt: skip
        told = annotate_calls(fusion_table([call], source="made"), model, genome, drivers=drivers).iloc[0]
        return told.hgnc_id1, told.hgnc_id2, told.vicc

    antisense = "BCR.t(BCR):e.1-50::GG::ABL1(hgnc:76)"
    assert named("BCR", "ABL1", "c1:150", "c2:150", "-") == ("HGNC:1014", "HGNC:76", antisense)
    assert named("IGHJ5", "CRLF2", "c1:10", "c1:350") == ("", "HGNC:14281", "reg_e@IGH::CRLF2(hgnc:14281)")
    assert named("BCR", "BCR", "c1:180", "c1:150") == ("HGNC:1014", "HGNC:1014", "")


def test_driver_table_is_sourced_and_speaks_the_classes_of_the_subtypes(drivers):
    verified = drivers[drivers.evidence == "verified"]
    assert set(drivers.evidence) == {"verified", "remembered"}
    identifier = re.compile(r"^(PMID:\d{7,8}|DOI:10\.\d{4,}/\S+|.+ \d+ \(\d{4}\).*)$")
    assert verified.source.map(lambda s: bool(identifier.match(s))).all()
    assert (drivers[drivers.evidence == "remembered"].source == "").all()
    subtypes = read_knowledge(SUBTYPES)
    names = set(subtypes.subtype) | {alias for row in subtypes.aliases for alias in row.split("|")}
    assert set(drivers.driver_class) <= names
    assert (drivers.who_haem5 != "").all() and (drivers.icc_2022 != "").all()


def test_drivers_are_real_genes(drivers, shared):
    """Every symbol of the table is in the published annotation of GRCh38, or stands for a locus."""
    genes = pd.read_csv(shared / "expression" / "gene_annotation_ensembl_hg38.tsv.gz", sep="\t", dtype=str)
    symbols = set(genes.to_numpy().ravel().tolist())
    named = (set(drivers.gene5) | set(drivers.gene3)) - {"*", "IG@"}
    assert named - symbols == set()


@pytest.mark.parametrize(
    "symbol", ["IGH", "IGH@", "IGHV3-23", "IGHM", "IGHG1", "IGKC", "IGKV1-5", "IGLJ2", "IGHD"]
)
def test_immunoglobulins(symbol):
    assert is_immunoglobulin(symbol) and is_receptor_locus(symbol)


@pytest.mark.parametrize(
    "symbol", ["IGHMBP2", "IGLL5", "IGLON5", "IGF2", "IGKV", "TRAF3", "TRBP", "TRDMT1", "TRGC"]
)
def test_not_immunoglobulins(symbol):
    assert not is_immunoglobulin(symbol)


def test_receptor_genes_of_t_cells():
    assert all(
        is_receptor_locus(symbol)
        for symbol in ("TRAV1-2", "TRBC1", "TRDV1", "TRGC2", "TRB", "TRGVA", "TRGJP", "TRAC")
    )
    assert not any(is_receptor_locus(symbol) for symbol in ("TRAF3", "TRBP", "TRDMT1", "TRAP1", "TRADD"))


# A small genome: TWIN1 and TWIN2 are copies, ALONE is not; ALONE and NEAR are neighbours.

RNG = np.random.default_rng(5)


def _random(n):
    return "".join(RNG.choice(list("ACGT"), n))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    shared_part = _random(300)
    contigs = {"chr1": _random(100) + shared_part + _random(600), "chr2": _random(100) + shared_part + _random(600),
               "chrM": _random(900)}  # fmt: skip
    lines = []
    for gene, contig, exons in (
        ("TWIN1", "chr1", [(101, 250), (300, 400)]),
        ("TWIN2", "chr2", [(101, 250), (300, 400)]),
        ("ALONE", "chr1", [(501, 560), (600, 660), (700, 760)]),
        ("NEAR", "chr1", [(801, 860), (900, 960)]),
        ("MITO", "chrM", [(101, 300)]),
    ):
        lines += [
            f'{contig}\tx\texon\t{start}\t{end}\t.\t+\t.\tgene_id "{gene}"; transcript_id "{gene}t"; '
            f'gene_name "{gene}"; gene_type "lncRNA";'
            for start, end in exons
        ]
    folder = tmp_path_factory.mktemp("small")
    (folder / "a.gtf").write_text("\n".join(lines) + "\n")
    fasta = "".join(f">{name}\n{bases}\n" for name, bases in contigs.items()).encode()
    return read_gene_model(folder / "a.gtf"), Genome(index_fasta(fasta, "made"), fasta)


def _warnings(small, gene1, place1, gene2, place2, kind="translocation", **more):
    call = {"gene1": gene1, "gene2": gene2, "breakpoint1": place1, "breakpoint2": place2, "type": kind,
            "strand1(gene/fusion)": "+/+", "strand2(gene/fusion)": "+/+", "direction1": "downstream",
            "direction2": "upstream"} | more  # fmt: skip
    told = annotate_calls(fusion_table([call], source="made"), *small).iloc[0]
    return set(told.plausibility.split(",")) - {""}


def test_an_ordinary_fusion_has_no_warning(small):
    assert _warnings(small, "ALONE", "chr1:560", "TWIN2", "chr2:300") == set()


def test_circular_rna(small):
    backwards = ("ALONE", "chr1:660", "ALONE", "chr1:600", "duplication")
    assert _warnings(small, *backwards) == {"circular-RNA-like"}
    inside_exons = ("ALONE", "chr1:655", "ALONE", "chr1:610", "duplication")
    assert "circular-RNA-like" not in _warnings(small, *inside_exons)
    assert "circular-RNA-like" not in _warnings(small, *backwards[:4], "duplication/ITD")


def test_read_through(small):
    assert _warnings(small, "ALONE", "chr1:660", "NEAR", "chr1:900", "deletion/read-through") == {
        "read-through-like"
    }


def test_read_through_like_named_drivers_are_not_doubted(small, drivers):
    call = {"gene1": "P2RY8", "gene2": "CRLF2", "breakpoint1": "chrX:1536919", "breakpoint2": "chrX:1212750",
            "type": "deletion/read-through"}  # fmt: skip
    told = annotate_calls(fusion_table([call], source="made"), *small, drivers=drivers).iloc[0]
    assert (told.driver_class, told.plausibility) == ("CRLF2", "")


def test_homologous_genes(small):
    assert _warnings(small, "TWIN1", "chr1:250", "TWIN2", "chr2:300") == {"homologous-genes"}
    annotation = Annotation(small[0])
    twin1, twin2, alone = (
        words(annotation, small[1], small[0].gene_index[name]) for name in ("TWIN1", "TWIN2", "ALONE")
    )
    assert homology(twin1, twin2) == 1.0 and homology(twin1, alone) == 0.0


def test_words_do_not_know_strands(small):
    """The reverse complement of a gene has the same words."""
    model, genome = small
    found = words(Annotation(model), genome, model.gene_index["MITO"])
    bases = genome.fetch("chrM", 100, 300)
    complement = bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    fasta = f">chrM\n{'N' * 100}{complement}\n".encode()
    again = words(Annotation(model), Genome(index_fasta(fasta, "made"), fasta), model.gene_index["MITO"])
    assert np.array_equal(found, again)
    slow = {bases[i : i + 16] for i in range(len(bases) - 15)}
    slow |= {word.translate(str.maketrans("ACGT", "TGCA"))[::-1] for word in slow}
    assert len(found) == len(slow) // 2


def test_template_switch(small):
    model, genome = small
    bases = genome.fetch("chr1", 0, 1000)
    position1, position2 = 530, 640
    altered = list(bases)
    altered[position2 - 8 : position2] = bases[
        position1 - 8 : position1
    ]  # eight bases before both joints agree
    fasta = f">chr1\n{''.join(altered)}\n>chr2\n{genome.fetch('chr2', 0, 1000)}\n".encode()
    switched = Genome(index_fasta(fasta, "made"), fasta)
    call = {"gene1": "ALONE", "gene2": "ALONE", "breakpoint1": f"chr1:{position1}", "type": "deletion",
            "breakpoint2": f"chr1:{position2 + 1}", "strand1(gene/fusion)": "+/+", "strand2(gene/fusion)": "+/+",
            "direction1": "downstream", "direction2": "upstream"}  # fmt: skip
    assert shared_bases(call, switched) >= 8
    told = annotate_calls(fusion_table([call | {"split_reads2": 3}], source="made"), model, switched).iloc[0]
    assert told.plausibility == "template-switch-like"
    mates_only = annotate_calls(fusion_table([call], source="made"), model, switched).iloc[0]
    assert mates_only.plausibility == ""


def test_mitochondrial_antisense_and_receptor(small):
    assert "mitochondrial" in _warnings(small, "MITO", "chrM:200", "TWIN2", "chr2:300")
    backwards = {"strand2(gene/fusion)": "+/-", "direction2": "downstream"}
    assert _warnings(small, "ALONE", "chr1:560", "TWIN2", "chr2:300", **backwards) == {"antisense"}
    recombined = _warnings(small, "IGHV3-23", "chr1:10", "IGHJ5", "chr2:10", site1="exon", site2="exon")
    assert recombined == {"receptor-recombination"}


def test_panel_of_normals(small, drivers):
    """By breakpoints, in either order; one normal sample alone raises no doubt, nor does a named driver."""
    panel = FUSION_PANEL.check(
        pd.DataFrame(
            [("TWIN2::ALONE", "chr2:303", "chr1:558", 3, 0.3), ("ALONE::NEAR", "chr1:560", "chr1:900", 1, 0.1),
             ("BCR::ABL1", "chr22:5", "chr9:5", 4, 0.4)],
            columns=FUSION_PANEL.names,
        )
    )  # fmt: skip
    pairs = [("ALONE", "TWIN2", "chr1:560", "chr2:300"), ("ALONE", "TWIN2", "chr1:640", "chr2:300"),
             ("ALONE", "NEAR", "chr1:560", "chr1:900"), ("BCR", "ABL1", "chr22:5", "chr9:5")]  # fmt: skip
    names = ("gene1", "gene2", "breakpoint1", "breakpoint2")
    calls = fusion_table([dict(zip(names, pair, strict=True)) for pair in pairs], source="made")
    told = annotate_calls(calls, *small, panel=panel, drivers=drivers)
    assert told.panel_frequency.tolist() == [0.3, 0.0, 0.1, 0.4]
    assert told.plausibility.tolist() == ["seen-in-normals", "", "", ""]
    assert np.isnan(annotate_calls(calls, *small).panel_frequency).all()


def test_every_warning_has_words():
    assert all(len(words) > 40 and words.endswith(".") for words in WARNINGS.values())


def test_retained_domains(shared):
    """ABL1's kinase is kept by e14a2 whole, a domain across the junction in part, one before it not."""
    model = read_gene_model(shared / "reference" / "leukaemia.gtf.gz")
    genome = open_genome(shared / "reference" / "leukaemia.fa.gz")
    call = {"gene1": "BCR", "gene2": "ABL1", "breakpoint1": "chr22:1993472", "breakpoint2": "chr9:934578",
            "strand1(gene/fusion)": "+/+", "strand2(gene/fusion)": "+/+", "direction1": "downstream",
            "direction2": "upstream", "type": "translocation"}  # fmt: skip
    rows = [
        ("chr9", 934_577, 934_600, "+", "KEPT", "ENSG00000097007", "ABL1"),
        ("chr9", 934_567, 934_587, "+", "HALF", "ENSG00000097007", "ABL1"),
        ("chr9", 880_000, 880_100, "+", "LOST", "ENSG00000097007", "ABL1"),
        ("chr22", 1_993_372, 1_993_472, "+", "FIVE", "", "BCR"),
        ("chr22", 1_993_472, 1_993_572, "+", "BEYOND", "", "BCR"),
    ]
    domains = PROTEIN_DOMAINS.check(pd.DataFrame(rows, columns=PROTEIN_DOMAINS.names))
    told = annotate_calls(fusion_table([call], source="made"), model, genome, domains=domains).iloc[0]
    assert told.retained_protein_domains == "FIVE(100%)|HALF(50%),KEPT(100%)"
    shifted = fusion_table([call | {"breakpoint2": "chr9:934579"}], source="made")
    out_of_frame = annotate_calls(shifted, model, genome, domains=domains).iloc[0]
    assert out_of_frame.reading_frame == "out-of-frame"
    assert out_of_frame.retained_protein_domains == "FIVE(100%)|"


def test_domains_of_a_gene_on_minus_come_in_the_order_of_translation():
    rows = [
        ("c", 10, 20, "-", "B", "G", ""),
        ("c", 30, 40, "-", "A", "G", ""),
        ("c", 50, 60, "-", "A", "G", ""),
    ]
    by_gene = domains_by_gene(pd.DataFrame(rows, columns=PROTEIN_DOMAINS.names))
    assert by_gene["G"] == [("B", ((10, 20),)), ("A", ((30, 40), (50, 60)))]
