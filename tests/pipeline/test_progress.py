"""What the user sees of a run, from what Snakemake says."""

from __future__ import annotations

import io
import os
import socket

import pytest

from leukoscope.errors import InputError
from leukoscope.pipeline.lock import held
from leukoscope.pipeline.progress import Progress
from leukoscope.pipeline.workflow import Failure, read_failures
from leukoscope.provenance import Run, created_now, read_run

SAID = """\
[Sun Nov 22 14:00:00 2026]
rule align:
    input: x
    jobid: 4
    wildcards: sample=P1_onset
localrule trim:
    jobid: 7
    wildcards: sample=P2
Finished jobid: 4 (Rule: align)
3 of 9 steps (33%) done
Finished jobid: 7 (Rule: trim)
4 of 9 steps (44%) done
localrule samples:
    jobid: 0
Finished jobid: 0 (Rule: samples)
9 of 9 steps (100%) done
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_finished_steps_are_named_line_by_line():
    stream = io.StringIO()
    progress = Progress("samples", stream)
    for line in SAID.splitlines(keepends=True):
        progress.see(line)
    progress.close()
    assert stream.getvalue() == "leukoscope: samples 3/8 align P1_onset\nleukoscope: samples 4/8 trim P2\n"


def test_terminal_gets_one_moving_line_of_what_is_being_done():
    stream = Terminal()
    progress = Progress("samples", stream)
    shown = []
    for line in ("total    9\n" + SAID).splitlines(keepends=True):
        before = len(stream.getvalue())
        progress.see(line)
        shown += [stream.getvalue()[before:].split(" ", 2)[-1]] if len(stream.getvalue()) > before else []
    progress.close()
    assert shown == [
        "0/8 0:00 align",
        "0/8 0:00 align P1_onset",
        "0/8 0:00 align P1_onset and 1 more",
        "0/8 0:00 align P1_onset and 1 more",
        "3/8 0:00 trim P2",
        "4/8 0:00",
    ]
    assert stream.getvalue().count("\n") == 1


def test_a_step_that_failed_is_no_longer_being_done():
    progress = Progress("samples", Terminal())
    for line in [*SAID.splitlines()[:5], "Error in rule align:", "    jobid: 4"]:
        progress.see(line)
    assert progress.running == {}


def test_failures_are_read_back(tmp_path):
    (tmp_path / "f").write_text("align:S1\tlogs/a\tSTAR failed: x: y\n")
    assert read_failures(tmp_path / "f") == [Failure("align", "S1", "logs/a", "STAR failed: x: y")]
    assert read_failures(tmp_path / "absent") == []


def test_lock_of_a_dead_holder_counts_for_nothing(tmp_path):
    (tmp_path / "lock").write_text(f"999999999@{socket.gethostname()}")
    with held(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}@{socket.gethostname()}"
    assert not (tmp_path / "lock").exists()


def test_lock_of_a_live_holder_is_refused(tmp_path):
    with held(tmp_path / "lock"), pytest.raises(InputError, match=f"in use by process {os.getpid()} on"):
        held(tmp_path / "lock").__enter__()


def test_holder_on_another_machine_is_believed(tmp_path):
    (tmp_path / "lock").write_text("17@elsewhere")
    with pytest.raises(
        InputError, match=r"in use by process 17 on elsewhere\. If it is no more, remove lock there"
    ):
        held(tmp_path / "lock").__enter__()


def test_run_is_written_and_read_back(tmp_path):
    run = Run({"STAR": "2.7"}, {"a": 1}, {"name": "r"}, {"release": "x"}, 1, {"i": "00"}, {"o": "11"}, ("s",))
    run.write(tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == run
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(InputError, match=r"run\.json: not the description of a run"):
        read_run(tmp_path / "run.json")


def test_date_stands_only_where_the_user_sets_it(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert created_now() == ""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert created_now() == "2023-11-14T22:13:20+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH holds 'yesterday'"):
        created_now()
