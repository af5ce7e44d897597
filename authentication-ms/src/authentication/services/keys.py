"""The RSA keys: one signs access tokens, and all that verify them are published."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jose import jwt
from jose.backends.cryptography_backend import CryptographyRSAKey
from jose.constants import ALGORITHMS

from authentication.errors import UnusableKeyError
from authentication.settings import AuthenticationSettings

MIN_BITS = 2048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key in the terms of RFC 7517: its thumbprint, modulus and exponent."""

    kid: str
    n: str
    e: str

    @classmethod
    def of(cls, key: RSAPublicKey) -> Self:
        """Return the public key with its thumbprint, as RFC 7638 defines it."""
        numbers = key.public_numbers()
        n, e = _base64url(_to_bytes(numbers.n)), _base64url(_to_bytes(numbers.e))
        canonical = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
        return cls(kid=_base64url(hashlib.sha256(canonical.encode()).digest()), n=n, e=e)


class KeyRing:
    """Signs tokens with the current key, and knows all public keys."""

    def __init__(self, signing: RSAPrivateKey, previous: RSAPublicKey | None) -> None:
        self._signing = CryptographyRSAKey(signing, ALGORITHMS.RS256)
        current = PublicKey.of(signing.public_key())
        others = [PublicKey.of(previous)] if previous else []
        self.kid = current.kid
        self.public: Sequence[PublicKey] = [current, *(key for key in others if key != current)]

    @classmethod
    def of(cls, settings: AuthenticationSettings) -> Self:
        """Return the keys in the settings.

        Raises:
            UnusableKeyError: A key is not an RSA key of at least 2048 bits.
        """
        previous = settings.previous_key
        return cls.from_pem(
            settings.signing_key.get_secret_value(),
            previous.get_secret_value() if previous else None,
        )

    @classmethod
    def from_pem(cls, signing: str, previous: str | None) -> Self:
        """Return the keys of their PEM texts.

        Raises:
            UnusableKeyError: A key is not an RSA key of at least 2048 bits.
        """
        private = _load("SIGNING_KEY", signing)
        if not isinstance(private, RSAPrivateKey):
            raise UnusableKeyError("SIGNING_KEY", "it is a public key")
        old = _load("PREVIOUS_KEY", previous) if previous else None
        return cls(private, old.public_key() if isinstance(old, RSAPrivateKey) else old)

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a signed token."""
        return jwt.encode(claims, self._signing, ALGORITHMS.RS256, headers={"kid": self.kid})


def _load(setting: str, pem: str) -> RSAPrivateKey | RSAPublicKey:
    try:
        key = _parse(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnusableKeyError(setting, "it is not a PEM key without a passphrase") from error
    if not isinstance(key, RSAPrivateKey | RSAPublicKey) or key.key_size < MIN_BITS:
        raise UnusableKeyError(setting, f"it is not an RSA key of at least {MIN_BITS} bits")
    return key


def _parse(pem: bytes) -> Any:
    if b"PRIVATE KEY" in pem:
        return load_pem_private_key(pem, password=None)
    return load_pem_public_key(pem)


def _to_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
