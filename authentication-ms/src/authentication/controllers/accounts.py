"""Registration, one's own account and one's password."""

from fastapi import APIRouter

from authentication.controllers.responses import PASSWORD_PROBLEMS, answers
from authentication.dependencies import AccountsService
from authentication.problems import REGISTRATION_REFUSED, TOO_MANY_ATTEMPTS
from authentication.schemas import AccountAnswer, PasswordChangeRequest, RegisterRequest
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Anyone, User
from shopkit.web.problems import UNAUTHENTICATED

router = APIRouter(prefix="/api", tags=["auth"])


@router.post(
    "/register",
    status_code=201,
    responses=answers(REGISTRATION_REFUSED, TOO_MANY_ATTEMPTS, *PASSWORD_PROBLEMS),
)
async def register(
    body: RegisterRequest, caller: Anyone, accounts: AccountsService
) -> AccountAnswer:
    """Make an account."""
    account = await accounts.register(body.email, body.password, address=caller.client_address)
    return AccountAnswer(email=account.email, role=account.role)


@router.get("/me", responses=answers(UNAUTHENTICATED, DATABASE_UNAVAILABLE))
async def me(caller: User, accounts: AccountsService) -> AccountAnswer:
    """Return the caller's account."""
    account = await accounts.get(caller.email)
    return AccountAnswer(email=account.email, role=account.role)


@router.post(
    "/me/password",
    status_code=204,
    responses=answers(UNAUTHENTICATED, TOO_MANY_ATTEMPTS, *PASSWORD_PROBLEMS),
)
async def change_password(
    body: PasswordChangeRequest, caller: User, accounts: AccountsService
) -> None:
    """Change the caller's password and end every other session of theirs."""
    await accounts.change_password(
        caller.email,
        body.current,
        body.new,
        kept_session=caller.session or None,
        address=caller.client_address,
    )
