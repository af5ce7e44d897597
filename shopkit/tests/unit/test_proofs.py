from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jose import jwt
from jose.utils import base64url_encode
from pydantic import BaseModel, ValidationError

from shopkit.identity import Identity, Role
from shopkit.proofs import InvalidProofError, PrivateKey, ProofSigner, ProofVerifier, PublicKeys
from shopkit.testing import FakeClock
from shopkit.testing.proofs import ProofKey

NOW = datetime(2030, 1, 1, tzinfo=UTC)
GATEWAY, ORDERS, OTHER = ProofKey.generate(), ProofKey.generate(), ProofKey.generate()
ANN = Identity(
    account_id="5" * 24,
    email="müller+😀@例え.テスト",
    role=Role.ADMIN,
    session="session-1",
    client_address="2001:db8::1",
    expires_at=1_893_456_600.0,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


class Keys(BaseModel):
    private: PrivateKey | None = None
    public: PublicKeys | None = None


def signer(clock: FakeClock, key: ProofKey = GATEWAY, issuer: str = "gateway-ms") -> ProofSigner:
    return ProofSigner(issuer, key.private, clock=lambda: clock().timestamp())


def verifier(
    clock: FakeClock, gateway: str = GATEWAY.public, service: str = "orders-ms", **options: int
) -> ProofVerifier:
    return ProofVerifier(
        service,
        {"gateway-ms": gateway, "orders-ms": ORDERS.public},
        seconds=lambda: clock().timestamp(),
        **options,
    )


def forge(key: ProofKey = GATEWAY, **changes: Any) -> str:
    claims = {
        "iss": "gateway-ms",
        "aud": "orders-ms",
        "exp": int(NOW.timestamp()) + 60,
        "sub": "5" * 24,
        "role": "admin",
    } | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key.private, "ES256")


class TestCallers:
    def test_verifies_a_caller_with_any_characters(self, clock: FakeClock) -> None:
        proof = signer(clock).prove_caller(ANN, "orders-ms")
        assert proof.isascii()
        assert verifier(clock).verify_caller(proof, clock) == ANN

    def test_verifies_a_visitor_with_an_address(self, clock: FakeClock) -> None:
        visitor = Identity(client_address="192.0.2.1")
        proof = signer(clock).prove_caller(visitor, "orders-ms")
        assert verifier(clock).verify_caller(proof, clock) == visitor

    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "products-ms"},
            {"aud": "orders-ms/internal"},
            {"aud": None},
            {"iss": "orders-ms"},
            {"iss": "authentication-ms"},
            {"iss": None},
            {"exp": None},
            {"exp": int(NOW.timestamp())},
            {"exp": "tomorrow"},
            {"role": "root"},
            {"sub": 5},
            {"key": OTHER},
            {"key": ORDERS},
            {"key": ORDERS, "iss": "orders-ms"},
        ],
    )
    def test_refuses_a_proof_for_something_else(
        self, clock: FakeClock, changes: dict[str, Any]
    ) -> None:
        valid = forge()
        assert verifier(clock).verify_caller(valid, clock).is_admin
        with pytest.raises(InvalidProofError, match=r"^The request does not prove who sent it\.$"):
            verifier(clock).verify_caller(forge(**changes), clock)

    @pytest.mark.parametrize(
        "proof",
        [
            "",
            "x",
            "a.b.c",
            "é.ü.ß",
            base64url_encode(b'{"alg": "none"}').decode() + "." + forge().split(".")[1] + ".",
            forge()[:-4] + "AAAA",
        ],
    )
    def test_refuses_what_is_no_signed_proof(self, clock: FakeClock, proof: str) -> None:
        with pytest.raises(InvalidProofError):
            verifier(clock).verify_caller(proof, clock)

    def test_refuses_a_proof_that_expires_while_it_is_cached(self, clock: FakeClock) -> None:
        # Given
        orders = verifier(clock)
        proof = signer(clock).prove_caller(ANN, "orders-ms")
        assert orders.verify_caller(proof, clock) == ANN
        # When
        clock.advance(minutes=5)
        # Then
        for _ in range(2):
            with pytest.raises(InvalidProofError):
                orders.verify_caller(proof, clock)

    @pytest.mark.parametrize("hours", [-1, 1])
    def test_accepts_a_proof_if_one_of_the_two_clocks_is_wrong(
        self, clock: FakeClock, hours: int
    ) -> None:
        wrong = FakeClock(NOW + timedelta(hours=hours))
        proof = signer(clock).prove_caller(ANN, "orders-ms")
        assert verifier(clock).verify_caller(proof, wrong) == ANN
        assert verifier(wrong).verify_caller(proof, clock) == ANN

    def test_caches_a_limited_number_of_proofs(self, clock: FakeClock) -> None:
        # Given
        orders, gateway = verifier(clock, cache_size=2), signer(clock)
        callers = [Identity(client_address=f"192.0.2.{number}") for number in range(3)]
        # When
        for caller in callers:
            orders.verify_caller(gateway.prove_caller(caller, "orders-ms"), clock)
        # Then
        assert len(orders._callers._values) == 2


class TestServices:
    def test_verifies_the_service_that_may_call(self, clock: FakeClock) -> None:
        proof = signer(clock, ORDERS, "orders-ms").prove_service("products-ms")
        for _ in range(2):
            verifier(clock, service="products-ms").verify_service(proof, "orders-ms", clock)

    def test_refuses_another_service(self, clock: FakeClock) -> None:
        # Given
        products = verifier(clock, service="products-ms")
        proof = signer(clock).prove_service("products-ms")
        products.verify_service(proof, "gateway-ms", clock)
        # When a cached proof of one service is used where another one is expected.
        with pytest.raises(InvalidProofError):
            products.verify_service(proof, "orders-ms", clock)

    def test_refuses_a_proof_for_another_service(self, clock: FakeClock) -> None:
        proof = signer(clock, ORDERS, "orders-ms").prove_service("authentication-ms")
        with pytest.raises(InvalidProofError):
            verifier(clock, service="products-ms").verify_service(proof, "orders-ms", clock)

    def test_refuses_the_proof_of_a_caller(self, clock: FakeClock) -> None:
        proof = signer(clock).prove_caller(ANN, "products-ms")
        with pytest.raises(InvalidProofError):
            verifier(clock, service="products-ms").verify_service(proof, "gateway-ms", clock)

    def test_refuses_an_expired_proof(self, clock: FakeClock) -> None:
        # Given
        products = verifier(clock, service="products-ms")
        proof = signer(clock, ORDERS, "orders-ms").prove_service("products-ms")
        products.verify_service(proof, "orders-ms", clock)
        # When
        clock.advance(minutes=5)
        # Then
        with pytest.raises(InvalidProofError):
            products.verify_service(proof, "orders-ms", clock)

    def test_refuses_a_service_without_a_known_key(self, clock: FakeClock) -> None:
        proof = signer(clock, OTHER, "products-ms").prove_service("orders-ms")
        with pytest.raises(InvalidProofError):
            verifier(clock).verify_service(proof, "products-ms", clock)


class TestSigner:
    def test_uses_a_proof_again_until_it_is_about_to_expire(self, clock: FakeClock) -> None:
        # Given
        gateway = signer(clock)
        first = gateway.prove_caller(ANN, "orders-ms")
        # When
        clock.advance(seconds=179)
        same = gateway.prove_caller(ANN, "orders-ms")
        clock.advance(seconds=1)
        renewed = gateway.prove_caller(ANN, "orders-ms")
        # Then
        assert same == first
        assert renewed != first
        assert verifier(clock).verify_caller(first, clock) == ANN

    def test_signs_a_proof_for_each_caller_and_each_service(self, clock: FakeClock) -> None:
        gateway = signer(clock)
        visitors = [Identity(client_address=address) for address in ("192.0.2.1", "192.0.2.2")]
        proofs = {
            gateway.prove_caller(caller, service)
            for caller in (*visitors, ANN)
            for service in ("orders-ms", "products-ms")
        }
        assert len(proofs) == 6

    def test_keeps_a_limited_number_of_proofs(self, clock: FakeClock) -> None:
        gateway = ProofSigner("gateway-ms", GATEWAY.private, cache_size=2)
        for number in range(3):
            gateway.prove_caller(Identity(client_address=str(number)), "orders-ms")
        assert len(gateway._cache._values) == 2


class TestRotation:
    def test_accepts_both_keys_while_they_are_rotated(self, clock: FakeClock) -> None:
        # Given
        new = ProofKey.generate()
        both = verifier(clock, GATEWAY.public + new.public)
        only_new = verifier(clock, new.public)
        old_proof = signer(clock).prove_caller(ANN, "orders-ms")
        new_proof = signer(clock, new).prove_caller(ANN, "orders-ms")
        # Then
        assert both.verify_caller(old_proof, clock) == ANN
        assert both.verify_caller(new_proof, clock) == ANN
        assert only_new.verify_caller(new_proof, clock) == ANN
        with pytest.raises(InvalidProofError):
            only_new.verify_caller(old_proof, clock)


class TestKeys:
    def test_accepts_ec_keys(self) -> None:
        Keys(private=GATEWAY.private, public=f"{GATEWAY.public}\n{ORDERS.public}")

    def test_refuses_other_keys(self) -> None:
        rsa_key = rsa.generate_private_key(65537, 2048)
        private = rsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = (
            rsa_key.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        for value in (private, GATEWAY.public, "nonsense"):
            with pytest.raises(ValidationError):
                Keys(private=value)
        for value in (public, GATEWAY.public + public, GATEWAY.private, "nonsense", ""):
            with pytest.raises(ValidationError):
                Keys(public=value)
