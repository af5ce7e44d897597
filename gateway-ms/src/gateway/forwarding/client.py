"""Sends requests over aiohttp's pooled connections, without what only browsers need.

`ClientSession.request` handles cookies, redirects, credentials, proxies and retries for every
request, which takes a fifth of the gateway's time. No public option turns off its retry, which
would repeat a DELETE that the service has already carried out. So this module uses the three steps
below it: get a connection from the pool, send the request, read the head of the response. Their
names are public but not documented, hence the upper bound on aiohttp's version. See
docs/decisions/0020.
"""

import select
from collections.abc import AsyncIterable

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.helpers import BaseTimerContext, TimeoutHandle
from yarl import URL

_BUFFER_BYTES = 64 * 1024
_MAX_LINE_BYTES = 16 * 1024
_MAX_HEADERS = 128

# aiohttp raises these if a connection breaks: after the request, during it, and before it.
_BROKEN = (
    aiohttp.ServerDisconnectedError,
    aiohttp.ClientOSError,
    aiohttp.ClientConnectionResetError,
)

Data = bytes | AsyncIterable[bytes] | None


class StaleConnectionError(aiohttp.ClientConnectionError):
    """A connection that was used before broke instead of delivering a response."""


class ConnectionPool:
    """Sends requests over the connections of a session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        connector = session.connector
        assert connector is not None  # noqa: S101 - an open session has a connector.
        self._session = session
        self._connector = connector
        self._loop = connector._loop  # noqa: SLF001 - aiohttp has no public name for it.
        self.timeout = session.timeout

    async def request(
        self, method: str, url: URL, headers: list[tuple[str, str]], data: Data
    ) -> aiohttp.ClientResponse:
        """Return a response as soon as its head has arrived. The caller must close it.

        Args:
            method: The HTTP method.
            url: The URL.
            headers: All headers, except those that HTTP itself needs.
            data: The body.

        Raises:
            aiohttp.ClientConnectorError: No connection could be opened.
            aiohttp.ConnectionTimeoutError: No connection could be opened in time.
            StaleConnectionError: A connection that was used before broke.
            aiohttp.ClientError: The connection or the response broke off.
            OSError: As above, or a TimeoutError if there was no response in time.
        """
        timeout = TimeoutHandle(
            self._loop, self.timeout.total, ceil_threshold=self.timeout.ceil_threshold
        )
        handle = timeout.start()
        try:
            timer = timeout.timer()
            with timer:
                request = aiohttp.ClientRequest(
                    method,
                    url,
                    headers=headers,
                    data=data,
                    loop=self._loop,
                    timer=timer,
                    session=self._session,
                )
                response = await self._send(request, timer)
        except BaseException:
            timeout.close()
            if handle is not None:
                handle.cancel()
            raise
        if handle is not None:
            # The timeout covers the body too. The connection is released when the body has arrived.
            if response.connection is None:
                handle.cancel()
            else:
                response.connection.add_callback(handle.cancel)
        return response

    async def _send(
        self, request: aiohttp.ClientRequest, timer: BaseTimerContext
    ) -> aiohttp.ClientResponse:
        connection, protocol = await self._connect(request)
        was_used = _was_used(protocol)
        protocol.set_response_params(
            timer=timer,
            auto_decompress=False,
            read_timeout=self.timeout.sock_read,
            read_bufsize=_BUFFER_BYTES,
            timeout_ceil_threshold=self.timeout.ceil_threshold,
            max_line_size=_MAX_LINE_BYTES,
            max_field_size=_MAX_LINE_BYTES,
            max_headers=_MAX_HEADERS,
        )
        try:
            response = await request.send(connection)
            try:
                return await response.start(connection)
            except BaseException:
                response.close()
                raise
        except _BROKEN as error:
            connection.close()
            if was_used:
                raise StaleConnectionError(str(error)) from error
            raise
        except BaseException:
            connection.close()
            raise

    async def _connect(self, request: aiohttp.ClientRequest) -> tuple[Connection, ResponseHandler]:
        """Return a connection to which the request can be sent, and its protocol."""
        while True:
            try:
                connection = await self._connector.connect(request, [], self.timeout)
            except TimeoutError as error:
                raise aiohttp.ConnectionTimeoutError(f"no connection to {request.url}") from error
            protocol = connection.protocol
            assert protocol is not None  # noqa: S101 - an open connection has a protocol.
            if not _was_used(protocol) or not _was_closed_by_service(protocol):
                return connection, protocol
            connection.close()


def _was_used(protocol: ResponseHandler) -> bool:
    return protocol._parser is not None  # noqa: SLF001 - aiohttp has no public name for it.


def _was_closed_by_service(protocol: ResponseHandler) -> bool:
    """Return whether the service closed the connection, although the event loop has not noticed.

    Nothing arrives on an idle connection but its end.
    """
    transport = protocol.transport
    assert transport is not None  # noqa: S101 - an open connection has a transport.
    poll = select.poll()
    poll.register(transport.get_extra_info("socket"), select.POLLIN)
    return bool(poll.poll(0))
