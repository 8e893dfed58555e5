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
_FAILED = re.compile(r"^Error in (?:local)?rule \w+:")
_TOTAL = re.compile(r"^total +(\d+)$")
_DONE = re.compile(r"^(\d+) of (\d+) steps \(")
_QUIET = frozenset({"samples", "cohort"})  #: rules that only collect


class Progress:
    """Reads Snakemake's words line by line and tells the user how far the run is."""

    def __init__(self, title: str, stream: TextIO = sys.stderr) -> None:
        self.title = title
        self.stream = stream
        self.moving = stream.isatty()
        self.began = time.monotonic()
        self.rule = self.subject = self.number = ""  #: of the job whose block is being read
        self.running: dict[str, str] = {}  #: what each job does that has begun and not ended
        self.ended = ""  #: what ended last
        self.done = self.total = 0

    def see(self, line: str) -> None:
        """Take in one line."""
        line = line.rstrip("\n")
        if found := _STARTED.match(line):
            self.rule, self.subject, self.number = found[1], "", ""
        elif _FAILED.match(line):
            self.rule = self.subject = ""
        elif found := _WILDCARDS.match(line):
            self.subject = " ".join(part.partition("=")[2] for part in found[1].split(", "))
            self._name()
        elif found := _JOB.match(line):
            self.number = found[1]
            self._name()
        elif found := _TOTAL.match(line):
            self.total = int(found[1]) - 1  # but for the rule that only collects
        elif found := _FINISHED.match(line):
            self.ended = self.running.pop(found[1], "")
        elif found := _DONE.match(line):
            self.done, self.total = int(found[1]), int(found[2]) - 1
            self._show_ended()

    def _name(self) -> None:
        """Remember what the job does; its number may come before or after its wildcards."""
        if not self.rule:
            self.running.pop(self.number, None)  # it failed
        elif self.number:
            self.running[self.number] = f"{self.rule.replace('_', ' ')} {self.subject}".strip()
        if self.moving and self.rule not in _QUIET:
            self._draw()

    def _show_ended(self) -> None:
        if self.ended in _QUIET:
            return
        if self.moving:
            self._draw()
        else:
            self.stream.write(f"leukoscope: {self.title} {self.done}/{self.total} {self.ended}\n")
            self.stream.flush()

    def _draw(self) -> None:
        """Draw the moving line: how far, how long, and what is being done."""
        seconds = int(time.monotonic() - self.began)
        filled = 24 * self.done // max(self.total, 1)
        bar = "█" * filled + "░" * (24 - filled)
        first, *others = [*self.running.values(), ""]
        doing = first + (f" and {len(others) - 1} more" if len(others) > 1 else "")
        clock = f"{seconds // 60}:{seconds % 60:02}"
        self.stream.write(f"\r\033[K{self.title} {bar} {self.done}/{self.total} {clock} {doing}".rstrip())
        self.stream.flush()

    def close(self) -> None:
        """Leave the moving line."""
        if self.moving:
            self.stream.write("\n")
            self.stream.flush()
