"""What the gateway asks for: the keys that verify tokens, and the tokens to refuse."""

from dataclasses import asdict

from fastapi import APIRouter, Response

from authentication.controllers.responses import answers
from authentication.dependencies import Keys, RevocationsService
from authentication.schemas import JsonWebKey, JsonWebKeySet, RevocationList, RevocationRow

KEYS_KEPT_SECONDS = 60

router = APIRouter()


@router.get(
    "/api/.well-known/jwks.json", tags=["auth"], responses=answers(on_200=("Cache-Control",))
)
async def jwks(keys: Keys, response: Response) -> JsonWebKeySet:
    """Return the public keys that verify access tokens."""
    response.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    return JsonWebKeySet(keys=[JsonWebKey(kid=key.kid, n=key.n, e=key.e) for key in keys.public])


@router.get("/internal/revocations", include_in_schema=False)
async def revocations(service: RevocationsService) -> RevocationList:
    """Return which access tokens are to be refused before they expire."""
    current = await service.current()
    return RevocationList(revocations=[RevocationRow(**asdict(entry)) for entry in current])
