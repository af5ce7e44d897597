"""Decides how long the next batch waits for more items: not at all when it is quiet.

Processing a batch costs about the same for one item as for fifty: a commit, or a request to the
broker. While a batch is processed, the items of the next one arrive. If only one or two arrive,
waiting for more would only delay them. If many do, the service is busy, and a larger batch lets it
serve more of them with the same CPU.
"""

import math
import time
from collections.abc import Callable

from prometheus_client import Gauge, Histogram

MAX_SECONDS = 0.03
"""The longest wait: a quarter of the 120 ms in which an order should be accepted."""
QUIET = 2.0
"""A batch does not wait if at most this many items arrive while one is processed."""
MEMORY_SECONDS = 0.5
"""How fast old arrivals are forgotten: to 37% after this time."""
_SMOOTHING = 0.2

BATCH_ITEMS = Histogram(
    "batch_items", "Items of a batch.", ["stage"], buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500)
)
GATHER_SECONDS = Gauge(
    "batch_gather_seconds", "How long the next batch waits for more items.", ["stage"]
)


class Gathering:
    """Measures the batches of a stage, and returns how long its next batch waits.

    Args:
        stage: The name of the stage in the metrics.
        clock: Returns seconds.
    """

    def __init__(self, stage: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._arrivals = 0.0
        self._counted_at = clock()
        self._batch_seconds = 0.0
        self._items = BATCH_ITEMS.labels(stage)
        self._gather_seconds = GATHER_SECONDS.labels(stage)

    def record(self, items: int, seconds: float) -> None:
        """Remember a batch.

        Args:
            items: How many items it had.
            seconds: How long processing it took, without the wait.
        """
        self._arrivals = self._recent_arrivals() + items
        self._counted_at = self._clock()
        self._batch_seconds += _SMOOTHING * (seconds - self._batch_seconds)
        self._items.observe(items)

    def seconds(self) -> float:
        """Return how long the next batch waits: from 0, when it is quiet, to `MAX_SECONDS`."""
        rate = self._recent_arrivals() / MEMORY_SECONDS
        arrivals_per_batch = rate * self._batch_seconds
        seconds = min(MAX_SECONDS, self._batch_seconds * max(0.0, arrivals_per_batch - QUIET))
        self._gather_seconds.set(seconds)
        return seconds

    def _recent_arrivals(self) -> float:
        age = self._clock() - self._counted_at
        return self._arrivals * math.exp(-age / MEMORY_SECONDS)
