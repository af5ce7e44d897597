"""Log-in, refresh and log-out."""

from fastapi import APIRouter, Request, Response

from authentication.controllers.responses import PASSWORD_PROBLEMS, answers
from authentication.cookies import Cookies
from authentication.dependencies import SessionCookies, SessionsService
from authentication.errors import RefreshRefusedError
from authentication.models.sessions import Grant
from authentication.problems import SESSION_ENDED, TOO_MANY_ATTEMPTS, WRONG_CREDENTIALS
from authentication.schemas import LoginRequest, RefreshRequest, TokensAnswer
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Anyone
from shopkit.web.problems import UNREADABLE

router = APIRouter(prefix="/api", tags=["auth"])

_TOKEN_HEADERS = ("Token-Type", "Set-Cookie", "Cache-Control")


@router.post(
    "/login",
    response_model_exclude_none=True,
    responses=answers(
        WRONG_CREDENTIALS, TOO_MANY_ATTEMPTS, *PASSWORD_PROBLEMS, on_200=_TOKEN_HEADERS
    ),
)
async def login(
    body: LoginRequest,
    response: Response,
    caller: Anyone,
    sessions: SessionsService,
    cookies: SessionCookies,
) -> TokensAnswer:
    """Sign in."""
    grant = await sessions.log_in(
        body.email, body.password, address=caller.client_address, by_cookie=body.cookie
    )
    return _hand_over(grant, response, cookies if body.cookie else None)


@router.post(
    "/refresh",
    response_model_exclude_none=True,
    responses=answers(
        UNREADABLE, SESSION_ENDED, DATABASE_UNAVAILABLE, on_200=_TOKEN_HEADERS, on_401=("Set-Cookie",)
    ),
)
async def refresh(
    request: Request,
    response: Response,
    sessions: SessionsService,
    cookies: SessionCookies,
    body: RefreshRequest | None = None,
) -> TokensAnswer:
    """Get new tokens for a refresh token, which is spent thereby."""
    if body and body.refresh_token is not None:
        grant = await sessions.refresh(body.refresh_token, by_cookie=False)
        return _hand_over(grant, response, None)
    with cookies.cleared_on_refusal():
        token = cookies.read(request)
        if token is None:
            raise RefreshRefusedError
        grant = await sessions.refresh(token, by_cookie=True)
    return _hand_over(grant, response, cookies)


@router.post(
    "/logout", status_code=204, responses=answers(UNREADABLE, DATABASE_UNAVAILABLE, on_204=("Set-Cookie",))
)
async def logout(
    request: Request,
    response: Response,
    sessions: SessionsService,
    cookies: SessionCookies,
    body: RefreshRequest | None = None,
) -> None:
    """End the session of a refresh token."""
    token = body.refresh_token if body and body.refresh_token else cookies.read(request)
    if token:
        await sessions.log_out(token)
    cookies.clear(response)


def _hand_over(grant: Grant, response: Response, cookies: Cookies | None) -> TokensAnswer:
    """Return the answer with the tokens, the refresh token in the cookie if there is one."""
    response.headers["Token-Type"] = "Bearer"
    response.headers["Cache-Control"] = "no-store"
    if cookies is None:
        return TokensAnswer(access_token=grant.access_token, refresh_token=grant.refresh_token)
    cookies.set(response, grant.refresh_token)
    return TokensAnswer(access_token=grant.access_token)
