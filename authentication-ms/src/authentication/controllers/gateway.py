"""Endpoints for the gateway: the keys that verify access tokens, and the revocations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from authentication.controllers.responses import responses
from authentication.dependencies import Keys, Revocations
from authentication.schemas.accounts import (
    JsonWebKey,
    JsonWebKeySet,
    RevocationBody,
    RevocationsBody,
)
from shopkit.proofs import GATEWAY
from shopkit.web.identity import require_service
from shopkit.web.request_types import Cursor

KEYS_MAX_AGE_SECONDS = 60

router = APIRouter()


@router.get(
    "/api/.well-known/jwks.json",
    tags=["auth"],
    responses=responses(headers={200: ["Cache-Control"]}),
)
async def get_keys(keys: Keys, response: Response) -> JsonWebKeySet:
    """Return the public keys that verify access tokens."""
    response.headers["Cache-Control"] = f"public, max-age={KEYS_MAX_AGE_SECONDS}"
    return JsonWebKeySet(keys=[JsonWebKey.of(key) for key in keys.public])


@router.get(
    "/internal/revocations",
    include_in_schema=False,
    dependencies=[Depends(require_service(GATEWAY))],
)
async def list_revocations(
    revocations: Revocations, cursor: Annotated[Cursor | None, Query()] = None
) -> RevocationsBody:
    """List the access tokens that are revoked but have not expired, page by page."""
    page, next_cursor = await revocations.page(cursor)
    bodies = [RevocationBody.of(revocation) for revocation in page]
    return RevocationsBody(revocations=bodies, next_cursor=next_cursor)
