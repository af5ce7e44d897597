"""Identifies the caller of a request by the access token.

If anyone may use a route, a token that is invalid, expired or revoked is ignored, and the caller is
a visitor. Otherwise a page with an old token could not show products or refresh the token. If the
route requires a user, the same token is refused.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from jose import JWTError, jwt
from pydantic import BaseModel, StringConstraints, ValidationError

from gateway.auth.keys import ALGORITHM, KeyStore
from gateway.auth.revocations import RevocationList
from gateway.errors import InvalidTokenError
from shopkit.identity import Identity, Role

ISSUER = "authentication-ms"
AUDIENCE = "shop"
LEEWAY_SECONDS = 5

CACHE_SIZE = 8192
_MAX_BYTES = 8192
_SCHEME = b"bearer "
_OPTIONS = {
    "leeway": LEEWAY_SECONDS,
    **{f"require_{claim}": True for claim in ("exp", "iat", "iss", "aud", "sub", "jti")},
}

AccountId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{24}$")]

HeaderText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=320)]
"""Text that is not empty and can be sent as a header."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a request.

    Attributes:
        legacy_headers: The headers that identify the caller to replicas of the previous release.
    """

    role: Role
    account_id: str = ""
    email: str = ""
    session: str = ""
    issued_at: float = 0.0
    expires_at: float = 0.0
    legacy_headers: tuple[tuple[str, str], ...] = (("X-User-Role", Role.VISITOR),)

    def identity_at(self, address: str) -> Identity:
        """Return the caller at an IP address, as services know it."""
        return Identity(
            account_id=self.account_id,
            email=self.email,
            role=self.role,
            session=self.session,
            client_address=address,
            expires_at=self.expires_at,
        )


VISITOR = Caller(Role.VISITOR)


class _Claims(BaseModel):
    sub: AccountId
    email: HeaderText
    role: Literal[Role.USER, Role.ADMIN]
    sid: HeaderText
    iat: float
    exp: float

    def to_caller(self) -> Caller:
        return Caller(
            role=self.role,
            account_id=self.sub,
            email=self.email,
            session=self.sid,
            issued_at=self.iat,
            expires_at=self.exp,
            legacy_headers=(
                ("X-User-Email", self.email),
                ("X-User-Role", self.role.value),
                ("X-User-Session", self.sid),
                ("X-Token-Expires", f"{self.exp:.0f}"),
            ),
        )


class TokenVerifier:
    """Verifies access tokens. A verified token is cached until it expires.

    Args:
        keys: The keys.
        revocations: The revocations.
        clock: Returns the time in Unix seconds.
        cache_size: The maximum number of cached tokens.
    """

    def __init__(
        self,
        keys: KeyStore,
        revocations: RevocationList,
        *,
        clock: Callable[[], float] = time.time,
        cache_size: int = CACHE_SIZE,
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._clock = clock
        self._cache_size = cache_size
        self._cache: dict[bytes, Caller] = {}
        self._generation = keys.generation

    def is_valid(self, caller: Caller) -> bool:
        """Return whether the token of a verified caller is neither expired nor revoked."""
        return caller.expires_at + LEEWAY_SECONDS >= self._clock() and not (
            self._revocations.is_revoked(
                caller.account_id, caller.email, caller.session, caller.issued_at
            )
        )

    def may_continue(self, caller: Caller) -> bool:
        """Return whether the stream of a caller may continue."""
        return self._revocations.is_current and self.is_valid(caller)

    def identify_or_visitor(self, authorization: bytes | None) -> Caller:
        """Return the caller, who is a visitor if the token cannot be trusted. Fetches no keys.

        Args:
            authorization: The header `Authorization`.
        """
        try:
            token = _bearer_token(authorization)
            if token is None or not self._revocations.is_current:
                return VISITOR
            caller = self._cached(token)
            if caller is None:
                key = self._keys.get(_key_id(token))
                caller = self.verify(token, key) if key else VISITOR
        except InvalidTokenError:
            return VISITOR
        return caller

    async def identify(self, authorization: bytes | None) -> Caller:
        """Return the caller, who is a visitor if there is no token.

        Args:
            authorization: The header `Authorization`.

        Raises:
            InvalidTokenError: The token cannot be trusted.
            KeysUnavailableError: The token's key cannot be fetched.
            RevocationsUnavailableError: The token may be revoked.
        """
        token = _bearer_token(authorization)
        if token is None:
            return VISITOR
        caller = self._cached(token)
        if caller is None:
            caller = self.verify(token, await self._keys.find(_key_id(token)))
        self._revocations.require_current()
        return caller

    def verify(self, token: bytes, key: Any) -> Caller:
        """Return the caller of a token, and cache it.

        Args:
            token: The token.
            key: The key that must have signed it.

        Raises:
            InvalidTokenError: The token cannot be trusted.
        """
        try:
            claims = jwt.decode(
                token.decode("ascii"),
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options=_OPTIONS,
            )
            caller = _Claims.model_validate(claims).to_caller()
        except (JWTError, ValidationError) as error:
            raise InvalidTokenError from error
        if not self.is_valid(caller):
            raise InvalidTokenError
        if len(self._cache) >= self._cache_size:
            del self._cache[next(iter(self._cache))]
        self._cache[token] = caller
        return caller

    def _cached(self, token: bytes) -> Caller | None:
        if self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._cache.clear()
        caller = self._cache.get(token)
        if caller and not self.is_valid(caller):
            del self._cache[token]
            raise InvalidTokenError
        return caller


def _bearer_token(authorization: bytes | None) -> bytes | None:
    """Return the token, or None if the header has none."""
    if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return None
    token = authorization[len(_SCHEME) :].strip()
    if len(token) > _MAX_BYTES or not token.isascii():
        raise InvalidTokenError
    return token


def _key_id(token: bytes) -> str:
    try:
        header = jwt.get_unverified_header(token.decode("ascii"))
    except JWTError as error:
        raise InvalidTokenError from error
    kid = header.get("kid")
    # Checked before the key is looked up, so that such a token does not cause a fetch.
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise InvalidTokenError
    return kid
