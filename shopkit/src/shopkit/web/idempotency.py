"""The headers of idempotent requests.

See the IETF draft "The Idempotency-Key HTTP Header Field".
"""

from typing import Annotated

from fastapi import Header, Response

IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x20-\x7e]{1,255}$",
        description="A repeated request with the same key and body gets the first response again.",
    ),
]
REPLAYED = "Idempotency-Replayed"
"""Marks a response that repeats an earlier one."""

REPLAYED_DOCUMENT = {REPLAYED: {"schema": {"type": "string"}}}


def mark_replayed(response: Response, *, replayed: bool) -> None:
    """Mark a response if it repeats an earlier one."""
    if replayed:
        response.headers[REPLAYED] = "true"
