"""The names that the package offers are there, and quick to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import leukoscope


@pytest.mark.parametrize("name", leukoscope.__all__)
def test_public_name_exists(name):
    assert getattr(leukoscope, name)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'divine'"):
        leukoscope.divine  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    code = "import leukoscope, sys; print(sorted({'numpy', 'pandas', 'numba', 'scipy'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
