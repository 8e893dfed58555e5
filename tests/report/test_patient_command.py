"""`leukoscope patient` on the real reads' tables: BCR::ABL1 e14a2, with a drawing."""

from __future__ import annotations

import gzip
import re
import shutil

import pytest

from leukoscope.cli import main
from leukoscope.diagnosis import from_json

SAMPLES = "sample\tpatient\ttimepoint\tstrandedness\tentry\tlanes\tage\tmrd_day33\n"


@pytest.fixture
def run_folder(shared, tmp_path):
    """Return the folder of a run with the recorded tables of one patient."""
    out = tmp_path / "out"
    own = out / "samples" / "S1"
    own.mkdir(parents=True)
    recorded = shared / "arriba-2.5.1" / "bcr_abl1"
    shutil.copy(recorded / "fusions.tsv", own / "fusions.tsv")
    quality = ["quality", "--sample", "S1", "--star-log", str(recorded / "Log.final.out"), "--no-gate"]
    assert main([*quality, "--output", str(own / "quality.tsv")]) == 0
    (out / "samples.tsv").write_text(SAMPLES + "S1\tP1\tonset\tauto\tfastq\t1\t7\t0.5\n")
    return out


def diagnose(out, target, *options):
    command = ["patient", "--samples", str(out / "samples.tsv"), "--patient", "P1", "--evidence", str(out)]
    return main([*command, "--outdir", str(target), *options])


def test_the_first_screen_names_the_fusion_of_the_real_patient(run_folder, tmp_path):
    assert diagnose(run_folder, tmp_path / "P1") == 0
    page = (tmp_path / "P1" / "report.html").read_text()
    assert "<h1>BCR::ABL1 detected, high confidence, in frame.</h1>" in page
    diagnosis = from_json((tmp_path / "P1" / "diagnosis.json").read_text())
    (fusion,) = [fusion for fusion in diagnosis.fusions if fusion.name == "BCR::ABL1"]
    assert fusion.support[0].split_reads == 143
    assert fusion.support[0].breakpoint5 == "chr22:1993472"
    assert {t.status for t in diagnosis.targets} == {"detected", "not assessable"}
    assert diagnosis.response.poor is True
    assert diagnosis.therapies[0].level == "I-A"
    assert [entry.name for entry in diagnosis.provenance.inputs] == [
        "samples/S1/fusions.tsv",
        "samples/S1/quality.tsv",
    ]


def test_equal_evidence_gives_equal_bytes(run_folder, tmp_path):
    for name in ("a", "b"):
        assert diagnose(run_folder, tmp_path / name) == 0
    for name in ("diagnosis.json", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_gene_model_gives_a_drawing(shared, run_folder, tmp_path):
    from leukoscope.cli.patient import read_tables
    from leukoscope.diagnosis import SampleEvidence, diagnose, to_json
    from leukoscope.diagnosis.values import Provenance
    from leukoscope.formats.gtf import read_gene_model
    from leukoscope.report.patient import patient_report
    from leukoscope.tables.fusions import FUSIONS

    gtf = tmp_path / "annotation.gtf"
    gtf.write_bytes(gzip.decompress((shared / "reference" / "leukaemia.gtf.gz").read_bytes()))
    fusions = FUSIONS.read(run_folder / "samples" / "S1" / "fusions.tsv")
    origin = Provenance("leukoscope", "0", "2026-01-01", (), (), (), ())
    evidence = SampleEvidence("S1", "onset", fusions=fusions)
    made = diagnose("P1", [evidence], read_tables(), origin, gene_model=read_gene_model(gtf))
    page = patient_report(to_json(made))
    (figure,) = re.findall(r'<figure class="drawing">.*?</figure>', page, re.DOTALL)[:1]
    assert "BCR" in figure
    assert "style=" not in figure


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda out: (out / "samples.tsv").write_text(SAMPLES), "no sample of a patient 'P1'"),
        (lambda out: (out / "samples.tsv").unlink(), "there is no such file"),
        (lambda out: (out / "samples/S1/fusions.tsv").write_text("#gene1\tgene2\n"), "needs the column"),
        (
            lambda out: (out / "samples/S1/genes.tsv").write_text("gene_id\tsymbol\ttpm\na\tb\thigh\n"),
            "not a number",
        ),
        (lambda out: (out / "run.json").write_text("{"), "not the description of a run"),
    ],
)
def test_broken_evidence_is_refused_in_one_line_and_leaves_nothing(
    run_folder, tmp_path, capsys, change, message
):
    change(run_folder)
    assert diagnose(run_folder, tmp_path / "P1") == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "P1").exists()
