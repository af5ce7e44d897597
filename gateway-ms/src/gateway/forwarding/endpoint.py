"""The endpoint of all requests: finds the route, checks access and forwards the request.

It is a plain ASGI application, because a framework's request and response objects would cost as
much as everything else together.
"""

import logging
import time

import aiohttp
import structlog
from prometheus_client import Gauge
from prometheus_client.metrics import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import problems
from gateway.auth.access import check_access, select_route
from gateway.auth.tokens import Caller, TokenVerifier
from gateway.errors import ClientDisconnectedError
from gateway.forwarding.bodies import RequestBody
from gateway.forwarding.cross_site import refuse_cross_site_changes
from gateway.forwarding.disconnect import DisconnectWatcher
from gateway.forwarding.forward import (
    ForwardedRequest,
    Forwarder,
    forwarded_headers,
    stream_body,
)
from gateway.forwarding.headers import RawHeader, RequestHeaders, legacy_headers
from gateway.matching import PathRoutes, RouteMap
from gateway.routes import Access, Kind, Route, Service
from shopkit.proofs import ProofSigner, proof_header
from shopkit.tracing import context, spans
from shopkit.tracing.context import TraceContext
from shopkit.web import telemetry
from shopkit.web.problems import INTERNAL, INTERNAL_DETAIL, render

CLIENT_DISCONNECTED = 499
"""The status that metrics show for a request whose client disconnected, as in nginx."""

STREAMS = Gauge("gateway_streams_open", "Open streams.")

log = structlog.get_logger(__name__)


class _ShutdownError(Exception):
    """Wakes a stream that waits for its next part, because the server shuts down."""


class ResponseSender:
    """Sends a response to the client.

    Attributes:
        status: The status that was sent, 0 if the response has not started.
    """

    __slots__ = ("_trace_context", "send", "status")

    def __init__(self, send: Send, trace_context: TraceContext) -> None:
        self.send = send
        self._trace_context = trace_context
        self.status = 0

    async def start(self, status: int, headers: list[RawHeader]) -> None:
        """Send the head, with the ids of the request."""
        self.status = status
        headers.append((b"x-request-id", self._trace_context.request_id.encode()))
        headers.append((b"traceparent", self._trace_context.traceparent.encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def __call__(self, message: Message) -> None:
        """Send a message of an ASGI application."""
        if message["type"] == "http.response.start":
            await self.start(message["status"], list(message["headers"]))
        else:
            await self.send(message)


class Endpoint:
    """Responds to all requests.

    Args:
        routes: The routes.
        tokens: Identifies the callers.
        proofs: Proves the callers to the services.
        forwarder: Sends requests to the services.
        own_pages: Responds to requests for the gateway's own paths.
    """

    def __init__(
        self,
        routes: RouteMap,
        tokens: TokenVerifier,
        proofs: ProofSigner,
        forwarder: Forwarder,
        own_pages: ASGIApp,
    ) -> None:
        self._routes = routes
        self._tokens = tokens
        self._proofs = proofs
        self._forwarder = forwarder
        self._own_pages = own_pages
        self._open_streams: set[aiohttp.ClientResponse] = set()
        self._shutting_down = False
        # Checked once, because a debug line costs as much as finding the route even if it is not
        # logged.
        self._logs_requests = logging.getLogger().isEnabledFor(logging.DEBUG)
        self._metrics: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request."""
        started = time.perf_counter()
        method = scope["method"]
        path_routes = self._routes.find(scope["raw_path"])
        if _is_own_page(path_routes, method):
            await self._serve_own_page(scope, receive, send)
            return
        path = path_routes.path if path_routes else None
        headers = RequestHeaders(scope["headers"])
        trace_context = context.from_headers(
            headers.text(b"x-request-id"), headers.text(b"traceparent")
        )
        with spans.start_request(trace_context, new_trace=True) as span:
            context.activate(span.trace_context)
            sender = ResponseSender(send, span.trace_context)
            try:
                await self._respond(scope, receive, sender, headers, path_routes)
            finally:
                span.set_served(method, path, scope["path"], sender.status)
        label = telemetry.method_label(method) if path_routes else "any"
        self._record(label, path or "unknown", sender.status, started)

    def end_streams(self) -> None:
        """End all streams properly, so that the clients reconnect to another gateway."""
        self._shutting_down = True
        for response in self._open_streams:
            response.content.set_exception(_ShutdownError())

    async def _respond(
        self,
        scope: Scope,
        receive: Receive,
        sender: ResponseSender,
        headers: RequestHeaders,
        path_routes: PathRoutes | None,
    ) -> None:
        try:
            route = select_route(path_routes, scope["method"], scope["path"])
            await self._forward(scope, receive, sender, headers, route)
        except ClientDisconnectedError:
            sender.status = CLIENT_DISCONNECTED
        except problems.EXPECTED as error:
            problem = problems.problem_type(error)
            await render(problem, str(error), instance=scope["path"])(scope, receive, sender)
        except Exception:
            if sender.status:
                raise
            log.exception("unexpected error")
            await render(INTERNAL, INTERNAL_DETAIL, instance=scope["path"])(scope, receive, sender)

    async def _serve_own_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        if spans.enabled():
            # Clients cannot force the gateway to trace its own pages.
            headers = [pair for pair in headers if pair[0] != b"traceparent"]
        # FastAPI's routes do not support HEAD. The server leaves out the body of the response.
        await self._own_pages({**scope, "method": "GET", "headers": headers}, receive, send)

    async def _forward(
        self,
        scope: Scope,
        receive: Receive,
        sender: ResponseSender,
        headers: RequestHeaders,
        route: Route,
    ) -> None:
        refuse_cross_site_changes(scope["method"], headers)
        authorization = headers.own.get(b"authorization")
        if route.access is Access.ANYONE:
            caller = self._tokens.identify_or_visitor(authorization)
        else:
            caller = await self._tokens.identify(authorization)
            check_access(route, caller.role)
        service, method = route.service.full_name, scope["method"]
        address = _client_address(headers, scope)
        proof = self._proofs.prove_caller(caller.identity_at(address), service)
        body = RequestBody(receive, headers.length, route.kind.limit_bytes)
        with (
            spans.start_call(service, method, route.path, context.current_trace_context()) as span,
            DisconnectWatcher(receive, body),
        ):
            request = ForwardedRequest(
                route=route,
                method=method,
                target=_target(scope),
                headers=[
                    *_request_headers(headers, route, span.trace_context),
                    proof_header(proof),
                    *legacy_headers(caller, address),
                ],
                body=body,
            )
            response = await self._forwarder.open(request)
            span.set_answered(response.status)
            try:
                await self._send_response(response, sender, request, caller)
            except aiohttp.ClientError as error:
                # The body is not ended, so that the server cuts the client's connection. Otherwise
                # the client would take the body for complete.
                span.set_failed(type(error).__name__)
                log.warning("response broke off", service=service, error=repr(error))
            finally:
                # If the body was read to its end, the connection is already released. Otherwise
                # this closes it, so that the service notices.
                response.close()

    async def _send_response(
        self,
        response: aiohttp.ClientResponse,
        sender: ResponseSender,
        request: ForwardedRequest,
        caller: Caller,
    ) -> None:
        await sender.start(response.status, forwarded_headers(response, request.route))
        if request.method == "HEAD":
            await sender({"type": "http.response.body", "body": b""})
        elif request.route.kind is Kind.STREAM:
            await self._stream(response, sender, caller)
        else:
            await stream_body(response, sender.send, may_continue=None)

    async def _stream(
        self, response: aiohttp.ClientResponse, sender: ResponseSender, caller: Caller
    ) -> None:
        self._open_streams.add(response)
        STREAMS.inc()
        try:
            await stream_body(
                response,
                sender.send,
                may_continue=lambda: not self._shutting_down and self._tokens.may_continue(caller),
            )
        except _ShutdownError:
            await sender.send({"type": "http.response.body", "body": b""})
        finally:
            self._open_streams.discard(response)
            STREAMS.dec()

    def _record(self, method: str, path: str, status: int, started: float) -> None:
        key = (method, path, status)
        metrics = self._metrics.get(key)
        if metrics is None:
            metrics = self._metrics[key] = (
                telemetry.REQUESTS.labels(method, path, str(status)),
                telemetry.SECONDS.labels(method, path),
            )
        counter, histogram = metrics
        counter.inc()
        seconds = time.perf_counter() - started
        histogram.observe(seconds)
        if self._logs_requests:
            milliseconds = round(seconds * 1000, 1)
            log.debug("request", method=method, path=path, status=status, milliseconds=milliseconds)


def _is_own_page(path_routes: PathRoutes | None, method: str) -> bool:
    route = path_routes.routes.get(method) if path_routes else None
    return route is not None and route.service is Service.GATEWAY


def _target(scope: Scope) -> str:
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return (b"%b?%b" % (path, query) if query else path).decode("latin-1")


def _request_headers(
    incoming: RequestHeaders, route: Route, trace_context: TraceContext
) -> list[tuple[str, str]]:
    headers = incoming.forwarded
    headers.append(("X-Request-ID", trace_context.request_id))
    headers.append(("traceparent", trace_context.traceparent))
    if incoming.length and (length := incoming.text(b"content-length")):
        headers.append(("Content-Length", length))
    if route.service is Service.AUTHENTICATION and (cookie := incoming.text(b"cookie")):
        headers.append(("Cookie", cookie))
    # By default the client library would accept encodings that the client may not support.
    headers.append(("Accept-Encoding", incoming.text(b"accept-encoding") or "identity"))
    return headers


def _client_address(incoming: RequestHeaders, scope: Scope) -> str:
    """Return the client's address as nginx set it, or else that of the connection."""
    client = scope.get("client")
    return incoming.text(b"x-client-address") or (client[0] if client else "")
