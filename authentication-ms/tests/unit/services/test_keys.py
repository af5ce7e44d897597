import base64
import json

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from jose import jwt
from jose.exceptions import JWTError

from authentication.errors import UnusableKeyError
from authentication.services import keys as module
from authentication.services.keys import KeyRing


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


class TestThumbprint:
    def test_Given_TheKeyOfRfc7638_When_Published_Then_ItsIdIsTheOneGivenThere(self) -> None:
        # Given: the example of section 3.1.
        modulus = (
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
            "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR"
            "0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTW"
            "hAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        )
        number = int.from_bytes(base64.urlsafe_b64decode(modulus + "=="), "big")
        key = RSAPublicNumbers(65537, number).public_key()
        # When
        published = module._published(key)
        # Then
        assert published.kid == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        assert published.n == modulus
        assert published.e == "AQAB"


class TestSigning:
    def test_Given_Ring_When_Signed_Then_ThePublishedKeyOfThatIdVerifies(
        self, keys: KeyRing
    ) -> None:
        token = keys.sign({"sub": "1"})
        header = jwt.get_unverified_header(token)
        assert header == {"alg": "RS256", "typ": "JWT", "kid": keys.kid}
        published = keys.public[0]
        jwk = {"kty": "RSA", "alg": "RS256", "n": published.n, "e": published.e}
        assert jwt.decode(token, jwk, algorithms=["RS256"]) == {"sub": "1"}

    def test_Given_OtherKey_When_Verified_Then_TheTokenIsRefused(
        self, keys: KeyRing, other_pem: str
    ) -> None:
        with pytest.raises(JWTError):
            jwt.decode(keys.sign({"sub": "1"}), public_pem(other_pem), algorithms=["RS256"])

    def test_Given_Token_When_Read_Then_ItHasNoPartOfThePrivateKey(self, keys: KeyRing) -> None:
        payload = keys.sign({"sub": "1"}).split(".")[1]
        assert json.loads(base64.urlsafe_b64decode(payload + "==")) == {"sub": "1"}


class TestRotation:
    @pytest.mark.parametrize("form", ["private", "public"])
    def test_Given_PreviousKey_When_Published_Then_BothAreAndTheNewOneSigns(
        self, signing_pem: str, other_pem: str, form: str
    ) -> None:
        previous = other_pem if form == "private" else public_pem(other_pem)
        ring = KeyRing.from_pem(signing_pem, previous)
        old = KeyRing.from_pem(other_pem, None)
        assert [key.kid for key in ring.public] == [ring.kid, old.kid]
        assert jwt.get_unverified_header(ring.sign({}))["kid"] == ring.kid

    def test_Given_PreviousKeyIsTheSame_When_Published_Then_ItIsOnce(
        self, signing_pem: str
    ) -> None:
        assert len(KeyRing.from_pem(signing_pem, signing_pem).public) == 1


class TestUnusableKeys:
    @pytest.mark.parametrize(
        ("pem", "reason"),
        [
            ("nonsense", "it is no key in PEM without a passphrase"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
                "it is no key in PEM without a passphrase",
            ),
            (
                pem_of(rsa.generate_private_key(65537, 1024)),
                "it is no RSA key of 2048 bits or more",
            ),
            (
                pem_of(ec.generate_private_key(ec.SECP256R1())),
                "it is no RSA key of 2048 bits or more",
            ),
        ],
    )
    def test_Given_BadKey_When_Loaded_Then_TheSettingIsNamedAndItsValueIsNot(
        self, pem: str, reason: str
    ) -> None:
        with pytest.raises(UnusableKeyError) as refused:
            KeyRing.from_pem(pem, None)
        assert str(refused.value) == f"SIGNING_KEY is unusable: {reason}"

    def test_Given_PublicKey_When_ItIsToSign_Then_ItIsRefused(self, signing_pem: str) -> None:
        with pytest.raises(UnusableKeyError, match="SIGNING_KEY is unusable: it is a public key"):
            KeyRing.from_pem(public_pem(signing_pem), None)

    def test_Given_BadPreviousKey_When_Loaded_Then_ThatSettingIsNamed(
        self, signing_pem: str
    ) -> None:
        with pytest.raises(UnusableKeyError, match="PREVIOUS_KEY is unusable"):
            KeyRing.from_pem(signing_pem, "nonsense")
