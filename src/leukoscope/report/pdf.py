"""A report as PDF: printed by headless Chromium from the very page that is read on screen."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from leukoscope.errors import ToolError

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_DATE = re.compile(rb"\((D:)\d{14}([+-]\d{2}'\d{2}')\)")
_NODE = re.compile(rb"\(node(\d{8})\)")
_SECONDS = 120


def print_pdf(page: str) -> bytes:
    """Return a page of HTML as PDF; equal pages give equal bytes on one version of Chromium.

    Raises
    ------
    ToolError
        If no Chromium is on the PATH, or it does not print.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise ToolError(f"printing a PDF needs Chromium; none of {', '.join(BROWSERS)} is on the PATH.")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command += [f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"{Path(browser).name} printed no PDF within {_SECONDS} seconds.") from error
        if done.returncode != 0 or not target.is_file():
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise ToolError(f"{Path(browser).name} printed no PDF: {last[0]}")
        return _settled(target.read_bytes())


def _settled(printed: bytes) -> bytes:
    """Return a PDF without what tells of its printing: the hour, and where Chromium began to count table cells."""
    numbers = {found: b"%08d" % rank for rank, found in enumerate(sorted(set(_NODE.findall(printed))), 1)}
    renumbered = _NODE.sub(lambda match: b"(node" + numbers[match.group(1)] + b")", printed)
    return _DATE.sub(rb"(\g<1>19800101000000\g<2>)", renumbered)
