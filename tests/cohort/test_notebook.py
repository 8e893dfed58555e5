"""The notebook of docs/ runs, and shows what it says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_notebook_shows_what_its_cells_give(tmp_path):
    stored = json.loads((DOCS / "tutorial-cohort.ipynb").read_text(encoding="utf-8"))
    done = runpy.run_path(str(DOCS / "run_notebook.py"))["run"](stored, tmp_path)
    assert _words(done) == _words(stored), "run `python docs/run_notebook.py`"
    pictures = [data for data in _shown(done) if "image/png" in data]
    assert len(pictures) == 1


def test_notebook_is_small():
    assert (DOCS / "tutorial-cohort.ipynb").stat().st_size < 300_000


def _words(notebook):
    printed = [out["text"] for cell in notebook["cells"] for out in cell.get("outputs", ()) if "text" in out]
    return printed, [data["text/plain"] for data in _shown(notebook)]


def _shown(notebook):
    return [out["data"] for cell in notebook["cells"] for out in cell.get("outputs", ()) if "data" in out]
