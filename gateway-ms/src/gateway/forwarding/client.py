"""Requests to services over aiohttp's pooled connections, without what a browser's client does.

aiohttp's `ClientSession.request` goes through cookies, redirects, credentials, proxies and a retry
of its own at each request, which is a fifth of the gateway's whole time; and that retry, which
can't be switched off by a public name, would repeat a DELETE that was carried out. So this takes
the three steps beneath it: a connection from the pool, the request onto it, the answer's head from
it. The names are public but undocumented, hence the bound on aiohttp's version; the tests of
forwarding go through all of it. See docs/decisions/0020.
"""

from collections.abc import AsyncIterable

import aiohttp
from aiohttp.helpers import BaseTimerContext, TimeoutHandle
from yarl import URL

_BUFFER_BYTES = 64 * 1024
_LINE_BYTES = 16 * 1024
_MOST_HEADERS = 128

Data = bytes | AsyncIterable[bytes] | None


class Pool:
    """Sends requests over the connections of a session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        connector = session.connector
        assert connector is not None  # noqa: S101 - an open session has one.
        self._session = session
        self._connector = connector
        self._loop = connector._loop  # noqa: SLF001 - that of the session.
        self.timeout = session.timeout

    async def request(
        self, method: str, url: URL, headers: list[tuple[str, str]], data: Data
    ) -> aiohttp.ClientResponse:
        """Return an answer of which the head has arrived; the caller closes it.

        Args:
            method: The verb.
            url: Where to.
            headers: All headers; aiohttp adds what HTTP needs.
            data: The body.

        Raises:
            aiohttp.ClientConnectorError: No connection could be made.
            aiohttp.ConnectionTimeoutError: None could be made in time.
            aiohttp.ClientError: The connection or the answer broke.
            OSError: Likewise; TimeoutError where there was no answer in time.
        """
        whole = TimeoutHandle(
            self._loop, self.timeout.total, ceil_threshold=self.timeout.ceil_threshold
        )
        handle = whole.start()
        try:
            timer = whole.timer()
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
                response = await self._exchange(request, timer)
        except BaseException:
            whole.close()
            if handle is not None:
                handle.cancel()
            raise
        if handle is not None:
            # The time runs until the body has arrived, which is when the connection is free.
            if response.connection is None:
                handle.cancel()
            else:
                response.connection.add_callback(handle.cancel)
        return response

    async def _exchange(
        self, request: aiohttp.ClientRequest, timer: BaseTimerContext
    ) -> aiohttp.ClientResponse:
        try:
            connection = await self._connector.connect(request, [], self.timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"no connection to {request.url}") from error
        protocol = connection.protocol
        assert protocol is not None  # noqa: S101 - a connection that was just had is open.
        protocol.set_response_params(
            timer=timer,
            auto_decompress=False,
            read_timeout=self.timeout.sock_read,
            read_bufsize=_BUFFER_BYTES,
            timeout_ceil_threshold=self.timeout.ceil_threshold,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            max_headers=_MOST_HEADERS,
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
