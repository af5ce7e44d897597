"""Documents the problems and the headers of responses."""

from collections.abc import Mapping, Sequence
from typing import Any

from authentication.problems import BUSY
from shopkit.web import problems
from shopkit.web.database_problems import DATABASE_UNAVAILABLE

PASSWORD_PROBLEMS = (problems.UNREADABLE, DATABASE_UNAVAILABLE, BUSY)
"""The problems that every endpoint that hashes a password can respond with."""

_DESCRIPTIONS = {
    "Token-Type": "Always `Bearer`.",
    "Set-Cookie": "The refresh token and its marker, if they are kept in cookies.",
    "Cache-Control": "Whether the response may be cached.",
}


def responses(
    *kinds: problems.ProblemType, headers: Mapping[int, Sequence[str]] | None = None
) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses`.

    Args:
        *kinds: The problems that the endpoint can respond with.
        headers: The names of the headers by status, in addition to those of the problems.
    """
    documented = problems.responses(*kinds)
    for status, names in (headers or {}).items():
        documented.setdefault(status, {}).setdefault("headers", {}).update(
            {
                name: {"description": _DESCRIPTIONS[name], "schema": {"type": "string"}}
                for name in names
            }
        )
    return documented
