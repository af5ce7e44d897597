"""The identity of a caller. Its account id says who it is, and its email address how to show it."""

import re
from dataclasses import dataclass
from enum import StrEnum

_ACCOUNT_ID = re.compile("[0-9a-f]{24}")


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


Actor = Identity | str
"""Who makes a change: a caller, or a command by its name."""


def name_of(actor: Actor) -> str:
    """Return the email address of a caller, or the name of a command."""
    return actor if isinstance(actor, str) else actor.email


def account_of(actor: Actor) -> str | None:
    """Return the account id of a caller, or None for a command."""
    return None if isinstance(actor, str) else actor.account_id


def is_account_id(text: str) -> bool:
    """Return whether a text is an account id, and not an email address."""
    return _ACCOUNT_ID.fullmatch(text) is not None


def misread(email: str) -> str:
    """Return an email address as earlier releases stored it in orders and keys.

    They received it in a header as UTF-8 and read it as Latin-1. ASCII is the same in both. The
    result is different for different addresses.
    """
    return email.encode().decode("latin-1")


def correct_misread(email: str) -> str:
    """Return the email address that `misread` made this text of, or the text if there is none."""
    try:
        return email.encode("latin-1").decode()
    except UnicodeError:
        return email
