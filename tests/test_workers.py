"""Tasks on threads: each is done once, errors come out, calls inside calls end."""

from __future__ import annotations

import threading

import pytest

from leukoscope.workers import call_on_threads


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n", [0, 1, 2, 37])
def test_every_task_is_done_once(n: int, n_threads: int) -> None:
    done = [0] * n

    def task(k: int) -> None:
        done[k] += 1

    call_on_threads(task, n, n_threads)
    assert done == [1] * n


@pytest.mark.parametrize("of_caller", [True, False])
def test_an_error_on_any_thread_is_raised_and_ends_the_work(of_caller: bool) -> None:
    done: list[int] = []
    both = threading.Barrier(2)

    def task(k: int) -> None:
        if k < 2:
            both.wait(timeout=60)  # so that each thread has one
            if (threading.current_thread() is threading.main_thread()) == of_caller:
                raise ValueError(f"task {k}")
        done.append(k)

    with pytest.raises(ValueError, match="task"):
        call_on_threads(task, 1_000_000, 2)
    assert len(done) < 500_000


def test_calls_inside_calls_end_with_every_thread_taken() -> None:
    done: list[tuple[int, int]] = []

    def outer(i: int) -> None:
        call_on_threads(lambda k: done.append((i, k)), 9, 2)

    call_on_threads(outer, 6, 2)
    assert sorted(done) == [(i, k) for i in range(6) for k in range(9)]
