"""Requests with parameters that no client should send."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from shopkit.storage.keyset import CURSOR_LIMIT, encode_cursor

VALUES = (
    "",
    "%20",
    "%00",
    "a%00b",
    "%",
    "%ED%A0%80",
    "%FF%FE",
    "%F0%9F%98",
    quote("x" * 99 + "😀"),
    quote("😀" * 400),
    quote("a" + "\u0308" * 400),
    quote("\ufffe\u202e\u0000"),
    "x" * (CURSOR_LIMIT + 1),
    "2000000",
    "-1",
    "1e400",
    "9" * 5_000,
    "NaN",
    "Infinity",
    "%D9%A5",
    "1_0",
    "0001-01-01T00:00:00%2B14:00",
    "9999-12-31T23:59:59-14:00",
    "$ne",
    quote('{"$gt":""}'),
    quote(".*[("),
    *(
        encode_cursor(*parts)
        for parts in (
            ["0001-01-01", "0" * 24],
            ["9999-12-31T23:59:59-14:00", "0" * 24],
            ["name", "0", "\x00", "0" * 24],
            ["-price", "1", "9" * 15, "f" * 24],
            ["newest", "0", "0001-01-01T00:00:00+00:00", "0" * 24],
            ["\x00"],
        )
    ),
)
"""Values as a URL contains them."""


def hostile_urls(document: Mapping[str, Any], *, without: str) -> Iterator[str]:
    """Yield URLs for each parameter of each GET operation of an OpenAPI document.

    Args:
        document: The document.
        without: A part of the paths to leave out.
    """
    for path, operations in document["paths"].items():
        if "get" not in operations or without in path:
            continue
        for parameter in operations["get"].get("parameters", []):
            for value in VALUES:
                if parameter["in"] == "query":
                    yield f"{path}?{parameter['name']}={value}"
                elif parameter["in"] == "path":
                    yield path.replace(f"{{{parameter['name']}}}", value)
