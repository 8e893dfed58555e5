"""How a result was made: software, parameters, seed, and the checksums of what went in and came out."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from leukoscope.errors import InputError
from leukoscope.publishing import publish_text

PACKAGES = ("leukoscope", "numba", "numpy", "pandas", "scipy", "snakemake", "multiqc")


@dataclass(frozen=True, slots=True)
class Run:
    """One run, without a path of the machine and, unless the caller sets one, without a date."""

    software: Mapping[str, str]  #: version of each Python package and external tool
    parameters: Mapping[str, Any]
    reference: Mapping[str, Any]  #: name and checksums of the reference
    knowledge: Mapping[str, str]  #: release and checksum of the packaged knowledge
    seed: int
    inputs: Mapping[str, str] = field(default_factory=dict)  #: sha256 by name
    outputs: Mapping[str, str] = field(default_factory=dict)  #: sha256 by path within the output folder
    failed: tuple[str, ...] = ()  #: samples and patients that could not be finished
    created: str = ""  #: from SOURCE_DATE_EPOCH; empty without it, so that equal runs are equal files

    def write(self, path: Path) -> None:
        """Write the run as JSON, by rename; equal runs give equal bytes."""
        publish_text(path, json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def read_run(path: Path) -> Run:
    """Read what :meth:`Run.write` wrote.

    Raises
    ------
    InputError
        If the file is missing or is no description of a run.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Run(**stored | {"failed": tuple(stored["failed"])})
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path.name}: not the description of a run ({error}).") from error


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the packages whose arithmetic reaches the results."""
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def sha256_of_files(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of each file, by its path within `folder` and sorted by it."""
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(paths)}


def created_now() -> str:
    """Return the moment that ``SOURCE_DATE_EPOCH`` names in ISO 8601; empty if it is not set.

    Raises
    ------
    InputError
        If the variable holds something else than seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return ""
    try:
        return datetime.fromtimestamp(int(epoch), tz=UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise InputError(f"SOURCE_DATE_EPOCH holds '{epoch}', not seconds since 1970.") from None
