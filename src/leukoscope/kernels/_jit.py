"""The one place where numba is configured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

_WITHOUT_COUNTS: Any = {"error_model": "numpy", "nogil": True, "_nrt": False}


def _compiled_and_kept(function: F, **options: Any) -> F:
    """Compile; keep the machine code beside the source, in the user's cache, or where NUMBA_CACHE_DIR says."""
    try:
        return cast("F", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # none of these can be written: each run compiles anew
        return cast("F", numba.njit(**options)(function))


def njit(function: F) -> F:
    """Compile a kernel; to a type checker it stays the function it was.

    No ``fastmath``: NaN means missing here, and sums must not depend on the machine.  The
    interpreter's lock is released while the kernel runs.
    """
    return _compiled_and_kept(function, error_model="numpy", nogil=True)


def scratch_njit(function: F) -> F:
    """Compile a kernel that allocates nothing: results and scratch are arguments.

    Without numba's reference counts it compiles sooner, and passing arrays on costs nothing.
    """
    return _compiled_and_kept(function, **_WITHOUT_COUNTS)


def inner_njit(function: F) -> F:
    """Compile a part of such kernels, which only they can call: without the interpreter's ways in."""
    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("F", numba.njit(**_WITHOUT_COUNTS, **options)(function))


def parallel_njit(function: F) -> F:
    """Compile a kernel whose ``prange`` loops run over independent rows.

    Inside it write plain loops: numba would split ``x.mean()`` over threads, and the last
    digits would then depend on how many there are.
    """
    return _compiled_and_kept(function, error_model="numpy", nogil=True, parallel=True)
