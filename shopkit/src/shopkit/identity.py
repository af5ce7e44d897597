"""The identity of a caller."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Role(StrEnum):
    """The role of a caller. A visitor is not signed in."""

    VISITOR = "visitor"
    USER = "user"
    ADMIN = "admin"


class Identity(BaseModel):
    """The caller of a request.

    Attributes:
        email: The caller's email address, empty for a visitor.
        role: The caller's role.
        session: The id of the caller's log-in session.
        client_address: The IP address of the client.
    """

    model_config = ConfigDict(frozen=True)

    email: str
    role: Role
    session: str = ""
    client_address: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether the caller is an admin."""
        return self.role is Role.ADMIN
