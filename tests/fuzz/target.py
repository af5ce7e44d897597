"""The stack to fuzz."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A stack to fuzz.

    Args:
        url: Its address.
        document: Its OpenAPI document.
        roles: The request headers of each role.
    """

    url: str
    document: dict[str, Any]
    roles: dict[str, dict[str, str]]
