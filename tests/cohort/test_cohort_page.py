"""The report of a cohort: what it says, that it loads nothing, and that a browser agrees."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess

import numpy as np
import openpyxl
import pandas as pd
import pytest

from leukoscope.cli import main
from leukoscope.cohort import Cohort
from leukoscope.errors import InputError
from leukoscope.formats.gtf import read_gene_model
from leukoscope.genesets import gather_gene_sets
from leukoscope.report.cohort import cohort_chapters, render_cohort
from leukoscope.report.cohort_data import _groupings, page_data
from leukoscope.report.cohort_document import (
    FORMAT,
    CohortDocument,
    document_of,
    exemplars_of,
    read_document,
    write_document,
)
from leukoscope.report.cohort_figures import plan_figures
from leukoscope.report.cohort_folder import write_report
from leukoscope.report.cohort_tables import _cell, _counts_that_fit
from leukoscope.report.cohort_workbook import cohort_workbook
from leukoscope.report.rendering import asset, policy, printed_on_every_page
from leukoscope.study import Options, study_cohort
from leukoscope.tables.fusions import FUSIONS

N_GENES, CHANGED = 300, 25  # the first genes rise in remission eightfold


def fusion(gene1, gene2, **change):
    plain = {
        c.name: 0 if c.kind == "int64" else float("nan") if c.kind == "float64" else ""
        for c in FUSIONS.columns
    }
    sound = {
        "gene1": gene1, "gene2": gene2, "fusion": f"{gene1}::{gene2}", "type": "translocation", "confidence": "high",
        "split_reads1": 12, "breakpoint1": "12:11869969", "breakpoint2": "21:34859474",
    }  # fmt: skip
    return FUSIONS.check(pd.DataFrame([plain | sound | change]))


def small_cohort():
    """Return sheet, counts, fusions and gene sets of 8 patients at onset and in remission."""
    rng = np.random.default_rng(3)
    steps = [("onset", 8), ("remission", 8)]
    rows = [(f"P{i}_{step}", f"P{i}", step, "yes" if i < 3 else "no") for step, n in steps for i in range(n)]
    sheet = pd.DataFrame(rows, columns=["sample", "patient", "timepoint", "relapse"])
    mean = rng.uniform(50, 2000, N_GENES)[:, None] * np.ones(len(sheet))
    mean[:CHANGED, 8:] *= 8
    mean[CHANGED : 2 * CHANGED, :4] *= 8  # two groups at onset
    counts = rng.poisson(mean * rng.gamma(20, 1 / 20, mean.shape))
    names = [f"ENSG{i:011d}" for i in range(N_GENES)]
    genes = pd.DataFrame({"gene_id": names, "symbol": [f"GENE{i}" for i in range(N_GENES)]})
    fusions = {
        name: fusion("ETV6", "RUNX1") if "onset" in name else FUSIONS.empty() for name in sheet["sample"]
    }
    sets = [("CHANGED", "", [f"GENE{i}" for i in range(CHANGED)])]
    sets += [(f"OTHER{k}", "", [f"GENE{i}" for i in range(k * 20, k * 20 + 20)]) for k in range(2, 14)]
    return sheet, Cohort(counts, genes, sheet[["sample"]]), fusions, gather_gene_sets("sets", sets)


GTF = """\
12\tx\tgene\t11802788\t11895377\t.\t+\t.\tgene_id "ENSG00000139083"; gene_name "ETV6";
12\tx\ttranscript\t11802788\t11895377\t.\t+\t.\tgene_id "ENSG00000139083"; transcript_id "ENST1";
12\tx\texon\t11802788\t11869969\t.\t+\t.\tgene_id "ENSG00000139083"; transcript_id "ENST1"; exon_number "1";
12\tx\texon\t11890941\t11895377\t.\t+\t.\tgene_id "ENSG00000139083"; transcript_id "ENST1"; exon_number "2";
"""


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    sheet, cohort, fusions, sets = small_cohort()
    contrasts = pd.DataFrame(
        [("remission", "timepoint", "onset", "remission", "patient", ""), ("none", "sex", "f", "m", "", "")],
        columns=["id", "variable", "reference", "target", "blocking", "subset"],
    )
    study = study_cohort(
        sheet.assign(sex="f"), contrasts, cohort=cohort, fusions=fusions, gene_sets=sets,
        rng=np.random.default_rng(1), options=Options(max_k=2, n_resamplings=20, n_null=2, k=2, n_network_genes=100),
    )  # fmt: skip
    annotation = tmp_path_factory.mktemp("gtf") / "genes.gtf"
    annotation.write_text(GTF)
    exemplars = exemplars_of(study, fusions, read_gene_model(annotation))
    return document_of(study, cohort=cohort, gene_sets=sets, exemplars=exemplars)


@pytest.fixture(scope="module")
def folder(document, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write_document(document, folder)
    write_report(document, folder)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "report.html").read_text()


def test_the_page_has_every_chapter_and_loads_nothing(page):
    assert not re.search(r'src="(?!data:)|href="(?!#|tables/|figures/)|https?://(?!www\.w3\.org)', page)
    assert len(page.encode()) < 5_000_000
    for chapter in ("Patients", "Fusions", "Contrasts", "Expression groups", "Course of disease", "Methods"):
        assert f"<h2>{chapter}</h2>" in page
    assert page.count("For research use only") >= 2
    assert "remission (remission over onset): 25 genes rise and " in page


def test_every_figure_has_its_picture_its_method_and_its_data(document, folder, page):
    plans = tuple(plan_figures(document))
    assert {
        "contrasts/remission/volcano",
        "contrasts/remission/heat_map",
        "groups/consensus",
        "fusions/circle_onset",
    } <= {plan.stem for plan in plans}
    assert len({plan.stem for plan in plans}) == len(plans)
    for plan in plans:
        assert plan.method
        assert (folder / "figures" / f"{plan.stem}.svg").stat().st_size > 500
        for source in plan.sources:
            assert (folder / "tables" / f"{source}.tsv").is_file(), source
    listed = (folder / "figures" / "index.tsv").read_text().splitlines()
    assert len(listed) == len(plans) + 1


def test_the_pair_that_recurs_most_is_drawn_with_its_genes(document, folder):
    assert [one["title"] for one in document.summary["exemplars"]] == [
        "ETV6::RUNX1 of P0_onset, in 8 of 8 patients"
    ]
    drawing = (folder / "figures" / "fusions" / "exemplar_1.svg").read_text()
    assert "ETV6" in drawing
    assert "RUNX1" in drawing


def test_every_header_is_explained_and_every_word_of_the_field(page):
    assert 'title="Benjamini–Hochberg over the rows"' in page
    words = page[page.index('id="words"') : page.index('id="methods"')]
    for word in ("Adjusted p", "NES", "PAC", "Odds ratio", "MRD"):
        assert f"<dt>{word}</dt>" in words


def test_values_are_shown_as_their_column_means_them():
    assert [_cell(p, "p_value") for p in (0.0, 2.57e-322, 1.9e-305, 0.04)] == ["<1e-300"] * 3 + ["0.04"]
    assert _cell(-3.28, "log2_fold_change") == "-3.28"
    assert _cell("mrd_day33", "variable") == "MRD on day 33 (%)"
    assert _cell("day8_blasts,relapse", "criteria_met") == "prednisone response, relapse"


def test_columns_of_the_users_own_group_box_plots():
    rows = [(f"s{i}", f"P{i}", "onset", "ab"[i % 2], f"46,XY,t({i})", "c.tsv") for i in range(20)]
    samples = pd.DataFrame(rows, columns=["sample", "patient", "timepoint", "fish", "karyotype", "counts"])
    found = _groupings(samples, samples["sample"].tolist())
    assert [(one["name"], one["levels"]) for one in found] == [("timepoint", ["onset"]), ("FISH", ["a", "b"])]


def test_the_counts_of_many_levels_stay_in_the_file_and_their_bars_in_the_figure():
    from matplotlib.figure import Figure

    from leukoscope.report.figures_groups import group_composition

    levels = ", ".join(f"level{i}" for i in range(9))
    counts = "1 " + "/".join("123456789") + "; 2 " + "/".join("987654321")
    tests = pd.DataFrame(
        {
            "variable": ["subtype"],
            "levels": [levels],
            "counts": [counts],
            "p_value": [0.1],
            "p_adjusted": [0.1],
        }
    )
    assert _counts_that_fit(tests)[["levels", "counts"]].iloc[0].tolist() == ["9 levels", "in the file"]
    figure = Figure()
    group_composition(figure, tests)
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert len(shown) == 7
    assert shown[-1] == "3 others"
    assert sum(bar.get_height() for bar in figure.axes[0].patches) == pytest.approx(200)


def test_what_is_absent_is_said(document, page):
    absent = [one["absent"] for one in document.summary["contrasts"] if one["id"] == "none"]
    assert absent[0].startswith("Not computed: no sample has sex m")
    assert absent[0] in page
    assert document.summary["courses"]["absent"] == ""


def test_the_page_follows_from_what_stands_on_disk(folder, page):
    again = read_document(folder / "cohort.json")
    chapters = cohort_chapters(again, tuple(plan_figures(again)), folder / "figures", ("svg",))
    assert render_cohort(again, chapters) == page
    assert cohort_workbook(again) == (folder / "report.xlsx").read_bytes()


@pytest.fixture
def fusions_only(document):
    """The document without expression: few figures, quickly drawn."""
    summary = json.loads(json.dumps(document.summary))
    for one in summary["contrasts"]:
        one["absent"] = "left out"
    dropped = (
        "contrasts/remission",
        "groups",
        "batch",
        "network",
        "clusters",
        "courses",
        "expression",
        "fusions",
    )
    tables = {
        name: table
        for name, table in document.tables.items()
        if name == "fusions/events" or not name.startswith(dropped)
    }
    summary["tables"] = {name: kind for name, kind in summary["tables"].items() if name in tables}
    return CohortDocument(summary, tables)


def test_the_report_is_made_again_by_one_command_in_every_format(fusions_only, tmp_path):
    write_document(fusions_only, tmp_path / "old")
    command = ["report", str(tmp_path / "old" / "cohort.json"), "--outdir", str(tmp_path / "new")]
    assert main([*command, "--figures", "pdf,png"]) == 0
    circle = tmp_path / "new" / "figures" / "fusions" / "circle_onset"
    for ending, begin in ((".svg", b"<svg"), (".pdf", b"%PDF-"), (".png", b"\x89PNG")):
        assert circle.with_suffix(ending).read_bytes().startswith(begin)
    page = (tmp_path / "new" / "report.html").read_text()
    assert "There is no expression matrix, so there is no gene to search." in page
    for name in ("cohort.json", "tables/fusions/events.tsv"):
        assert (tmp_path / "new" / name).read_bytes() == (tmp_path / "old" / name).read_bytes()


def test_a_drawing_is_painted_where_it_stands():
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

    from leukoscope.report.svg_painting import paint_svg

    figure = Figure(figsize=(4, 4))
    paint_svg(
        figure,
        '<svg viewBox="0 0 200 100"><path d="M10 50A40 40 0 0 1 90 50L10 50Z" fill="#ff0000"/>'
        '<text x="20" y="30" font-size="10">a<tspan dx="4">b</tspan></text></svg>',
    )
    assert tuple(figure.get_size_inches()) == (4.0, 2.0)
    (ax,) = figure.axes
    (half,) = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    corners = half.get_path().vertices
    assert corners[:, 1].min() == pytest.approx(10, abs=0.1)  # the arc goes over the top
    assert corners[:, 0].max() == pytest.approx(90)
    assert [text.get_text() for text in ax.texts] == ["a  b"]


def test_words_of_a_figure_are_not_rounded():
    from leukoscope.report.figure_files import compact_svg

    text = '<text x="1.23456">p 0.00135 (1.5e-07)</text>'
    assert compact_svg(text) == '<text x="1.23">p 0.00135 (1.5e-07)</text>'


def test_the_packed_numbers_are_those_of_the_tables(document):
    import base64

    data = page_data(document)
    one = data["contrasts"][0]
    genes = data["genes"].split("\n")
    table = document.tables["contrasts/remission/differential"].set_index("gene_id").loc[genes]
    change = np.frombuffer(base64.b64decode(one["change"]), "<i2") / 1000
    assert change == pytest.approx(table["log2_fold_change"], abs=6e-4)
    evidence = np.frombuffer(base64.b64decode(one["evidence"]), "<u2")
    known = evidence != 65535
    assert (known == table["p_adjusted"].notna()).all()
    assert evidence[known] / 200 == pytest.approx(-np.log10(table["p_adjusted"][known]), abs=3e-3)
    shown = document.tables["expression/shown"]
    values = np.frombuffer(base64.b64decode(data["values"]), np.uint8).reshape(len(genes), -1)
    back = np.array(data["low"])[:, None] + np.array(data["span"])[:, None] * values / 255
    assert back == pytest.approx(shown[data["samples"]].to_numpy(float), abs=0.02)


def test_the_workbook_holds_the_tables_and_the_findings(folder):
    book = openpyxl.load_workbook(io.BytesIO((folder / "report.xlsx").read_bytes()), read_only=True)
    assert {"Read me", "Samples", "Differential genes", "Groups"} <= set(book.sheetnames)
    rows = list(book["Differential genes"].iter_rows(values_only=True))
    assert rows[0][:3] == ("contrast", "gene_id", "symbol")
    assert len(rows) > CHANGED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{}", "not the document of a cohort", id="another document"),
        pytest.param("{", "not a JSON document", id="no JSON"),
        pytest.param(
            '{"format": 1, "contrasts": [], "tables": {}}',
            r"format 1; this one reads \d+\). Run 'leukoscope cohort' again",
            id="other version",
        ),
        pytest.param(
            f'{{"format": {FORMAT}, "contrasts": [], "tables": {{"x": "no-such"}}}}',
            "unknown table no-such",
            id="unknown table",
        ),
        pytest.param(
            f'{{"format": {FORMAT}, "contrasts": [], "tables": {{"samples": "sample"}}}}',
            "no such file",
            id="table missing",
        ),
    ],
)
def test_a_broken_document_is_refused(tmp_path, text, message):
    (tmp_path / "cohort.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_document(tmp_path / "cohort.json")


def test_an_unknown_format_is_refused_in_one_line(folder, capsys):
    command = ["report", str(folder / "cohort.json"), "--outdir", str(folder), "--figures", "svg,gif"]
    assert main(command) == 2
    assert (
        capsys.readouterr().err == "leukoscope: --figures: unknown format(s) 'gif'; known: svg, pdf, png.\n"
    )


def browse(page, folder, *, clicks=""):
    """Open the page, run `clicks` after its own script; return DOM, console and asked addresses."""
    script = asset("cohort.js") + asset("cohort_genes.js")
    style = asset("report.css") + asset("cohort.css") + printed_on_every_page("Cohort of 8 patients")
    seals = [policy(style, text, images=True).replace("'", "&#39;") for text in (script, script + clicks)]
    assert seals[0] in page
    (folder / "page.html").write_text(page.replace(seals[0], seals[1]).replace(script, script + clicks))
    browser = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0"]
    command += ["--virtual-time-budget=3000", f"--log-net-log={folder / 'net.json'}", "--dump-dom"]
    done = subprocess.run(
        [*command, str(folder / "page.html")], capture_output=True, text=True, check=True, timeout=120
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console, re.findall(r'"url":\s*"(https?://[^"]+)"', (folder / "net.json").read_text())


CLICKS = """
const press = (element, key) => element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const search = document.getElementById("gene-search");
search.value = "gene17";
search.dispatchEvent(new Event("input"));
press(search, "Enter");
dispatchEvent(new Event("beforeprint"));
const plot = document.querySelector(".plots svg");
press(plot, "ArrowRight");
press(plot, "Enter");
const table = document.querySelector('[data-source="tables/contrasts/remission/differential.tsv"]');
const at = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "log2 change");
table.tHead.rows[0].cells[at].querySelector("button").click();
const told = document.body.dataset;
told.sorted = [...table.tBodies[0].rows].map((row) => row.cells[at].textContent).join(" ");
told.marked = document.querySelector("tr.marked").cells[1].textContent;
told.pointed = plot.querySelector(".name").textContent;
"""


@pytest.mark.browser
def test_a_browser_searches_sorts_and_points_without_a_word_and_without_a_request(page, tmp_path):
    dom, console, asked = browse(page, tmp_path, clicks=CLICKS)
    assert console == []
    assert asked == []
    card = dom[dom.index('id="gene-card"') : dom.index('id="patients"')]
    assert card.count('class="dot"') == 16  # a dot a sample
    told = {
        name: re.search(rf'data-{name}="([^"]*)"', dom).group(1) for name in ("sorted", "marked", "pointed")
    }
    changes = [float(text) for text in told["sorted"].split()]
    assert changes == sorted(changes)
    assert len(changes) >= 25
    assert told["marked"] == told["pointed"]
    assert int(told["marked"].removeprefix("GENE")) < CHANGED
    assert json.loads(re.search(r'id="data">(.*?)</script>', dom, re.DOTALL).group(1))["samples"]
