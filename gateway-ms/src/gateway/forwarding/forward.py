"""Sends requests to the services, and streams their responses to the clients."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
import structlog
from prometheus_client import Counter
from starlette.types import Send
from yarl import URL

from gateway import errors
from gateway.forwarding.bodies import RequestBody
from gateway.forwarding.client import ConnectionPool, StaleConnectionError
from gateway.forwarding.headers import RawHeader, response_headers
from gateway.routes import SAFE_METHODS, Access, Kind, Route, Service

RETRY_AFTER_SECONDS = 0.1

FAILURES = Counter(
    "gateway_upstream_failures_total",
    "Requests to which a service did not respond.",
    ["service", "why"],
)

log = structlog.get_logger(__name__)

# aiohttp raises these before it has a connection, so the service has not received the request.
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@dataclass(slots=True)
class ForwardedRequest:
    """A request that is ready to be sent to a service.

    Attributes:
        target: The path and the query, as the client sent them.
    """

    route: Route
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: RequestBody


class Forwarder:
    """Sends requests to the services.

    Args:
        service_urls: The URL of each service.
        requests: The connections for ordinary requests.
        retries: The connections for requests whose connection broke. None is used twice.
        streams: The connections for streams. None is used twice.
    """

    def __init__(
        self,
        service_urls: Mapping[Service, str],
        requests: ConnectionPool,
        retries: ConnectionPool,
        streams: ConnectionPool,
    ) -> None:
        self._service_urls = service_urls
        self._requests = requests
        self._retries = retries
        self._streams = streams

    async def open(self, request: ForwardedRequest) -> aiohttp.ClientResponse:
        """Send a request, and return the response as soon as its head has arrived.

        Raises:
            ClientDisconnectedError: The client disconnected before the whole body was sent.
            BodyTooLargeError: The body exceeds the limit.
            BodyTimeoutError: The body did not arrive in time.
            ServiceUnavailableError: No connection could be opened.
            ServiceBrokenError: The response broke off or is not HTTP.
            ServiceTimeoutError: There was no response in time.
        """
        try:
            data = await self._data(request.body)
            return await self._send_with_retry(request, data)
        except (aiohttp.ClientError, OSError) as error:
            failure = _translate(error, request)
            if isinstance(failure, errors.ServiceError):
                FAILURES.labels(failure.service, type(failure).__name__).inc()
                log.warning("service did not respond", service=failure.service, error=repr(error))
            raise failure from error

    async def _data(self, body: RequestBody) -> bytes | RequestBody | None:
        """Return the body to send. A small body is read first, so that it takes one write."""
        if body.finished:
            return None
        if not body.small:
            return body
        async with asyncio.timeout(self._requests.timeout.total):
            return await body.read()

    async def _send_with_retry(
        self, request: ForwardedRequest, data: bytes | RequestBody | None
    ) -> aiohttp.ClientResponse:
        pool = self._streams if request.route.kind is Kind.STREAM else self._requests
        try:
            return await self._send(pool, request, data)
        except aiohttp.ClientConnectorError:
            # The service has received nothing, and nothing was read of a body that is streamed.
            await asyncio.sleep(RETRY_AFTER_SECONDS)
            return await self._send(pool, request, data)
        except StaleConnectionError:
            # The service may have received the request before it closed the connection.
            if request.method not in SAFE_METHODS or isinstance(data, RequestBody):
                raise
            return await self._send(self._retries, request, data)

    async def _send(
        self, pool: ConnectionPool, request: ForwardedRequest, data: bytes | RequestBody | None
    ) -> aiohttp.ClientResponse:
        return await pool.request(
            # Services do not support HEAD. It is sent as GET, and the body is discarded.
            "GET" if request.method == "HEAD" else request.method,
            URL(self._service_urls[request.route.service] + request.target, encoded=True),
            request.headers,
            data,
        )


def _translate(error: Exception, request: ForwardedRequest) -> Exception:
    """Return the gateway's own exception for an error before the response."""
    if request.body.error is not None:
        return request.body.error
    service = request.route.service.value
    is_safe = request.method in SAFE_METHODS
    if isinstance(error, _NOT_CONNECTED):
        return errors.ServiceUnavailableError(service)
    if not isinstance(error, TimeoutError):
        return errors.ServiceBrokenError(service, is_safe=is_safe)
    if not request.body.finished:
        return errors.BodyTimeoutError()
    return errors.ServiceTimeoutError(service, is_safe=is_safe)


async def stream_body(
    response: aiohttp.ClientResponse, send: Send, *, may_continue: Callable[[], bool] | None
) -> None:
    """Send the body of a response to the client, each part as it arrives.

    Args:
        response: The response, whose head was already sent.
        send: Sends the parts.
        may_continue: Called after each part. The body ends if it returns False. None means that the
            body is sent to its end.

    Raises:
        aiohttp.ClientError: The service broke off. The client's connection must then be cut.
            Otherwise the client would take the body for complete.
    """
    content = response.content
    while True:
        part = await content.readany()
        ended = content.at_eof() or (may_continue is not None and not may_continue())
        await send({"type": "http.response.body", "body": part, "more_body": not ended})
        if ended:
            return


def forwarded_headers(response: aiohttp.ClientResponse, route: Route) -> list[RawHeader]:
    """Return the headers of a response that are sent to the client."""
    return response_headers(
        response.raw_headers,
        response.status,
        may_set_cookies=route.service is Service.AUTHENTICATION,
        personal=route.access is not Access.ANYONE,
    )
