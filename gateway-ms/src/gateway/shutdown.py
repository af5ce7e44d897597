"""Hears early that the server is told to end.

The server waits for open requests before it ends the application, and a stream never comes to an
end by itself: each restart would take the whole of the server's patience.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def announced(end: Callable[[], None]) -> Iterator[None]:
    """Call a function once the process is told to end, and then what the server had in place.

    Args:
        end: What to call, in the loop that runs here.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, _chained(loop, end, handler))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _chained(
    loop: asyncio.AbstractEventLoop, end: Callable[[], None], before: _Handler
) -> _Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)
        before(number, frame)

    return handle
