"""`leukoscope cohort` from files to page, for cohorts that lack something: each absent part says why."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from leukoscope.cli import main
from leukoscope.report.cohort_comparison import compare_cohorts
from leukoscope.report.cohort_document import read_document
from leukoscope.report.figure_files import compact_svg
from leukoscope.report.figures_clustering import MOST_CELLS, show_cells
from leukoscope.report.spreadsheet import pack_sheets
from leukoscope.workers import open_workers

GENES = 120
QUICK = ("--resamplings", "10", "--max-k", "2", "--seed", "1")


def write_cohort(folder, n, *, changed=0):
    """Write `n` onset samples, half of them high risk; the first `changed` genes rise eightfold in these."""
    rng = np.random.default_rng(7)
    high = np.arange(n) % 2 == 1
    mean = np.repeat(rng.uniform(50, 2000, GENES)[:, None], n, axis=1)
    mean[:changed, high] *= 8
    names = [f"P{i}" for i in range(n)]
    counts = pd.DataFrame(rng.negative_binomial(20, 20 / (20 + mean)), columns=names)
    counts.insert(0, "gene_id", [f"G{i}" for i in range(GENES)])
    counts.to_csv(folder / "counts.tsv", sep="\t", index=False)
    sheet = {"sample": names, "patient": names, "timepoint": "onset", "counts": "counts.tsv"}
    sheet |= {"day8_blasts": 0.0, "mrd_day15": 0.0, "mrd_day33": np.where(high, 1.0, 0.0)}
    sheet |= {"relapse": "no", "tissue": "marrow"}
    sheet["sex"] = np.where(np.arange(n) % 4 < 2, "male", "female")
    pd.DataFrame(sheet).to_csv(folder / "samples.csv", index=False)
    sets = {"FIRST": range(20), "SECOND": range(40, 60)}
    lines = ["\t".join([name, "", *(f"G{i}" for i in genes)]) for name, genes in sets.items()]
    (folder / "sets.gmt").write_text("\n".join(lines) + "\n")
    (folder / "contrasts.csv").write_text(
        "id,variable,reference,target,blocking,subset\nhigh_risk,risk,non-high,high,,\n"
        "tissue,tissue,blood,marrow,,\n"
    )


def analyse(folder, *options, name="report"):
    """Run the command; return its folder, ``cohort.json`` and the page."""
    given = ["--contrasts", str(folder / "contrasts.csv"), "--gene-sets", str(folder / "sets.gmt"), *QUICK]
    out = folder / name
    assert main(["cohort", str(folder / "samples.csv"), "--outdir", str(out), *given, *options]) == 0
    return out, json.loads((out / "cohort.json").read_text()), (out / "report.html").read_text()


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    write_cohort(folder, 10, changed=20)
    return folder, analyse(folder, "--figures", "svg,png", "--h5ad", "--groups", "2")


def test_every_figure_is_written_in_the_formats_asked_for(changed):
    out = changed[1][0]
    stems = pd.read_csv(out / "figures" / "index.tsv", sep="\t")["figure"]
    starts = {"svg": b"<svg", "png": b"\x89PNG"}
    for stem in stems:
        for ending, start in starts.items():
            assert (out / "figures" / f"{stem}.{ending}").read_bytes().startswith(start), (stem, ending)
    assert "contrasts/high_risk/volcano" in set(stems)


def test_counts_are_exported_with_what_was_found(changed):
    anndata = pytest.importorskip("anndata")
    held = anndata.read_h5ad(changed[1][0] / "cohort.h5ad")
    assert held.shape == (10, GENES)
    assert set(held.obs["risk"]) == {"high", "non-high"}
    assert set(held.obs["group"]) == {"1", "2"}


def test_without_fusions_and_courses_the_page_says_so(changed):
    _, found, page = changed[1]
    assert found["fusions"]["absent"] == "No sample has a fusion table."
    assert found["fusions"]["absent"] in page
    assert found["courses"]["absent"] in page
    assert found["contrasts"][0]["up"] == 20


def test_how_strongly_groups_go_with_what_is_known_is_said(changed):
    tests = pd.read_csv(changed[1][0] / "tables/groups/associations.tsv", sep="\t").set_index("variable")
    assert tests.loc["risk", "cramers_v"] == pytest.approx(1.0)
    assert tests.loc["sex", "cramers_v"] < 0.3
    assert "Cramér" in changed[1][2]


def test_compare_prints_what_differs(changed, tmp_path, capsys):
    document = read_document(changed[1][0] / "cohort.json")
    assert compare_cohorts(document, document) == ()
    other = replace(document, summary=json.loads(json.dumps(document.summary)))
    other.summary["patients"]["total"] = 9
    other.summary["contrasts"][0]["up"] = 3
    subjects = {(change.subject, change.name) for change in compare_cohorts(document, other)}
    assert subjects == {("cohort", "patients"), ("contrast", "high_risk")}
    path = str(changed[1][0] / "cohort.json")
    assert main(["compare", path, path]) == 0
    assert capsys.readouterr().out == ""
    patient = tmp_path / "diagnosis.json"
    patient.write_text("{}")
    assert main(["compare", path, str(patient)]) == 2
    assert "one is a cohort, the other a patient" in capsys.readouterr().err


def test_no_significant_gene_and_one_level_are_results_with_any_number_of_threads(tmp_path):
    write_cohort(tmp_path, 8)
    out, found, page = analyse(tmp_path)
    risk, tissue = found["contrasts"][:2]
    assert (risk["absent"], risk["up"], risk["down"]) == ("", 0, 0)
    assert "0 genes rise and 0 fall" in page
    reason = "No gene rises, so no gene set can be over-represented among them."
    assert reason in risk["missing"]
    assert f"<p>{reason}</p>" in page
    assert tissue["absent"] == "Not computed: no sample has tissue blood."
    assert tissue["absent"] in page
    beside, _, _ = analyse(tmp_path, "--threads", "2", name="beside")
    written = [path.relative_to(out) for path in out.rglob("*.*")]
    assert written == [path for path in written if (beside / path).read_bytes() == (out / path).read_bytes()]


def test_samples_without_groups_are_not_compared_as_groups_unless_asked_for(tmp_path):
    write_cohort(tmp_path, 16)
    out, found, page = analyse(tmp_path)
    assert (found["groups"]["supported"], found["groups"]["members"]) == (False, {})
    assert "Onset samples fall into no expression groups beyond chance; K = 2 came closest." in page
    assert "there are no groups beyond chance, so none are compared, tested or named" in page
    assert not [one for one in found["contrasts"] if one["variable"] == "group"]
    assert not (out / "figures" / "groups" / "composition.svg").exists()
    _, asked, page = analyse(tmp_path, "--groups", "2", name="asked")
    assert len(asked["groups"]["members"]) == 16
    assert [one["id"] for one in asked["contrasts"] if one["variable"] == "group"] == ["group_2_over_1"]
    assert "by consensus clustering, which may well be chance" in page


def test_one_sample_has_a_report_that_can_be_verified(tmp_path, capsys):
    write_cohort(tmp_path, 1)
    out, found, page = analyse(tmp_path)
    assert found["samples"] == {"onset": 1}
    assert found["groups"]["absent"]
    assert found["groups"]["absent"] in page
    path = str(out / "cohort.json")
    assert main(["verify", str(out / "report.html"), path]) == 0
    assert "report.html: unaltered" in capsys.readouterr().out
    (out / "altered.html").write_text(page.replace("1 patient", "2 patient"))
    assert main(["verify", str(out / "altered.html"), path]) == 3
    assert "altered.html: altered, or made from another document" in capsys.readouterr().err


def test_a_sheet_holds_what_a_cell_can_hold():
    rows = [["=1+1", 2, 0.5, True], [None, float("nan"), float("inf"), "a\x00 <b>"]]
    content = pack_sheets([("A & B", list("wxyz"), rows)], "a footer")
    assert content == pack_sheets([("A & B", list("wxyz"), rows)], "a footer")
    sheet = openpyxl.load_workbook(io.BytesIO(content))["A & B"]
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert values == [["=1+1", 2, 0.5, True], [None, None, "inf", "a <b>"]]
    assert sheet["A2"].data_type != "f"
    assert sheet["A1"].font.b and not sheet["A2"].font.b
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:D3")
    assert sheet.oddFooter.left.text == "a footer"


def test_a_large_matrix_is_drawn_as_means_of_neighbours():
    ax = Figure().add_subplot()
    values = np.arange(3.0)[:, None] + np.zeros((3, 4 * MOST_CELLS + 1))
    values[0, :4] = (0, 0, 8, 8)
    image = show_cells(ax, values)
    assert image.get_array().shape == (3, MOST_CELLS)
    assert np.asarray(image.get_array())[:, 0] == pytest.approx([4, 1, 2])
    assert list(image.get_extent()) == [-0.5, 4 * MOST_CELLS + 0.5, 2.5, -0.5]
    assert np.asarray(show_cells(ax, values[:, :5]).get_array()) == pytest.approx(values[:, :5])


def test_the_cells_of_an_image_keep_their_size_in_a_compact_svg():
    tag = '<image transform="matrix(0.15234 0 0 0.15678 1.5 2.25)" href="data:image/png;base64,AA=="/>'
    assert compact_svg(f'<svg><path d="M 1.23456 2"/>{tag}</svg>') == f'<svg><path d="M 1.23 2"/>{tag}</svg>'


def test_what_a_worker_raises_is_raised():
    with open_workers(2) as each:
        assert list(each(pow, range(5), range(5))) == list(map(pow, range(5), range(5)))
    with pytest.raises(ZeroDivisionError), open_workers(2) as each:
        list(each(divmod, [1, 2], [1, 0]))
