"""Which headers pass: pure functions on lists of pairs of bytes."""

from collections.abc import Iterable, Sequence

Raw = tuple[bytes, bytes]

_PREFIXES_DROPPED = (b"x-user-", b"proxy-")
_STAYS_OPEN = frozenset({b"close", b"keep-alive", b""})

# True: noted, for the gateway to judge; False: dropped. What is not named here passes. A client's
# own identity is dropped with every header that begins as those of shopkit.web.identity do.
_REQUEST = {
    b"accept-encoding": True,
    b"authorization": True,
    b"connection": True,
    b"content-length": True,
    b"cookie": True,
    b"transfer-encoding": True,
    b"traceparent": True,
    b"x-client-address": True,
    b"x-request-id": True,
    # The client library names the host it calls, and asks for no "100 Continue": uvicorn has
    # answered that already.
    b"host": False,
    b"expect": False,
    b"keep-alive": False,
    b"te": False,
    b"trailer": False,
    b"upgrade": False,
    b"x-token-expires": False,
}

# The gateway's server writes its own date, and the gateway its own ids.
_ANSWER_DROPPED = frozenset(
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


class Incoming:
    """A request's headers, in one pass: those that pass, and those that the gateway judges."""

    __slots__ = ("noted", "passed")

    def __init__(self, raw: Iterable[Raw]) -> None:
        self.noted: dict[bytes, bytes] = {}
        self.passed: list[tuple[str, str]] = []
        noted, passed = self.noted, self.passed
        for name, value in raw:
            rule = _REQUEST.get(name)
            if rule is None:
                if not name.startswith(_PREFIXES_DROPPED):
                    passed.append((name.decode("ascii"), value.decode("utf-8", "replace")))
            elif rule:
                noted[name] = b", ".join((noted[name], value)) if name in noted else value
        if named := _named(noted.get(b"connection")):
            self.passed = [pair for pair in passed if pair[0].encode() not in named]

    def text(self, name: bytes) -> str | None:
        """Return a noted header's text."""
        value = self.noted.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def length(self) -> int | None:
        """The body's length in bytes: 0 without a body, None where it is known only at its end."""
        if b"transfer-encoding" in self.noted:
            return None
        return int(self.noted.get(b"content-length", b"0"))


def _named(connection: bytes | None) -> frozenset[bytes]:
    """Return the headers that `Connection` makes hop-by-hop."""
    if connection is None:
        return frozenset()
    return frozenset(token.strip().lower() for token in connection.split(b",")) - _STAYS_OPEN


def answer(raw: Sequence[Raw], status: int, *, cookies: bool) -> list[Raw]:
    """Return those headers of a service's answer that pass to the client.

    Args:
        raw: The answer's headers.
        status: Its status.
        cookies: Whether this service may set cookies.
    """
    passed = []
    connection = None
    for cased, value in raw:
        name = cased.lower()
        if name == b"connection":
            connection = value
        elif name not in _ANSWER_DROPPED and not name.startswith(b"proxy-"):
            passed.append((name, value))
    unwanted = set(_named(connection))
    if not cookies:
        unwanted.add(b"set-cookie")
    if status == 304:
        # It tells the length of what was not sent; uvicorn would wait for that many bytes.
        unwanted.add(b"content-length")
    return [pair for pair in passed if pair[0] not in unwanted]
