"""Logs, metrics and request ids, the same in every service."""

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkit.tracing import context, spans

REQUESTS = Counter("http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "http_request_duration_seconds",
    "Time from a request's head to its answer's last byte.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

log = structlog.get_logger(__name__)


def configure_logging(service: str, level: str, *, for_people: bool) -> None:
    """Send every log line, the libraries' too, to standard error.

    Args:
        service: The service's name, on each line.
        level: The least level, such as INFO.
        for_people: Coloured lines where True, JSON where False.
    """

    def add_origin(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        origin = context.current_origin()
        if origin.request_id:
            event["request_id"] = origin.request_id
            # An event may have come without a sane one; a log line must never fail.
            event["trace_id"] = origin.traceparent[3:35]
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_origin,
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        # Plain tracebacks: the others show local variables, and so passwords and tokens.
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if for_people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("pymongo", "httpx2", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It tells each of its tries to reconnect as an error; consumer and relay tell what matters.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


class RequestMiddleware:
    """Gives each request its id, logs it and counts it; plain ASGI, so that bodies stream."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with the request's origin set."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with _span(Headers(scope=scope)) as span:
            context.enter(span.origin)
            await self._serve(scope, receive, send, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: spans.Span) -> None:
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["X-Request-ID"] = span.origin.request_id
                answer["traceparent"] = span.origin.traceparent
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _record(scope, status, time.perf_counter() - started)
            span.served(scope["method"], _route(scope), scope["path"], status)


def _span(headers: Headers) -> spans.Span:
    given = headers.get("traceparent")
    origin = context.accept(headers.get("x-request-id"), given)
    # What names no trace is followed by no one: such are the many probes and polls.
    return spans.serving(origin) if origin.traceparent == given else spans.Span(origin)


def _route(scope: Scope) -> str | None:
    """Return the template of a request's path, once the application has found it."""
    return getattr(scope.get("route"), "path", None)


def _record(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"]
    route = _route(scope) or "unknown"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    log.debug(
        "request",
        method=method,
        path=scope["path"],
        status=status,
        milliseconds=round(seconds * 1000, 1),
    )


async def metrics(_request: Request) -> Response:
    """Answer with all metrics in Prometheus's text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
