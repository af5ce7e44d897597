"""Finds the rows of a path, by a structure made once from the table."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from gateway.routes import Route

_MALFORMED_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_NEVER_IN_A_SEGMENT = re.compile(r"[/\x00-\x1f\x7f]")


@dataclass(slots=True)
class Place:
    """A path that exists, with its verbs."""

    path: str
    routes: dict[str, Route] = field(default_factory=dict)
    allow: str = ""

    def add(self, route: Route) -> None:
        """Add a verb; HEAD comes with GET."""
        self.routes[route.method] = route
        if route.method == "GET":
            self.routes["HEAD"] = route
        self.allow = ", ".join(sorted(self.routes))


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    place: Place | None = None

    def grow(self, segment: str) -> "_Node":
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Node())
        if self.parameter is None:
            self.parameter = _Node()
        return self.parameter


class RouteMap:
    """A tree of decoded path segments; a literal wins over a parameter, for good.

    Paths without parameters, as sent by any ordinary client, are found by one look-up.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._literal: dict[bytes, Place] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            node = node.grow(segment)
        if node.place is None:
            node.place = Place(route.path)
        node.place.add(route)
        if "{" not in route.path:
            self._literal[route.path.encode()] = node.place

    def find(self, raw_path: bytes) -> Place | None:
        """Return what is at a path.

        Args:
            raw_path: The path as the client sent it, percent-encoded, without its query.
        """
        return self._literal.get(raw_path) or self._walk(raw_path)

    def _walk(self, raw_path: bytes) -> Place | None:
        node: _Node | None = self._root
        for raw in raw_path.split(b"/")[1:]:
            segment = _decode(raw)
            if segment is None or node is None:
                return None
            node = node.literals.get(segment) or node.parameter
        return node.place if node else None


def _decode(raw: bytes) -> str | None:
    """Return a segment's text, None for one that a service could read in another way than we."""
    if b"%" in raw:
        if _MALFORMED_ESCAPE.search(raw):
            return None
        raw = unquote_to_bytes(raw)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    if text in {"", ".", ".."} or _NEVER_IN_A_SEGMENT.search(text):
        return None
    return text
