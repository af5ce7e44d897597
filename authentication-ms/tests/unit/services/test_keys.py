import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from jose import jwt
from jose.exceptions import JWTError

from authentication.errors import UnusableKeyError
from authentication.services.keys import KeyRing, PublicKey


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_pem(pem: str) -> str:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


class TestPublicKey:
    def test_has_the_thumbprint_of_the_example_in_rfc_7638(self) -> None:
        # Given
        modulus = (
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
            "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR"
            "0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTW"
            "hAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        )
        number = int.from_bytes(base64.urlsafe_b64decode(modulus + "=="), "big")
        # When
        key = PublicKey.of(RSAPublicNumbers(65537, number).public_key())
        # Then
        assert key == PublicKey("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", modulus, "AQAB")


class TestSign:
    def test_makes_a_token_that_the_published_key_verifies(self, keys: KeyRing) -> None:
        # When
        token = keys.sign({"sub": "1"})
        # Then
        header = jwt.get_unverified_header(token)
        assert header == {"alg": "RS256", "typ": "JWT", "kid": keys.kid}
        published = keys.public[0]
        jwk = {"kty": "RSA", "alg": "RS256", "n": published.n, "e": published.e}
        assert jwt.decode(token, jwk, algorithms=["RS256"]) == {"sub": "1"}

    def test_makes_a_token_that_another_key_does_not_verify(
        self, keys: KeyRing, other_pem: str
    ) -> None:
        with pytest.raises(JWTError):
            jwt.decode(keys.sign({"sub": "1"}), public_pem(other_pem), algorithms=["RS256"])

    def test_adds_no_claims(self, keys: KeyRing) -> None:
        payload = keys.sign({"sub": "1"}).split(".")[1]
        assert json.loads(base64.urlsafe_b64decode(payload + "==")) == {"sub": "1"}


class TestPreviousKey:
    @pytest.mark.parametrize("form", ["private", "public"])
    def test_is_published_but_does_not_sign(
        self, signing_pem: str, other_pem: str, form: str
    ) -> None:
        # Given
        previous_pem = other_pem if form == "private" else public_pem(other_pem)
        previous = KeyRing.from_pem(other_pem, None)
        # When
        keys = KeyRing.from_pem(signing_pem, previous_pem)
        # Then
        assert [key.kid for key in keys.public] == [keys.kid, previous.kid]
        assert jwt.get_unverified_header(keys.sign({}))["kid"] == keys.kid

    def test_is_published_once_if_it_is_the_current_key(self, signing_pem: str) -> None:
        assert len(KeyRing.from_pem(signing_pem, signing_pem).public) == 1


class TestUnusableKey:
    @pytest.mark.parametrize(
        ("pem", "reason"),
        [
            ("nonsense", "it is not a PEM key without a passphrase"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                "it is not a PEM key without a passphrase",
            ),
            (
                pem_of(rsa.generate_private_key(65537, 1024)),
                "it is not an RSA key of at least 2048 bits",
            ),
            (
                pem_of(ec.generate_private_key(ec.SECP256R1())),
                "it is not an RSA key of at least 2048 bits",
            ),
        ],
    )
    def test_is_refused_with_the_setting_but_without_its_value(self, pem: str, reason: str) -> None:
        with pytest.raises(UnusableKeyError) as refused:
            KeyRing.from_pem(pem, None)
        assert str(refused.value) == f"SIGNING_KEY is unusable: {reason}"

    def test_is_refused_if_a_public_key_should_sign(self, signing_pem: str) -> None:
        with pytest.raises(UnusableKeyError, match="SIGNING_KEY is unusable: it is a public key"):
            KeyRing.from_pem(public_pem(signing_pem), None)

    def test_is_refused_as_the_previous_key(self, signing_pem: str) -> None:
        with pytest.raises(UnusableKeyError, match="PREVIOUS_KEY is unusable"):
            KeyRing.from_pem(signing_pem, "nonsense")
