"""Finds the routes of a path."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from gateway.routes import Route

_MALFORMED_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_INVALID_IN_SEGMENT = re.compile(r"[/\x00-\x1f\x7f]")


@dataclass(slots=True)
class PathRoutes:
    """The routes of a path, by method.

    Attributes:
        allow: The methods, separated by commas.
    """

    path: str
    routes: dict[str, Route] = field(default_factory=dict)
    allow: str = ""

    def add(self, route: Route) -> None:
        """Add a route. A GET route responds to HEAD as well."""
        self.routes[route.method] = route
        if route.method == "GET":
            self.routes["HEAD"] = route
        self.allow = ", ".join(sorted(self.routes))


@dataclass(slots=True)
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    routes: PathRoutes | None = None

    def child(self, segment: str) -> "_Node":
        if not segment.startswith("{"):
            return self.literals.setdefault(segment, _Node())
        if self.parameter is None:
            self.parameter = _Node()
        return self.parameter


class RouteMap:
    """A tree of decoded path segments. A literal segment takes precedence over a parameter.

    Paths without parameters are found by a single lookup, unless they are needlessly escaped.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        self._literal_paths: dict[bytes, PathRoutes] = {}
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path.split("/")[1:]:
            node = node.child(segment)
        if node.routes is None:
            node.routes = PathRoutes(route.path)
        node.routes.add(route)
        if "{" not in route.path:
            self._literal_paths[route.path.encode()] = node.routes

    def find(self, raw_path: bytes) -> PathRoutes | None:
        """Return the routes of a path.

        Args:
            raw_path: The path as the client sent it, percent-encoded and without the query.
        """
        return self._literal_paths.get(raw_path) or self._walk(raw_path)

    def _walk(self, raw_path: bytes) -> PathRoutes | None:
        node: _Node | None = self._root
        for raw_segment in raw_path.split(b"/")[1:]:
            segment = _decode(raw_segment)
            if segment is None or node is None:
                return None
            node = node.literals.get(segment) or node.parameter
        return node.routes if node else None


def _decode(raw_segment: bytes) -> str | None:
    """Return a segment's text, or None if a service might decode the segment differently."""
    if b"%" in raw_segment:
        if _MALFORMED_ESCAPE.search(raw_segment):
            return None
        raw_segment = unquote_to_bytes(raw_segment)
    try:
        text = raw_segment.decode()
    except UnicodeDecodeError:
        return None
    if text in {"", ".", ".."} or _INVALID_IN_SEGMENT.search(text):
        return None
    return text
