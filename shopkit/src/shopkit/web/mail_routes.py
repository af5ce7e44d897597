"""Endpoints for admins: the mails of a service."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from shopkit.mail.mails import MailStatus, StoredMail
from shopkit.mail.service import MailNotFoundError, MailNotParkedError, MailService
from shopkit.web.admin_routes import ADMIN_PROBLEMS, DiscardRequest
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, UNREADABLE, ProblemTable, ProblemType, responses
from shopkit.web.request_types import Cursor, Limit

MAIL_NOT_PARKED = ProblemType("mail-not-parked", "The mail does not wait for an admin", 409)

TABLE: ProblemTable = {
    MailNotFoundError: NOT_FOUND,
    MailNotParkedError: MAIL_NOT_PARKED,
}

MailId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]


class MailListQuery(BaseModel):
    """The query of the mails."""

    status: MailStatus | None = None
    limit: Limit = 20
    cursor: Cursor | None = None


class MailBody(BaseModel):
    """A mail without its content.

    `reason` is the last answer of the SMTP server, or why the mail could not be sent. `changed_at`
    is when it was sent, parked, discarded or found expired, and null while it waits.
    """

    id: str
    template: str
    recipient: str
    status: MailStatus
    created_at: datetime
    attempts: int
    reason: str | None
    changed_at: datetime | None

    @classmethod
    def of(cls, stored: StoredMail) -> Self:
        """Return the body for a mail."""
        return cls(
            id=stored.mail.id,
            template=stored.mail.template,
            recipient=stored.mail.recipient,
            status=stored.status,
            created_at=stored.created_at,
            attempts=stored.attempts,
            reason=stored.reason,
            changed_at=stored.changed_at,
        )


class MailsBody(BaseModel):
    """A page of mails, newest first."""

    mails: list[MailBody]
    next_cursor: str | None


async def _get_mails(request: Request) -> MailService:
    mails: MailService = request.app.state.services.mails
    return mails


MailsOfService = Annotated[MailService, Depends(_get_mails)]


def mail_router(service: str) -> APIRouter:
    """Return the endpoints of a service's mails, whose service is `app.state.services.mails`.

    Args:
        service: The service's name in paths, such as `orders`.
    """
    router = APIRouter(prefix=f"/api/admin/mails/{service}", tags=["admin"])

    @router.get("", responses=responses(*ADMIN_PROBLEMS))
    async def list_mails(
        _caller: Admin, mails: MailsOfService, query: Annotated[MailListQuery, Query()]
    ) -> MailsBody:
        """List mails, newest first. Those that were sent are listed for 30 days."""
        page, next_cursor = await mails.page(query.status, limit=query.limit, cursor=query.cursor)
        return MailsBody(mails=[MailBody.of(mail) for mail in page], next_cursor=next_cursor)

    @router.get("/{mail_id}", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND))
    async def get_mail(mail_id: MailId, _caller: Admin, mails: MailsOfService) -> MailBody:
        """Return a mail."""
        return MailBody.of(await mails.get(mail_id))

    @router.post(
        "/{mail_id}/send", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND, MAIL_NOT_PARKED)
    )
    async def send_mail(mail_id: MailId, caller: Admin, mails: MailsOfService) -> MailBody:
        """Send a parked mail again."""
        return MailBody.of(await mails.send_again(mail_id, caller))

    @router.post(
        "/{mail_id}/discard",
        responses=responses(*ADMIN_PROBLEMS, UNREADABLE, NOT_FOUND, MAIL_NOT_PARKED),
    )
    async def discard_mail(
        mail_id: MailId, body: DiscardRequest, caller: Admin, mails: MailsOfService
    ) -> MailBody:
        """Discard a parked mail. Its content is deleted."""
        return MailBody.of(await mails.discard(mail_id, caller, body.reason))

    return router
