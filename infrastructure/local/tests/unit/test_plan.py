import threading
from collections.abc import Callable

import pytest

from stack.plan import Step, run_all

LIMIT_SECONDS = 10


class TestRunAll:
    def test_a_step_runs_after_those_that_it_needs(self) -> None:
        done: list[str] = []

        def note(name: str) -> Callable[[], None]:
            return lambda: done.append(name)

        run_all([Step("a", note("a")), Step("b", note("b"), ("a",)), Step("c", note("c"), ("b",))])

        assert done == ["a", "b", "c"]

    def test_independent_steps_run_at_the_same_time(self) -> None:
        both_are_running = threading.Barrier(2)

        def meet() -> None:
            both_are_running.wait(LIMIT_SECONDS)

        run_all([Step("a", meet), Step("b", meet)])

        assert not both_are_running.broken

    def test_a_need_that_is_not_in_the_plan_counts_as_done(self) -> None:
        done: list[str] = []

        run_all([Step("a", lambda: done.append("a"), ("kafka",))])

        assert done == ["a"]

    def test_a_failure_keeps_what_needs_it_from_running(self) -> None:
        done: list[str] = []

        def fail() -> None:
            raise ValueError("no disk")

        with pytest.raises(ValueError, match="no disk"):
            run_all([Step("a", fail), Step("b", lambda: done.append("b"), ("a",))])

        assert done == []
