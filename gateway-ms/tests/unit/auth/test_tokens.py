import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jose import jwk, jwt

from gateway.auth.keys import KeyStore
from gateway.auth.revocations import RevocationList
from gateway.auth.tokens import VISITOR, TokenVerifier
from gateway.errors import InvalidTokenError
from gateway.testing import Client, FakeClock, ServiceDouble, Signer
from shopkit.clock import utc_now
from shopkit.identity import Identity, Role
from shopkit.proofs import InvalidProofError
from shopkit.testing.proofs import verifier_of

FOR_ANYONE = """
POST /api/register|POST /api/login|POST /api/refresh|POST /api/logout
GET /api/.well-known/jwks.json|GET /api/authentication_health
GET /api/categories|GET /api/products|GET /api/products/1|GET /api/products/1/image
GET /api/products_health|GET /api/orders_health
"""
FOR_USERS = """
GET /api/me|POST /api/me/password|GET /api/users|PATCH /api/users/1
GET /api/admin/audit/authentication|POST /api/categories|PATCH /api/categories/1
DELETE /api/categories/1|POST /api/products|PATCH /api/products/1|DELETE /api/products/1
PUT /api/products/1/image|GET /api/admin/products|GET /api/admin/dead-letters/products
GET /api/admin/dead-letters/products/1|POST /api/admin/dead-letters/products/1/replay
POST /api/admin/dead-letters/products/1/discard|GET /api/admin/audit/products
GET /api/orders|POST /api/orders|GET /api/orders/1|POST /api/orders/1/cancel
GET /api/orders/stream|GET /api/admin/orders|GET /api/admin/stats
GET /api/admin/dead-letters/orders|GET /api/admin/dead-letters/orders/1
POST /api/admin/dead-letters/orders/1/replay|POST /api/admin/dead-letters/orders/1/discard
GET /api/admin/audit/orders
"""
REQUIRED_CLAIMS = ("exp", "iat", "iss", "aud", "sub", "jti", "sid", "email", "role")


def endpoints(text: str) -> list[tuple[str, str]]:
    lines = text.strip().replace("\n", "|").split("|")
    return [(method, path) for method, path in (line.split() for line in lines)]


def encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def signed_with_the_public_key(signer: Signer) -> str:
    # A known attack: the public key as the secret of HS256.
    header = encode({"alg": "HS256", "typ": "JWT", "kid": signer.kid})
    text = f"{header}.{encode(signer.claims(role='admin'))}"
    digest = hmac.new(signer.public_pem.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def without_signature(signer: Signer) -> str:
    header = encode({"alg": "none", "typ": "JWT", "kid": signer.kid})
    return f"{header}.{encode(signer.claims(role='admin'))}."


def with_changed_claims(signer: Signer) -> str:
    header, _, signature = signer.token().split(".")
    return f"{header}.{encode(signer.claims(role='admin'))}.{signature}"


def with_algorithm(signer: Signer, algorithm: str) -> str:
    return jwt.encode(signer.claims(), signer.private_pem, algorithm, headers={"kid": signer.kid})


INVALID_TOKENS: dict[str, Callable[[Signer, Signer], str]] = {
    "expired": lambda signer, _: signer.token(exp=int(time.time()) - 10),
    "signed with the public key": lambda signer, _: signed_with_the_public_key(signer),
    "without a signature": lambda signer, _: without_signature(signer),
    "signed with RS512": lambda signer, _: with_algorithm(signer, "RS512"),
    "with changed claims": lambda signer, _: with_changed_claims(signer),
    "of another issuer": lambda signer, _: signer.token(iss="someone"),
    "for another audience": lambda signer, _: signer.token(aud="elsewhere"),
    "of an unknown key": lambda _, stranger: stranger.token(),
    "of an unknown key with a known id": lambda signer, stranger: jwt.encode(
        signer.claims(), stranger.private_pem, "RS256", headers={"kid": signer.kid}
    ),
    "without a key id": lambda signer, _: jwt.encode(signer.claims(), signer.private_pem, "RS256"),
    "revoked": lambda signer, _: signer.token(sid="session-that-ended"),
    "with an unknown role": lambda signer, _: signer.token(role="owner"),
    "with the role of a visitor": lambda signer, _: signer.token(role="visitor"),
    "with a line break": lambda signer, _: signer.token(email="a@b.c\r\nX-User-Role: admin"),
    "empty": lambda _signer, _: "",
    "of three letters": lambda _signer, _: "a.b.c",
    "not ASCII": lambda _signer, _: "é",
    "too long": lambda _signer, _: "a" * 9000,
}


@pytest.fixture(params=INVALID_TOKENS)
def invalid(
    request: pytest.FixtureRequest, signer: Signer, stranger: Signer, service: ServiceDouble
) -> dict[str, str]:
    """The headers of a caller with an invalid token."""
    service.revocations = [{"email": None, "session": "session-that-ended", "before": 0.0}]
    return {"Authorization": f"Bearer {INVALID_TOKENS[request.param](signer, stranger)}"}


class TestInvalidToken:
    async def test_is_refused_if_a_user_is_required(
        self, invalid: dict[str, str], client: Client, service: ServiceDouble
    ) -> None:
        for method, path in endpoints(FOR_USERS):
            response = await client.request(method, path, invalid)
            assert response.status == 401, (method, path)
            assert response.header("WWW-Authenticate") == 'Bearer error="invalid_token"'
            assert response.json()["type"] == "/problems/unauthenticated"
        assert service.received == []

    async def test_is_ignored_if_anyone_may_use_the_route(
        self, invalid: dict[str, str], client: Client, service: ServiceDouble
    ) -> None:
        for method, path in endpoints(FOR_ANYONE):
            response = await client.request(method, path, invalid)
            assert response.status == 200, (method, path)
        assert {request.headers["X-User-Role"] for request in service.received} == {"visitor"}
        assert not any("X-User-Email" in request.headers for request in service.received)

    @pytest.mark.parametrize("claim", REQUIRED_CLAIMS)
    async def test_lacks_a_claim(self, client: Client, signer: Signer, claim: str) -> None:
        headers = {"Authorization": f"Bearer {signer.token(without=claim)}"}
        response = await client.request("GET", "/api/orders", headers)
        assert response.status == 401

    async def test_is_made_of_two_valid_tokens(
        self, client: Client, user: dict[str, str], admin: dict[str, str]
    ) -> None:
        response = await client.request("GET", "/api/orders", [*user.items(), *admin.items()])
        assert response.status == 401


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "bear er", ""])
async def test_another_scheme_counts_as_no_token(client: Client, value: str) -> None:
    response = await client.request("GET", "/api/orders", {"Authorization": value})
    assert response.status == 401
    assert response.header("WWW-Authenticate") == "Bearer"


def proven_caller(headers: Mapping[str, str], service: str = "orders-ms") -> Identity:
    """Return the caller that the headers of a request prove to a service."""
    proof = headers["Authorization"].removeprefix("Bearer ")
    return verifier_of(service).verify_caller(proof, utc_now)


class TestIdentity:
    async def test_is_proven_to_the_service_without_the_token(
        self, client: Client, service: ServiceDouble, signer: Signer
    ) -> None:
        # Given
        expires = int(time.time()) + 300
        email = "müller+😀@例え.テスト"
        token = signer.token(exp=expires, email=email)
        # When
        await client.request(
            "GET",
            "/api/orders",
            {"Authorization": f"bearer {token}", "X-Client-Address": "192.0.2.7"},
        )
        # Then
        received = service.received[0].headers
        assert proven_caller(received) == Identity(
            account_id="5" * 24,
            email=email,
            role=Role.USER,
            session="session-of-ann",
            client_address="192.0.2.7",
            expires_at=expires,
        )
        assert token not in str(received)

    async def test_is_proven_to_one_service_only(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # When
        for path in ("/api/orders", "/api/me"):
            await client.request("GET", path, user)
        # Then
        for_orders, for_authentication = (request.headers for request in service.received)
        assert proven_caller(for_authentication, "authentication-ms").account_id == "5" * 24
        with pytest.raises(InvalidProofError):
            proven_caller(for_orders, "authentication-ms")
        with pytest.raises(InvalidProofError):
            proven_caller(for_authentication, "orders-ms")

    async def test_of_a_visitor_is_proven_with_the_address(
        self, client: Client, service: ServiceDouble
    ) -> None:
        await client.request("POST", "/api/login", {"X-Client-Address": "192.0.2.7"})
        caller = proven_caller(service.received[0].headers, "authentication-ms")
        assert caller == Identity(client_address="192.0.2.7")

    async def test_is_also_sent_as_the_previous_release_reads_it(
        self, client: Client, service: ServiceDouble, signer: Signer
    ) -> None:
        # Given
        expires = int(time.time()) + 300
        # When
        await client.request(
            "GET", "/api/orders", {"Authorization": f"Bearer {signer.token(exp=expires)}"}
        )
        # Then
        received = service.received[0].headers
        assert received["X-User-Email"] == "ann@shop.example"
        assert received["X-User-Role"] == "user"
        assert received["X-User-Session"] == "session-of-ann"
        assert received["X-Token-Expires"] == str(expires)
        assert received["X-Client-Address"] == "10.0.0.9"

    async def test_is_forwarded_if_anyone_may_use_the_route(
        self, client: Client, service: ServiceDouble, admin: dict[str, str]
    ) -> None:
        await client.request("GET", "/api/products", admin)
        assert service.received[0].headers["X-User-Role"] == "admin"

    @pytest.mark.parametrize("signed_in", [True, False])
    async def test_is_never_taken_from_the_headers_of_a_client(
        self, client: Client, service: ServiceDouble, user: dict[str, str], signed_in: bool
    ) -> None:
        # Given
        forged = {
            "x-user-email": "root@shop.example",
            "X-User-Role": "admin",
            "X-USER-SESSION": "other",
            "X-User-Anything": "x",
            "X-Token-Expires": "9999999999",
        }
        # When
        await client.request("GET", "/api/products", forged | (user if signed_in else {}))
        # Then
        received = service.received[0].headers
        identity = {
            name.lower(): received.getall(name)
            for name in received
            if name.lower().startswith("x-user")
        }
        if signed_in:
            assert identity == {
                "x-user-email": ["ann@shop.example"],
                "x-user-role": ["user"],
                "x-user-session": ["session-of-ann"],
            }
        else:
            assert identity == {"x-user-role": ["visitor"]}
            assert "X-Token-Expires" not in received


class FakeAuthentication:
    """Counts how often the keys are fetched."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = signers
        self.fetches = 0

    async def fetch(self) -> Any:
        self.fetches += 1
        return {"keys": [signer.jwk() for signer in self.signers]}


@pytest.fixture
def authentication(signer: Signer) -> FakeAuthentication:
    return FakeAuthentication(signer)


@pytest.fixture
async def keys(authentication: FakeAuthentication, clock: FakeClock) -> KeyStore:
    keys = KeyStore(authentication.fetch, clock=clock)
    await keys.refresh()
    return keys


@pytest.fixture
def revocations(authentication: FakeAuthentication) -> RevocationList:
    revocations = RevocationList(authentication.fetch, max_age_seconds=300)
    revocations.replace([], time.monotonic())
    return revocations


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was verified, in order."""
    tokens: list[str] = []
    decode = jwt.decode

    def record(token: str, *arguments: Any, **options: Any) -> Any:
        tokens.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", record)
    return tokens


class TestForgedHeader:
    @pytest.mark.parametrize(
        ("algorithm", "kid"), [("none", "unknown"), ("HS256", "unknown"), ("RS256", 7)]
    )
    async def test_does_not_cause_a_fetch_of_the_keys(
        self,
        authentication: FakeAuthentication,
        keys: KeyStore,
        revocations: RevocationList,
        clock: FakeClock,
        algorithm: str,
        kid: object,
    ) -> None:
        # Given
        clock.advance(60)
        tokens = TokenVerifier(keys, revocations)
        forged = f"{encode({'alg': algorithm, 'kid': kid})}.{encode({})}.AAAA"
        # When
        with pytest.raises(InvalidTokenError):
            await tokens.identify(f"Bearer {forged}".encode())
        # Then
        assert authentication.fetches == 1


class TestVerify:
    async def test_refuses_another_algorithm_even_with_the_right_key(
        self, keys: KeyStore, revocations: RevocationList, signer: Signer
    ) -> None:
        # Given
        tokens = TokenVerifier(keys, revocations)
        token = with_algorithm(signer, "RS512").encode()
        # Then
        with pytest.raises(InvalidTokenError):
            tokens.verify(token, jwk.construct(signer.public_pem, "RS512"))


class TestCache:
    async def test_keeps_a_token_until_it_expires(
        self,
        keys: KeyStore,
        revocations: RevocationList,
        signer: Signer,
        verifications: list[str],
    ) -> None:
        # Given
        clock = FakeClock(time.time())
        tokens = TokenVerifier(keys, revocations, clock=clock)
        header = f"Bearer {signer.token()}".encode()
        # When
        first = await tokens.identify(header)
        second = await tokens.identify(header)
        third = tokens.identify_or_visitor(header)
        # Then
        assert first is second is third
        assert len(verifications) == 1
        clock.advance(606)
        with pytest.raises(InvalidTokenError):
            await tokens.identify(header)
        assert tokens.identify_or_visitor(header) is VISITOR

    async def test_is_emptied_when_the_keys_change(
        self,
        authentication: FakeAuthentication,
        keys: KeyStore,
        revocations: RevocationList,
        signer: Signer,
        stranger: Signer,
    ) -> None:
        # Given
        tokens = TokenVerifier(keys, revocations)
        header = f"Bearer {signer.token()}".encode()
        await tokens.identify(header)
        # When
        authentication.signers = (stranger,)
        await keys.refresh()
        # Then
        with pytest.raises(InvalidTokenError):
            await tokens.identify(header)

    async def test_forgets_the_oldest_token_when_it_is_full(
        self,
        keys: KeyStore,
        revocations: RevocationList,
        signer: Signer,
        verifications: list[str],
    ) -> None:
        # Given
        tokens = TokenVerifier(keys, revocations, cache_size=2)
        first, second, third = (signer.token(jti=str(number)) for number in range(3))
        # When
        for token in (first, second, third, second, third, first):
            await tokens.identify(f"Bearer {token}".encode())
        # Then
        assert verifications == [first, second, third, first]
