"""What the OpenAPI document says of answers beyond their bodies."""

from typing import Any

from authentication.problems import BUSY
from shopkit.web import problems
from shopkit.web.database_problems import DATABASE_UNAVAILABLE

Responses = dict[int | str, dict[str, Any]]

_HEADERS = {
    "Token-Type": "Always `Bearer`.",
    "Set-Cookie": "The refresh token and its marker, where it is kept in a cookie.",
    "Cache-Control": "Whether the answer may be kept.",
}

PASSWORD_PROBLEMS = (problems.UNREADABLE, DATABASE_UNAVAILABLE, BUSY)
"""What any endpoint can answer with that hashes a password."""


def answers(*kinds: problems.ProblemType, **headers: tuple[str, ...]) -> Responses:
    """Return FastAPI's `responses`.

    Args:
        *kinds: The problems that the endpoint can answer with.
        **headers: For each status, written `on_200`, the headers that its answer carries.
    """
    documented = problems.responses(*kinds)
    for key, names in headers.items():
        status = int(key.removeprefix("on_"))
        documented.setdefault(status, {}).setdefault("headers", {}).update(
            {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}
        )
    return documented
