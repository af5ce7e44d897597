"""Endpoints for admins: accounts and their roles."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from authentication import problems
from authentication.controllers.responses import responses
from authentication.dependencies import Administration
from authentication.schemas.accounts import (
    AccountsBody,
    ChangeRoleRequest,
    ListedAccountBody,
)
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, UNREADABLE
from shopkit.web.request_types import Cursor, FilterText, Limit

router = APIRouter(prefix="/api/users", tags=["admin"])

AccountId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits.")]


@router.get("", responses=responses(*ADMIN_PROBLEMS))
async def list_users(
    _caller: Admin,
    administration: Administration,
    email: Annotated[
        FilterText | None,
        Query(description="The beginning of the email address, or of its domain."),
    ] = None,
    limit: Annotated[Limit, Query()] = 20,
    cursor: Annotated[Cursor | None, Query()] = None,
) -> AccountsBody:
    """List accounts, ordered by email address."""
    page, next_cursor = await administration.page(limit=limit, cursor=cursor, beginning=email)
    bodies = [ListedAccountBody.of(account) for account in page]
    return AccountsBody(users=bodies, next_cursor=next_cursor)


@router.get("/{account_id}", responses=responses(*ADMIN_PROBLEMS, NOT_FOUND))
async def get_user(
    account_id: AccountId, _caller: Admin, administration: Administration
) -> ListedAccountBody:
    """Return an account."""
    return ListedAccountBody.of(await administration.get(account_id))


@router.patch(
    "/{account_id}",
    responses=responses(*ADMIN_PROBLEMS, UNREADABLE, NOT_FOUND, problems.LAST_ADMIN),
)
async def change_role(
    account_id: AccountId,
    body: ChangeRoleRequest,
    caller: Admin,
    administration: Administration,
) -> ListedAccountBody:
    """Change the role of an account, and revoke the account's access tokens."""
    account = await administration.change_role(account_id, body.role, actor=caller)
    return ListedAccountBody.of(account)
