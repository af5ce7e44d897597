"""Access tokens: who sends a request.

On an endpoint for anyone a token that is bad, expired or revoked is ignored and the caller is a
visitor, as a page that refreshes a sign-in or shows products must not fail for a stale token. Where
a user is needed, the same token is refused.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from jose import JWTError, jwt
from pydantic import BaseModel, StringConstraints, ValidationError

from gateway.auth.keys import ALGORITHM, Keys
from gateway.auth.revocations import Revocations
from gateway.problems import InvalidTokenError
from shopkit.web.identity import EMAIL_HEADER, ROLE_HEADER, SESSION_HEADER
from shopkit.identity import Role

ISSUER = "authentication-ms"
AUDIENCE = "shop"
LEEWAY_SECONDS = 5
EXPIRES_HEADER = "X-Token-Expires"

_CACHED = 8192
_LONGEST_BYTES = 8192
_SCHEME = b"bearer "
_OPTIONS = {
    "leeway": LEEWAY_SECONDS,
    **{f"require_{claim}": True for claim in ("exp", "iat", "iss", "aud", "sub", "jti")},
}

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=320)]
"""Not empty, and fit for a header."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, as the services are told."""

    role: Role
    email: str = ""
    session: str = ""
    issued_at: float = 0.0
    expires_at: float = 0.0
    headers: tuple[tuple[str, str], ...] = ((ROLE_HEADER, Role.VISITOR),)


VISITOR = Caller(Role.VISITOR)


class _Claims(BaseModel):
    sub: Text
    email: Text
    role: Literal[Role.USER, Role.ADMIN]
    sid: Text
    iat: float
    exp: float

    def caller(self) -> Caller:
        return Caller(
            role=self.role,
            email=self.email,
            session=self.sid,
            issued_at=self.iat,
            expires_at=self.exp,
            headers=(
                (EMAIL_HEADER, self.email),
                (ROLE_HEADER, self.role.value),
                (SESSION_HEADER, self.sid),
                (EXPIRES_HEADER, f"{self.exp:.0f}"),
            ),
        )


class Tokens:
    """Verifies each token once; a verified one is remembered until it expires."""

    def __init__(
        self, keys: Keys, revocations: Revocations, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._clock = clock
        self._verified: dict[bytes, Caller] = {}
        self._generation = keys.generation

    def holds(self, caller: Caller) -> bool:
        """Whether a token that was good is so still."""
        return caller.expires_at + LEEWAY_SECONDS >= self._clock() and not (
            self._revocations.revoked(caller.email, caller.session, caller.issued_at)
        )

    def guess(self, authorization: bytes | None) -> Caller:
        """Return who sends a request to an endpoint for anyone, by the keys at hand.

        Args:
            authorization: The header's value; one that is no good makes a visitor.
        """
        try:
            token = _token(authorization)
            if token is None:
                return VISITOR
            caller = self._remembered(token)
            if caller is None:
                key = self._keys.get(_kid(token))
                caller = self._verify(token, key) if key else VISITOR
        except InvalidTokenError:
            return VISITOR
        return caller

    async def identify(self, authorization: bytes | None) -> Caller:
        """Return who sends a request.

        Args:
            authorization: The header's value.

        Raises:
            InvalidTokenError: A token was sent that is not to be trusted.
            NoKeyError: There is no key to verify it with.
        """
        token = _token(authorization)
        if token is None:
            return VISITOR
        caller = self._remembered(token)
        return caller or self._verify(token, await self._keys.find(_kid(token)))

    def _remembered(self, token: bytes) -> Caller | None:
        if self._generation != self._keys.generation:
            self._generation = self._keys.generation
            self._verified.clear()
        caller = self._verified.get(token)
        if caller and not self.holds(caller):
            del self._verified[token]
            raise InvalidTokenError
        return caller

    def _verify(self, token: bytes, key: Any) -> Caller:
        try:
            claims = jwt.decode(
                token.decode("ascii"),
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options=_OPTIONS,
            )
            caller = _Claims.model_validate(claims).caller()
        except (JWTError, ValidationError) as error:
            raise InvalidTokenError from error
        if not self.holds(caller):
            raise InvalidTokenError
        self._remember(token, caller)
        return caller

    def _remember(self, token: bytes, caller: Caller) -> None:
        if len(self._verified) >= _CACHED:
            del self._verified[next(iter(self._verified))]
        self._verified[token] = caller


def _token(authorization: bytes | None) -> bytes | None:
    """Return what is claimed to be a token, None where no token was sent."""
    if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return None
    token = authorization[len(_SCHEME) :].strip()
    if len(token) > _LONGEST_BYTES or not token.isascii():
        raise InvalidTokenError
    return token


def _kid(token: bytes) -> str:
    try:
        header = jwt.get_unverified_header(token.decode("ascii"))
    except JWTError as error:
        raise InvalidTokenError from error
    kid = header.get("kid")
    # Refused here, a forged header can't even make the gateway ask for a key.
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise InvalidTokenError
    return kid
