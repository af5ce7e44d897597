"""Spans: the units of work of a trace, recorded with OpenTelemetry if traces are on.

A trace begins at the gateway. Its position travels as the `traceparent` of the trace context that
requests, documents and events carry. While a span is open, its trace context is the active one, so
everything that follows names the span as its parent. If traces are off, a span only holds the trace
context that it was given. See docs/decisions/0053.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from types import TracebackType
from typing import Self

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    set_span_in_context,
)
from opentelemetry.trace import Span as RecordedSpan

from shopkit.tracing import context
from shopkit.tracing.context import TraceContext

SHUTDOWN_SECONDS = 2.0
"""How long a process that ends waits until its last spans are sent."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_REMOTE_PARENT = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})

# One for the whole process, as for logs.
_tracer: Tracer | None = None


class Span:
    """Work in progress, recorded if traces are on.

    The span ends with its `with` block, and has failed if an exception leaves the block.

    Attributes:
        trace_context: The trace context for everything that follows from this work.
    """

    __slots__ = ("_recorded", "trace_context")

    def __init__(self, trace_context: TraceContext, recorded: RecordedSpan | None = None) -> None:
        self.trace_context = trace_context
        self._recorded = recorded

    def __enter__(self) -> Self:
        """Return the span, which has already started."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the span."""
        if self._recorded is not None:
            if kind is not None:
                # Only the type: the message may contain personal data.
                self.set_failed(kind.__name__)
            self._recorded.end()

    @property
    def headers(self) -> dict[str, str]:
        """The headers for a request to another service, empty if traces are off."""
        if self._recorded is None:
            return {}
        return {"traceparent": self.trace_context.traceparent}

    def set_served(self, method: str, route: str | None, path: str, status: int) -> None:
        """Record the request that was served, and the status of its response.

        Args:
            method: The HTTP method.
            route: The path's template, or None if no route matched.
            path: The path.
            status: The status code of the response.
        """
        if self._recorded is None:
            return
        method = _known_method(method)
        self._recorded.set_attribute("http.request.method", method)
        if route is None:
            # Without the path: an unknown path may contain anything.
            self._recorded.update_name(method)
        else:
            self._recorded.update_name(f"{method} {route}")
            self._recorded.set_attribute("http.route", route)
            # No route contains an email address, but an outdated client may send one.
            self._recorded.set_attribute("url.path", route if "@" in path else path)
        self._set_status(status, first_failure=500)

    def set_answered(self, status: int) -> None:
        """Record the status code of another service's response."""
        if self._recorded is not None:
            self._set_status(status, first_failure=400)

    def set_failed(self, reason: str) -> None:
        """Record that the work failed."""
        if self._recorded is not None:
            self._recorded.set_attribute("error.type", reason)
            self._recorded.set_status(StatusCode.ERROR)

    def _set_status(self, status: int, *, first_failure: int) -> None:
        assert self._recorded is not None  # noqa: S101 - the callers have checked.
        self._recorded.set_attribute("http.response.status_code", status)
        if status >= first_failure:
            self.set_failed(str(status))


def enabled() -> bool:
    """Return whether spans are recorded."""
    return _tracer is not None


def start(
    kind: SpanKind,
    name: str,
    trace_context: TraceContext,
    attributes: Mapping[str, str | int] | None = None,
    *,
    new_trace: bool = False,
) -> Span:
    """Start a span.

    Args:
        kind: The span's role.
        name: What is done, without values that differ each time.
        trace_context: The trace context of the work, which names the parent.
        attributes: Attributes of OpenTelemetry's semantic conventions, without personal data.
        new_trace: Whether the span begins a trace, whatever trace the context names.
    """
    if _tracer is None:
        return Span(trace_context)
    parent = Context() if new_trace else _parent(trace_context, is_remote=kind in _REMOTE_PARENT)
    recorded = _tracer.start_span(name, parent, kind, attributes)
    traceparent = _traceparent(recorded.get_span_context())
    return Span(trace_context._replace(traceparent=traceparent), recorded)


def start_request(trace_context: TraceContext, *, new_trace: bool = False) -> Span:
    """Start the span of a request, which gets its name by `set_served`."""
    return start(SpanKind.SERVER, "request", trace_context, new_trace=new_trace)


def start_call(service: str, method: str, route: str, trace_context: TraceContext) -> Span:
    """Start the span of a request to another service.

    Args:
        service: The other service's name.
        method: The HTTP method.
        route: The path's template, without the values of its parameters.
        trace_context: The trace context of the work.
    """
    method = _known_method(method)
    attributes = {"http.request.method": method, "url.template": route, "peer.service": service}
    return start(SpanKind.CLIENT, f"{method} {route}", trace_context, attributes)


def traced(name: str, step: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """Return a step of a loop that starts a trace each time it runs."""

    async def traced_step() -> None:
        with start(SpanKind.INTERNAL, name, TraceContext("", ""), new_trace=True) as span:
            context.activate(span.trace_context)
            await step()

    return traced_step


@contextmanager
def recording(provider: TracerProvider) -> Iterator[None]:
    """Record spans with a provider inside the `with` block."""
    global _tracer  # noqa: PLW0603 - one for the whole process.
    _tracer = provider.get_tracer("shopkit")
    try:
        yield
    finally:
        _tracer = None


@contextmanager
def exporting(service: str, endpoint: str | None) -> Iterator[None]:
    """Record spans and send them to a collector inside the `with` block.

    Args:
        service: The service's name in traces.
        endpoint: The collector's URL for OTLP over HTTP. If it is None, nothing is recorded.
    """
    if endpoint is None:
        yield
        return
    # The SDK takes memory and start-up time, so a process without traces does not import it.
    from shopkit.tracing.export import create_provider  # noqa: PLC0415

    provider = create_provider(service, endpoint)
    with recording(provider):
        yield
    # In a thread, so that a collector that is down does not keep the process from ending.
    shutdown = Thread(target=provider.shutdown, daemon=True)
    shutdown.start()
    shutdown.join(SHUTDOWN_SECONDS)


def _known_method(method: str) -> str:
    return method if method in _METHODS else "_OTHER"


def _parent(trace_context: TraceContext, *, is_remote: bool) -> Context:
    if not context.is_traceparent(trace_context.traceparent):
        return Context()
    _, trace_id, span_id, flags = trace_context.traceparent.split("-")
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, TraceFlags(int(flags, 16)))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _traceparent(span_context: SpanContext) -> str:
    trace_id, span_id = span_context.trace_id, span_context.span_id
    return f"00-{trace_id:032x}-{span_id:016x}-{span_context.trace_flags:02x}"
