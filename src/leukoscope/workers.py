"""Many calls of one function, one after another or beside each other: the results are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from threading import Lock
from typing import Any

Each = Callable[..., Iterator[Any]]  #: applies a function to every value, as ``map`` does; results in order


@contextmanager
def open_workers(n: int, modules: Sequence[str] = ()) -> Iterator[Each]:
    """Yield ``map``, or for more than one worker the map of as many processes, which begin at once.

    A worker keeps to one thread.  Functions and values of a process must be picklable.

    Parameters
    ----------
    n
        Processes.
    modules
        What they will need, imported once for all of them.
    """
    if n <= 1:
        yield map
        return
    context = get_context("forkserver")
    context.set_forkserver_preload(["numba", *modules])
    with ProcessPoolExecutor(n, mp_context=context, initializer=_keep_to_one_thread) as pool:
        try:
            yield pool.map
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def call_on_threads(task: Callable[[int], None], n: int, n_threads: int) -> None:
    """Call a task for 0 … n - 1, on threads if there are several; each call writes results of its own.

    The caller's thread works too.  The others stay for the next call: a new thread takes
    longer to start than a short kernel takes.
    """
    n_helpers = min(n_threads, n) - 1
    turns, lock = iter(range(n)), Lock()

    def work() -> None:
        nonlocal turns
        try:
            while (k := _take(turns, lock)) is not None:
                task(k)
        except BaseException:
            turns = iter(range(0))  # nothing more is begun
            raise

    helpers = [_threads(n_threads).submit(work) for _ in range(n_helpers)]
    try:
        work()
    finally:
        begun = [helper for helper in helpers if not helper.cancel()]
        wait(begun)
    for helper in begun:
        helper.result()


def call_in_runs(task: Callable[[slice], None], n: int, at_once: int, n_threads: int) -> None:
    """Call a task for runs of at most so many of n rows, on threads; each thread gets as many rows."""
    n_runs = -(-n // at_once)
    if n_runs > 1:
        n_runs = -(-n_runs // n_threads) * n_threads
    ends = [n * k // max(n_runs, 1) for k in range(n_runs + 1)]
    call_on_threads(lambda k: task(slice(ends[k], ends[k + 1])), n_runs, n_threads)


@cache
def _threads(n: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(n - 1)


def _take(turns: Iterator[int], lock: Lock) -> int | None:
    with lock:
        return next(turns, None)


def _keep_to_one_thread() -> None:
    import numba

    numba.set_num_threads(1)
