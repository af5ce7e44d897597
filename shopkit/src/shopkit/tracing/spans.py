"""Traces: which work led to which, over all services; OpenTelemetry's, where they are asked for.

A trace begins at the gateway. Where work stands in it travels as the `traceparent` of an origin,
which requests, documents and events carry anyway: who works in a span enters the span's origin,
and whatever follows from the work names it as its parent. Where traces are off, a span is only the
origin that it was given. See docs/decisions/0053.
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
from opentelemetry.trace import Span as Recorded

from shopkit.tracing import context
from shopkit.tracing.context import Origin

LAST_SECONDS = 2.0
"""How long a process that ends waits for its last spans to be sent."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FROM_ELSEWHERE = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})

# A process records or does not, as it has one log.
_tracer: Tracer | None = None


class Span:
    """Work on its way: it ends with the `with` block, and has failed if an exception ends that.

    `origin` is that of what follows from the work.
    """

    __slots__ = ("_recorded", "origin")

    def __init__(self, origin: Origin, recorded: Recorded | None = None) -> None:
        self.origin = origin
        self._recorded = recorded

    def __enter__(self) -> Self:
        """Begin the work."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        if self._recorded is not None:
            if kind is not None:
                # Not its text, which may tell of a person.
                self.failed(kind.__name__)
            self._recorded.end()

    @property
    def headers(self) -> dict[str, str]:
        """What takes it along to another service; nothing where traces are off."""
        return {} if self._recorded is None else {"traceparent": self.origin.traceparent}

    def served(self, method: str, route: str | None, path: str, status: int) -> None:
        """Note a request and its answer.

        Args:
            method: The verb.
            route: The template of the path, None where nothing is there.
            path: The path.
            status: The answer's.
        """
        if self._recorded is None:
            return
        method = _known(method)
        self._recorded.set_attribute("http.request.method", method)
        if route is None:
            # Not its path: what is none of ours may hold anything.
            self._recorded.update_name(method)
        else:
            self._recorded.update_name(f"{method} {route}")
            self._recorded.set_attribute("http.route", route)
            self._recorded.set_attribute("url.path", route if "{email" in route else path)
        self._note_status(status, failure=500)

    def answered(self, status: int) -> None:
        """Note the status of another service's answer."""
        if self._recorded is not None:
            self._note_status(status, failure=400)

    def failed(self, why: str) -> None:
        """Note that nothing came of it."""
        if self._recorded is not None:
            self._recorded.set_attribute("error.type", why)
            self._recorded.set_status(StatusCode.ERROR)

    def _note_status(self, status: int, *, failure: int) -> None:
        assert self._recorded is not None  # noqa: S101 - callers have asked.
        self._recorded.set_attribute("http.response.status_code", status)
        if status >= failure:
            self.failed(str(status))


def on() -> bool:
    """Return whether spans are recorded."""
    return _tracer is not None


def span(
    kind: SpanKind,
    name: str,
    origin: Origin,
    attributes: Mapping[str, str | int] | None = None,
    *,
    begins: bool = False,
) -> Span:
    """Return work that follows from what the origin names.

    Args:
        kind: The part it plays.
        name: What is done, without what differs each time.
        origin: Where it comes from.
        attributes: By OpenTelemetry's semantic conventions; nothing that tells of a person.
        begins: Whether a trace begins with it, whatever trace the origin names.
    """
    if _tracer is None:
        return Span(origin)
    parent = Context() if begins else _parent(origin, remote=kind in _FROM_ELSEWHERE)
    recorded = _tracer.start_span(name, parent, kind, attributes)
    return Span(origin._replace(traceparent=_traceparent(recorded.get_span_context())), recorded)


def serving(origin: Origin, *, begins: bool = False) -> Span:
    """Return the work on a request, whose name is known once it is `served`."""
    return span(SpanKind.SERVER, "request", origin, begins=begins)


def calling(service: str, method: str, route: str, origin: Origin) -> Span:
    """Return a request to another service, without its path's parameters."""
    method = _known(method)
    attributes = {"http.request.method": method, "url.template": route, "peer.service": service}
    return span(SpanKind.CLIENT, f"{method} {route}", origin, attributes)


def followed(name: str, step: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """Return a step of a loop that is a trace of its own each time it is taken."""

    async def followed_step() -> None:
        with span(SpanKind.INTERNAL, name, Origin("", ""), begins=True) as work:
            context.enter(work.origin)
            await step()

    return followed_step


@contextmanager
def recording(provider: TracerProvider) -> Iterator[None]:
    """Have spans recorded for as long as the context lasts."""
    global _tracer  # noqa: PLW0603 - see there.
    _tracer = provider.get_tracer("shopkit")
    try:
        yield
    finally:
        _tracer = None


@contextmanager
def exporting(service: str, endpoint: str | None) -> Iterator[None]:
    """Have spans recorded and sent to a collector, where there is one.

    Args:
        service: The name under which the process is known.
        endpoint: Where the collector takes OTLP over HTTP; None records nothing.
    """
    if endpoint is None:
        yield
        return
    # Here, as it takes memory and time to start that a process without traces saves.
    from shopkit.tracing.export import provider_for  # noqa: PLC0415

    provider = provider_for(service, endpoint)
    with recording(provider):
        yield
    # It sends what is left; beside, as a collector that is away would keep the process from ending.
    sending = Thread(target=provider.shutdown, daemon=True)
    sending.start()
    sending.join(LAST_SECONDS)


def _known(method: str) -> str:
    return method if method in _METHODS else "_OTHER"


def _parent(origin: Origin, *, remote: bool) -> Context:
    if not context.is_trace(origin.traceparent):
        return Context()
    _, trace_id, span_id, flags = origin.traceparent.split("-")
    parent = SpanContext(int(trace_id, 16), int(span_id, 16), remote, TraceFlags(int(flags, 16)))
    return set_span_in_context(NonRecordingSpan(parent), Context())


def _traceparent(place: SpanContext) -> str:
    return f"00-{place.trace_id:032x}-{place.span_id:016x}-{place.trace_flags:02x}"
