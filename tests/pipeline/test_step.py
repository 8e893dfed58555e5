"""The step wrapper: outputs appear whole, tools die with it, orphans are waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leukoscope.errors import ToolError
from leukoscope.pipeline.step import last_words, main, run_step, sole_owner, sort_lines


def shell(script: str) -> list[str]:
    return ["sh", "-c", script, "sh"]


def test_outputs_appear_under_their_names(tmp_path):
    outputs = [tmp_path / "a.txt", tmp_path / "deep" / "b.txt"]
    script = 'echo one > "$1"; mkdir -p "${2}x"; echo two > "${2}b.txt"'
    run_step("s", outputs, [*shell(script), f"@{outputs[0]}", "@any/folder/"], tmp_path / "log")
    assert [path.read_text() for path in outputs] == ["one\n", "two\n"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "deep", "log"]


def test_scratch_files_lie_in_the_hidden_folder(tmp_path):
    script = 'echo "$2" > "$1"; touch "$2"'
    run_step(
        "s", [tmp_path / "a.txt"], [*shell(script), f"@{tmp_path / 'a.txt'}", "@scratch"], tmp_path / "log"
    )
    assert (tmp_path / "a.txt").read_text().strip() == str(tmp_path / ".part-s" / "scratch")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "log"]


def test_failed_tool_leaves_nothing_and_its_own_words(tmp_path):
    script = 'echo half > "$1"; echo "ERROR: no such index" >&2; exit 7'
    with pytest.raises(ToolError, match=r"sh failed \(status 7\): ERROR: no such index"):
        run_step("s", [tmp_path / "a.txt"], [*shell(script), f"@{tmp_path / 'a.txt'}"], tmp_path / "log")
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_older_output_stays_when_the_tool_fails(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(ToolError):
        run_step("s", [tmp_path / "a.txt"], shell("exit 1"), tmp_path / "log")
    assert (tmp_path / "a.txt").read_text() == "old"


def test_missing_output_is_an_error(tmp_path):
    with pytest.raises(ToolError, match=r"ended well but left no b\.txt"):
        run_step("s", [tmp_path / "b.txt"], shell("exit 0"), tmp_path / "log")


def test_missing_tool_is_an_error(tmp_path):
    with pytest.raises(ToolError, match="no-such-tool is not installed"):
        run_step("s", [tmp_path / "b.txt"], ["no-such-tool"], tmp_path / "log")


def test_standard_output_may_be_the_output(tmp_path):
    run_step("s", [tmp_path / "a.txt"], ["echo", "word"], tmp_path / "log", stdout=f"@{tmp_path / 'a.txt'}")
    assert (tmp_path / "a.txt").read_text() == "word\n"


def test_failures_are_written_down(tmp_path, capsys):
    arguments = [
        "--name",
        "trim:S1",
        "--log",
        str(tmp_path / "log"),
        "--failures",
        str(tmp_path / "failures"),
    ]
    assert main([*arguments, "--output", str(tmp_path / "x"), "--", *shell("exit 3")]) == 3
    expected = f"trim:S1\t{tmp_path / 'log'}\tsh failed (status 3): it said nothing\n"
    assert (tmp_path / "failures").read_text() == expected
    assert capsys.readouterr().err.startswith("leukoscope: trim:S1: sh failed")


def start_step(tmp_path: Path, script: str) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "leukoscope.pipeline.step",
        "--name",
        "s",
        "--log",
        str(tmp_path / "log"),
    ]
    command += ["--output", str(tmp_path / "out.txt"), "--", *shell(script), f"@{tmp_path / 'out.txt'}"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_tool_dies_with_the_killed_step(tmp_path):
    running = start_step(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    tool = int((tmp_path / "pid").read_text())
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_for(lambda: not is_alive(tool))
    assert not (tmp_path / "out.txt").exists()


def test_next_attempt_waits_for_what_the_dead_tool_left_behind(tmp_path):
    """A tool's own child outlives the kill; while it lives, nobody else may write there."""
    script = f"(echo $BASHPID > {tmp_path}/pid; sleep 60) & wait"
    running = start_step(tmp_path, script.replace("$BASHPID", "$(sh -c 'echo $PPID')"))
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    orphan = int((tmp_path / "pid").read_text())
    running.kill()
    running.wait()
    again = start_step(tmp_path, 'echo whole > "$1"')
    time.sleep(1.5)
    assert again.poll() is None, "the second attempt did not wait"
    assert not (tmp_path / "out.txt").exists()
    for child in subprocess.run(
        ["pgrep", "-P", str(orphan)], capture_output=True, text=True, check=False
    ).stdout.split():
        os.kill(int(child), signal.SIGKILL)
    os.kill(orphan, signal.SIGKILL)
    assert again.wait(timeout=30) == 0
    assert (tmp_path / "out.txt").read_text() == "whole\n"


def test_lock_file_goes_when_it_is_no_longer_needed(tmp_path):
    with sole_owner(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_lines_are_sorted_between_header_and_comments(tmp_path):
    table = tmp_path / "t"
    table.write_text("head\nb\na\nB\n# 2.7 STAR --runThreadN 2\n# Nreads 3\n")
    sort_lines(table)
    assert table.read_text() == "head\nB\na\nb\n# Nreads 3\n"


@pytest.mark.parametrize(
    ("log", "words"),
    [
        pytest.param("", "it said nothing", id="silence"),
        pytest.param("on\nEXITING: FATAL ERROR: x\nSOLUTION: y\n", "EXITING: FATAL ERROR: x", id="STAR"),
        pytest.param("one\ntwo\n", "two", id="no error named"),
    ],
)  # fmt: skip
def test_last_words(log, words, tmp_path):
    (tmp_path / "log").write_text(log)
    assert last_words(tmp_path / "log") == words


@pytest.mark.parametrize(
    "script", ['echo half > "$1"', 'echo half > "$1"; exit 5'], ids=["silent", "failing"]
)
def test_nothing_appears_of_what_was_written_to_a_full_disk(tmp_path, monkeypatch, script):
    """fastp ends with status 0 on a full disk, and its output lacks its end."""
    monkeypatch.setattr("leukoscope.pipeline.step.is_full", lambda folder: folder == tmp_path / ".part-s")
    with pytest.raises(ToolError, match=r"disk of the output folder is full.* start the run again") as raised:
        run_step("s", [tmp_path / "a"], [*shell(script), f"@{tmp_path / 'a'}"], tmp_path / "log")
    assert ("status 5" in str(raised.value)) == ("exit" in script)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_an_error_of_the_system_is_a_failure_of_the_step(tmp_path):
    (tmp_path / "file").write_text("")
    failures = tmp_path / "failures.tsv"
    words = ["--name", "s:x", "--log", str(tmp_path / "log"), "--failures", str(failures)]
    assert main([*words, "--output", str(tmp_path / "file" / "a"), "--", "true"]) == 3
    name, _, error = failures.read_text().rstrip("\n").split("\t")
    assert (name, error) == ("s:x", f"{tmp_path / 'file'}: File exists.")
