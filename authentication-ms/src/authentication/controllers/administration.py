"""Accounts, for admins."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from authentication.controllers.responses import answers
from authentication.dependencies import AdministrationService
from authentication.problems import LAST_ADMIN
from authentication.schemas import (
    AccountAnswer,
    AccountList,
    ListedAccount,
    RoleChangeRequest,
    TypedEmail,
)
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin
from shopkit.web.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, UNREADABLE

router = APIRouter(prefix="/api", tags=["admin"])

_ADMIN_PROBLEMS = (UNAUTHENTICATED, FORBIDDEN, DATABASE_UNAVAILABLE)


@router.get("/users", responses=answers(*_ADMIN_PROBLEMS))
async def users(
    _caller: Admin,
    administration: AdministrationService,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> AccountList:
    """List the accounts in the order of their e-mails."""
    page = await administration.list(limit=limit, cursor=cursor)
    rows = [
        ListedAccount(email=account.email, role=account.role, created_at=account.created_at)
        for account in page.accounts
    ]
    return AccountList(users=rows, next_cursor=page.next_cursor)


@router.patch(
    "/users/{email:path}", responses=answers(*_ADMIN_PROBLEMS, UNREADABLE, NOT_FOUND, LAST_ADMIN)
)
async def change_role(
    email: Annotated[TypedEmail, Path()],
    body: RoleChangeRequest,
    caller: Admin,
    administration: AdministrationService,
) -> AccountAnswer:
    """Change someone's role."""
    account = await administration.change_role(email, body.role, actor=caller.email)
    return AccountAnswer(email=account.email, role=account.role)
