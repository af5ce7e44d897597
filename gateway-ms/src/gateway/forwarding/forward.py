"""Passes a request to a service and its answer back, both as streams."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
import structlog
from prometheus_client import Counter
from starlette.types import Send
from yarl import URL

from gateway import problems
from gateway.forwarding import headers
from gateway.forwarding.bodies import Body
from gateway.forwarding.client import Pool
from gateway.routes import Kind, Route, Service

RETRY_AFTER_SECONDS = 0.1
RETRIED_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})

FAILURES = Counter(
    "gateway_upstream_failures_total",
    "Requests that a service gave no answer to.",
    ["service", "why"],
)

log = structlog.get_logger(__name__)

# The request never left: aiohttp raises these before it has a connection to send it on.
_NEVER_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(slots=True)
class Outgoing:
    """A request, ready to be sent on."""

    route: Route
    method: str
    target: str
    """The path and query as the client sent them."""
    headers: list[tuple[str, str]]
    body: Body


class Forwarder:
    """Knows where the services are."""

    def __init__(
        self,
        origins: Mapping[Service, str],
        ordinary: Pool,
        streams: Pool,
    ) -> None:
        self._origins = dict(origins)
        self._ordinary = ordinary
        self._streams = streams

    async def open(self, request: Outgoing) -> aiohttp.ClientResponse:
        """Return a service's answer, of which the head has arrived.

        Raises:
            ClientGoneError: The client went away while it sent the body.
            BodyTooLargeError: The body grew over the limit; the service's connection was cut.
            BodyTooSlowError: The body did not arrive in time.
            ServiceAwayError: There was no connection to be had.
            ServiceBrokenError: The answer was cut or was not HTTP.
            ServiceSlowError: There was no answer in time.
        """
        try:
            data = await self._data(request.body)
            return await self._open(request, data)
        except (aiohttp.ClientError, OSError) as error:
            failure = _translate(error, request)
            if isinstance(failure, problems.ServiceError):
                FAILURES.labels(failure.service, type(failure).__name__).inc()
                log.warning("service gave no answer", service=failure.service, error=repr(error))
            raise failure from error

    async def _data(self, body: Body) -> bytes | Body | None:
        """Return what to send as the body: a small one in one piece, so that it is one write."""
        if body.finished:
            return None
        if not body.small:
            return body
        async with asyncio.timeout(self._ordinary.timeout.total):
            return await body.read()

    async def _open(self, request: Outgoing, data: bytes | Body | None) -> aiohttp.ClientResponse:
        try:
            return await self._send(request, data)
        except aiohttp.ClientConnectorError:
            if request.method not in RETRIED_METHODS:
                raise
        # Without a connection nothing was read from a body that streams, either.
        await asyncio.sleep(RETRY_AFTER_SECONDS)
        return await self._send(request, data)

    async def _send(self, request: Outgoing, data: bytes | Body | None) -> aiohttp.ClientResponse:
        pool = self._streams if request.route.kind is Kind.STREAM else self._ordinary
        return await pool.request(
            # Services need not know HEAD: it is a GET whose body nobody reads.
            "GET" if request.method == "HEAD" else request.method,
            URL(self._origins[request.route.service] + request.target, encoded=True),
            request.headers,
            data,
        )


def _translate(error: Exception, request: Outgoing) -> Exception:
    """Return our name for what went wrong before there was an answer."""
    if request.body.error is not None:
        return request.body.error
    service = request.route.service.value
    if isinstance(error, _NEVER_CONNECTED):
        return problems.ServiceAwayError(service)
    if not isinstance(error, TimeoutError):
        return problems.ServiceBrokenError(service)
    if not request.body.finished:
        return problems.BodyTooSlowError()
    return problems.ServiceSlowError(service)


async def relay(
    response: aiohttp.ClientResponse, send: Send, *, still: Callable[[], bool] | None
) -> None:
    """Pass an answer's body on, each part as it arrives.

    Args:
        response: The answer, of which the head was passed on.
        send: Takes the parts.
        still: Whether the caller may go on listening, asked at each part; None where they may.

    Raises:
        aiohttp.ClientError: The service broke off. The client's connection must then end without
            a proper end, or it would take half an answer for the whole.
    """
    content = response.content
    while True:
        part = await content.readany()
        ended = content.at_eof() or (still is not None and not still())
        await send({"type": "http.response.body", "body": part, "more_body": not ended})
        if ended:
            return


def answer_start(response: aiohttp.ClientResponse, service: Service) -> list[headers.Raw]:
    """Return the headers of an answer that pass to the client."""
    return headers.answer(
        response.raw_headers, response.status, cookies=service is Service.AUTHENTICATION
    )
