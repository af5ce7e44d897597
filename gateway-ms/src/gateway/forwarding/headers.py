"""Decides which headers are forwarded."""

from collections.abc import Iterable, Sequence

from gateway.auth.tokens import Caller

RawHeader = tuple[bytes, bytes]

# These headers would identify the caller to replicas of the previous release.
_DROPPED_PREFIXES = (b"x-user-", b"proxy-")
_NOT_HOP_BY_HOP = frozenset({b"close", b"keep-alive", b""})

# True: kept for the gateway itself. False: dropped. All other headers are forwarded.
_REQUEST_RULES = {
    b"accept-encoding": True,
    b"authorization": True,
    b"connection": True,
    b"content-length": True,
    b"cookie": True,
    # The client library sets the host that the service receives.
    b"host": True,
    b"origin": True,
    b"sec-fetch-site": True,
    b"transfer-encoding": True,
    b"traceparent": True,
    b"x-client-address": True,
    b"x-request-id": True,
    # uvicorn has already answered "Expect: 100-continue".
    b"expect": False,
    b"keep-alive": False,
    b"te": False,
    b"trailer": False,
    b"upgrade": False,
    b"x-token-expires": False,
}

# The gateway's server sets its own date, and the gateway sets the ids.
_DROPPED_FROM_RESPONSE = frozenset(
    {
        b"connection",
        b"date",
        b"keep-alive",
        b"server",
        b"te",
        b"traceparent",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)


class RequestHeaders:
    """The headers of a request, sorted in a single pass.

    Attributes:
        own: The headers that the gateway itself uses.
        forwarded: The headers that are forwarded.
    """

    __slots__ = ("forwarded", "own")

    def __init__(self, raw: Iterable[RawHeader]) -> None:
        self.own: dict[bytes, bytes] = {}
        self.forwarded: list[tuple[str, str]] = []
        own, forwarded = self.own, self.forwarded
        for name, value in raw:
            rule = _REQUEST_RULES.get(name)
            if rule is None:
                if not name.startswith(_DROPPED_PREFIXES):
                    forwarded.append((name.decode("ascii"), value.decode("utf-8", "replace")))
            elif rule:
                own[name] = b", ".join((own[name], value)) if name in own else value
        if hop_by_hop := _hop_by_hop(own.get(b"connection")):
            self.forwarded = [pair for pair in forwarded if pair[0].encode() not in hop_by_hop]

    def text(self, name: bytes) -> str | None:
        """Return the text of one of the gateway's own headers."""
        value = self.own.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def length(self) -> int | None:
        """The length of the body in bytes, None if it is not declared."""
        if b"transfer-encoding" in self.own:
            return None
        return int(self.own.get(b"content-length", b"0"))


def legacy_headers(caller: Caller, address: str) -> list[tuple[str, str]]:
    """Return the headers that replicas of the previous release read instead of the proof.

    The current release ignores them. The next release of the gateway no longer sends them.
    """
    return [*caller.legacy_headers, ("X-Client-Address", address)]


def _hop_by_hop(connection: bytes | None) -> frozenset[bytes]:
    """Return the headers that the header `Connection` names."""
    if connection is None:
        return frozenset()
    names = frozenset(token.strip().lower() for token in connection.split(b","))
    return names - _NOT_HOP_BY_HOP


def response_headers(
    raw: Sequence[RawHeader], status: int, *, may_set_cookies: bool, personal: bool
) -> list[RawHeader]:
    """Return the headers of a service's response that are forwarded to the client.

    Args:
        raw: The headers of the response.
        status: The status of the response.
        may_set_cookies: Whether the service may set cookies.
        personal: Whether nothing may store the response, unless the service says otherwise.
    """
    forwarded = []
    connection = None
    for cased_name, value in raw:
        name = cased_name.lower()
        if name == b"connection":
            connection = value
        elif name not in _DROPPED_FROM_RESPONSE and not name.startswith(b"proxy-"):
            forwarded.append((name, value))
    dropped = set(_hop_by_hop(connection))
    if not may_set_cookies:
        dropped.add(b"set-cookie")
    if status == 304:
        # The length is that of the body that is not sent. uvicorn would wait for it.
        dropped.add(b"content-length")
    kept = [pair for pair in forwarded if pair[0] not in dropped]
    if personal and not any(name == b"cache-control" for name, _ in kept):
        kept.append((b"cache-control", b"no-store"))
    return kept
