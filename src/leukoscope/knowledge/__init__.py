"""Dated, sourced tables of what is known about B-ALL.

Each table is a TSV of this folder with a contract in :mod:`leukoscope.tables` and a section in
``PROVENANCE.toml``: origin, licence, date, checksum and the script that made it.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from leukoscope.tables import Table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def knowledge_path(name: str) -> Path:
    """Return the path of a shipped file, e.g. ``driver_fusions.tsv``.

    Examples
    --------
    >>> knowledge_path("PROVENANCE.toml").is_file()
    True
    """
    from pathlib import Path

    return Path(str(files(__name__).joinpath(name)))


def read_knowledge(table: Table) -> pd.DataFrame:
    """Read the shipped table of a contract; the file of ``driver-fusions`` is ``driver_fusions.tsv``.

    Raises
    ------
    InputError
        If the file breaks its contract, which the tests rule out.
    """
    return table.read(knowledge_path(table.name.replace("-", "_") + ".tsv"))


def provenance() -> dict[str, Any]:
    """Return ``PROVENANCE.toml``: the release, and one section per file."""
    return tomllib.loads(knowledge_path("PROVENANCE.toml").read_text(encoding="utf-8"))


def release() -> str:
    """Return the date of the knowledge release that is printed on every report."""
    return str(provenance()["release"])
