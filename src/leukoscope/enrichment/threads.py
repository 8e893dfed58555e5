"""One task after another, or on threads beside each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba


def call_on_threads(task: Callable[[int], None], n: int) -> None:
    """Call a task for 0 … n - 1 on as many threads as kernels have; each call writes results of its own."""
    n_threads = min(numba.get_num_threads(), n)
    if n_threads < 2:
        for k in range(n):
            task(k)
        return
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(task, range(n)))
