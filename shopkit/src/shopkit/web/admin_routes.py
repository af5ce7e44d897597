"""What admins see and do alike in every service: the audit trail and the dead letters."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AfterValidator, BaseModel, StringConstraints

from shopkit.messaging.dead_letter_service import (
    DeadLetterService,
    LetterNotFoundError,
    LetterSettledError,
    ReplayFailedError,
)
from shopkit.messaging.dead_letters import Letter, LetterPage, LetterQuery
from shopkit.storage import audit
from shopkit.text import encodable
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import Admin
from shopkit.web.problems import (
    FORBIDDEN,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNREADABLE,
    ProblemType,
    Table,
    document,
)

LETTER_SETTLED = ProblemType("dead-letter-settled", "The dead letter is settled", 409)
LETTER_FAILED = ProblemType("replay-failed", "The event can't be applied still", 409)

TABLE: Table = {
    LetterNotFoundError: NOT_FOUND,
    LetterSettledError: LETTER_SETTLED,
    ReplayFailedError: LETTER_FAILED,
}

_ADMIN = (UNAUTHENTICATED, FORBIDDEN, AWAY)

LetterId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="64 hex digits")]


class DiscardRequest(BaseModel):
    """Why a dead letter is given up."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
        AfterValidator(encodable),
    ]


def audit_routes(service: str, trail_of: Callable[[Request], audit.AuditTrail]) -> APIRouter:
    """Return the route of a service's audit trail.

    Args:
        service: Its name in the path, such as `orders`.
        trail_of: Gives the trail of a request's application.
    """
    routes = APIRouter(prefix="/api/admin/audit", tags=["admin"])

    @routes.get(f"/{service}", responses=document(*_ADMIN))
    async def audit_trail(
        _caller: Admin,
        trail: Annotated[audit.AuditTrail, Depends(trail_of)],
        query: Annotated[audit.Query, Query()],
    ) -> audit.Page:
        """List who changed what, when, before and after; newest first."""
        return await trail.page(query)

    return routes


def dead_letter_routes(
    service: str, letters_of: Callable[[Request], DeadLetterService]
) -> APIRouter:
    """Return the routes of a service's dead letters.

    Args:
        service: Its name in the path, such as `orders`.
        letters_of: Gives the dead letters of a request's application.
    """
    routes = APIRouter(prefix=f"/api/admin/dead-letters/{service}", tags=["admin"])
    Letters = Annotated[DeadLetterService, Depends(letters_of)]  # noqa: N806 - a type.

    @routes.get("", responses=document(*_ADMIN))
    async def list_dead_letters(
        _caller: Admin, letters: Letters, query: Annotated[LetterQuery, Query()]
    ) -> LetterPage:
        """List events that could not be applied, newest first."""
        return await letters.page(query)

    @routes.get("/{letter_id}", responses=document(*_ADMIN, NOT_FOUND))
    async def get_dead_letter(letter_id: LetterId, _caller: Admin, letters: Letters) -> Letter:
        """Show an event that could not be applied."""
        return await letters.letter(letter_id)

    @routes.post(
        "/{letter_id}/replay", responses=document(*_ADMIN, NOT_FOUND, LETTER_SETTLED, LETTER_FAILED)
    )
    async def replay_dead_letter(letter_id: LetterId, caller: Admin, letters: Letters) -> Letter:
        """Apply the event now; it stays parked where that fails again."""
        return await letters.replay(letter_id, caller.email)

    @routes.post(
        "/{letter_id}/discard",
        responses=document(*_ADMIN, UNREADABLE, NOT_FOUND, LETTER_SETTLED),
    )
    async def discard_dead_letter(
        letter_id: LetterId, body: DiscardRequest, caller: Admin, letters: Letters
    ) -> Letter:
        """Give the event up; it is kept, and marked so."""
        return await letters.discard(letter_id, caller.email, body.reason)

    return routes
