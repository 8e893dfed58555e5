"""The report as PDF and workbook, its verification, and the comparison of two diagnoses."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace

import openpyxl
import pytest

from leukoscope.cli import main
from leukoscope.diagnosis import from_json, to_json
from leukoscope.diagnosis.comparison import Change, compare_diagnoses
from leukoscope.report.pdf import print_pdf
from leukoscope.report.workbook import workbook

from .conftest import call, gate, mutation, onset


@pytest.fixture
def written(diagnosed, tmp_path):
    path = tmp_path / "diagnosis.json"
    path.write_text(to_json(diagnosed(onset(fusions=call("BCR", "ABL1", exons="e14a2")))))
    return path


def sheets(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets
    }


def test_the_workbook_holds_the_lists_of_the_report(diagnosed):
    diagnosis = diagnosed(onset(fusions=call("BCR", "ABL1", exons="e14a2")))
    found = sheets(workbook(diagnosis))
    assert found["Fusions"][1][0] == "BCR::ABL1"
    assert len(found["Looked for"]) == len(diagnosis.targets) + 1
    assert len(found["Quality"]) == len(diagnosis.samples[0].checks) + 1
    assert found["Read me"][1] == ["intended use", diagnosis.intended_use]
    assert workbook(diagnosis) == workbook(from_json(to_json(diagnosis)))


def test_the_workbook_holds_the_response_and_what_resists_a_drug(diagnosed):
    told = {"prednisone_response": "poor"}
    diagnosis = diagnosed(onset(fusions=call("BCR", "ABL1"), details=told))
    found = sheets(workbook(diagnosis))
    assert found["Response"][1] == ["Prednisone response", "poor", "poor", "met"]
    assert [row[2] for row in found["Explanations"][1:]] == [
        e.strength for e in diagnosis.response.explanations
    ]
    assert found["Resistance"][1][:3] == ["dasatinib; imatinib", "ABL1 T315I", "not assessable"]


def test_the_workbook_prints_on_whole_pages_that_say_what_it_is_for(diagnosed):
    diagnosis = diagnosed(onset())
    book = openpyxl.load_workbook(io.BytesIO(workbook(diagnosis)))
    for sheet in book.worksheets:
        assert sheet.oddFooter.left.text == diagnosis.intended_use, sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert sheet.page_setup.fitToHeight == 0, "as many pages as it takes, each as wide as the table"
        assert sheet.print_title_rows == "$1:$1", sheet.title


def test_a_gene_name_does_not_become_a_formula(diagnosed):
    content = workbook(diagnosed(onset(fusions=call("=cmd|' /C calc'!A0", "ABL1"))))
    cell = openpyxl.load_workbook(io.BytesIO(content))["Fusions"]["B2"]
    assert (cell.value, cell.data_type) == ("=cmd|' /C calc'!A0", "s")


def test_the_workbook_of_nothing_has_its_headers(diagnosed):
    found = sheets(workbook(diagnosed(onset(fusions=None, quality=None))))
    assert len(found["Fusions"]) == 1
    assert len(found["Mutations"]) == 1


@pytest.mark.browser
def test_the_pdf_says_on_every_page_what_it_is_for(written, tmp_path):
    assert main(["report", str(written), "--outdir", str(tmp_path / "a"), "--pdf", "--xlsx"]) == 0
    printed = (tmp_path / "a" / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert pages >= 3
    assert main(["report", str(written), "--outdir", str(tmp_path / "b"), "--pdf", "--xlsx"]) == 0
    for name in ("report.html", "report.pdf", "report.xlsx"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_count_of_table_cells_does_not_tell_two_prints_apart(tmp_path, monkeypatch):
    """Chromium sometimes begins to number header cells one later; the order of the numbers holds."""
    prints = iter(
        f"/ID (node000000{first}) [(node000000{first}) (node000000{first + 2})]" for first in (91, 90)
    )
    fake = tmp_path / "chromium"
    monkeypatch.setattr(shutil, "which", lambda name: str(fake))

    def settled():
        fake.write_text(
            "#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) f=${a#--print-to-pdf=};; esac; done\n"
            f"printf '%s' '{next(prints)}' > $f\n"
        )
        fake.chmod(0o755)
        return print_pdf("<p>")

    assert settled() == settled() == b"/ID (node00000001) [(node00000001) (node00000002)]"


def test_without_a_browser_the_pdf_is_refused_in_one_line(written, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["report", str(written), "--outdir", str(tmp_path / "out"), "--pdf"]) == 3
    assert capsys.readouterr().err.startswith("leukoscope: printing a PDF needs Chromium")
    assert not (tmp_path / "out").exists()


def test_a_browser_that_fails_is_told_with_its_last_words(tmp_path, monkeypatch):
    from leukoscope.errors import ToolError

    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho 'no display' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(broken))
    with pytest.raises(ToolError, match="chromium printed no PDF: no display"):
        print_pdf("<p>")


def test_verify_accepts_the_report_and_refuses_an_altered_one(written, tmp_path, capsys):
    main(["report", str(written), "--outdir", str(tmp_path)])
    page = tmp_path / "report.html"
    assert main(["verify", str(page), str(written)]) == 0
    assert capsys.readouterr().out.startswith("report.html: unaltered, report ")
    honest = page.read_text()
    page.write_text(honest.replace("high confidence", "low confidence"))
    assert main(["verify", str(page), str(written)]) == 3
    assert "altered" in capsys.readouterr().err
    page.write_text(honest)
    written.write_text(written.read_text().replace("e14a2", "e13a2"))
    assert main(["verify", str(page), str(written)]) == 3
    assert "made from another document" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "absent.json", "--outdir", "x"], "there is no such file"),
        (["verify", "absent.html", "absent.json"], "there is no such file"),
        (["compare", "absent.json", "absent.json"], "there is no such file"),
    ],
)
def test_missing_files_are_refused(arguments, message, capsys):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_diagnosis_does_not_differ_from_itself(diagnosed):
    diagnosis = diagnosed(onset(fusions=call("BCR", "ABL1")))
    assert compare_diagnoses(diagnosis, diagnosis) == ()


def test_what_a_deeper_run_changes(diagnosed):
    before = diagnosed(onset(quality=gate(read_pairs=1e6)))
    after = diagnosed(onset(fusions=call("BCR", "ABL1", exons="e14a2")))
    changes = {(change.subject, change.name): change for change in compare_diagnoses(before, after)}
    assert changes["quality", "S1"] == Change("quality", "S1", "FAIL", "PASS")
    assert changes["lesion", "BCR::ABL1"].after == "detected"
    assert changes["lesion", "ETV6::RUNX1"] == Change(
        "lesion", "ETV6::RUNX1", "not assessable", "not detected"
    )
    assert changes["fusion", "BCR::ABL1 e14a2"].before == ""
    assert any(change.subject == "drug" for change in changes.values())


def test_what_resists_a_drug_is_a_change(diagnosed):
    before, after = (
        diagnosed(onset(fusions=call("BCR", "ABL1"), variants=mutation("ABL1", change, status=status)))
        for change, status in (("T315=", "not assessable"), ("T315I", "detected"))
    )
    changes = {change.name: change for change in compare_diagnoses(before, after) if change.subject == "drug"}
    drug = changes["dasatinib; imatinib for BCR::ABL1"]
    assert (drug.before, drug.after) == (
        "clinical, I-A, ABL1 T315I not assessable",
        "clinical, I-A, ABL1 T315I detected",
    )


def test_compare_prints_a_line_a_change_and_refuses_two_patients(diagnosed, written, tmp_path, capsys):
    other = tmp_path / "other.json"
    other.write_text(to_json(diagnosed(onset())))
    assert main(["compare", str(written), str(other)]) == 0
    assert "lesion\tBCR::ABL1\tdetected\tnot detected" in capsys.readouterr().out.splitlines()
    other.write_text(to_json(replace(diagnosed(onset()), patient="Q")))
    assert main(["compare", str(written), str(other)]) == 2
    assert "two patients, 'P-7' and 'Q'" in capsys.readouterr().err
