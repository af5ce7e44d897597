"""The endpoint through which every request goes: find its row, judge the caller, pass it on.

Plain ASGI, since a framework's request and response objects would cost as much as the rest.
"""

import logging
import time

import aiohttp
import structlog
from prometheus_client import Gauge
from prometheus_client.metrics import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import problems
from gateway.auth import access
from gateway.auth.tokens import Caller, Tokens
from gateway.forwarding import forward
from gateway.forwarding.bodies import Body, ClientGoneError
from gateway.forwarding.disconnect import Departure
from gateway.forwarding.forward import Forwarder, Outgoing
from gateway.forwarding.headers import Incoming, Raw
from gateway.matching import Place, RouteMap
from gateway.routes import Kind, Route, Service, Who
from shopkit.tracing import context, spans
from shopkit.web import telemetry
from shopkit.web.identity import CLIENT_HEADER
from shopkit.web.problems import INTERNAL, render

CLIENT_GONE = 499
"""The status under which a request is counted whose client went away, as nginx has it."""

STREAMS = Gauge("gateway_streams_open", "Streams that are open.")

log = structlog.get_logger(__name__)


class _StreamsEndError(Exception):
    """Wakes a stream that waits for its next part, as the server is told to end."""


class Answer:
    """What is sent to the client; keeps the status, and whether it has begun."""

    __slots__ = ("_origin", "send", "status")

    def __init__(self, send: Send, trace_context: context.TraceContext) -> None:
        self.send = send
        self._origin = trace_context
        self.status = 0

    @property
    def started(self) -> bool:
        """Whether the head was sent, so that nothing else can be said any more."""
        return self.status != 0

    async def start(self, status: int, headers: list[Raw]) -> None:
        """Send the head, with the request's ids."""
        self.status = status
        headers.append((b"x-request-id", self._origin.request_id.encode()))
        headers.append((b"traceparent", self._origin.traceparent.encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def __call__(self, message: Message) -> None:
        """Send a message, as an ASGI application does."""
        if message["type"] == "http.response.start":
            await self.start(message["status"], list(message["headers"]))
        else:
            await self.send(message)


class Endpoint:
    """Decides on every request, and forwards those that are allowed."""

    def __init__(
        self, routes: RouteMap, tokens: Tokens, forwarder: Forwarder, own: ASGIApp
    ) -> None:
        """Take what it needs.

        Args:
            routes: The table.
            tokens: Knows callers.
            forwarder: Knows services.
            own: Answers the gateway's own paths.
        """
        self._routes = routes
        self._tokens = tokens
        self._forwarder = forwarder
        self._own = own
        self._open: set[aiohttp.ClientResponse] = set()
        self._ending = False
        # Asked once: a debug line costs as much as a look-up in the table, though nobody sees it.
        self._tells_each = logging.getLogger().isEnabledFor(logging.DEBUG)
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started = time.perf_counter()
        method = scope["method"]
        place = self._routes.find(scope["raw_path"])
        if _is_own(place, method):
            await self._answer_myself(scope, receive, send)
            return
        path = place.path if place else None
        incoming = Incoming(scope["headers"])
        trace_context = context.from_headers(incoming.text(b"x-request-id"), incoming.text(b"traceparent"))
        with spans.start_request(trace_context, new_trace=True) as span:
            context.activate(span.trace_context)
            answer = Answer(send, span.trace_context)
            try:
                await self._answer(scope, receive, answer, incoming, place)
            finally:
                span.set_served(method, path, scope["path"], answer.status)
        self._record(method if place else "any", path or "unknown", answer.status, started)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        answer: Answer,
        incoming: Incoming,
        place: Place | None,
    ) -> None:
        try:
            route = access.choose(place, scope["method"], scope["path"])
            await self._forward(scope, receive, answer, incoming, route)
        except ClientGoneError:
            answer.status = CLIENT_GONE
        except problems.KNOWN as error:
            await _explain(error, scope, receive, answer)
        except Exception:
            if answer.started:
                raise
            log.exception("unforeseen error")
            await _apologise(scope, receive, answer)

    async def _answer_myself(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        if spans.enabled():
            # These pages are in no trace, whatever a client asks for.
            headers = [pair for pair in headers if pair[0] != b"traceparent"]
        # The server leaves the body out of an answer to HEAD; FastAPI's routes know GET only.
        await self._own({**scope, "method": "GET", "headers": headers}, receive, send)

    async def _forward(
        self, scope: Scope, receive: Receive, answer: Answer, incoming: Incoming, route: Route
    ) -> None:
        authorization = incoming.noted.get(b"authorization")
        if route.who is Who.ANYONE:
            caller = self._tokens.guess(authorization)
        else:
            caller = await self._tokens.identify(authorization)
            access.check(route, caller.role)
        service, method = f"{route.service}-ms", scope["method"]
        body = Body(receive, incoming.length, route.kind.limit_bytes)
        with (
            spans.start_call(service, method, route.path, context.current_trace_context()) as span,
            Departure(receive, body),
        ):
            request = Outgoing(
                route=route,
                method=method,
                target=_target(scope),
                headers=_outgoing_headers(incoming, caller, scope, route, span.trace_context),
                body=body,
            )
            response = await self._forwarder.open(request)
            span.set_answered(response.status)
            try:
                await self._pass_on(response, answer, request, caller)
            except aiohttp.ClientError as error:
                # The service broke off. Without an end, for the server to cut the connection: else
                # half an answer would look like the whole.
                span.set_failed(type(error).__name__)
                log.warning("answer broke off", service=service, error=repr(error))
            finally:
                # Where the answer was read to its end its connection is free already; otherwise
                # this closes it, and the service hears of it.
                response.close()

    async def _pass_on(
        self, response: aiohttp.ClientResponse, answer: Answer, request: Outgoing, caller: Caller
    ) -> None:
        await answer.start(response.status, forward.answer_start(response, request.route.service))
        if request.method == "HEAD":
            await answer({"type": "http.response.body", "body": b""})
        elif request.route.kind is Kind.STREAM:
            await self._stream(response, answer, caller)
        else:
            await forward.relay(response, answer.send, still=None)

    async def _stream(
        self, response: aiohttp.ClientResponse, answer: Answer, caller: Caller
    ) -> None:
        self._open.add(response)
        STREAMS.inc()
        try:
            await forward.relay(response, answer.send, still=lambda: self._goes_on(caller))
        except _StreamsEndError:
            await answer.send({"type": "http.response.body", "body": b""})
        finally:
            self._open.discard(response)
            STREAMS.dec()

    def _goes_on(self, caller: Caller) -> bool:
        return not self._ending and self._tokens.holds(caller)

    def end_streams(self) -> None:
        """End all streams properly, so that their clients come back to another gateway."""
        self._ending = True
        for response in self._open:
            response.content.set_exception(_StreamsEndError())

    def _record(self, method: str, path: str, status: int, started: float) -> None:
        key = (method, path, status)
        counters = self._counters.get(key)
        if counters is None:
            counters = self._counters[key] = (
                telemetry.REQUESTS.labels(method, path, str(status)),
                telemetry.SECONDS.labels(method, path),
            )
        counters[0].inc()
        seconds = time.perf_counter() - started
        counters[1].observe(seconds)
        if self._tells_each:
            milliseconds = round(seconds * 1000, 1)
            log.debug("request", method=method, path=path, status=status, milliseconds=milliseconds)


def _is_own(place: Place | None, method: str) -> bool:
    route = place.routes.get(method) if place else None
    return route is not None and route.service is Service.GATEWAY


def _target(scope: Scope) -> str:
    raw: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return (b"%b?%b" % (raw, query) if query else raw).decode("latin-1")


def _outgoing_headers(
    incoming: Incoming, caller: Caller, scope: Scope, route: Route, trace_context: context.TraceContext
) -> list[tuple[str, str]]:
    headers = incoming.passed
    headers += caller.headers
    headers.append(("X-Request-ID", trace_context.request_id))
    headers.append(("traceparent", trace_context.traceparent))
    headers.append((CLIENT_HEADER, _client_address(incoming, scope)))
    if incoming.length and (length := incoming.text(b"content-length")):
        headers.append(("Content-Length", length))
    if route.service is Service.AUTHENTICATION and (cookie := incoming.text(b"cookie")):
        headers.append(("Cookie", cookie))
    # Left out, the client library would ask for what our client may not be able to read.
    headers.append(("Accept-Encoding", incoming.text(b"accept-encoding") or "identity"))
    return headers


def _client_address(incoming: Incoming, scope: Scope) -> str:
    """Return the client's address: as nginx set it, or of whoever speaks to us directly."""
    client = scope.get("client")
    return incoming.text(b"x-client-address") or (client[0] if client else "")


async def _explain(error: Exception, scope: Scope, receive: Receive, answer: Answer) -> None:
    problem = next(problems.TABLE[kind] for kind in type(error).__mro__ if kind in problems.TABLE)
    response = render(
        problem, str(error), instance=scope["path"], headers=getattr(error, "headers", None)
    )
    await response(scope, receive, answer)


async def _apologise(scope: Scope, receive: Receive, answer: Answer) -> None:
    response = render(
        INTERNAL,
        "The request could not be answered. Please try again.",
        instance=scope["path"],
    )
    await response(scope, receive, answer)
