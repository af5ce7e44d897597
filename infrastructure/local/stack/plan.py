"""Runs steps at the same time, each as soon as those that it needs are done."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Something to do.

    Args:
        run: Does it; is given what tells whether another step failed, so that it need not wait on.
        needs: Names of steps that come before; unknown ones count as done.
    """

    name: str
    run: Callable[[threading.Event], None]
    needs: tuple[str, ...] = ()


class Plan:
    """Steps, which are listed after those that they need."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._failed = threading.Event()
        self._failures: list[BaseException] = []

    def run(self) -> None:
        """Run the steps.

        Raises:
            Exception: The failure that came first.
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
