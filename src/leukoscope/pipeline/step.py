"""Run one external tool of the pipeline: it dies with its parent and publishes by rename.

A rule calls ``python -m leukoscope.pipeline.step --name N --log L OUTPUT… -- TOOL ARGUMENTS``.
An argument that begins with ``@`` is the path of an output, or a prefix of outputs if it ends
in ``/``: the tool sees the same name in a hidden folder beside the first output, and only when
the tool has succeeded do the outputs take their places.  So a reader finds a whole output or
none, whatever was killed when.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from leukoscope.errors import LeukoscopeError, ToolError
from leukoscope.publishing import is_full

_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux; elsewhere a no-op)."""
    try:
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    except (OSError, AttributeError):
        return


def run_tool(
    command: Sequence[str], log: Path, *, folder: Path | None = None, stdout: Path | None = None
) -> None:
    """Run a tool with its words in `log`; it dies with this process.

    Parameters
    ----------
    command
        Program and arguments.
    log
        Takes standard error, and standard output unless `stdout` is given; appended to.
    folder
        Working folder of the tool.
    stdout
        File for the standard output.

    Raises
    ------
    ToolError
        If the tool is not installed or fails; the text ends with its last words.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as words, _sink(stdout, words) as sink:
        try:
            finished = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=words,
                preexec_fn=die_with_parent,
                close_fds=False,  # what it starts keeps the lock of the step
                check=False,
            )
        except FileNotFoundError:
            raise ToolError(
                f"{command[0]} is not installed (not on the PATH). See 'leukoscope doctor'."
            ) from None
    if finished.returncode:
        said = last_words(log)
        if list(command[1:3]) == ["-m", "leukoscope"] and said.startswith("leukoscope: "):
            raise ToolError(said.removeprefix("leukoscope: "))
        how = f"status {finished.returncode}" if finished.returncode > 0 else f"signal {-finished.returncode}"
        raise ToolError(f"{Path(command[0]).name} failed ({how}): {said}")


@contextmanager
def _sink(path: Path | None, otherwise: IO[bytes]) -> Iterator[IO[bytes]]:
    if path is None:
        yield otherwise
    else:
        with path.open("wb") as sink:
            yield sink


def last_words(log: Path) -> str:
    """Return the line of a log that tells best why a tool failed."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    lines = [line for line in lines if line and set(line) - set("-=*. ")][-40:]
    telling = [line for line in lines if any(word in line.lower() for word in ("error", "fail", "cannot"))]
    return (telling or lines or ["it said nothing"])[-1 if not telling else 0][:300]


@contextmanager
def sole_owner(path: Path) -> Iterator[None]:
    """Hold a lock file that everything started meanwhile holds too; wait for orphans to end.

    After a kill a tool's own children may live on for a moment; a new attempt must not
    write beside them.
    """
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as handle:
            os.set_inheritable(handle.fileno(), True)
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.2)
            if not path.exists() or path.stat().st_ino != os.fstat(handle.fileno()).st_ino:
                continue  # another attempt finished and removed the file
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def run_step(
    name: str,
    outputs: Sequence[Path],
    command: Sequence[str],
    log: Path,
    *,
    stdout: str = "",
    ordered: Sequence[Path] = (),
) -> None:
    """Run a tool into a hidden folder, then move its outputs into place.

    Parameters
    ----------
    name
        Name of the step, unique among those with outputs in the same folder.
    outputs
        What the tool must leave; their names differ.
    command
        Program and arguments; see the module for the meaning of ``@``.
    log
        Gets the tool's words, from an empty file.
    stdout
        ``@path`` of the output that takes the standard output; empty if none.
    ordered
        Outputs whose lines the tool leaves in the order of its threads; they are sorted.

    Raises
    ------
    ToolError
        If the tool fails or leaves an output out; no output has appeared then.
    """
    home = outputs[0].parent
    part = home / f".part-{name}"
    with sole_owner(home / f".lock-{name}"):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        try:
            redirected = [_into(part, argument) for argument in command]
            with disk_watched(part):
                run_tool(redirected, log, stdout=Path(_into(part, stdout)) if stdout else None)
            for path in ordered:
                sort_lines(part / path.name)
            _publish(part, outputs, command[0])
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def disk_watched(folder: Path) -> Iterator[None]:
    """Refuse what a tool wrote to a disk that is now full: fastp then leaves half a file and says nothing.

    Raises
    ------
    ToolError
        If the disk of `folder` is full when the body ends or fails.
    """
    failed: ToolError | None = None
    try:
        yield
    except ToolError as error:
        failed = error
    if is_full(folder):
        said = f" ({failed})" if failed else ""
        raise ToolError(
            f"the disk of the output folder is full{said}. Make room and start the run again."
        ) from failed
    if failed:
        raise failed


def sort_lines(path: Path) -> None:
    """Sort the lines of a table in place, but for its header and its comments, which end it.

    A comment that quotes the command line is dropped: it tells of the machine and its threads.
    """
    body, comments = path.with_name(path.name + ".body"), []
    with path.open("rb") as source, body.open("wb") as sink:
        header = source.readline()
        for line in source:
            if line.startswith(b"#"):
                comments += [] if b" --" in line else [line]
            else:
                sink.write(line)
    command = ["sort", f"--temporary-directory={path.parent}", f"--output={body}", str(body)]
    subprocess.run(command, check=True, env=os.environ | {"LC_ALL": "C"}, preexec_fn=die_with_parent)
    with path.open("wb") as sink, body.open("rb") as source:
        sink.write(header)
        shutil.copyfileobj(source, sink)
        sink.writelines(comments)
    body.unlink()


def _into(part: Path, argument: str) -> str:
    if not argument.startswith("@"):
        return argument
    return f"{part}/" if argument.endswith("/") else str(part / Path(argument[1:]).name)


def _publish(part: Path, outputs: Sequence[Path], tool: str) -> None:
    written = [part / output.name for output in outputs]
    missing = [path.name for path in written if not path.exists()]
    if missing:
        raise ToolError(f"{Path(tool).name} ended well but left no {', '.join(missing)}.")
    for path in written:
        for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
            with file.open("rb") as whole:
                os.fsync(whole.fileno())
    for path, output in zip(written, outputs, strict=True):
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.is_dir():
            shutil.rmtree(output)
        path.replace(output)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step from the command line of a rule."""
    parser = argparse.ArgumentParser(prog="leukoscope.pipeline.step", description=main.__doc__)
    parser.add_argument("--name", required=True, help="rule, and sample or patient: align:S1")
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("--stdout", default="", help="output that takes the standard output, as @path")
    parser.add_argument("--sort", type=Path, nargs="+", default=[], help="outputs whose lines are sorted")
    parser.add_argument("--failures", type=Path, help="takes one line if the step fails")
    parser.add_argument("--output", required=True, type=Path, nargs="+")
    parser.add_argument("command", nargs="+", metavar="TOOL ARGUMENTS")
    args = parser.parse_args(arguments)
    die_with_parent()
    try:
        name = args.name.replace(":", "-")
        run_step(name, args.output, args.command, args.log, stdout=args.stdout, ordered=args.sort)
    except (LeukoscopeError, OSError) as error:
        told = (
            f"{error.filename or args.output[0]}: {error.strerror}."
            if isinstance(error, OSError)
            else str(error)
        )
        sys.stderr.write(f"leukoscope: {args.name}: {told}\n")
        if args.failures:
            _report_failure(args.failures, args.name, args.log, told)
        return getattr(error, "exit_status", ToolError.exit_status)
    return 0


def _report_failure(failures: Path, name: str, log: Path, error: str) -> None:
    """Append one line to the failures of a run; a single write, so that steps may do so at once."""
    line = "\t".join([name, str(log), " ".join(error.split())]) + "\n"
    with suppress(OSError), failures.open("ab", buffering=0) as sink:  # the disk may be what failed
        sink.write(line.encode())


if __name__ == "__main__":
    sys.exit(main())
