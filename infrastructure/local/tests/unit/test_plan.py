import threading
from collections.abc import Callable

import pytest

from stack.plan import Plan, Step

LIMIT_SECONDS = 10
Note = Callable[[str], Callable[[threading.Event], None]]


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def note(done: list[str]) -> Note:
    return lambda name: lambda _: done.append(name)


class TestPlan:
    def test_a_step_runs_after_those_that_it_needs(self, done: list[str], note: Note) -> None:
        steps = [Step("a", note("a")), Step("b", note("b"), ("a",)), Step("c", note("c"), ("b",))]

        Plan(steps).run()

        assert done == ["a", "b", "c"]

    def test_independent_steps_run_at_the_same_time(self) -> None:
        both_are_running = threading.Barrier(2)

        def meet(_: threading.Event) -> None:
            both_are_running.wait(LIMIT_SECONDS)

        Plan([Step("a", meet), Step("b", meet)]).run()

        assert not both_are_running.broken

    def test_a_need_that_is_not_in_the_plan_counts_as_done(
        self, done: list[str], note: Note
    ) -> None:
        Plan([Step("a", note("a"), ("kafka",))]).run()

        assert done == ["a"]

    def test_a_failure_keeps_what_needs_it_from_running(self, done: list[str], note: Note) -> None:
        with pytest.raises(ValueError, match="no disk"):
            Plan([Step("a", fail), Step("b", note("b"), ("a",))]).run()

        assert done == []

    def test_a_failure_is_told_to_those_that_run(self, done: list[str]) -> None:
        def wait_long(failed: threading.Event) -> None:
            if failed.wait(LIMIT_SECONDS):
                done.append("stopped waiting")

        with pytest.raises(ValueError, match="no disk"):
            Plan([Step("a", wait_long), Step("b", fail)]).run()

        assert done == ["stopped waiting"]


def fail(_: threading.Event) -> None:
    raise ValueError("no disk")
