import threading
from collections.abc import Callable

import pytest

from stack.plan import Plan, Step

LIMIT_SECONDS = 10
Record = Callable[[str], Callable[[threading.Event], None]]


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def record(done: list[str]) -> Record:
    return lambda name: lambda _: done.append(name)


class TestPlan:
    def test_runs_a_step_after_the_steps_that_it_needs(
        self, done: list[str], record: Record
    ) -> None:
        steps = [
            Step("a", record("a")),
            Step("b", record("b"), ("a",)),
            Step("c", record("c"), ("b",)),
        ]

        Plan(steps).run()

        assert done == ["a", "b", "c"]

    def test_runs_independent_steps_concurrently(self) -> None:
        both_are_running = threading.Barrier(2)

        def meet(_: threading.Event) -> None:
            both_are_running.wait(LIMIT_SECONDS)

        Plan([Step("a", meet), Step("b", meet)]).run()

        assert not both_are_running.broken

    def test_ignores_a_need_that_is_not_in_the_plan(self, done: list[str], record: Record) -> None:
        Plan([Step("a", record("a"), ("kafka",))]).run()

        assert done == ["a"]

    def test_skips_the_steps_that_need_a_failed_step(self, done: list[str], record: Record) -> None:
        with pytest.raises(ValueError, match="no disk"):
            Plan([Step("a", fail), Step("b", record("b"), ("a",))]).run()

        assert done == []

    def test_notifies_running_steps_of_a_failure(self, done: list[str]) -> None:
        def wait(failed: threading.Event) -> None:
            if failed.wait(LIMIT_SECONDS):
                done.append("stopped waiting")

        with pytest.raises(ValueError, match="no disk"):
            Plan([Step("a", wait), Step("b", fail)]).run()

        assert done == ["stopped waiting"]


def fail(_: threading.Event) -> None:
    raise ValueError("no disk")
