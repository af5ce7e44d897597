"""The stack to fuzz."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A stack to fuzz.

    Args:
        url: Its address.
        document: Its OpenAPI document.
        roles: Sign in with each role, and return the headers of its requests.
    """

    url: str
    document: dict[str, Any]
    roles: Mapping[str, Callable[[], dict[str, str]]]
