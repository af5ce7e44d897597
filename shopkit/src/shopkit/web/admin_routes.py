"""Endpoints for admins that several services have: the audit trail and the dead letters."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from shopkit.messaging.dead_letter_service import (
    DeadLetterClosedError,
    DeadLetterNotFoundError,
    DeadLetterService,
    ReplayFailedError,
)
from shopkit.messaging.dead_letters import DeadLetter, DeadLetterStatus
from shopkit.storage.audit import AuditEntry, AuditFilter, AuditTrail
from shopkit.text import require_encodable
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin
from shopkit.web.problems import (
    FORBIDDEN,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNREADABLE,
    ProblemTable,
    ProblemType,
    responses,
)
from shopkit.web.request_types import Cursor, FilterText, Limit, Time

# The type is part of the API, so it keeps its old name.
DEAD_LETTER_CLOSED = ProblemType("dead-letter-settled", "The dead letter is already closed", 409)
REPLAY_FAILED = ProblemType("replay-failed", "The event still cannot be applied", 409)

TABLE: ProblemTable = {
    DeadLetterNotFoundError: NOT_FOUND,
    DeadLetterClosedError: DEAD_LETTER_CLOSED,
    ReplayFailedError: REPLAY_FAILED,
}

ADMIN_PROBLEMS = (UNAUTHENTICATED, FORBIDDEN, DATABASE_UNAVAILABLE)
"""The problems that every endpoint for admins can respond with."""

LetterId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="64 hex digits.")]


class AuditListQuery(BaseModel):
    """The query of the audit trail."""

    actor: Annotated[
        FilterText | None,
        Field(
            description="The beginning of the actor's email address, or of its domain, or the "
            "account id."
        ),
    ] = None
    action: FilterText | None = None
    subject: FilterText | None = None
    since: Time | None = None
    until: Annotated[Time | None, Field(description="The end of the period, exclusive.")] = None
    limit: Limit = 20
    cursor: Cursor | None = None

    def to_filter(self) -> AuditFilter:
        """Return the filter."""
        return AuditFilter(self.actor, self.action, self.subject, self.since, self.until)


class AuditEntryBody(BaseModel):
    """A change. Email addresses are those of that time. Old entries have no account ids."""

    id: str
    at: datetime
    actor: str
    actor_id: str | None
    action: str
    subject: str
    subject_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """Return the body for an entry."""
        return cls.model_validate(entry, from_attributes=True)


class AuditEntriesBody(BaseModel):
    """A page of changes, newest first."""

    entries: list[AuditEntryBody]
    next_cursor: str | None


class DeadLetterListQuery(BaseModel):
    """The query of the dead letters."""

    status: DeadLetterStatus | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class HistoryEntryBody(BaseModel):
    """What an admin did with a dead letter."""

    at: datetime
    actor: str
    action: str
    detail: str


class DeadLetterBody(BaseModel):
    """An event that could not be applied. `event` is its body, with invalid bytes replaced."""

    id: str
    topic: str
    partition: int
    offset: int
    type: str
    key: str
    event: str
    reason: str
    status: DeadLetterStatus
    parked_at: datetime
    history: list[HistoryEntryBody]

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        """Return the body for a dead letter."""
        record = letter.record
        return cls(
            id=record.id,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            type=_text(dict(record.headers).get("ce_type")),
            key=_text(record.key),
            event=_text(record.value),
            reason=letter.reason,
            status=letter.status,
            parked_at=letter.parked_at,
            history=[
                HistoryEntryBody.model_validate(entry, from_attributes=True)
                for entry in letter.history
            ],
        )


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace")


class DeadLettersBody(BaseModel):
    """A page of dead letters, newest first."""

    dead_letters: list[DeadLetterBody]
    next_cursor: str | None


class DiscardRequest(BaseModel):
    """Why a dead letter or a mail is discarded."""

    reason: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
        AfterValidator(require_encodable),
    ]


async def _get_trail(request: Request) -> AuditTrail:
    trail: AuditTrail = request.app.state.services.trail
    return trail


async def _get_dead_letters(request: Request) -> DeadLetterService:
    letters: DeadLetterService = request.app.state.services.dead_letters
    return letters


Trail = Annotated[AuditTrail, Depends(_get_trail)]
DeadLetters = Annotated[DeadLetterService, Depends(_get_dead_letters)]


def audit_router(service: str) -> APIRouter:
    """Return the endpoint of a service's audit trail, which is in `app.state.services.trail`.

    Args:
        service: The service's name in paths, such as `orders`.
    """
    router = APIRouter(prefix="/api/admin/audit", tags=["admin"])

    @router.get(f"/{service}", responses=responses(*ADMIN_PROBLEMS))
    async def audit_trail(
        _caller: Admin,
        trail: Trail,
        query: Annotated[AuditListQuery, Query()],
    ) -> AuditEntriesBody:
        """List who changed what and when, with the values before and after, newest first."""
        entries, next_cursor = await trail.page(
            query.to_filter(), limit=query.limit, cursor=query.cursor
        )
        bodies = [AuditEntryBody.of(entry) for entry in entries]
        return AuditEntriesBody(entries=bodies, next_cursor=next_cursor)

    return router


def dead_letter_router(service: str) -> APIRouter:
    """Return the endpoints of a service's dead letters in `app.state.services.dead_letters`.

    Args:
        service: The service's name in paths, such as `orders`.
    """
    router = APIRouter(prefix=f"/api/admin/dead-letters/{service}", tags=["admin"])

    @router.get("", responses=responses(*ADMIN_PROBLEMS))
    async def list_dead_letters(
        _caller: Admin, letters: DeadLetters, query: Annotated[DeadLetterListQuery, Query()]
    ) -> DeadLettersBody:
        """List dead letters, newest first."""
        page, next_cursor = await letters.page(query.status, limit=query.limit, cursor=query.cursor)
        bodies = [DeadLetterBody.of(letter) for letter in page]
        return DeadLettersBody(dead_letters=bodies, next_cursor=next_cursor)

    @router.get("/{letter_id}", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND))
    async def get_dead_letter(
        letter_id: LetterId, _caller: Admin, letters: DeadLetters
    ) -> DeadLetterBody:
        """Return a dead letter."""
        return DeadLetterBody.of(await letters.get(letter_id))

    @router.post(
        "/{letter_id}/replay",
        responses=responses(*ADMIN_PROBLEMS, NOT_FOUND, DEAD_LETTER_CLOSED, REPLAY_FAILED),
    )
    async def replay_dead_letter(
        letter_id: LetterId, caller: Admin, letters: DeadLetters
    ) -> DeadLetterBody:
        """Apply the event again. If it fails again, the dead letter stays open."""
        return DeadLetterBody.of(await letters.replay(letter_id, caller))

    @router.post(
        "/{letter_id}/discard",
        responses=responses(*ADMIN_PROBLEMS, UNREADABLE, NOT_FOUND, DEAD_LETTER_CLOSED),
    )
    async def discard_dead_letter(
        letter_id: LetterId, body: DiscardRequest, caller: Admin, letters: DeadLetters
    ) -> DeadLetterBody:
        """Discard a dead letter. It is kept, with the status `discarded`."""
        return DeadLetterBody.of(await letters.discard(letter_id, caller, body.reason))

    return router
