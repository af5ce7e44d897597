"""The trace context: the request and the trace that the current work belongs to."""

import re
import secrets
from contextvars import ContextVar
from typing import NamedTuple

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class TraceContext(NamedTuple):
    """Identifies a request across services. Logs, responses and events carry it.

    Attributes:
        request_id: The id of the request.
        traceparent: The position in the trace, as W3C Trace Context level 1 defines it.
    """

    request_id: str
    traceparent: str


_EMPTY = TraceContext(request_id="", traceparent="")
_current: ContextVar[TraceContext] = ContextVar("trace_context", default=_EMPTY)


def is_traceparent(text: str) -> bool:
    """Return whether the text is a valid traceparent of version 00."""
    return _TRACEPARENT.fullmatch(text) is not None


def is_request_id(text: str) -> bool:
    """Return whether the text is a valid id of a request."""
    return _REQUEST_ID.fullmatch(text) is not None


def from_headers(request_id: str | None, traceparent: str | None) -> TraceContext:
    """Return the trace context of a request, with new values in place of missing or invalid ones.

    Args:
        request_id: The header `X-Request-ID`.
        traceparent: The header `traceparent`.
    """
    valid_id = request_id if request_id and is_request_id(request_id) else None
    valid_trace = traceparent if traceparent and is_traceparent(traceparent) else None
    return TraceContext(
        valid_id or secrets.token_hex(16),
        valid_trace or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
    )


def activate(trace_context: TraceContext) -> None:
    """Set the trace context of the current task."""
    _current.set(trace_context)


def current_trace_context() -> TraceContext:
    """Return the trace context of the current task, which is empty if none is active."""
    return _current.get()


def current_request_id() -> str:
    """Return the id of the current request, which is empty outside a request."""
    return _current.get().request_id
