"""Issues access tokens."""

import secrets
from datetime import datetime, timedelta

from authentication.models.account import Account
from authentication.services.keys import KeyRing

ISSUER = "authentication-ms"
AUDIENCE = "shop"


class AccessTokenIssuer:
    """Issues access tokens."""

    def __init__(self, keys: KeyRing, *, lifetime: timedelta) -> None:
        self._keys = keys
        self._lifetime = lifetime

    def issue(self, account: Account, *, session_id: str, iat: int, now: datetime) -> str:
        """Return a signed access token.

        Args:
            account: The owner, whose role is a claim.
            session_id: The log-in session.
            iat: The time of issue in Unix seconds. It may be a moment later than `now`.
            now: The current time, from which the token's lifetime counts.
        """
        return self._keys.sign(
            {
                "sub": str(account.id),
                "email": account.email,
                "role": account.role.value,
                "verified": account.verified,
                "iat": iat,
                "exp": int((now + self._lifetime).timestamp()),
                "jti": secrets.token_hex(16),
                "sid": session_id,
                "iss": ISSUER,
                "aud": AUDIENCE,
            }
        )
