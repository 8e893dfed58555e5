"""The quality gate: judging, measuring, the command, and what MultiQC makes of it."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leukoscope import quality
from leukoscope.cli import main
from leukoscope.errors import InputError
from leukoscope.formats.star_log import read_star_log
from leukoscope.identity import expressed_sex, sex_agreement
from leukoscope.knowledge import read_knowledge
from leukoscope.tables.quality import QUALITY, QUALITY_THRESHOLDS

THRESHOLDS = read_knowledge(QUALITY_THRESHOLDS)


def genes(**tpm):
    return pd.DataFrame({"gene_id": list(tpm), "symbol": list(tpm), "tpm": [float(v) for v in tpm.values()]})


@pytest.mark.parametrize(
    ("value", "better", "warn", "fail", "verdict"),
    [
        (30e6, "higher", 30e6, 10e6, "PASS"),
        (30e6 - 1, "higher", 30e6, 10e6, "WARN"),
        (10e6, "higher", 30e6, 10e6, "WARN"),
        (0, "higher", 30e6, 10e6, "FAIL"),
        (10, "lower", 10, 30, "PASS"),
        (30, "lower", 10, 30, "WARN"),
        (30.1, "lower", 10, 30, "FAIL"),
        (99, "lower", 10, math.nan, "WARN"),
        (99, "lower", math.nan, math.nan, "PASS"),
        (math.nan, "lower", 10, 30, "NOT ASSESSABLE"),
    ],
)
def test_judge(value, better, warn, fail, verdict):
    assert quality.judge(value, better, warn, fail) == verdict


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
def test_a_better_value_never_gets_a_worse_verdict(value, gain, gap):
    order = ["FAIL", "WARN", "PASS"]
    higher = order.index(quality.judge(value + gain, "higher", 50, 50 - gap))
    assert higher >= order.index(quality.judge(value, "higher", 50, 50 - gap))
    lower = order.index(quality.judge(value - gain, "lower", 50, 50 + gap))
    assert lower >= order.index(quality.judge(value, "lower", 50, 50 + gap))


def test_shipped_thresholds_warn_before_they_fail_and_say_what_follows():
    for check in THRESHOLDS.to_dict("records"):
        sign = 1 if check["better"] == "higher" else -1
        if not math.isnan(check["fail"]):
            assert sign * check["warn"] > sign * check["fail"], check["metric"]
            assert check["fail_consequence"], check["metric"]
        assert check["warn_consequence"], check["metric"]
        assert check["source"], check["metric"]


def test_every_threshold_is_in_the_report_in_its_order():
    report = quality.assess_quality("S", {"read_pairs": 5e7, "q30_percent": 70.0}, THRESHOLDS)
    assert report.table["metric"].tolist() == THRESHOLDS["metric"].tolist()
    assert report.verdict == "WARN"
    by_metric = report.table.set_index("metric")
    assert by_metric.loc["read_pairs", "verdict"] == "PASS"
    assert by_metric.loc["read_pairs", "consequence"] == ""
    assert "quality is below" in by_metric.loc["q30_percent", "consequence"]
    assert by_metric.loc["blast_percent", "verdict"] == "NOT ASSESSABLE"
    assert not report.failed("read_pairs")


def test_nothing_measured_is_not_assessable_rather_than_a_pass():
    assert quality.assess_quality("S", {}, THRESHOLDS).verdict == "NOT ASSESSABLE"


def test_own_thresholds_replace_the_shipped_ones():
    own = THRESHOLDS[THRESHOLDS["metric"] == "read_pairs"].assign(warn=100.0, fail=10.0)
    assert quality.assess_quality("S", {"read_pairs": 50.0}, own).verdict == "WARN"
    with pytest.raises(InputError, match="none for 'q30_percent'"):
        quality.assess_quality("S", {"q30_percent": 50.0}, own)
    with pytest.raises(InputError, match="neither higher nor lower"):
        quality.assess_quality("S", {}, own.assign(better="more"))


def test_expression_measures():
    measured = quality.measure_expression(genes(HBA1=300, HBB=100, RNA45SN1=50, ABL1=550, BCR=0.5))
    total = 1000.5
    assert measured["genes_detected"] == 4
    assert measured["haemoglobin_percent"] == pytest.approx(100 * 400 / total)
    assert measured["ribosomal_percent"] == pytest.approx(100 * 50 / total)
    assert math.isnan(measured["par1_tpm"])


@pytest.mark.parametrize(("tpm", "verdict"), [(0.0, "WARN"), (3.0, "PASS")])
def test_pseudo_autosomal_genes_that_are_all_silent_are_a_warning(tpm, verdict):
    measured = quality.measure_expression(genes(ABL1=10, **dict.fromkeys(quality.PAR1_GENES, tpm)))
    report = quality.assess_quality("S", {"par1_tpm": measured["par1_tpm"]}, THRESHOLDS)
    assert report.verdict == verdict


@pytest.mark.parametrize("table", [genes(), genes(ABL1=0, CD99=0)], ids=["no gene", "no expression"])
def test_a_sample_without_expression_is_ordinary_input(table):
    measured = quality.measure_expression(table)
    assert not measured["haemoglobin_percent"] > 0
    assert math.isnan(measured["par1_tpm"])
    assert expressed_sex(table) == ""


@pytest.mark.parametrize(
    ("forward", "reverse", "declared", "agreement"),
    [
        (20, 1980, "reverse", 99),
        (20, 1980, "forward", 1),
        (1000, 1000, "unstranded", 100),
        (20, 1980, "unstranded", 2),
        (20, 1980, "auto", math.nan),
        (2, 198, "reverse", math.nan),
    ],
)
def test_strandedness(forward, reverse, declared, agreement):
    counted = pd.DataFrame(
        {"gene_id": ["a"], "unstranded": [1500], "forward": [forward], "reverse": [reverse]}
    )
    measured = quality.measure_strands(counted, declared, 2000)
    assert measured["strand_agreement_percent"] == pytest.approx(agreement, nan_ok=True)
    assert measured["no_feature_percent"] == 25


@pytest.mark.parametrize(
    ("xist", "y", "sex"),
    [
        (30, 0.1, "female"),
        (0.1, 30, "male"),
        (30, 30, "ambiguous"),
        (0.1, 0.1, "ambiguous"),
        (1, 30, "ambiguous"),
    ],
)
def test_expressed_sex(xist, y, sex):
    assert expressed_sex(genes(XIST=xist, RPS4Y1=y, ABL1=5)) == sex


def test_sex_agreement_is_missing_where_one_side_is():
    assert sex_agreement("male", "male") == 1
    assert sex_agreement("ambiguous", "male") == 0
    assert math.isnan(sex_agreement("", "male"))
    assert math.isnan(sex_agreement("male", ""))


def test_the_real_small_sample_fails_on_its_reads_and_keeps_its_other_verdicts(shared):
    star = read_star_log(shared / "arriba-2.5.1" / "bcr_abl1" / "Log.final.out")
    report = quality.assess_quality("bcr_abl1", quality.measure_alignment(star), THRESHOLDS)
    by_metric = report.table.set_index("metric")
    assert report.failed("read_pairs")
    assert by_metric.loc["uniquely_mapped_percent", "value"] == pytest.approx(92.40, abs=0.005)
    assert by_metric.loc["chimeric_percent", "value"] == pytest.approx(4.10, abs=0.005)
    assert by_metric.loc["uniquely_mapped_percent", "verdict"] == "PASS"


@pytest.fixture
def gene_table(tmp_path):
    path = tmp_path / "genes.tsv"
    genes(ABL1=10, HBB=1, XIST=5, DDX3Y=0).to_csv(path, sep="\t", index=False)
    return path


def test_the_command_writes_the_table_and_leaves_with_4_if_the_gate_fails(tmp_path, gene_table, capsys):
    output = tmp_path / "quality.tsv"
    gate = ["quality", "--sample", "S", "--genes", str(gene_table), "--blasts", "5", "--output", str(output)]
    assert main(gate) == 4
    assert capsys.readouterr().out == "S: FAIL\n"
    first = output.read_bytes()
    assert main([*gate, "--no-gate"]) == 0
    assert output.read_bytes() == first
    assert QUALITY.read(output).set_index("metric").loc["blast_percent", "verdict"] == "FAIL"


def test_the_command_compares_the_sexes(tmp_path, gene_table):
    output = tmp_path / "quality.tsv"
    main(["quality", "--genes", str(gene_table), "--sex", "male", "--output", str(output)])
    assert QUALITY.read(output).set_index("metric").loc["sex_agreement", "verdict"] == "WARN"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "at least one of"),
        (["--genes", "absent.tsv"], "no such file"),
        (["--star-counts", "x"], "at least one"),
    ],
)
def test_the_command_refuses_in_one_line_and_writes_nothing(tmp_path, capsys, options, message):
    output = tmp_path / "quality.tsv"
    assert main(["quality", "--output", str(output), *options]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not output.exists()


def test_multiqc_joins_the_samples_in_one_table(tmp_path, gene_table):
    for sample in ("A", "B"):
        table, content = tmp_path / f"{sample}.tsv", tmp_path / f"{sample}_quality_mqc.json"
        command = ["quality", "--sample", sample, "--genes", str(gene_table), "--output", str(table)]
        main([*command, "--multiqc", str(content)])
    content = json.loads((tmp_path / "A_quality_mqc.json").read_text())
    assert list(content["data"]) == ["A"]
    assert "sex_agreement" not in content["data"]["A"]
    command = [
        sys.executable,
        "-m",
        "multiqc",
        str(tmp_path),
        "--outdir",
        str(tmp_path / "out"),
        "--no-report",
        "-q",
    ]
    subprocess.run(command, check=True, capture_output=True)
    joined = (tmp_path / "out" / "multiqc_data" / "multiqc_leukoscope_quality_table.txt").read_text()
    assert [line.split("\t")[0] for line in joined.splitlines()] == ["Sample", "A", "B"]
