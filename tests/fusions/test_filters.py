"""Each filter on the artefact it is named for, and on a true event that resembles it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leukoscope.formats.fasta import Genome, index_fasta
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions import filters
from leukoscope.fusions.confidence import assess
from leukoscope.fusions.loci import Loci, is_set_aside, locus_name
from leukoscope.fusions.panel import build_panel, is_in_panel, leave_out
from leukoscope.kernels import fusion_loci as sites
from leukoscope.tables.fusions import FUSIONS

FUSION = {
    "contig_a": 0, "position_a": 500, "direction_a": 1, "contig_b": 1, "position_b": 300, "direction_b": -1,
    "inserted": 0, "inserted_bases": "", "gene_a": 0, "gene_b": 1, "site_a": sites.CDS + sites.SPLICE_SITE,
    "site_b": sites.CDS + sites.SPLICE_SITE, "five_prime": 1, "oriented": True, "split_a": 6, "split_b": 6,
    "mates": 4, "total": 16, "linking": 16, "starts": 14, "beyond": 0, "anchor_a": 60, "anchor_b": 60, "homology": 0,
    "e_value": 1e-9, "expected": 0.001, "donor_share": 0.3, "coverage_a": 40, "coverage_b": 30, "same_contig": False,
    "distance": 1 << 40, "same_gene": False, "both_spliced": True, "spliced_a": True, "spliced_b": True,
    "along_a": True, "along_b": True, "receptor_a": False, "receptor_b": False, "n_junction": 0, "skip_share": 0.0,
    "is_isoform": False, "probability": 0.99,
}  # fmt: skip
NEIGHBOUR = {"contig_b": 0, "position_b": 9_000, "same_contig": True, "distance": 8_500}
INSIDE = {
    "contig_b": 0,
    "same_contig": True,
    "same_gene": True,
    "gene_b": 0,
    "distance": 29,
    "position_b": 529,
}
UNSPLICED = {
    "both_spliced": False,
    "spliced_a": False,
    "spliced_b": False,
    "site_a": sites.CDS,
    "site_b": sites.CDS,
}
TANDEM = INSIDE | {"direction_a": -1, "direction_b": 1}
TURNED = INSIDE | {"direction_b": 1, "distance": 2_000, "position_b": 2_500, "along_b": False}
TURNED |= {"spliced_b": False, "both_spliced": False, "split_a": 1, "split_b": 1, "mates": 1, "total": 3}


@pytest.fixture(scope="module")
def around(tmp_path_factory):
    rng = np.random.default_rng(3)
    bases = "".join("ACGT"[i] for i in rng.integers(4, size=20_000))
    data = f">one\n{bases}\n>two\n{bases[::-1][:10_000]}{'A' * 500}\n".encode()
    gtf = tmp_path_factory.mktemp("g") / "a.gtf"
    line = '{}\tx\texon\t{}\t{}\t.\t+\t.\tgene_id "{}"; transcript_id "{}"; gene_biotype "protein_coding";\n'
    gtf.write_text(line.format("one", 101, 900, "G1", "T1") + line.format("two", 101, 900, "G2", "T2"))
    return filters.Surroundings(
        Loci(read_gene_model(gtf), ("one", "two")), Genome(index_fasta(data, "x"), data)
    )


def _events(*changes):
    return pd.DataFrame([FUSION | change for change in changes])


def test_a_clear_fusion_stands(around):
    judged = filters.filter_events(_events({}), around)
    assert judged["rejected_by"].tolist() == [""]
    assert assess(judged).tolist() == ["high"]


def test_one_amplified_switch_is_not_high(around):
    """Away from splice sites, seven fragments are more than one molecule leaves; five are not."""
    judged = filters.filter_events(
        _events(UNSPLICED | {"total": 5}, UNSPLICED | {"total": 7}, {"total": 5}), around
    )
    assert assess(judged).tolist() == ["medium", "high", "high"]


def test_what_chance_gives_once_in_ten_samples_is_not_high_unless_recombination_inserted_bases():
    chance = UNSPLICED | {"total": 8, "e_value": 0.1}
    repaired = chance | {"inserted": 9, "receptor_b": True}
    assert assess(_events(chance, repaired, chance | {"e_value": 1e-3})).tolist() == [
        "medium",
        "high",
        "high",
    ]


@pytest.mark.parametrize(
    ("name", "artefact", "resembles"),
    [
        pytest.param("min_support", {"total": 1}, {"total": 3}, id="support"),
        pytest.param(
            "min_support", UNSPLICED | {"total": 2}, UNSPLICED | {"total": 3}, id="support elsewhere"
        ),
        pytest.param("same_gene", INSIDE, INSIDE | {"n_junction": 9, "skip_share": 0.4}, id="exon skipping"),
        pytest.param("read_through", NEIGHBOUR | {"donor_share": 0.02}, NEIGHBOUR, id="read-through"),
        pytest.param(
            "read_through",
            NEIGHBOUR | {"donor_share": 0.15, "total": 3},
            NEIGHBOUR | {"donor_share": 0.15, "total": 9},
            id="three of twenty copies",
        ),
        pytest.param(
            "intragenic_exonic", TANDEM | UNSPLICED | {"distance": 3}, TANDEM | UNSPLICED, id="ITD length"
        ),
        pytest.param("intragenic_exonic", TURNED | {"site_b": sites.CDS}, TURNED, id="turned at exon ends"),
        pytest.param(
            "intragenic_exonic",
            TURNED | UNSPLICED | {"total": 13, "homology": 4},
            TURNED | UNSPLICED | {"total": 13},
            id="turned, many fragments",
        ),
        pytest.param("circular_rna", TANDEM | {"donor_share": 0.01}, TANDEM, id="back-splice"),
        pytest.param(
            "circular_rna",
            TANDEM | {"donor_share": 0.01, "beyond": 1},
            TANDEM | {"donor_share": 0.01, "beyond": 2},
            id="circle",
        ),
        pytest.param(
            "template_switch",
            UNSPLICED | {"homology": 5, "total": 5},
            UNSPLICED | {"homology": 5},
            id="homology",
        ),
        pytest.param("relative_support", {"e_value": 2.0}, {"e_value": 0.1}, id="chance"),
        pytest.param(
            "abundant_partners",
            UNSPLICED | {"total": 4, "expected": 0.5, "coverage_b": 4000},
            {"total": 4, "expected": 0.5, "coverage_b": 4000},
            id="abundant transcripts",
        ),
        pytest.param("short_anchor", UNSPLICED | {"anchor_a": 12}, {"anchor_a": 12}, id="anchor"),
        pytest.param(
            "intronic",
            UNSPLICED | {"site_a": sites.INTRON, "site_b": sites.INTRON, "total": 5},
            UNSPLICED | {"site_a": sites.INTRON, "site_b": sites.INTRON, "total": 5, "receptor_a": True},
            id="no exon",
        ),
        pytest.param(
            "hairpin",
            UNSPLICED | NEIGHBOUR | {"direction_b": 1, "total": 5},
            NEIGHBOUR | {"direction_b": 1, "total": 5},
            id="folded cDNA",
        ),
        pytest.param("hairpin", TURNED | {"site_b": sites.CDS}, TURNED, id="folded, not at exon ends"),
        pytest.param(
            "improbable",
            UNSPLICED | {"probability": 0.1, "inserted": 10},
            UNSPLICED | {"probability": 0.1, "inserted": 10, "receptor_a": True},
            id="receptor with inserted bases",
        ),
        pytest.param(
            "homopolymer",
            UNSPLICED | {"contig_b": 1, "position_b": 10_100, "total": 5},
            UNSPLICED | {"position_b": 10_100, "total": 5, "inserted": 20, "inserted_bases": "ACGT" * 5},
            id="run beside inserted bases",
        ),
        pytest.param(
            "homopolymer",
            UNSPLICED | {"position_b": 10_100, "coverage_a": 4_000, "total": 12},
            UNSPLICED | {"position_b": 10_100, "coverage_a": 4_000, "total": 42},
            id="run where more go across than one switched molecule leaves",
        ),
        pytest.param(
            "homopolymer", {"inserted_bases": "A" * 20}, {"inserted_bases": "ACGT" * 5}, id="poly-A"
        ),
        pytest.param("low_entropy", {"position_b": 10_100}, {}, id="repeat"),
    ],
)
def test_filter_knows_its_artefact(around, name, artefact, resembles):
    rejected = [
        set(r.split(",")) for r in filters.filter_events(_events(artefact, resembles), around)["rejected_by"]
    ]
    assert name in rejected[0]
    assert name not in rejected[1]


def test_no_events_are_ordinary(around):
    assert filters.filter_events(_events({}).iloc[:0], around).empty


@pytest.mark.parametrize(
    ("contig", "aside"),
    [("chr1", False), ("7", False), ("X", False), ("sim3", False), ("chrM", True), ("MT", True),
     ("chr4_GL000008v2_random", True), ("GL000228.1", True), ("chrUn_KI270302v1", True), ("HLA-A*01", True)],
)  # fmt: skip
def test_contigs_set_aside(contig, aside):
    assert is_set_aside(contig) == aside


@pytest.mark.parametrize(
    ("symbol", "biotype", "locus"),
    [("IGHJ4", "IG_J_gene", "IGH"), ("IGHMBP2", "protein_coding", ""), ("IGKV1-5", "IG_V_gene", "IGK"),
     ("TRBC2", "TR_C_gene", "TRB"), ("TRAF3", "protein_coding", ""), ("DUX4L7", "unprocessed_pseudogene", "DUX4"),
     ("DUX4", "protein_coding", "DUX4"), ("ABL1", "protein_coding", "")],
)  # fmt: skip
def test_loci_that_act_as_one(symbol, biotype, locus):
    assert locus_name(symbol, biotype) == locus


def _calls(*places):
    rows = [
        {c: 0 if "split" in c or "cover" in c or "mates" in c else "" for c in FUSIONS.names} for _ in places
    ]
    frame = pd.DataFrame(rows, columns=FUSIONS.names)
    if places:
        frame[["gene1", "gene2", "breakpoint1", "breakpoint2"]] = list(places)
    return frame


def test_panel_counts_samples_and_meets_events_near_by():
    seen = ("A", "B", "1:100", "2:500")
    panel = build_panel(
        {"n1": _calls(seen, seen), "n2": _calls(seen), "n3": _calls(("C", "D", "1:7", "1:9"))}
    )
    assert panel[["fusion", "samples"]].to_numpy().tolist() == [["A::B", 2], ["C::D", 1]]
    assert panel["frequency"][0] == pytest.approx(2 / 3)
    tested = _calls(
        ("A", "B", "1:104", "2:495"),
        ("B", "A", "2:500", "1:100"),
        ("A", "B", "1:150", "2:500"),
        ("C", "D", "1:7", "1:9"),
    )
    assert is_in_panel(tested, panel).tolist() == [True, True, False, False]


def test_a_panel_without_a_patient_is_that_of_the_others():
    rng = np.random.default_rng(3)
    normal = {
        f"n{i}": _calls(*(("A", "B", f"1:{p}", f"2:{q}") for p, q in rng.integers(1, 4, size=(i, 2))))
        for i in range(5)
    }
    whole = build_panel(normal)
    for own in (["n0"], ["n1", "n4"], ["n3"], list(normal)):
        rest = build_panel({name: normal[name] for name in normal if name not in own})
        found = leave_out(whole, len(normal), {name: normal[name] for name in own})
        pd.testing.assert_frame_equal(found, rest)


def test_an_empty_panel():
    assert build_panel({"n1": _calls()}).empty
    assert is_in_panel(_calls(("A", "B", "1:1", "2:2")), build_panel({"n1": _calls()})).tolist() == [False]
