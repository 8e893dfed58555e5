"""What a run shows while it works: one moving line on a terminal, else a line per finished step."""

from __future__ import annotations

import re
import sys
import time
from typing import TextIO

_STARTED = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):$")
_WILDCARDS = re.compile(r"^ {4}wildcards: (.*)$")
_JOB = re.compile(r"^ {4}jobid: (\d+)$")
_FINISHED = re.compile(r"^Finished jobid: (\d+)")
_DONE = re.compile(r"^(\d+) of (\d+) steps \(")
_QUIET = frozenset({"samples", "cohort"})  #: rules that only collect


class Progress:
    """Reads Snakemake's words line by line and tells the user how far the run is."""

    def __init__(self, title: str, stream: TextIO = sys.stderr) -> None:
        self.title = title
        self.stream = stream
        self.moving = stream.isatty()
        self.began = time.monotonic()
        self.jobs: dict[str, str] = {}  #: what each job does
        self.rule = self.subject = self.number = ""  #: of the job whose block is being read
        self.ended = ""  #: what ended last

    def see(self, line: str) -> None:
        """Take in one line."""
        line = line.rstrip("\n")
        if found := _STARTED.match(line):
            self.rule, self.subject, self.number = found[1], "", ""
        elif found := _WILDCARDS.match(line):
            self.subject = " ".join(part.partition("=")[2] for part in found[1].split(", "))
            self._name()
        elif found := _JOB.match(line):
            self.number = found[1]
            self._name()
        elif found := _FINISHED.match(line):
            self.ended = self.jobs.get(found[1], "")
        elif found := _DONE.match(line):
            self._show(int(found[1]), int(found[2]) - 1)  # but for the rule that only collects

    def _name(self) -> None:
        """Remember what the job does; its number may come before or after its wildcards."""
        self.jobs[self.number] = f"{self.rule.replace('_', ' ')} {self.subject}".strip()

    def _show(self, done: int, total: int) -> None:
        if self.ended in _QUIET:
            return
        seconds = int(time.monotonic() - self.began)
        if not self.moving:
            self.stream.write(f"leukoscope: {self.title} {done}/{total} {self.ended}\n")
        else:
            filled = 24 * done // total
            bar = "█" * filled + "░" * (24 - filled)
            self.stream.write(
                f"\r\033[K{self.title} {bar} {done}/{total} {seconds // 60}:{seconds % 60:02} {self.ended}"
            )
        self.stream.flush()

    def close(self) -> None:
        """Leave the moving line."""
        if self.moving:
            self.stream.write("\n")
            self.stream.flush()
