"""Shows the steps as they happen."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints one line as a step begins and one when it is done, from any thread."""

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
        """Show that a step runs, and how long it took."""
        self.say(f"{self._clock()}  …  {name}")
        began = time.monotonic()
        yield
        self.say(f"{self._clock()}  ok {name} ({time.monotonic() - began:.1f} s)")

    def _clock(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"
