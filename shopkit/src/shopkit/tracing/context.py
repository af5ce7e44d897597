"""What is known of the request or event being worked on: its id and its trace."""

import re
import secrets
from contextvars import ContextVar
from typing import NamedTuple

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Origin(NamedTuple):
    """Where work comes from: carried in logs, answers and events.

    `traceparent` is W3C Trace Context, level 1.
    """

    request_id: str
    traceparent: str


_NOWHERE = Origin(request_id="", traceparent="")
_current: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)


def is_trace(traceparent: str) -> bool:
    """Return whether that is a sane traceparent."""
    return _TRACEPARENT.fullmatch(traceparent) is not None


def accept(request_id: str | None, traceparent: str | None) -> Origin:
    """Return the origin that a sender names where it is sane, and else a new one."""
    sane_id = request_id if request_id and _SANE_ID.fullmatch(request_id) else None
    sane_trace = traceparent if traceparent and is_trace(traceparent) else None
    return Origin(
        sane_id or secrets.token_hex(16),
        sane_trace or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
    )


def enter(origin: Origin) -> None:
    """Make this the origin of what the present task does from here on."""
    _current.set(origin)


def current_origin() -> Origin:
    """Return the origin of the present work, empty where there is none."""
    return _current.get()


def current_request_id() -> str:
    """Return the id of the present request, empty outside of one."""
    return _current.get().request_id
