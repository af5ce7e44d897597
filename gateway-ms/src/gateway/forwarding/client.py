"""Sends requests over aiohttp's pooled connections, without what only browsers need.

`ClientSession.request` handles cookies, redirects, credentials, proxies and retries for every
request, which takes a fifth of the gateway's time. No public option turns off its retry, which
would repeat a DELETE that the service has already carried out. So this module uses the three steps
below it: get a connection from the pool, send the request, read the head of the response. Their
names are public but not documented, hence the upper bound on aiohttp's version. See
docs/decisions/0020.
"""

from collections.abc import AsyncIterable

import aiohttp
from aiohttp.helpers import BaseTimerContext, TimeoutHandle
from yarl import URL

_BUFFER_BYTES = 64 * 1024
_MAX_LINE_BYTES = 16 * 1024
_MAX_HEADERS = 128

Data = bytes | AsyncIterable[bytes] | None


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
        try:
            connection = await self._connector.connect(request, [], self.timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"no connection to {request.url}") from error
        protocol = connection.protocol
        assert protocol is not None  # noqa: S101 - a new connection is open.
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
        except BaseException:
            connection.close()
            raise
