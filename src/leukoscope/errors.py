"""What can go wrong that is not a bug, and the exit status that says so.

Everything else that is raised is a defect of leukoscope and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence


class LeukoscopeError(Exception):
    """Base of the errors that a user can act on; its text is one line."""

    exit_status = 1


class InputError(LeukoscopeError):
    """A file, table or option that the user can mend."""

    exit_status = 2


class ReferenceDataError(LeukoscopeError):
    """A reference that is missing, incomplete or was altered after it was built."""

    exit_status = 3


class ToolError(LeukoscopeError):
    """An external program that is missing or failed; the text ends with its last words."""

    exit_status = 3


def quote_some(names: Sequence[object], *, limit: int = 3) -> str:
    """Return up to `limit` names in quotes, and how many more there are.

    Examples
    --------
    >>> quote_some(["a", "b", "c", "d"], limit=2)
    "'a', 'b' and 2 more"
    """
    shown = ", ".join(f"'{name}'" for name in names[:limit])
    rest = len(names) - limit
    return f"{shown} and {rest} more" if rest > 0 else shown
