"""Access tokens: what they say of their owner."""

import secrets
from datetime import datetime, timedelta

from authentication.models.accounts import Account
from authentication.services.keys import KeyRing

ISSUER = "authentication-ms"
AUDIENCE = "shop"


class AccessTokens:
    """Makes access tokens."""

    def __init__(self, keys: KeyRing, *, life: timedelta) -> None:
        self._keys = keys
        self._life = life

    def make(self, account: Account, *, family: str, iat: int, now: datetime) -> str:
        """Return a signed access token.

        Args:
            account: Its owner, whose role is written into it.
            family: The session that it belongs to.
            iat: The time of issue in Unix seconds, which may lie a moment ahead of `now`.
            now: The time, from which it lives on.
        """
        return self._keys.sign(
            {
                "sub": str(account.id),
                "email": account.email,
                "role": account.role.value,
                "iat": iat,
                "exp": int((now + self._life).timestamp()),
                "jti": secrets.token_hex(16),
                "sid": family,
                "iss": ISSUER,
                "aud": AUDIENCE,
            }
        )
