"""`cohort.yaml`: what differs from the defaults, and nothing that has no meaning; run folders as input."""

from __future__ import annotations

import argparse
import gzip

import pytest

from leukoscope.cli import main
from leukoscope.cli.cohort import read_cohort_settings
from leukoscope.errors import InputError
from leukoscope.formats.cohort_sheet import read_cohort_sheet, read_sheet_counts
from leukoscope.formats.settings import read_settings
from leukoscope.study import Options
from leukoscope.study.settings import default_settings, options_of


def settings(tmp_path, text, **given):
    path = tmp_path / "cohort.yaml"
    path.write_text(text)
    names = ("groups", "max_k", "resamplings", "seed", "threads", "gene_sets")
    return read_cohort_settings(argparse.Namespace(config=path, **(dict.fromkeys(names) | given)))


def test_what_the_file_says_replaces_the_defaults(tmp_path):
    found = settings(
        tmp_path, "seed: 7\nrisk: {mrd_day33: 1}\ngroups:\n  max_k: 5\ngene_sets: [go_cc, own.gmt]\n"
    )
    options = options_of(found)
    assert (found["seed"], options.r_seed, options.max_k) == (7, 7, 5)
    assert options.criteria.mrd_day33 == 1.0
    assert options.criteria.mrd_day15 == 10.0
    assert found["gene_sets"] == ["go_cc", str(tmp_path / "own.gmt")]


def test_the_command_line_has_the_last_word(tmp_path):
    found = settings(tmp_path, "groups: {k: 3, max_k: 5}\nseed: 7", groups=4, seed=2)
    assert (found["groups"]["k"], found["groups"]["max_k"], found["seed"]) == (4, 5, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "contrast: {}", r"unknown setting\(s\): 'contrast'. Do you mean 'contrasts'\?", id="key"
        ),
        pytest.param("groups: {maxk: 3}", r"'groups.maxk'. Do you mean 'max_k'\?", id="nested"),
        pytest.param("qqq: 1", "There are seed, threads, gene_sets", id="far"),
        pytest.param("seed: many", "seed is 'many', not a whole number from 0 on", id="number"),
        pytest.param("seed: true", "seed is True, not a whole number", id="bool"),
        pytest.param("groups: 3", "groups holds 3, not settings", id="mapping"),
        pytest.param("gene_sets: go_bp", "gene_sets is 'go_bp', not a list", id="list"),
        pytest.param("risk: {mrd_day15: [1]}", r"risk.mrd_day15 is \[1\], not a number", id="float"),
        pytest.param("a: [", "not YAML", id="yaml"),
    ],
)
def test_what_has_no_meaning_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as error:
        settings(tmp_path, text)
    assert "\n" not in str(error.value)


def test_defaults_are_those_of_the_library():
    assert options_of(default_settings()) == Options()


def test_an_empty_file_is_the_defaults(tmp_path):
    (tmp_path / "c.yaml").write_text("")
    assert read_settings(tmp_path / "c.yaml", default_settings()) == default_settings()


@pytest.fixture
def run_folder(tmp_path):
    """What ``leukoscope run`` leaves, in small: two samples with counts, one with a fusion table."""
    (tmp_path / "expression").mkdir()
    (tmp_path / "samples" / "s1").mkdir(parents=True)
    head = "sample\tpatient\ttimepoint\tstrandedness\tentry\tlanes\tsex\tmrd_day33\n"
    rows = ("s1\tP1\tonset", "s2\tP1\tremission", "s3\tP2\tonset")
    (tmp_path / "samples.tsv").write_text(
        head + "".join(f"{row}\tauto\tfastq\t1\tfemale\tNA\n" for row in rows)
    )
    with gzip.open(tmp_path / "expression" / "counts.tsv.gz", "wt") as sink:
        sink.write(
            "gene_id\tsymbol\ts1\ts2\nENSG00000000003\tTSPAN6\t1.0\t2.0\nENSG00000000005\tTNMD\t0.0\t4.0\n"
        )
    (tmp_path / "samples" / "s1" / "fusions.tsv").write_text("#gene1\tgene2\tbreakpoint1\tbreakpoint2\n")
    return tmp_path


def test_a_finished_run_is_a_cohort(run_folder):
    sheet = read_cohort_sheet(run_folder)
    assert sheet["counts"].tolist() == ["expression/counts.tsv.gz"] * 2 + [""]
    assert sheet["mrd_day33"].tolist() == [""] * 3
    assert read_sheet_counts(sheet, run_folder).sample_names.tolist() == ["s1", "s2"]
    assert (sheet["fusions"] != "").tolist() == [True, False, False]


def test_dry_run_of_a_run_folder_needs_no_contrasts(run_folder, capsys):
    assert not main(["cohort", str(run_folder), "--outdir", "x", "--dry-run"])
    out, err = capsys.readouterr()
    assert out.splitlines()[1].startswith("remission\t~ patient + timepoint\t1\t1\t1\t1\t0\t")
    assert "2 patients, 3 samples (2 onset, 1 remission); 2 with counts, 1 with fusions." in err
