"""Runs steps concurrently, each as soon as the steps that it needs are done."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One step of a plan.

    Args:
        run: Does the work. Its argument is set when another step fails, so that it can stop.
        needs: Names of the steps that must be done first. Names that are not in the plan count as
            done.
    """

    name: str
    run: Callable[[threading.Event], None]
    needs: tuple[str, ...] = ()


class Plan:
    """A list of steps, in which each step comes after those that it needs."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._failed = threading.Event()
        self._failures: list[BaseException] = []

    def run(self) -> None:
        """Run the steps.

        Raises:
            Exception: The first failure of a step.
        """
        futures: dict[str, Future[None]] = {}
        with ThreadPoolExecutor(max_workers=max(1, len(self._steps))) as pool:
            for step in self._steps:
                futures[step.name] = pool.submit(self._run, step, dict(futures))
        if self._failures:
            raise self._failures[0]

    def _run(self, step: Step, before: Mapping[str, "Future[None]"]) -> None:
        for name in step.needs:
            if name in before:
                before[name].result()
        if self._failed.is_set():
            return
        try:
            step.run(self._failed)
        except BaseException as error:
            self._failures.append(error)
            self._failed.set()
            raise
