"""The links in mails, whose tokens prove that someone receives mail at an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from authentication.errors import LinkExpiredError, LinkUsedError


class LinkKind(StrEnum):
    """What a link confirms. The value is also the name of the mail's template."""

    EMAIL_VERIFICATION = "email-verification"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - the name of a kind.
    EMAIL_CHANGE = "email-change"
    EMAIL_CHANGE_UNDO = "email-change-undo"


LIFETIMES: Mapping[LinkKind, timedelta] = {
    LinkKind.EMAIL_VERIFICATION: timedelta(days=3),
    LinkKind.PASSWORD_RESET: timedelta(hours=1),
    LinkKind.EMAIL_CHANGE: timedelta(days=1),
    LinkKind.EMAIL_CHANGE_UNDO: timedelta(days=7),
}
PAGES: Mapping[LinkKind, str] = {
    LinkKind.EMAIL_VERIFICATION: "/verify-email",
    LinkKind.PASSWORD_RESET: "/reset-password",
    LinkKind.EMAIL_CHANGE: "/confirm-email-change",
    LinkKind.EMAIL_CHANGE_UNDO: "/undo-email-change",
}


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link that an account has requested. Its tokens are created when its mail is sent.

    Attributes:
        id: The id.
        kind: What the link confirms.
        account_id: The account.
        email: The address that the mail is sent to, as its owner typed it.
        created_at: When it was requested.
        expires_at: When it can no longer be used.
        closed_at: When it was used or replaced, None if it can be used.
    """

    id: str
    kind: LinkKind
    account_id: Any
    email: str
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None = None

    def require_usable(self, now: datetime) -> None:
        """Check that the link can be used.

        Raises:
            LinkUsedError: It was used or replaced.
            LinkExpiredError: It is too old.
        """
        if self.closed_at is not None:
            raise LinkUsedError(self.id)
        if self.expires_at <= now:
            raise LinkExpiredError(self.id)
