"""The command line as a whole."""

from __future__ import annotations

import pytest

from leukoscope import errors
from leukoscope.cli import RESEARCH_USE, build_parser, main


def test_help_names_every_command_and_the_intended_use(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert RESEARCH_USE in " ".join(capsys.readouterr().out.split())


def test_unknown_command_is_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as left:
        main(["divine"])
    assert left.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def _every_parser(parser):
    yield parser
    for action in parser._actions:
        if hasattr(action, "choices") and isinstance(action.choices, dict):
            for child in action.choices.values():
                yield from _every_parser(child)


def test_every_command_explains_itself_with_an_example():
    for parser in _every_parser(build_parser()):
        assert parser.description, parser.prog
        is_leaf = parser.get_default("run") is not None
        assert not is_leaf or "leukoscope" in (parser.epilog or ""), f"{parser.prog} --help has no example"


def test_exit_statuses_are_those_of_the_manual():
    assert errors.InputError.exit_status == 2
    assert errors.ReferenceDataError.exit_status == errors.ToolError.exit_status == 3


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5"])
def test_threads_are_a_whole_number_from_one(capsys, given):
    with pytest.raises(SystemExit) as left:
        main(["normalise", "counts.tsv", "--output", "o.tsv", "--threads", given])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"{given}" in told


def test_a_seed_may_be_zero_but_not_negative(capsys):
    words = ["enrich", "absent.txt", "--gene-sets", "go_bp", "--output", "o.tsv", "--seed"]
    assert build_parser().parse_args([*words, "0"]).seed == 0
    with pytest.raises(SystemExit) as left:
        main([*words, "-1"])
    assert left.value.code == 2
    assert "-1 is below 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option",
    [
        "--item-share 2",
        "--item-share 0",
        "--gene-share nan",
        "--gene-share all",
        "--resamplings 0",
        "--genes 1",
        "--null -1",
    ],
)
def test_what_cannot_be_resampled_is_refused_at_once(capsys, option):
    with pytest.raises(SystemExit) as left:
        main(["cluster", "absent.tsv", "--outdir", "d", *option.split()])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert option.split()[0] in told


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("quality --output q.tsv", "--blasts 120"),
        ("quality --output q.tsv", "--blasts nan"),
        ("quality --output q.tsv", "--sex robot"),
        (
            "differential c.tsv --samples s.tsv --design ~x --contrast x,a,b --output o.tsv",
            "--lfc-threshold -1",
        ),
        (
            "differential c.tsv --samples s.tsv --design ~x --contrast x,a,b --output o.tsv",
            "--lfc-threshold inf",
        ),
        ("network c.tsv --outdir d", "--min-correlation 1.2"),
        ("cohort s.csv --outdir d", "--threads 0"),
        ("cohort s.csv --outdir d", "--seed -1"),
        ("cohort s.csv --outdir d", "--resamplings 0"),
        ("cohort s.csv --outdir d", "--max-k 1"),
        ("network c.tsv --outdir d", "--max-q nan"),
        ("associate s.tsv --variables a --output o.tsv", "--min-expected few"),
        ("variants a.bam --reference r --output o.tsv", "--min-depth 0"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_read(capsys, words, option):
    with pytest.raises(SystemExit) as left:
        main([*words.split(), *option.split()])
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert option.split()[0] in told


def test_an_interrupted_run_is_said_to_go_on(monkeypatch, capsys):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("leukoscope.cli.build_parser", interrupt)
    assert main(["run", "samples.csv", "--outdir", "out"]) == 130
    assert capsys.readouterr().err == "leukoscope: interrupted. Started again it goes on where it stopped.\n"


def test_a_report_of_another_file_names_it(tmp_path, capsys):
    for text, said in (("gene1\tgene2\n", "not a whole JSON file"), ("{}", "no diagnosis.json")):
        (tmp_path / "f.tsv").write_text(text)
        assert main(["report", str(tmp_path / "f.tsv"), "--outdir", str(tmp_path / "out")]) == 2
        assert capsys.readouterr().err.startswith(f"leukoscope: f.tsv: {said}")


def test_an_annotation_of_another_assembly_is_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "a.fa").write_text(">1\n" + "ACGT" * 20 + "\n")
    (tmp_path / "a.gtf").write_text('chr1\tx\texon\t5\t90\t.\t+\t.\tgene_id "g"; transcript_id "t";\n')
    (tmp_path / "f.tsv").write_text("x\n")
    words = [
        "draw",
        str(tmp_path / "f.tsv"),
        "--gtf",
        str(tmp_path / "a.gtf"),
        "--outdir",
        str(tmp_path / "d"),
    ]
    assert main([*words, "--fasta", str(tmp_path / "a.fa")]) == 2
    told = capsys.readouterr().err
    assert (
        "1 genes reach beyond the end of their contig (e.g. 'g', to 90 on 'chr1', which has only 80" in told
    )
