"""Endpoints that mails lead to: verify an address, reset a password, change an address."""

from fastapi import APIRouter, Response

from authentication import problems
from authentication.controllers.responses import PASSWORD_PROBLEMS, responses
from authentication.dependencies import EmailChanges, EmailVerifications, PasswordResets
from authentication.schemas.accounts import (
    EmailChangeRequest,
    NewPasswordRequest,
    PasswordResetRequest,
    TokenRequest,
)
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Anyone, User
from shopkit.web.problems import UNAUTHENTICATED, UNREADABLE

router = APIRouter(prefix="/api", tags=["auth"])

_LINK_PROBLEMS = (problems.LINK_UNKNOWN, problems.LINK_USED, problems.LINK_EXPIRED)


@router.post(
    "/email-verifications",
    status_code=204,
    responses=responses(
        UNAUTHENTICATED, problems.TOO_MANY_ATTEMPTS, problems.MAIL_OFF, DATABASE_UNAVAILABLE
    ),
)
async def send_verification(caller: User, verifications: EmailVerifications) -> None:
    """Send the link that verifies the caller's email address again."""
    await verifications.request(caller)


@router.post(
    "/email-verifications/confirm",
    status_code=204,
    responses=responses(
        UNAUTHENTICATED,
        UNREADABLE,
        problems.LINK_FOREIGN,
        *_LINK_PROBLEMS,
        DATABASE_UNAVAILABLE,
    ),
)
async def verify_email(body: TokenRequest, caller: User, verifications: EmailVerifications) -> None:
    """Verify the caller's email address with the token of a mail."""
    await verifications.confirm(caller, body.token)


@router.post(
    "/password-resets",
    status_code=202,
    response_class=Response,
    responses=responses(UNREADABLE, problems.MAIL_OFF, DATABASE_UNAVAILABLE),
)
async def request_password_reset(body: PasswordResetRequest, resets: PasswordResets) -> Response:
    """Send a link to reset a password, if an account has the email address."""
    await resets.request(body.email)
    return Response(status_code=202)


@router.post(
    "/password-resets/confirm",
    status_code=204,
    responses=responses(*_LINK_PROBLEMS, *PASSWORD_PROBLEMS),
)
async def reset_password(body: NewPasswordRequest, caller: Anyone, resets: PasswordResets) -> None:
    """Replace a password with the token of a mail, and end all sessions of the account."""
    await resets.confirm(body.token, body.password, address=caller.client_address)


@router.post(
    "/me/email",
    status_code=202,
    response_class=Response,
    responses=responses(
        UNAUTHENTICATED, problems.TOO_MANY_ATTEMPTS, problems.MAIL_OFF, *PASSWORD_PROBLEMS
    ),
)
async def request_email_change(
    body: EmailChangeRequest, caller: User, changes: EmailChanges
) -> Response:
    """Send a link to a new email address of the caller, which confirms the change."""
    await changes.request(caller, body.email, body.password)
    return Response(status_code=202)


@router.post(
    "/email-changes/confirm",
    status_code=204,
    responses=responses(UNREADABLE, *_LINK_PROBLEMS, problems.EMAIL_IN_USE, DATABASE_UNAVAILABLE),
)
async def confirm_email_change(body: TokenRequest, changes: EmailChanges) -> None:
    """Change an email address with the token of the mail to the new address."""
    await changes.confirm(body.token)


@router.post(
    "/email-changes/undo",
    status_code=204,
    responses=responses(*_LINK_PROBLEMS, problems.EMAIL_IN_USE, *PASSWORD_PROBLEMS),
)
async def undo_email_change(body: TokenRequest, changes: EmailChanges) -> None:
    """Undo a change with the token of the mail to the old address, and end all sessions.

    The owner gets a link to choose a new password.
    """
    await changes.undo(body.token)
