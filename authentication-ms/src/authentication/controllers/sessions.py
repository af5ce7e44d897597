"""Endpoints to log in, refresh tokens and log out."""

from fastapi import APIRouter, Request, Response

from authentication import problems
from authentication.controllers.responses import PASSWORD_PROBLEMS, responses
from authentication.cookies import Cookies
from authentication.dependencies import SessionCookies, Sessions
from authentication.errors import RefreshRefusedError
from authentication.models.device import device_of
from authentication.models.login_session import TokenPair
from authentication.schemas.accounts import LoginRequest, RefreshRequest, TokensBody
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Anyone
from shopkit.web.problems import UNREADABLE, render

router = APIRouter(prefix="/api", tags=["auth"])

_TOKEN_HEADERS = ["Token-Type", "Set-Cookie", "Cache-Control"]


@router.post(
    "/login",
    response_model_exclude_none=True,
    responses=responses(
        problems.WRONG_CREDENTIALS,
        problems.TOO_MANY_ATTEMPTS,
        *PASSWORD_PROBLEMS,
        headers={200: _TOKEN_HEADERS},
    ),
)
async def login(
    body: LoginRequest,
    request: Request,
    response: Response,
    caller: Anyone,
    sessions: Sessions,
    cookies: SessionCookies,
) -> TokensBody:
    """Sign in. If `cookie` is true, the refresh token is set as a cookie hidden from scripts."""
    tokens = await sessions.log_in(
        body.email,
        body.password,
        address=caller.client_address,
        device=device_of(request.headers.get("User-Agent", "")),
        by_cookie=body.cookie,
    )
    return _return_tokens(tokens, response, cookies if body.cookie else None)


@router.post(
    "/refresh",
    response_model=TokensBody,
    response_model_exclude_none=True,
    responses=responses(
        UNREADABLE,
        problems.SESSION_ENDED,
        problems.TOO_MANY_ATTEMPTS,
        DATABASE_UNAVAILABLE,
        headers={200: _TOKEN_HEADERS, 401: ["Set-Cookie"]},
    ),
)
async def refresh(
    request: Request,
    response: Response,
    caller: Anyone,
    sessions: Sessions,
    cookies: SessionCookies,
    body: RefreshRequest | None = None,
) -> TokensBody | Response:
    """Exchange a refresh token for new tokens. Without one in the body, the cookie is used."""
    if body and body.refresh_token is not None:
        tokens = await sessions.refresh(
            body.refresh_token, address=caller.client_address, by_cookie=False
        )
        return _return_tokens(tokens, response, None)
    token = cookies.read(request)
    try:
        if token is None:
            raise RefreshRefusedError
        tokens = await sessions.refresh(token, address=caller.client_address, by_cookie=True)
    except RefreshRefusedError as error:
        refusal = render(problems.SESSION_ENDED, str(error), instance=request.url.path)
        cookies.clear_marker(refusal)
        return refusal
    return _return_tokens(tokens, response, cookies)


@router.post(
    "/logout",
    status_code=204,
    responses=responses(UNREADABLE, DATABASE_UNAVAILABLE, headers={204: ["Set-Cookie"]}),
)
async def logout(
    request: Request,
    response: Response,
    sessions: Sessions,
    cookies: SessionCookies,
    body: RefreshRequest | None = None,
) -> None:
    """End the session of a refresh token. Without one in the body, the cookie is used."""
    token = body.refresh_token if body and body.refresh_token else cookies.read(request)
    if token:
        await sessions.log_out(token)
    cookies.clear(response)


def _return_tokens(tokens: TokenPair, response: Response, cookies: Cookies | None) -> TokensBody:
    """Return the body. The refresh token is set as a cookie if there are cookies."""
    response.headers["Token-Type"] = "Bearer"
    response.headers["Cache-Control"] = "no-store"
    if cookies is None:
        return TokensBody(access_token=tokens.access_token, refresh_token=tokens.refresh_token)
    cookies.set(response, tokens.refresh_token)
    return TokensBody(access_token=tokens.access_token)
