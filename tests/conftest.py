"""What several test files share: where the real data are, and which tools are here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

TOOLS = ("STAR", "rsem-calculate-expression", "samtools", "fastp")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data beside the checkout; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real data beside the checkout are absent")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _cache_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep gene models that tests read out of the cache of whoever runs them; Matplotlib's fonts may stay there."""
    with pytest.MonkeyPatch.context() as patch:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        patch.setitem(os.environ, "MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR") or str(cache / "matplotlib"))
        patch.setitem(os.environ, "XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a program that is not installed, and say which."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    for item in items:
        if lacking and item.get_closest_marker("tools"):
            item.add_marker(pytest.mark.skip(reason=f"not installed: {', '.join(lacking)}"))
        if shutil.which("Rscript") is None and item.get_closest_marker("r"):
            item.add_marker(pytest.mark.skip(reason="not installed: Rscript"))
        if _chromium() is None and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="not installed: Chromium"))


def _chromium() -> str | None:
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")
