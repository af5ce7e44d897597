"""Endpoints for registration, and for the caller's own account."""

from fastapi import APIRouter

from authentication import problems
from authentication.controllers.responses import PASSWORD_PROBLEMS, responses
from authentication.dependencies import Accounts
from authentication.schemas.accounts import (
    ChangePasswordRequest,
    ProfileBody,
    ProfileRequest,
    RegisteredBody,
    RegisterRequest,
)
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Anyone, User
from shopkit.web.problems import UNAUTHENTICATED, UNREADABLE

router = APIRouter(prefix="/api", tags=["auth"])


@router.post(
    "/register",
    status_code=201,
    responses=responses(
        problems.REGISTRATION_REFUSED, problems.TOO_MANY_ATTEMPTS, *PASSWORD_PROBLEMS
    ),
)
async def register(body: RegisterRequest, caller: Anyone, accounts: Accounts) -> RegisteredBody:
    """Create an account."""
    account = await accounts.register(body.email, body.password, address=caller.client_address)
    return RegisteredBody.of(account, mail_sent=accounts.sends_mail)


@router.get("/me", responses=responses(UNAUTHENTICATED, DATABASE_UNAVAILABLE))
async def get_me(caller: User, accounts: Accounts) -> ProfileBody:
    """Return the caller's account."""
    return ProfileBody.of(await accounts.get_profile(caller.account_id))


@router.patch("/me", responses=responses(UNAUTHENTICATED, UNREADABLE, DATABASE_UNAVAILABLE))
async def change_me(body: ProfileRequest, caller: User, accounts: Accounts) -> ProfileBody:
    """Change the caller's name or locale."""
    return ProfileBody.of(await accounts.change_profile(caller.account_id, body.changes()))


@router.post(
    "/me/password",
    status_code=204,
    responses=responses(UNAUTHENTICATED, problems.TOO_MANY_ATTEMPTS, *PASSWORD_PROBLEMS),
)
async def change_password(body: ChangePasswordRequest, caller: User, accounts: Accounts) -> None:
    """Change the caller's password, and end the caller's other sessions."""
    await accounts.change_password(caller, body.current, body.new)
