"""Runs steps at the same time, each as soon as those that it needs are done."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Something to do.

    Args:
        needs: Names of steps that come before; unknown ones count as done.
    """

    name: str
    run: Callable[[], None]
    needs: tuple[str, ...] = ()


def run_all(steps: list[Step]) -> None:
    """Run the steps, which are listed after those that they need.

    Raises:
        Exception: The first failure, once every step that was running has ended.
    """
    futures: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        for step in steps:
            futures[step.name] = pool.submit(_run, step, dict(futures))
    for future in futures.values():
        future.result()


def _run(step: Step, before: Mapping[str, "Future[None]"]) -> None:
    for name in step.needs:
        if name in before:
            before[name].result()
    step.run()
