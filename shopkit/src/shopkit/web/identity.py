"""Who asks, as the gateway says; services trust these headers on their private network only.

The dependencies are coroutines though they wait for nothing: FastAPI sends others to a thread each
time, which costs more than all that they do.
"""

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

EMAIL_HEADER = "X-User-Email"
ROLE_HEADER = "X-User-Role"
SESSION_HEADER = "X-User-Session"
CLIENT_HEADER = "X-Client-Address"


class Role(StrEnum):
    """What a caller may do; a visitor has not signed in."""

    VISITOR = "visitor"
    USER = "user"
    ADMIN = "admin"


class AuthenticationRequiredError(Exception):
    """This needs a signed-in user."""

    def __str__(self) -> str:
        """Say what to do."""
        return "Please sign in first."


class AdminRequiredError(Exception):
    """This needs an admin."""

    def __str__(self) -> str:
        """Say what is missing."""
        return "Only an admin may do this."


class Identity(BaseModel):
    """The caller."""

    model_config = ConfigDict(frozen=True)

    email: str
    role: Role
    session: str = ""
    client_address: str = ""

    @property
    def admin(self) -> bool:
        """Whether the caller is an admin."""
        return self.role is Role.ADMIN


async def anyone(request: Request) -> Identity:
    """Return the caller, a visitor where the gateway names none."""
    headers = request.headers
    role = headers.get(ROLE_HEADER, "visitor")
    return Identity(
        email=headers.get(EMAIL_HEADER, ""),
        role=Role(role) if role in set(Role) else Role.VISITOR,
        session=headers.get(SESSION_HEADER, ""),
        client_address=headers.get(CLIENT_HEADER, ""),
    )


async def signed_in(caller: Annotated[Identity, Depends(anyone)]) -> Identity:
    """Return the caller, who is signed in.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
    """
    if caller.role is Role.VISITOR or not caller.email:
        raise AuthenticationRequiredError
    return caller


async def admin(caller: Annotated[Identity, Depends(signed_in)]) -> Identity:
    """Return the caller, who is an admin.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
        AdminRequiredError: The caller is no admin.
    """
    if not caller.admin:
        raise AdminRequiredError
    return caller


Anyone = Annotated[Identity, Depends(anyone)]
User = Annotated[Identity, Depends(signed_in)]
Admin = Annotated[Identity, Depends(admin)]
