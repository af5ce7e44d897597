"""The caller of a request, from the headers that the gateway sets.

Services trust these headers because only the gateway can reach them. The dependencies are
coroutines although they do not wait: FastAPI runs other functions in a thread, which takes longer
than the functions themselves.
"""

from typing import Annotated

from fastapi import Depends, Request

from shopkit.identity import Identity, Role

EMAIL_HEADER = "X-User-Email"
ROLE_HEADER = "X-User-Role"
SESSION_HEADER = "X-User-Session"
CLIENT_HEADER = "X-Client-Address"


class AuthenticationRequiredError(Exception):
    """The request needs a signed-in user."""

    def __str__(self) -> str:
        """Return what to do."""
        return "Sign in first."


class AdminRequiredError(Exception):
    """The request needs an admin."""

    def __str__(self) -> str:
        """Return what is missing."""
        return "Only admins can do this."


async def get_caller(request: Request) -> Identity:
    """Return the caller. Without the gateway's headers, it is a visitor."""
    headers = request.headers
    role = headers.get(ROLE_HEADER, "visitor")
    return Identity(
        email=headers.get(EMAIL_HEADER, ""),
        role=Role(role) if role in set(Role) else Role.VISITOR,
        session=headers.get(SESSION_HEADER, ""),
        client_address=headers.get(CLIENT_HEADER, ""),
    )


async def require_user(caller: Annotated[Identity, Depends(get_caller)]) -> Identity:
    """Return the caller, who is signed in.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
    """
    if caller.role is Role.VISITOR or not caller.email:
        raise AuthenticationRequiredError
    return caller


async def require_admin(caller: Annotated[Identity, Depends(require_user)]) -> Identity:
    """Return the caller, who is an admin.

    Raises:
        AuthenticationRequiredError: The caller is a visitor.
        AdminRequiredError: The caller is not an admin.
    """
    if not caller.is_admin:
        raise AdminRequiredError
    return caller


Anyone = Annotated[Identity, Depends(get_caller)]
User = Annotated[Identity, Depends(require_user)]
Admin = Annotated[Identity, Depends(require_admin)]
