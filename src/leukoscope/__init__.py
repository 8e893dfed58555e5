"""leukoscope reads the RNA of a child's leukaemia.

It says what disease this is, why it may resist treatment, and what could be tried.  For
research use only.  The public names below are bound on first use, so that importing the
package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC: dict[str, str] = {
    "InputError": "leukoscope.errors",
    "LeukoscopeError": "leukoscope.errors",
    "ReferenceDataError": "leukoscope.errors",
    "ToolError": "leukoscope.errors",
}

if TYPE_CHECKING:
    from leukoscope.errors import InputError, LeukoscopeError, ReferenceDataError, ToolError

__all__ = ["InputError", "LeukoscopeError", "ReferenceDataError", "ToolError", "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'leukoscope' has no attribute '{name}'")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
