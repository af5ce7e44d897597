"""Keys and proofs for tests, as the gateway and orders-ms sign them."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jose import jwt

from shopkit.identity import Identity, Role
from shopkit.proofs import ALGORITHM, GATEWAY, ProofVerifier, internal_audience, proof_header

SERVICES = ("authentication-ms", "products-ms", "orders-ms")
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class ProofKey:
    """A key pair in PEM."""

    private: str
    public: str

    @classmethod
    def generate(cls) -> Self:
        """Return a new key pair."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(private.decode(), public.decode())


GATEWAY_KEY = ProofKey.generate()
ORDERS_KEY = ProofKey.generate()


def verifier_of(service: str) -> ProofVerifier:
    """Return a verifier that knows the keys of the gateway and of orders-ms."""
    return ProofVerifier(service, {GATEWAY: GATEWAY_KEY.public, "orders-ms": ORDERS_KEY.public})


def sign(key: ProofKey, **claims: Any) -> dict[str, str]:
    """Return the header with a proof that has these claims. It is valid for a day."""
    expires_at = int(time.time()) + DAY_SECONDS
    claims = {"exp": expires_at, "token_exp": expires_at} | claims
    return dict([proof_header(jwt.encode(claims, key.private, ALGORITHM))])


def account_id_of(email: str) -> str:
    """Return the account id that the tests give to an email address, empty for none."""
    return hashlib.sha256(email.encode()).hexdigest()[:24] if email else ""


def identity_of(email: str, role: Role = Role.USER) -> Identity:
    """Return the caller that `caller_headers` proves."""
    return Identity(account_id=account_id_of(email), email=email, role=role)


def caller_headers(
    email: str,
    role: str = "user",
    *,
    account_id: str | None = None,
    session: str = "",
    address: str = "",
) -> dict[str, str]:
    """Return the header by which the gateway proves a caller to any service.

    Args:
        email: The caller's email address, empty for a visitor.
        role: The caller's role.
        account_id: The caller's account. By default the email address determines it.
        session: The caller's log-in session.
        address: The IP address of the client.
    """
    return sign(
        GATEWAY_KEY,
        iss=GATEWAY,
        aud=list(SERVICES),
        sub=account_id_of(email) if account_id is None else account_id,
        email=email,
        role=role,
        sid=session,
        address=address,
    )


def service_headers(issuer: str, service: str) -> dict[str, str]:
    """Return the header by which the gateway or orders-ms proves itself to a service."""
    key = {GATEWAY: GATEWAY_KEY, "orders-ms": ORDERS_KEY}[issuer]
    return sign(key, iss=issuer, aud=internal_audience(service))
