"""A request's body on its way in."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.problems import BodyTooLargeError

SMALL_BYTES = 64 * 1024
"""Up to this size a body is read whole and sent on in one piece."""


class ClientGoneError(Exception):
    """The client went away; nobody is left to answer."""


class Body:
    """A body that is counted while it streams."""

    def __init__(self, receive: Receive, length: int | None, limit_bytes: int) -> None:
        """Take a body that has not begun.

        Args:
            receive: Gives its parts.
            length: Its length in bytes, where the client told it.
            limit_bytes: The most that is let through.

        Raises:
            BodyTooLargeError: The client told a length over the limit.
        """
        if length is not None and length > limit_bytes:
            raise BodyTooLargeError(limit_bytes)
        self._receive = receive
        self._limit = limit_bytes
        self.length = length
        self.finished = length == 0
        self.error: Exception | None = None
        """Why it could not be read; the client library wraps what an iterator raises."""

    @property
    def small(self) -> bool:
        """Whether it is known to be small."""
        return self.length is not None and self.length <= SMALL_BYTES

    async def read(self) -> bytes:
        """Return the whole of a small body."""
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give its parts as they arrive.

        Raises:
            BodyTooLargeError: It grew over the limit.
            ClientGoneError: The client went away.
        """
        count = 0
        while not self.finished:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.error = ClientGoneError()
                raise self.error
            part = message.get("body", b"")
            count += len(part)
            if count > self._limit:
                self.error = BodyTooLargeError(self._limit)
                raise self.error
            self.finished = not message.get("more_body", False)
            if part:
                yield part
