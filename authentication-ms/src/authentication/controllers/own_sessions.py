"""Endpoints for the caller's sessions."""

from typing import Annotated

from fastapi import APIRouter, Path

from authentication.controllers.responses import responses
from authentication.dependencies import Sessions
from authentication.schemas.accounts import SessionBody, SessionsBody
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import User
from shopkit.web.problems import NOT_FOUND, UNAUTHENTICATED

router = APIRouter(prefix="/api/me/sessions", tags=["auth"])

SessionId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="32 hex digits.")]


@router.get("", responses=responses(UNAUTHENTICATED, DATABASE_UNAVAILABLE))
async def list_sessions(caller: User, sessions: Sessions) -> SessionsBody:
    """List the caller's sessions, newest first."""
    own = await sessions.list_own(caller)
    return SessionsBody(sessions=[SessionBody.of(login, caller) for login in own])


@router.delete("", status_code=204, responses=responses(UNAUTHENTICATED, DATABASE_UNAVAILABLE))
async def end_sessions(caller: User, sessions: Sessions) -> None:
    """End all of the caller's sessions, the current one too."""
    await sessions.end_all_own(caller)


@router.delete(
    "/{session_id}",
    status_code=204,
    responses=responses(UNAUTHENTICATED, NOT_FOUND, DATABASE_UNAVAILABLE),
)
async def end_session(session_id: SessionId, caller: User, sessions: Sessions) -> None:
    """End one of the caller's sessions."""
    await sessions.end_own(caller, session_id)
