"""The user's cache: what was worked out from a file once and need not be again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Return where things of a kind are kept: below ``$XDG_CACHE_HOME``, else below ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "leukoscope" / kind
