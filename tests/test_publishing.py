"""Files appear whole or not at all, and a full disk is told as one."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from leukoscope.cli import main
from leukoscope.publishing import published


def _raise(error):
    raise error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_an_error_of_the_disk_names_the_file_that_was_to_be(tmp_path, number):
    with pytest.raises(OSError, match=r"f\.tsv") as raised, published(tmp_path / "f.tsv"):
        raise OSError(number, os.strerror(number))
    assert raised.value.errno == number
    assert list(tmp_path.iterdir()) == []


def test_an_error_without_a_number_is_that_of_the_disk_if_it_is_full(tmp_path, monkeypatch):
    """As pysam raises it when it closes a file."""
    with pytest.raises(OSError, match=r"^closing$"), published(tmp_path / "f.vcf"):
        raise OSError("closing")
    monkeypatch.setattr("leukoscope.publishing.is_full", lambda folder: True)
    with pytest.raises(OSError, match=r"No space left .*f\.vcf"), published(tmp_path / "f.vcf"):
        raise OSError("closing")


def test_another_error_stays_what_it_is(tmp_path):
    with pytest.raises(BrokenPipeError), published(tmp_path / "f.tsv"):
        raise BrokenPipeError(errno.EPIPE, "pipe")


def test_a_full_disk_is_one_line_and_status_2(tmp_path, monkeypatch, capsys):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr("leukoscope.publishing.os.fsync", lambda number: _raise(full))
    (tmp_path / "c.tab").write_text("N_unmapped\t1\t1\t1\nG1\t90\t1\t89\n")
    words = ["strandedness", str(tmp_path / "c.tab"), "--output"]
    assert main([*words, str(tmp_path / "s.txt")]) == 2
    assert capsys.readouterr().err == f"leukoscope: {tmp_path / 's.txt'}: No space left on device.\n"


def test_an_interruption_is_one_line_even_before_the_command_began(monkeypatch, capsys):
    monkeypatch.setattr("leukoscope.cli.build_parser", lambda: _raise(KeyboardInterrupt()))
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "leukoscope: interrupted.\n"


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch, capsys):
    """The counts, which are absent, are not looked at."""
    words = ["strandedness", str(tmp_path / "absent"), "--output"]
    assert main([*words, str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"leukoscope: {tmp_path}: Is a directory.\n"
    monkeypatch.setattr("leukoscope.publishing.os.access", lambda path, mode: path != tmp_path)
    assert main([*words, str(tmp_path / "new" / "deep" / "s.txt")]) == 2
    assert capsys.readouterr().err == f"leukoscope: {tmp_path}: may not be written to.\n"
    assert main(["cohort", str(tmp_path / "absent"), "--outdir", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err == f"leukoscope: {tmp_path}: may not be written to.\n"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    (tmp_path / "c.tab").write_text("N_unmapped\t1\t1\t1\nG1\t90\t1\t89\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for target in (pipe, "/dev/stdout"):
        words = [sys.executable, "-m", "leukoscope", "strandedness", tmp_path / "c.tab", "--output", target]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
            said = pipe.read_text() if target == pipe else running.communicate()[0]
        assert (said.strip(), running.returncode) == ("none", 0)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert Path("/dev/stdout").is_symlink()
