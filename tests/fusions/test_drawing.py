"""The drawings: well-formed, self-contained, deterministic, and with the marks where they belong."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.arriba import read_arriba
from leukoscope.formats.fasta import open_genome
from leukoscope.formats.fusion_rows import fusion_table
from leukoscope.formats.gtf import read_gene_model
from leukoscope.fusions.annotation import annotate_calls
from leukoscope.fusions.structure import (
    Domain,
    fusion_structure,
    fusion_structures,
    structure_from_json,
    structure_to_json,
)
from leukoscope.report.circos import circos_svg
from leukoscope.report.fusion_drawing import drawing_names, fusion_svg
from leukoscope.report.gene_track import breakpoint_x, gene_scale, kept_span
from leukoscope.report.svg_shapes import FIVE, LOST, SMALL, THREE, text_width
from leukoscope.tables.driver_fusions import CYTOBANDS
from leukoscope.tables.fusions import FUSIONS
from leukoscope.version import RESEARCH_USE

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def reference(shared):
    folder = shared / "reference"
    return read_gene_model(folder / "leukaemia.gtf.gz"), open_genome(folder / "leukaemia.fa.gz")


@pytest.fixture(scope="module")
def structures(shared, reference):
    """Return structures of ordinary and odd fusions, by what is odd about them."""
    recorded = {
        name: read_arriba(shared / "arriba-2.5.1" / sample / table).iloc[[row]]
        for name, sample, table, row in (
            ("ordinary", "bcr_abl1", "fusions.tsv", 0),
            ("itd", "flt3_itd", "fusions.tsv", 0),
            ("intragenic deletion", "bcr_abl1", "fusions.discarded.tsv", 0),
            ("inversion in a gene", "bcr_abl1", "fusions.discarded.tsv", 4),
            ("mitochondrial", "flt3_itd", "fusions.discarded.tsv", 3),
        )
    }
    base = recorded["ordinary"]
    unread = dict.fromkeys(("fusion_transcript", "peptide_sequence", "reading_frame", "transcript_id2"), "")
    recorded["intron"] = base.assign(breakpoint1="chr22:1993800", site1="intron", **unread)
    recorded["between genes"] = base.assign(
        gene2="GENE_A(120345),CRLF2(1310)", gene_id2="", site2="intergenic", breakpoint2="chr9:900000",
        **{"strand2(gene/fusion)": "./+"}, inserted="ACGTACGTTAG", **unread,
    )  # fmt: skip
    recorded["no gene at all"] = recorded["between genes"].assign(
        gene1="", gene_id1="", transcript_id1="", site1="", breakpoint1="chrUn:12", **{"strand1(gene/fusion)": "./."},
        direction1="",
    )  # fmt: skip
    model = reference[0]
    abl1 = int(model.gene_start[model.gene_symbol.tolist().index("ABL1")])
    recorded["beside a gene"] = base.assign(
        gene1="IGHJ6(1333),IGHJ5(178)", gene_id1="", site1="intergenic", gene2="EXOSC2(9000),ABL1(105)", gene_id2="",
        site2="intergenic", breakpoint2=f"chr9:{abl1 - 104}", inserted="ACGTT" * 11,
        **{"strand1(gene/fusion)": "./+", "strand2(gene/fusion)": "./+", **unread, "transcript_id1": ""},
    )  # fmt: skip
    return {
        name: fusion_structure(annotate_calls(call, *reference).iloc[0].to_dict(), model)
        for name, call in recorded.items()
    }


ODD = ["ordinary", "itd", "intragenic deletion", "inversion in a gene", "mitochondrial", "intron", "between genes",
       "no gene at all", "beside a gene"]  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_every_kind_is_drawn_self_contained(name, structures):
    text = fusion_svg(structures[name])
    root = ElementTree.fromstring(text)
    assert root.find(f"{SVG}title").text == structures[name].fusion
    assert structures[name].fusion in root.find(f"{SVG}desc").text
    assert root.get("role") == "img"
    assert set(root.get("aria-labelledby").split()) == {
        element.get("id") for element in root if element.get("id")
    }
    allowed = {"svg", "title", "desc", "rect", "line", "polygon", "path", "text", "tspan"}
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        for key, value in element.attrib.items():
            assert not key.startswith("on") and key not in {"style", "class", "href", "src"}
            assert "url(" not in value and "nan" not in value and "inf" not in value.split(".")
        for key, most in (("x", width), ("x1", width), ("y", height), ("y2", height)):
            assert 0 <= float(element.get(key, 0)) <= most + 0.5
        assert float(element.get("width", 1)) >= 0 and float(element.get("height", 1)) >= 0
    assert text == fusion_svg(structures[name])


@pytest.mark.parametrize("name", ODD)
def test_structure_survives_json(name, structures):
    import json

    document = json.loads(json.dumps(structure_to_json(structures[name])))
    assert structure_from_json(document) == structures[name]


def test_foreign_json_is_refused(structures):
    document = structure_to_json(structures["ordinary"])
    del document["five"]["exons"]
    with pytest.raises(InputError, match="not the structure of a fusion: 'exons'"):
        structure_from_json(document)


def test_bcr_abl1_says_what_it_is(structures):
    root = ElementTree.fromstring(fusion_svg(structures["ordinary"]))
    words = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    assert {"BCR::ABL1", "e14a2", "in frame", "confidence high"} <= set(words)
    assert any(word.startswith("chr22:1,993,472") for word in words)
    assert "46  split reads, mostly in BCR" in words and "4  discordant mates" in words
    assert any(word.endswith("TTTAAGCAGAGTTCAA") for word in words)


def test_kept_exons_are_coloured_lost_ones_grey(structures):
    """BCR keeps exons 1-14 of 23, ABL1 exons 2-11 of 11."""
    structure = structures["ordinary"]
    root = ElementTree.fromstring(fusion_svg(structure))
    blue = {n for n in range(1, 24) if _filled(root, structure.five, n, FIVE)}
    grey = {n for n in range(1, 24) if _filled(root, structure.five, n, LOST)} - blue
    assert blue == set(range(1, 15)) and grey == set(range(15, 24))
    assert {n for n in range(1, 12) if _filled(root, structure.three, n, THREE)} == set(range(2, 12))


def test_a_gene_behind_the_breakpoint_is_drawn_whole(structures):
    """An enhancer is joined to what lies before a gene: 105 bases here, with 55 inserted."""
    structure = structures["beside a gene"]
    assert structure.three.symbol == "ABL1" and not structure.five.exons
    root = ElementTree.fromstring(fusion_svg(structure))
    numbers = {exon.number for exon in structure.three.exons}
    assert {n for n in numbers if _filled(root, structure.three, n, THREE)} == numbers
    words = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    assert any(word.startswith("IGH locus") for word in words)
    assert any(word.endswith("105 bases from ABL1") for word in words)


def test_the_junction_stays_in_its_place_however_many_bases_are_inserted(structures):
    for n in (0, 5, 30, 55, 400):
        structure = dataclasses.replace(structures["beside a gene"], inserted="A" * n)
        root = ElementTree.fromstring(fusion_svg(structure))
        left, middle, right = [
            e for e in root.iter(f"{SVG}text") if "mono" in e.get("font-family", "").lower()
        ][:3]
        advance = 0.602 * float(left.get("font-size"))
        assert float(left.get("x")) - advance * len(left.text) >= 29.9
        assert float(right.get("x")) + advance * len(right.text) <= 690.1
        assert min(len(left.text), len(right.text)) >= 5 and len(middle.text) == max(1, min(n, 65))


def _filled(root, side, exon_number, colour):
    """Tell whether the middle of an exon lies in a rectangle of the colour, in the row of the genes."""
    span = (30, 482) if colour == FIVE or side.symbol == "BCR" else (518, 970)
    scale = gene_scale(side, *span)
    exon = next(e for e in side.exons if e.number == exon_number)
    x = (scale.x(exon.start) + scale.x(exon.end)) / 2
    row = [r for r in root.iter(f"{SVG}rect") if r.get("fill") == colour and float(r.get("height")) > 12]
    first = min(float(r.get("y")) for r in row)
    return any(
        float(r.get("x")) <= x <= float(r.get("x")) + float(r.get("width")) and float(r.get("y")) < first + 20
        for r in row
    )


def test_genes_on_minus_are_drawn_in_the_direction_of_transcription(structures):
    side = structures["itd"].five
    assert side.strand == -1
    scale = gene_scale(side, 0, 100)
    middles = [scale.x((exon.start + exon.end) / 2) for exon in side.exons]
    assert middles == sorted(middles)
    assert scale.x(side.end) == pytest.approx(0) and scale.x(side.start) == pytest.approx(100)


def test_itd_keeps_the_repeated_bases_on_both_sides(structures):
    five, three = structures["itd"].five, structures["itd"].three
    (a, b), (c, d) = kept_span(five), kept_span(three)
    assert min(b, d) - max(a, c) == 30
    scale = gene_scale(five, 0, 1000)
    assert breakpoint_x(three, scale) < breakpoint_x(five, scale)


def test_markup_in_names_is_text(structures):
    import dataclasses

    odd = dataclasses.replace(structures["ordinary"], fusion="<script>&", warnings=("antisense", "<b>"))
    text = fusion_svg(odd)
    assert "<script" not in text and "<b>" not in text
    assert ElementTree.fromstring(text).find(f"{SVG}title").text == "<script>&"


def test_long_names_do_not_run_out_of_the_picture(structures):
    import dataclasses

    name = "RP11-446N19.12::AC090627.1-ENSG00000272369"
    long = dataclasses.replace(
        structures["ordinary"], fusion=name, reading_frame="stop-codon", driver_class="x" * 30
    )
    root = ElementTree.fromstring(fusion_svg(long))
    chips = [r for r in root.iter(f"{SVG}rect") if r.get("rx") == "9.5"]
    assert len(chips) == 5
    assert all(float(chip.get("x")) + float(chip.get("width")) <= 970 for chip in chips)


def test_names_of_domains_end_within_the_drawing(structures):
    """At the right edge a name moves left, and under the bar of another domain it takes a row of its own."""
    structure = structures["ordinary"]
    last = structure.three.exons[-1]
    domains = tuple(
        Domain(name, ((last.start, last.end),), 1.0)
        for name in ("a_name_that_is_rather_longer_than_its_domain_is_wide", "F-actin_binding")
    )
    three = dataclasses.replace(structure.three, domains=domains)
    root = ElementTree.fromstring(fusion_svg(dataclasses.replace(structure, three=three)))
    names = [e for e in root.iter(f"{SVG}text") if (e.text or "").startswith(("a name", "F-actin binding"))]
    assert len(names) == 2
    assert all(float(e.get("x")) + text_width(e.text, 9.5) <= 970.1 for e in names)
    assert names[0].get("y") != names[1].get("y")


def test_domains_coverage_and_bands(shared, reference):
    model, genome = reference
    call = annotate_calls(
        read_arriba(shared / "arriba-2.5.1" / "bcr_abl1" / "fusions.tsv").iloc[[0]], model, genome
    )
    side = fusion_structure(call.iloc[0].to_dict(), model).three
    exon = next(e for e in side.exons if e.number == 4)
    domains = pd.DataFrame(
        [("chr9", exon.start, exon.end, "+", "SH2", "ENSG00000097007", "ABL1"),
         ("chr9", side.start, side.start + 50, "+", "LOST", "ENSG00000097007", "ABL1")],
        columns=["contig", "start", "end", "strand", "domain", "gene_id", "symbol"],
    )  # fmt: skip
    bands = pd.DataFrame([("9", 0, 934_000, "p1", "gneg"), ("9", 934_000, 988_189, "q1", "gpos50")],
                         columns=CYTOBANDS.names)  # fmt: skip
    coverage = pd.DataFrame(
        [("chr9", exon.start, exon.end, 120.0)], columns=["contig", "start", "end", "depth"]
    )
    structure = fusion_structures(call, model, domains=domains, cytobands=bands, coverage=coverage)[0]
    assert [(d.name, d.retained) for d in structure.three.domains] == [("LOST", 0.0), ("SH2", 1.0)]
    text = fusion_svg(structure)
    assert ">SH2<" in text and ">LOST<" not in text and ">9q1<" in text and "coverage, up to 120" in text


def test_names_of_drawings(structures):
    names = drawing_names(list(structures.values()))
    assert names[0] == "01-BCR-ABL1.svg" and len(set(names)) == len(names)


LENGTHS = {f"chr{n}": 1_000_000 * (30 - n) for n in range(1, 23)} | {"chrX": 9_000_000, "chrUn_1": 5_000}


def _pair(gene1, contig1, position1, gene2, contig2, position2, kind, **more):
    return {"gene1": gene1, "gene2": gene2, "breakpoint1": f"{contig1}:{position1}", "type": kind,
            "breakpoint2": f"{contig2}:{position2}", "split_reads1": 4} | more  # fmt: skip


def test_circos():
    calls = fusion_table(
        [
            _pair(
                "BCR",
                "chr22",
                5_000_000,
                "ABL1",
                "chr9",
                9_000_000,
                "translocation",
                driver_class="BCR::ABL1",
            ),
            _pair("BCR", "chr22", 5_000_500, "ABL1", "chr9", 9_000_000, "translocation"),
            _pair("A", "7", 1_000, "B", "7", 2_000, "deletion/read-through"),
            _pair("C", "chr1", 1_000, "D", "chr1", 20_000_000, "inversion"),
            _pair("E", "virus", 1, "F", "chr1", 5, "translocation"),
        ],
        source="made",
    )
    text = circos_svg(calls, LENGTHS)
    root = ElementTree.fromstring(text)
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"BCR", "ABL1", "A", "B", "C", "D"} <= set(words) and "E" not in words
    assert "chrUn_1" not in words and "translocation (1)" in words and "inversion (1)" in words
    links = [p for p in root.iter(f"{SVG}path") if p.get("fill") == "none" and "C" in p.get("d")]
    assert len(links) == 2  # the near pair is a tick
    assert not re.search(r'"nan|url\(|style=', text)
    assert text == circos_svg(calls.iloc[::-1], LENGTHS)


def test_circos_without_fusions_says_so():
    assert "No fusion was found." in circos_svg(FUSIONS.empty(), LENGTHS)
    assert "No fusion was found." in circos_svg(FUSIONS.empty(), {})


def test_draw_command(shared, tmp_path):
    folder = shared / "reference"
    sample = shared / "arriba-2.5.1" / "bcr_abl1"
    arguments = ["draw", str(sample / "fusions.tsv"), "--gtf", str(folder / "leukaemia.gtf.gz"),
                 "--fasta", str(folder / "leukaemia.fa.gz"), "--alignments", str(sample / "Aligned.out.bam"),
                 "--cytobands", str(folder / "cytobands_hg38.tsv"), "--outdir", str(tmp_path)]  # fmt: skip
    assert main(arguments) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "01-BCR-ABL1.svg",
        "02-BCR-ABL1.svg",
        "circos.svg",
    ]
    assert "coverage, up to" in (tmp_path / "01-BCR-ABL1.svg").read_text()


@pytest.mark.parametrize("name", ODD)
def test_text_is_large_enough_for_print_and_says_what_it_is_for(name, structures):
    words = list(ElementTree.fromstring(fusion_svg(structures[name])).iter(f"{SVG}text"))
    assert all(float(e.get("font-size", SMALL)) >= SMALL for text in words for e in text.iter())
    told = {"".join(text.itertext()) for text in words}
    assert {"kept, 5′", "kept, 3′", "lost"} <= told
    assert any(text.endswith(RESEARCH_USE) for text in told)


@pytest.mark.parametrize("place", ["as it is", "first bases", "last bases"])
@pytest.mark.parametrize("name", ODD)
def test_no_line_of_text_stands_on_another_or_outside(name, place, structures):
    """No two lines of text at one place are closer than their height, wherever the genes break."""
    structure = dataclasses.replace(structures[name], warnings=("circular-RNA-like", "antisense"))
    if place != "as it is":
        edge, shifts = {"first bases": ("start", (20, 5)), "last bases": ("end", (-5, -20))}[place]
        moved = [
            dataclasses.replace(side, breakpoint=getattr(side, edge) + shift)
            for side, shift in zip((structure.five, structure.three), shifts, strict=True)
        ]
        structure = dataclasses.replace(structure, five=moved[0], three=moved[1])
    texts = []
    for text in ElementTree.fromstring(fusion_svg(structure)).iter(f"{SVG}text"):
        size, words = float(text.get("font-size", SMALL)), "".join(text.itertext())
        wide, x = 0.5 * size * len(words), float(text.get("x"))
        left = x - {"middle": wide / 2, "end": wide}.get(text.get("text-anchor"), 0.0)
        texts.append((left, left + wide, float(text.get("y")), size))
        assert left >= 0 and left + wide <= 1000, words
    for i, (a, b, y, size) in enumerate(texts):
        for c, d, other, _ in texts[i + 1 :]:
            assert abs(y - other) >= 0.8 * size or min(b, d) - max(a, c) < 3


def test_circos_says_what_it_is_for():
    assert RESEARCH_USE in circos_svg(FUSIONS.empty(), LENGTHS)
