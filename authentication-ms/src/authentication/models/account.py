"""An account, and the rules of it that need neither I/O nor a clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class AccountRole(StrEnum):
    """What the owner of an account may do."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    `wrapped_sha256` tells that the hash is of the password's SHA-256 digest, as the original kept
    it. Access tokens carry their time of issue in whole seconds: `newest_iat` is the highest ever
    given to this account, `least_iat` the lowest that is not revoked.
    """

    id: Any
    email: str
    role: AccountRole
    password_hash: str
    wrapped_sha256: bool = False
    newest_iat: int = 0
    least_iat: int = 0
    created_at: datetime | None = None

    def next_iat(self, now: datetime) -> int:
        """Return the time of issue, in Unix seconds, of a token made now.

        In the second of a revocation it lies a moment ahead, so that the token is not taken for
        one of those revoked.
        """
        return max(int(now.timestamp()), self.least_iat)

    def revoking_iat(self, now: datetime) -> int:
        """Return the time of issue, in Unix seconds, that all tokens made so far lie before."""
        return max(int(now.timestamp()), self.newest_iat) + 1


def leaves_no_admin(account: Account, role: AccountRole, admins: int) -> bool:
    """Whether giving the account this role leaves the shop without an admin.

    Args:
        account: The account as it is.
        role: Its new role.
        admins: How many admins there are.
    """
    demoted = account.role is AccountRole.ADMIN and role is not AccountRole.ADMIN
    return demoted and admins <= 1
