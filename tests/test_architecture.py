"""The house rules that a linter does not know."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "leukoscope").rglob("*.py"))
FORBIDDEN_STEMS = {"utils", "util", "helpers", "common", "core", "base", "misc", "constants"}
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    if name and (ROOT / name).is_file()
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_is_short_and_has_a_name_of_its_own(path):
    assert path.stem not in FORBIDDEN_STEMS
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_function_bodies_are_short(path):
    too_long = {
        node.name: _body_lines(node)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _body_lines(node) > 50
    }
    assert not too_long


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_analysis_opens_no_files_and_draws_nothing():
    package = ROOT / "src" / "leukoscope"
    free = {"cli", "formats", "knowledge", "pipeline", "report", "tables", "simulation"}
    single = {"publishing.py", "textfiles.py", "provenance.py"}
    for path in SOURCES:
        inside = path.relative_to(package)
        if inside.parts[0] in free or inside.name in single:
            continue
        text = path.read_text()
        assert not re.search(r"\bopen\(|read_csv|\.read_text\(|\.write_text\(|matplotlib", text), inside


def test_no_registry_host_and_no_machine_path_is_committed():
    host = re.compile(
        r"index-url|https?://[^ ]*\.(whl|tar\.gz|deb)\b|pythonhosted|/(?:work|root)/(?:main|shared|\.)"
    )
    for path in TRACKED:
        if path.name == Path(__file__).name or path.suffix in {".gz", ".png", ".npz", ".xz", ".bam"}:
            continue
        found = host.search(path.read_text(errors="replace").replace("--no-emit-index-url", ""))
        assert not found, f"{path.relative_to(ROOT)}: {found and found.group()}"


def test_test_files_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from leukoscope.cli import build_parser; build_parser();"
        "heavy = {'numpy', 'pandas', 'scipy', 'numba', 'matplotlib', 'snakemake', 'jinja2', 'pysam'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
