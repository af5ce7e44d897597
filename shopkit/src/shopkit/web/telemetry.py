"""Logs, metrics and request ids, which are the same in every service."""

import logging
import re
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
    "Time from the first byte of a request to the last byte of its response.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

_TRACE_ID = slice(3, 35)
"""The position of the trace id in a traceparent."""

_EMAIL = re.compile(r"[^\s@\"'`<>(){}\[\],;:=/]+@[^\s@\"'`<>(){}\[\],;:=/]+")
"""An email address, or the user and the host of a URL."""
HIDDEN_EMAIL = "(email hidden)"

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

log = structlog.get_logger(__name__)


def configure_logging(service: str, level: str, *, human_readable: bool) -> None:
    """Write all log lines, including those of libraries.

    JSON goes to standard output, because Google's logging takes every line on standard error for an
    error. Text goes to standard error.

    Args:
        service: The service's name, which every line contains.
        level: The lowest level to log, such as INFO.
        human_readable: Whether to write coloured text instead of JSON.
    """

    def add_trace_context(
        _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        current = context.current_trace_context()
        if current.request_id:
            event["request_id"] = current.request_id
            # A slice never fails, even if an event arrived with an invalid traceparent.
            event["trace_id"] = current.traceparent[_TRACE_ID]
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace_context,
        structlog.processors.format_exc_info,
        hide_emails,
    ]
    renderers: list[structlog.typing.Processor] = (
        # Plain tracebacks: the others show local variables, such as passwords and tokens.
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if human_readable
        else [name_severity, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr if human_readable else sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in ("pymongo", "httpx2", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # aiokafka logs every attempt to reconnect as an error. The consumer and the relay log outages.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def name_severity(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Name the level as Google's logging does, which reads it from this field."""
    event["severity"] = event.pop("level").upper()
    return event


def hide_emails(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace email addresses in all texts of a log line.

    Errors of the database quote the documents that they are about.
    """
    for name, value in event.items():
        if isinstance(value, str) and "@" in value:
            event[name] = _EMAIL.sub(HIDDEN_EMAIL, value)
    return event


class RequestMiddleware:
    """Sets the trace context of each request, and logs and counts it.

    It is plain ASGI, so that bodies are streamed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with _start_span(Headers(scope=scope)) as span:
            context.activate(span.trace_context)
            await self._serve(scope, receive, send, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: spans.Span) -> None:
        started = time.perf_counter()
        status = 500

        async def send_with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = span.trace_context.request_id
                headers["traceparent"] = span.trace_context.traceparent
            await send(message)

        try:
            await self._app(scope, receive, send_with_ids)
        finally:
            _record(scope, status, time.perf_counter() - started)
            span.set_served(scope["method"], _route(scope), scope["path"], status)


def _start_span(headers: Headers) -> spans.Span:
    traceparent = headers.get("traceparent")
    trace_context = context.from_headers(headers.get("x-request-id"), traceparent)
    if trace_context.traceparent != traceparent:
        # Requests without a trace, such as probes and polls, are not recorded.
        return spans.Span(trace_context)
    return spans.start_request(trace_context)


def _route(scope: Scope) -> str | None:
    """Return the template of a request's path, or None if no route matched."""
    return getattr(scope.get("route"), "path", None)


def method_label(method: str) -> str:
    """Return the label of an HTTP method. Clients choose methods, so unusual ones share a label."""
    return method if method in _METHODS else "other"


def _record(scope: Scope, status: int, seconds: float) -> None:
    method = method_label(scope["method"])
    route = _route(scope) or "unknown"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    # A line that is not written would cost as much as finding the route.
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        log.debug(
            "request",
            method=method,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 1),
        )


async def metrics(_request: Request) -> Response:
    """Return all metrics in Prometheus's text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
