"""Proofs of who calls a service: short-lived signed tokens for one audience.

The gateway proves the caller of each request that it forwards. A service that calls an internal
endpoint of another service proves itself. Both have a private key, and the services that they call
know the public keys. Two keys of an issuer may be known at the same time, so that keys can be
rotated. See docs/decisions/0028.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jose import JWTError, jwk, jwt
from jose.backends.base import Key
from pydantic import AfterValidator, BaseModel, SecretStr, ValidationError

from shopkit.clock import Clock
from shopkit.identity import Identity, Role

ALGORITHM = "ES256"
LIFETIME = timedelta(minutes=5)
RENEWAL = timedelta(minutes=2)
"""How long before its expiry a proof is replaced by a new one."""
CACHE_SIZE = 8192

HEADER = "Authorization"
SCHEME = "Bearer "
"""The proof follows it in the header."""

GATEWAY = "gateway-ms"
"""The only issuer of proofs of callers."""

_PUBLIC_KEY = re.compile("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
# The library would use the clock of this machine only.
_OPTIONS = {"verify_exp": False}

V = TypeVar("V")
Seconds = Callable[[], float]
"""Returns the time in Unix seconds."""


def _require_private_key(pem: SecretStr) -> SecretStr:
    _private_key(pem.get_secret_value())
    return pem


def _require_public_keys(text: str) -> str:
    _public_keys(text)
    return text


def _private_key(pem: str) -> Key:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("must be a private EC key")  # noqa: TRY004 - pydantic expects this type.
    return jwk.construct(pem, ALGORITHM)


def _public_keys(text: str) -> Sequence[Key]:
    pems = _PUBLIC_KEY.findall(text)
    keys = [load_pem_public_key(pem.encode()) for pem in pems]
    if not keys or not all(isinstance(key, EllipticCurvePublicKey) for key in keys):
        raise ValueError("must be public EC keys")
    return [jwk.construct(pem, ALGORITHM) for pem in pems]


PrivateKey = Annotated[SecretStr, AfterValidator(_require_private_key)]
"""The private EC key in PEM with which a service signs its proofs."""

PublicKeys = Annotated[str, AfterValidator(_require_public_keys)]
"""The public EC keys of an issuer in PEM, one after another."""


class InvalidProofError(Exception):
    """The request does not prove who sent it, or its proof is for something else."""

    def __str__(self) -> str:
        """Return what is wrong. The message does not say which check failed."""
        return "The request does not prove who sent it."


class _Claims(BaseModel):
    exp: float
    sub: str = ""
    email: str = ""
    role: Role = Role.VISITOR
    sid: str = ""
    address: str = ""
    token_exp: float = 0.0

    def to_identity(self) -> Identity:
        return Identity(
            account_id=self.sub,
            email=self.email,
            role=self.role,
            session=self.sid,
            client_address=self.address,
            expires_at=self.token_exp,
        )


class _Cache(Generic[V]):
    """Remembers a limited number of values until they expire. The oldest one is dropped first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: dict[Any, tuple[V, float]] = {}

    def get(self, key: Any) -> tuple[V, float] | None:
        return self._values.get(key)

    def add(self, key: Any, value: V, until: float) -> None:
        self._values.pop(key, None)
        if len(self._values) >= self._size:
            del self._values[next(iter(self._values))]
        self._values[key] = (value, until)

    def remove(self, key: Any) -> None:
        self._values.pop(key, None)


class ProofSigner:
    """Signs proofs. A proof is used again until it is about to expire.

    Args:
        issuer: The name of this service.
        private_key: Its private key.
        clock: The time.
        cache_size: The maximum number of proofs to keep.
    """

    def __init__(
        self,
        issuer: str,
        private_key: str,
        *,
        clock: Seconds = time.time,
        cache_size: int = CACHE_SIZE,
    ) -> None:
        self._issuer = issuer
        self._key = _private_key(private_key)
        self._clock = clock
        self._cache: _Cache[str] = _Cache(cache_size)

    def prove_caller(self, caller: Identity, service: str) -> str:
        """Return a proof for a service of who calls it through the gateway."""
        return self._prove(caller, service)

    def prove_service(self, service: str) -> str:
        """Return a proof for the internal endpoints of a service that this service calls them."""
        return self._prove(None, internal_audience(service))

    def _prove(self, caller: Identity | None, audience: str) -> str:
        now = self._clock()
        key = (caller, audience)
        cached = self._cache.get(key)
        if cached and now < cached[1]:
            return cached[0]
        expires_at = now + LIFETIME.total_seconds()
        claims: dict[str, Any] = {"iss": self._issuer, "aud": audience, "exp": int(expires_at)}
        if caller:
            claims |= _caller_claims(caller)
        proof: str = jwt.encode(claims, self._key, ALGORITHM)
        self._cache.add(key, proof, expires_at - RENEWAL.total_seconds())
        return proof


class ProofVerifier:
    """Verifies proofs. A verified proof is cached until it expires.

    Args:
        service: The name of this service.
        public_keys: The public keys of each issuer.
        seconds: The clock of this machine.
        cache_size: The maximum number of proofs to keep.
    """

    def __init__(
        self,
        service: str,
        public_keys: Mapping[str, str],
        *,
        seconds: Seconds = time.time,
        cache_size: int = CACHE_SIZE,
    ) -> None:
        self._service = service
        self._keys = {issuer: _public_keys(text) for issuer, text in public_keys.items()}
        self._seconds = seconds
        self._callers: _Cache[Identity] = _Cache(cache_size)
        self._services: _Cache[str] = _Cache(cache_size)

    def verify_caller(self, proof: str, clock: Clock) -> Identity:
        """Return the caller that the gateway proves.

        Args:
            proof: The proof.
            clock: The clock of the database.

        Raises:
            InvalidProofError: The gateway did not issue the proof for this service, or it expired.
        """
        cached = self._callers.get(proof)
        if cached:
            identity, expires_at = cached
            if self._is_expired(expires_at, clock):
                self._callers.remove(proof)
                raise InvalidProofError
            return identity
        claims = self._verify(proof, GATEWAY, self._service, clock)
        identity = claims.to_identity()
        self._callers.add(proof, identity, claims.exp)
        return identity

    def verify_service(self, proof: str, issuer: str, clock: Clock) -> None:
        """Check that a service may call the internal endpoints of this one.

        Args:
            proof: The proof.
            issuer: The service that may call.
            clock: The clock of the database.

        Raises:
            InvalidProofError: The service did not issue the proof for this purpose, or it expired.
        """
        cached = self._services.get(proof)
        if cached and cached[0] == issuer and not self._is_expired(cached[1], clock):
            return
        claims = self._verify(proof, issuer, internal_audience(self._service), clock)
        self._services.add(proof, issuer, claims.exp)

    def _verify(self, proof: str, issuer: str, audience: str, clock: Clock) -> _Claims:
        try:
            decoded = jwt.decode(
                proof,
                self._keys.get(issuer, ()),  # type: ignore[arg-type]
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=issuer,
                options=_OPTIONS,
            )
            # Without the claim, the library checks no audience.
            if "aud" not in decoded:
                raise InvalidProofError
            claims = _Claims.model_validate(decoded)
        except (JWTError, ValidationError) as error:
            raise InvalidProofError from error
        if self._is_expired(claims.exp, clock):
            raise InvalidProofError
        return claims

    def _is_expired(self, expires_at: float, clock: Clock) -> bool:
        # The clock of this machine or that of the database may be wrong. See docs/decisions/0016.
        return expires_at <= self._seconds() and expires_at <= clock().timestamp()


def proof_header(proof: str) -> tuple[str, str]:
    """Return the header with a proof."""
    return HEADER, SCHEME + proof


def internal_audience(service: str) -> str:
    """Return the audience of the internal endpoints of a service.

    It differs from that of its other endpoints, so that no proof of a caller is valid there.
    """
    return f"{service}/internal"


def _caller_claims(caller: Identity) -> dict[str, Any]:
    claims = {
        "sub": caller.account_id,
        "email": caller.email,
        "role": caller.role.value,
        "sid": caller.session,
        "address": caller.client_address,
        "token_exp": caller.expires_at,
    }
    return {name: value for name, value in claims.items() if value}
