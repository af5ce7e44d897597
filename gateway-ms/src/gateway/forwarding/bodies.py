"""The body of a request."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.errors import BodyTooLargeError, ClientDisconnectedError

SMALL_BYTES = 64 * 1024
"""A body of at most this size is read completely and forwarded in a single write."""


class RequestBody:
    """A body that is streamed, with a limit.

    Args:
        receive: Returns the parts.
        length: The length in bytes, None if the client did not declare it.
        limit_bytes: The maximum size.

    Attributes:
        finished: Whether the whole body was received.
        error: Why the body could not be received. The client library wraps what an iterator raises,
            so the original error is kept here.

    Raises:
        BodyTooLargeError: The declared length exceeds the limit.
    """

    def __init__(self, receive: Receive, length: int | None, limit_bytes: int) -> None:
        if length is not None and length > limit_bytes:
            raise BodyTooLargeError(limit_bytes)
        self._receive = receive
        self._limit = limit_bytes
        self._length = length
        self.finished = length == 0
        self.error: Exception | None = None

    @property
    def small(self) -> bool:
        """Whether the declared length is small."""
        return self._length is not None and self._length <= SMALL_BYTES

    async def read(self) -> bytes:
        """Return the whole body."""
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the parts as they arrive.

        Raises:
            BodyTooLargeError: The body exceeds the limit.
            ClientDisconnectedError: The client has disconnected.
        """
        received_bytes = 0
        while not self.finished:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.error = ClientDisconnectedError()
                raise self.error
            part = message.get("body", b"")
            received_bytes += len(part)
            if received_bytes > self._limit:
                self.error = BodyTooLargeError(self._limit)
                raise self.error
            self.finished = not message.get("more_body", False)
            if part:
                yield part
