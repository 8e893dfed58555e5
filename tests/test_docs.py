"""The documentation is a test: printed pages are current, console blocks are replayed."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = sorted(p for p in DOCS.rglob("*.md") if CONSOLE.search(p.read_text()))


@pytest.mark.parametrize("name", ["data-model.md", "commands.md"])
def test_printed_page_is_current(name):
    printed = runpy.run_path(str(DOCS / "print_pages.py"))["pages"]()
    assert (DOCS / name).read_text() == printed[name], "run `make docs`"


@pytest.mark.tools
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_console_blocks_say_what_happens(page, tmp_path):
    for block in CONSOLE.findall(page.read_text()):
        for command, expected in _steps(block):
            shown = _run(command, tmp_path)
            pattern = ".*".join(re.escape(piece) for piece in expected.split("..."))
            assert re.fullmatch(pattern, shown, re.DOTALL), (
                f"$ {command}\n{shown}\n-- the page says --\n{expected}"
            )


def _steps(block: str):
    """Yield each command (``$``, continued by ``>``) of a console block with the output that follows it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *output = part.rstrip("\n").split("\n")
        while output and output[0].startswith("> "):
            command += "\n" + output.pop(0)[2:]
        yield command, "\n".join(output).strip()


def _run(command: str, folder: Path) -> str:
    """Return what a command prints, both streams, and its exit status in brackets unless it is 0."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    status = f"\n[{done.returncode}]" if done.returncode else ""
    return (done.stdout.rstrip() + status).strip()
