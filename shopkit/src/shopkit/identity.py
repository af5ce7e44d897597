"""The identity of a caller."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The role of a caller. A visitor is not signed in."""

    VISITOR = "visitor"
    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller of a request.

    Attributes:
        account_id: The id of the caller's account, 24 hex digits. It is empty for a visitor.
        email: The email address of the account when the caller signed in. It says whom to show,
            not who the caller is.
        role: The caller's role.
        session: The id of the caller's log-in session.
        client_address: The IP address of the client.
        expires_at: When the caller's access token expires, in Unix seconds. 0 for a visitor.
    """

    account_id: str = ""
    email: str = ""
    role: Role = Role.VISITOR
    session: str = ""
    client_address: str = ""
    expires_at: float = 0.0

    @property
    def is_admin(self) -> bool:
        """Whether the caller is an admin."""
        return self.role is Role.ADMIN
