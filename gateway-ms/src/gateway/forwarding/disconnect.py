"""Notices that a client has gone away while its request is being worked on."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from gateway.forwarding.bodies import Body, ClientGoneError

PATIENCE_SECONDS = 0.1


class Departure:
    """Cancels the present task once its client has gone, and turns that into ClientGoneError.

    Most requests end before one would begin to watch, so watching begins a little later: a timer
    costs a tenth of a task.
    """

    __slots__ = ("_body", "_gone", "_handle", "_loop", "_receive", "_task", "_watcher")

    def __init__(self, receive: Receive, body: Body) -> None:
        self._receive = receive
        self._body = body
        self._gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        """Begin to watch, shortly."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task.
        self._task = task
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_later(PATIENCE_SECONDS, self._begin)
        return self

    def _begin(self) -> None:
        # While the body streams, its reader is the one who hears of it.
        if not self._body.finished:
            self._handle = self._loop.call_later(PATIENCE_SECONDS, self._begin)
            return
        self._watcher = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching.

        Raises:
            ClientGoneError: The client has gone.
        """
        self._handle.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._gone and isinstance(error, asyncio.CancelledError):
            self._task.uncancel()
            raise ClientGoneError from error
