"""What is installed from the wheel is whole: workflow, templates and knowledge are inside."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "leukoscope"


@pytest.fixture(scope="module")
def contents(tmp_path_factory) -> set[str]:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = target.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def test_every_file_of_the_package_is_in_the_wheel(contents):
    tracked = subprocess.run(
        ["git", "ls-files", "src/leukoscope"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    missing = [
        name for name in tracked if name.removeprefix("src/") not in contents and (ROOT / name).exists()
    ]
    assert missing == []


@pytest.mark.parametrize(
    "name",
    [
        "pipeline/Snakefile",
        "pipeline/rules/align.smk",
        "pipeline/rules/evidence.smk",
        "pipeline/rules/cohort.smk",
        "knowledge/references.toml",
        "knowledge/driver_fusions.tsv",
        "report/templates/patient.html.j2",
    ],
)
def test_wheel_has(contents, name):
    assert f"leukoscope/{name}" in contents


def test_wheel_has_nothing_else(contents):
    strange = [name for name in contents if not name.startswith(("leukoscope/", "leukoscope-"))]
    assert strange == []
    assert not [name for name in contents if name.endswith((".pyc", ".nbi", ".nbc"))]
