"""Every endpoint x every kind of bad token; who the services are told it is; revocations; keys."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from jose import jwk, jwt

from gateway.auth.keys import Keys
from gateway.auth.revocations import Revocation, Revocations
from gateway.auth.tokens import VISITOR, Tokens
from gateway.problems import InvalidTokenError, NoKeyError

# Those for anyone, and those where someone must be known; from the contract.
FOR_ANYONE = """
POST /api/register|POST /api/login|POST /api/refresh|POST /api/logout
GET /api/.well-known/jwks.json|GET /api/authentication_health
GET /api/categories|GET /api/products|GET /api/products/1|GET /api/products/1/image
GET /api/products_health|GET /api/orders_health
"""
FOR_THE_KNOWN = """
GET /api/me|POST /api/me/password|GET /api/users|PATCH /api/users/a@b.example
GET /api/admin/audit/authentication|POST /api/categories|PATCH /api/categories/x
DELETE /api/categories/x|POST /api/products|PATCH /api/products/1|DELETE /api/products/1
PUT /api/products/1/image|GET /api/admin/products|GET /api/admin/dead-letters/products
GET /api/admin/dead-letters/products/1|POST /api/admin/dead-letters/products/1/replay
POST /api/admin/dead-letters/products/1/discard|GET /api/admin/audit/products
GET /api/orders|POST /api/orders|GET /api/orders/1|POST /api/orders/1/cancel
GET /api/orders/stream|GET /api/admin/orders|GET /api/admin/stats
GET /api/admin/dead-letters/orders|GET /api/admin/dead-letters/orders/1
POST /api/admin/dead-letters/orders/1/replay|POST /api/admin/dead-letters/orders/1/discard
GET /api/admin/audit/orders
"""


def endpoints(text: str) -> list[tuple[str, str]]:
    rows = text.strip().replace("\n", "|").split("|")
    return [(verb, path) for verb, path in (row.split() for row in rows)]


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def signed_with_the_public_key(signer: Any) -> str:
    # An old attack: the public key, which everyone has, taken as the secret of HS256.
    head = encoded({"alg": "HS256", "typ": "JWT", "kid": signer.kid})
    text = f"{head}.{encoded(signer.claims(role='admin'))}"
    digest = hmac.new(signer.public.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def without_signature(signer: Any) -> str:
    head = encoded({"alg": "none", "typ": "JWT", "kid": signer.kid})
    return f"{head}.{encoded(signer.claims(role='admin'))}."


def tampered(signer: Any) -> str:
    head, _, signature = signer.token().split(".")
    return f"{head}.{encoded(signer.claims(role='admin'))}.{signature}"


BAD: dict[str, Callable[[Any, Any], str]] = {
    "expired": lambda s, _: s.token(exp=int(time.time()) - 10),
    "of HS256 with the public key": lambda s, _: signed_with_the_public_key(s),
    "of no algorithm": lambda s, _: without_signature(s),
    "of RS512": lambda s, _: jwt.encode(s.claims(), s.private, "RS512", headers={"kid": s.kid}),
    "tampered with": lambda s, _: tampered(s),
    "of another issuer": lambda s, _: s.token(iss="someone"),
    "for another audience": lambda s, _: s.token(aud="elsewhere"),
    "of an unknown key": lambda _, stranger: stranger.token(),
    "of a stranger with our key's id": lambda s, stranger: jwt.encode(
        s.claims(), stranger.private, "RS256", headers={"kid": s.kid}
    ),
    "without a key's id": lambda s, _: jwt.encode(s.claims(), s.private, "RS256"),
    "revoked": lambda s, _: s.token(sid="session-that-ended"),
    "of an unknown role": lambda s, _: s.token(role="owner"),
    "of a visitor": lambda s, _: s.token(role="visitor"),
    "with a line end in the address": lambda s, _: s.token(email="a@b.c\r\nX-User-Role: admin"),
    "without a word": lambda _s, _: "",
    "of nonsense": lambda _s, _: "a.b.c",
    "of other letters": lambda _s, _: "é",
    "of great length": lambda _s, _: "a" * 9000,
}


REQUIRED_CLAIMS = ("exp", "iat", "iss", "aud", "sub", "jti", "sid", "email", "role")


@pytest.fixture(params=BAD)
def bad(request: Any, signer: Any, stranger: Any, service: Any) -> dict[str, str]:
    service.revocations = [{"email": None, "session": "session-that-ended", "before": 0.0}]
    return {"Authorization": f"Bearer {BAD[request.param](signer, stranger)}"}


class TestBadTokens:
    async def test_where_someone_must_be_known_it_is_refused_everywhere(
        self, bad: dict[str, str], client: Any, service: Any
    ) -> None:
        # Given a token that is no good
        for verb, path in endpoints(FOR_THE_KNOWN):
            # When it is used
            answer = await client(verb, path, bad)
            # Then it is refused, in one way for all reasons
            assert answer.status == 401, (verb, path)
            assert answer.header("WWW-Authenticate") == 'Bearer error="invalid_token"'
            assert answer.json()["type"] == "/problems/unauthenticated"
        assert service.seen == []

    async def test_where_anyone_may_come_it_makes_a_visitor(
        self, bad: dict[str, str], client: Any, service: Any
    ) -> None:
        # Given a token that is no good
        for verb, path in endpoints(FOR_ANYONE):
            # When it is sent though none is needed, then it is ignored
            assert (await client(verb, path, bad)).status == 200, (verb, path)
        assert {seen.headers["X-User-Role"] for seen in service.seen} == {"visitor"}
        assert not any("X-User-Email" in seen.headers for seen in service.seen)

    @pytest.mark.parametrize("claim", REQUIRED_CLAIMS)
    async def test_every_claim_must_be_there(self, client: Any, signer: Any, claim: str) -> None:
        token = signer.token(without=claim)
        answer = await client("GET", "/api/orders", {"Authorization": f"Bearer {token}"})
        assert answer.status == 401

    @pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "bear er", ""])
    async def test_what_is_no_bearer_token_counts_as_none(self, client: Any, value: str) -> None:
        answer = await client("GET", "/api/orders", {"Authorization": value})
        assert answer.status == 401
        assert answer.header("WWW-Authenticate") == "Bearer"

    async def test_two_tokens_are_none_to_trust(
        self, client: Any, user: dict[str, str], admin: dict[str, str]
    ) -> None:
        answer = await client("GET", "/api/orders", [*user.items(), *admin.items()])
        assert answer.status == 401


class TestIdentity:
    async def test_services_are_told_who_asks_and_never_the_token(
        self, client: Any, service: Any, signer: Any
    ) -> None:
        # Given a user with a good token
        expires = int(time.time()) + 300
        token = signer.token(exp=expires)
        # When they ask for something
        await client("GET", "/api/orders", {"Authorization": f"bearer {token}"})
        # Then the service is told who they are
        headers = service.seen[0].headers
        assert headers["X-User-Email"] == "ann@shop.example"
        assert headers["X-User-Role"] == "user"
        assert headers["X-User-Session"] == "session-of-ann"
        assert headers["X-Token-Expires"] == str(expires)
        assert "Authorization" not in headers

    async def test_a_known_user_is_told_of_where_anyone_may_come(
        self, client: Any, service: Any, admin: dict[str, str]
    ) -> None:
        await client("GET", "/api/products", admin)
        assert service.seen[0].headers["X-User-Role"] == "admin"

    @pytest.mark.parametrize("signed_in", [True, False])
    async def test_a_clients_own_identity_headers_are_removed(
        self, client: Any, service: Any, user: dict[str, str], signed_in: bool
    ) -> None:
        # Given a client that claims to be someone else
        spoofed = {
            "x-user-email": "root@shop.example",
            "X-User-Role": "admin",
            "X-USER-SESSION": "other",
            "X-User-Anything": "x",
            "X-Token-Expires": "9999999999",
        }
        # When it asks
        await client("GET", "/api/products", spoofed | (user if signed_in else {}))
        # Then the service is told what the token says, and nothing else
        headers = service.seen[0].headers
        told = {k.lower(): headers.getall(k) for k in headers if k.lower().startswith("x-user")}
        if signed_in:
            assert told == {
                "x-user-email": ["ann@shop.example"],
                "x-user-role": ["user"],
                "x-user-session": ["session-of-ann"],
            }
        else:
            assert told == {"x-user-role": ["visitor"]}
            assert "X-Token-Expires" not in headers

    async def test_the_client_address_is_nginxs_or_the_connections(
        self, client: Any, service: Any
    ) -> None:
        await client("GET", "/api/products", {"X-Client-Address": "192.0.2.7"})
        await client("GET", "/api/products")
        seen = [seen.headers.getall("X-Client-Address") for seen in service.seen]
        assert seen == [["192.0.2.7"], ["10.0.0.9"]]


class TestRevocations:
    def test_a_session_a_users_past_and_all_but_one_session(self) -> None:
        # Given a list as authentication-ms gives it
        async def fetch() -> None:
            raise AssertionError

        revocations = Revocations(fetch)
        revocations.replace(
            [
                Revocation(session="s1"),
                Revocation(email="ann", before=100.5, except_session="kept"),
                Revocation(email="ann", before=50),
            ]
        )
        # Then exactly what it names is refused
        assert revocations.revoked("bob", "s1", 1e12)
        assert not revocations.revoked("bob", "s2", 0)
        assert revocations.revoked("ann", "s2", 100.4)
        assert not revocations.revoked("ann", "s2", 100.5)
        assert not revocations.revoked("ann", "kept", 60)
        assert revocations.revoked("ann", "kept", 49)
        # When a newer list no longer has them, then they are forgotten
        revocations.replace([])
        assert not revocations.revoked("bob", "s1", 0)

    async def test_the_last_list_stays_while_authentication_is_away(self) -> None:
        # Given a list that was had, and a service that goes away
        answers: list[Any] = [{"revocations": [{"session": "s1"}]}, {"nonsense": 1}]

        async def fetch() -> Any:
            if not answers:
                raise ConnectionError
            return answers.pop(0)

        revocations = Revocations(fetch)
        with pytest.raises(ConnectionError):
            await revocations.check()
        for _ in range(3):
            # When it is polled, then what is known is still refused
            await revocations._run_once()
            assert revocations.revoked("ann", "s1", 0)
            await revocations.check()

    async def test_a_token_in_use_is_refused_from_the_next_poll_on(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        # Given a token that was verified before
        assert (await client("GET", "/api/orders", user)).status == 200
        # When its session ends and the gateway has heard of it
        service.revocations = [{"session": "session-of-ann", "before": 0}]
        await client.state.revocations._run_once()
        # Then it is refused, again and again
        assert [(await client("GET", "/api/orders", user)).status for _ in range(2)] == [401, 401]


class FakeAuthentication:
    def __init__(self, *signers: Any) -> None:
        self.signers = signers
        self.asked = 0
        self.away = False

    async def fetch(self) -> Any:
        self.asked += 1
        if self.away:
            raise ConnectionError
        return {"keys": [signer.jwk() for signer in self.signers]}


class TestKeys:
    async def test_an_unknown_key_is_asked_for_at_most_once_in_ten_seconds(
        self, signer: Any, stranger: Any, clock: Any
    ) -> None:
        # Given keys that were had just now
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch, clock=clock)
        await keys._run_once()
        for passed, asked in [(0.0, 1), (9.9, 1), (0.2, 2), (0.0, 2), (9.9, 2), (0.2, 3)]:
            # When time passes and a token comes with an unknown key
            clock.now += passed
            with pytest.raises(InvalidTokenError):
                await keys.find("unknown")
            # Then authentication-ms was asked no oftener
            assert authentication.asked == asked

    async def test_a_rotated_key_is_found(self, signer: Any, stranger: Any, clock: Any) -> None:
        # Given a gateway that knows the old key
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch, clock=clock)
        await keys._run_once()
        generation = keys.generation
        # When a new one is used
        authentication.signers = (signer, stranger)
        clock.now += 10
        found = await keys.find(stranger.kid)
        # Then it is had
        assert found is keys.get(stranger.kid)
        assert keys.generation == generation + 1

    async def test_without_any_key_it_is_not_the_tokens_fault(self, clock: Any) -> None:
        authentication = FakeAuthentication()
        authentication.away = True
        keys = Keys(authentication.fetch, clock=clock)
        with pytest.raises(ConnectionError):
            await keys.check()
        with pytest.raises(NoKeyError):
            await keys.find("any")

    async def test_keys_stay_while_authentication_is_away(self, signer: Any, clock: Any) -> None:
        # Given keys, and authentication-ms away
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch, clock=clock)
        assert await keys._run_once() == 300
        authentication.away = True
        assert await keys._run_once() == 1
        # Then what is known is used, and what is not known is nobody's fault
        assert await keys.find(signer.kid) is keys.get(signer.kid)
        await keys.check()
        clock.now += 60
        with pytest.raises(NoKeyError):
            await keys.find("unknown")

    @pytest.mark.parametrize(
        "change",
        [{"kty": "oct", "k": "c2VjcmV0"}, {"alg": "HS256"}, {"use": "enc"}, {"kid": None}],
    )
    async def test_a_key_for_something_else_is_not_taken(
        self, signer: Any, clock: Any, change: dict[str, Any]
    ) -> None:
        async def fetch() -> Any:
            return {"keys": [signer.jwk() | change]}

        keys = Keys(fetch, clock=clock)
        await keys._run_once()
        assert keys.get(signer.kid) is None

    async def test_where_no_key_is_to_be_had_the_answer_is_503(
        self, run: Any, signer: Any, user: dict[str, str]
    ) -> None:
        # Given a gateway that never reached authentication-ms
        async with run("http://127.0.0.1:1", ready=False) as client:
            # When a token comes
            answer = await client("GET", "/api/orders", user)
            ready = await client("GET", "/ready")
        # Then it is not called bad
        assert answer.status == 503
        assert answer.json()["type"] == "/problems/unavailable"
        assert answer.header("Retry-After") == "1"
        assert ready.status == 503
        assert set(ready.json()["failing"]) == {"keys", "revocations"}

    async def test_a_forged_header_does_not_make_the_gateway_ask_for_keys(
        self, signer: Any, clock: Any
    ) -> None:
        # Given a gateway that may ask for an unknown key
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch, clock=clock)
        await keys._run_once()
        clock.now += 60
        tokens = Tokens(keys, Revocations(authentication.fetch))
        for algorithm, kid in [("none", "unknown"), ("HS256", "unknown"), ("RS256", 7)]:
            # When a token names an algorithm that is never used, or no sensible key
            forged = f"{encoded({'alg': algorithm, 'kid': kid})}.{encoded({})}.AAAA"
            with pytest.raises(InvalidTokenError):
                await tokens.identify(f"Bearer {forged}".encode())
        # Then it was not asked
        assert authentication.asked == 1

    async def test_the_algorithm_is_pinned_where_the_signature_is_checked_too(
        self, signer: Any
    ) -> None:
        # Given a token of the right key and another algorithm, past the look at its header
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch)
        await keys._run_once()
        tokens = Tokens(keys, Revocations(authentication.fetch))
        token = jwt.encode(signer.claims(), signer.private, "RS512", headers={"kid": signer.kid})
        # Then it is refused there
        with pytest.raises(InvalidTokenError):
            tokens._verify(token.encode(), jwk.construct(signer.public, "RS512"))


class TestMemory:
    async def test_a_token_is_verified_once_until_it_expires(
        self, signer: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a token that is good for 600 s, and a count of verifications
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch)
        await keys._run_once()
        clock.now = time.time()
        tokens = Tokens(keys, Revocations(authentication.fetch), clock=clock)
        verified = []
        original = jwt.decode

        def counting(*args: Any, **named: Any) -> Any:
            verified.append(args)
            return original(*args, **named)

        monkeypatch.setattr("gateway.auth.tokens.jwt.decode", counting)
        header = f"Bearer {signer.token()}".encode()
        # When it is used twice
        first = await tokens.identify(header)
        assert await tokens.identify(header) is first
        assert tokens.guess(header) is first
        # Then it was verified once
        assert len(verified) == 1
        # When it has expired, then it is refused though it was remembered
        clock.now += 606
        with pytest.raises(InvalidTokenError):
            await tokens.identify(header)
        assert tokens.guess(header) is VISITOR

    async def test_when_the_keys_change_everything_is_verified_anew(
        self, signer: Any, stranger: Any
    ) -> None:
        # Given a remembered token
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch)
        await keys._run_once()
        tokens = Tokens(keys, Revocations(authentication.fetch))
        header = f"Bearer {signer.token()}".encode()
        await tokens.identify(header)
        # When its key is withdrawn
        authentication.signers = (stranger,)
        await keys._run_once()
        # Then it is no longer good
        with pytest.raises(InvalidTokenError):
            await tokens.identify(header)

    async def test_memory_is_bounded(self, signer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.auth.tokens._CACHED", 2)
        authentication = FakeAuthentication(signer)
        keys = Keys(authentication.fetch)
        await keys._run_once()
        tokens = Tokens(keys, Revocations(authentication.fetch))
        for number in range(4):
            await tokens.identify(f"Bearer {signer.token(jti=str(number))}".encode())
        assert len(tokens._verified) == 2
