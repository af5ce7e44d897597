"""Endpoints for orders-ms only. The gateway does not route to them."""

from fastapi import APIRouter, Depends

from authentication.dependencies import Administration
from shopkit.contract.internal import ORDERS, FindAccounts, FoundAccounts
from shopkit.web.identity import require_service

router = APIRouter(
    prefix="/internal", include_in_schema=False, dependencies=[Depends(require_service(ORDERS))]
)


@router.post("/accounts")
async def find_accounts(body: FindAccounts, administration: Administration) -> FoundAccounts:
    """Return the ids of accounts by their email addresses."""
    return FoundAccounts(accounts=await administration.find_ids(body.emails))
