"""An account and its rules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from authentication.models.mail_link import MailLink


class AccountRole(StrEnum):
    """The role of an account's owner."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """An account.

    Access tokens contain the time of issue (the claim `iat`) in whole Unix seconds. The account
    stores two such times, so that a revocation concerns all earlier tokens and no later one.

    Attributes:
        id: The id in the database.
        email: The normalized email address, by which the account is found.
        shown_email: The email address as the owner typed it.
        role: The role.
        password_hash: The hash of the password.
        wrapped_sha256: Whether the hash is that of the password's SHA-256 digest. A migration
            creates such hashes for old accounts.
        newest_iat: The latest time of issue of all tokens of the account.
        least_iat: The earliest time of issue that is not revoked.
        created_at: When the account was created, None for old accounts.
        verified: Whether the owner has proved to receive mail at the email address.
        name: The owner's name, None if the owner has not entered one.
        locale: The language in which the owner uses the shop, None if it is not chosen.
    """

    id: Any
    email: str
    shown_email: str
    role: AccountRole
    password_hash: str
    wrapped_sha256: bool = False
    newest_iat: int = 0
    least_iat: int = 0
    created_at: datetime | None = None
    verified: bool = False
    name: str | None = None
    locale: str | None = None

    def next_iat(self, now: datetime) -> int:
        """Return the time of issue of a new token.

        In the second of a revocation it is a moment in the future, so that the new token is not
        revoked as well.
        """
        return max(int(now.timestamp()), self.least_iat)

    def revocation_iat(self, now: datetime) -> int:
        """Return a time of issue that is later than those of all tokens so far."""
        return max(int(now.timestamp()), self.newest_iat) + 1


@dataclass(frozen=True, slots=True)
class Profile:
    """What the owner of an account sees of it.

    Attributes:
        account: The account.
        email_change: The link that was sent to a new email address, None if none can be used.
    """

    account: Account
    email_change: MailLink | None


def leaves_no_admin(account: Account, new_role: AccountRole, *, has_other_admin: bool) -> bool:
    """Return whether a change of role would leave the shop without an admin.

    Args:
        account: The account before the change.
        new_role: Its new role.
        has_other_admin: Whether another account is an admin.
    """
    loses_admin = account.role is AccountRole.ADMIN and new_role is not AccountRole.ADMIN
    return loses_admin and not has_other_admin
