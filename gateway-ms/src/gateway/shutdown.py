"""Reacts to the signal to shut down, before the server does.

The server waits for open requests before it ends the application. Streams do not end by themselves,
so without this every restart would take as long as the server waits.
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
def on_shutdown_signal(callback: Callable[[], None]) -> Iterator[None]:
    """Call a function when the process is told to shut down, and then the server's own handler.

    Args:
        callback: The function. It is called in the current event loop.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, _chain(loop, callback, handler))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _chain(
    loop: asyncio.AbstractEventLoop, callback: Callable[[], None], handler: _Handler
) -> _Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        handler(number, frame)

    return handle
