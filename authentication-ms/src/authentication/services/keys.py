"""The keys: one signs access tokens, and those that verify them are published."""

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

LEAST_BITS = 2048


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A published key, in the terms of RFC 7517: modulus and exponent, and its thumbprint."""

    kid: str
    n: str
    e: str


class KeyRing:
    """Signs with one key and knows which ones verify."""

    def __init__(self, signing: RSAPrivateKey, previous: RSAPublicKey | None) -> None:
        self._signing = CryptographyRSAKey(signing, ALGORITHMS.RS256)
        own = _published(signing.public_key())
        others = [_published(previous)] if previous else []
        self.kid = own.kid
        self.public: Sequence[PublicKey] = [own, *(key for key in others if key != own)]

    @classmethod
    def from_pem(cls, signing: str, previous: str | None) -> Self:
        """Return the ring of the keys in the settings.

        Raises:
            UnusableKeyError: One is no RSA key of 2,048 bits or more.
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
        raise UnusableKeyError(setting, "it is no key in PEM without a passphrase") from error
    if not isinstance(key, RSAPrivateKey | RSAPublicKey) or key.key_size < LEAST_BITS:
        raise UnusableKeyError(setting, f"it is no RSA key of {LEAST_BITS} bits or more")
    return key


def _parse(pem: bytes) -> Any:
    if b"PRIVATE KEY" in pem:
        return load_pem_private_key(pem, password=None)
    return load_pem_public_key(pem)


def _published(key: RSAPublicKey) -> PublicKey:
    numbers = key.public_numbers()
    n, e = _base64url(_octets(numbers.n)), _base64url(_octets(numbers.e))
    # RFC 7638: the required members only, in the order of their names, without blanks.
    canonical = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":"))
    return PublicKey(kid=_base64url(hashlib.sha256(canonical.encode()).digest()), n=n, e=e)


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
