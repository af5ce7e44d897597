"""Shows the progress of the steps."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints a line when a step begins and another when it is done. Safe for threads."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line."""
        if not self._quiet:
            with self._lock:
                print(text, file=sys.stderr, flush=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print that a step begins, and how long it took."""
        self.say(f"{self._clock()}  …  {name}")
        began = time.monotonic()
        yield
        self.say(f"{self._clock()}  ok {name} ({time.monotonic() - began:.1f} s)")

    def _clock(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"
