"""The access matrix: every operation with every kind of caller, through nginx and past the gateway.

The operations come from the OpenAPI document, and who may use them from the gateway's table. What
a caller who may use an operation gets for a request that changes nothing is in `ALLOWED`: a new
operation needs a line there. A refused request changes nothing in any database.
"""

import base64
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from fastapi.routing import APIRoute
from jose import jwt
from pymongo import MongoClient
from tests.e2e.shop import place_order, wait_for

from authentication.controllers import gateway as authentication_gateway
from authentication.controllers import internal as authentication_internal
from gateway.routes import ROUTES, Access, Route, all_routes
from gateway.routes import Service as RoutedService
from products.controllers import internal as products_internal
from shopkit.identity import Identity, Role
from shopkit.proofs import GATEWAY, ProofSigner, internal_audience, proof_header
from shopkit.testing.proofs import ProofKey
from stack import Stack
from stack.state import State

ALLOWED = {
    "POST /api/register": 422,
    "POST /api/login": 422,
    "POST /api/refresh": 401,
    "POST /api/logout": 204,
    "GET /api/me": 200,
    "PATCH /api/me": 200,
    "POST /api/me/password": 422,
    "POST /api/me/email": 422,
    "GET /api/me/sessions": 200,
    "DELETE /api/me/sessions/{id}": 404,
    "GET /api/me/addresses": 200,
    "POST /api/me/addresses": 422,
    "PATCH /api/me/addresses/{id}": 404,
    "DELETE /api/me/addresses/{id}": 404,
    "GET /api/address-forms": 200,
    "GET /api/address-forms/{country}": 404,
    "POST /api/email-verifications": 204,
    "POST /api/email-verifications/confirm": 422,
    "POST /api/password-resets": 422,
    "POST /api/password-resets/confirm": 422,
    "POST /api/email-changes/confirm": 422,
    "POST /api/email-changes/undo": 422,
    "GET /api/users": 200,
    "GET /api/users/{id}": 404,
    "PATCH /api/users/{id}": 422,
    "GET /api/.well-known/jwks.json": 200,
    "GET /api/admin/mails/authentication": 200,
    "GET /api/admin/mails/authentication/{id}": 404,
    "POST /api/admin/mails/authentication/{id}/send": 404,
    "POST /api/admin/mails/authentication/{id}/discard": 422,
    "GET /api/admin/audit/authentication": 200,
    "GET /api/authentication_health": 200,
    "GET /api/categories": 200,
    "POST /api/categories": 422,
    "PATCH /api/categories/{id}": 422,
    "DELETE /api/categories/{id}": 404,
    "GET /api/products": 200,
    "POST /api/products": 422,
    "GET /api/products/{id}": 404,
    "PATCH /api/products/{id}": 404,
    "DELETE /api/products/{id}": 404,
    "GET /api/products/{id}/image": 404,
    "PUT /api/products/{id}/image": 404,
    "GET /api/admin/products": 200,
    "POST /api/admin/products/changes": 422,
    "GET /api/admin/dead-letters/products": 200,
    "GET /api/admin/dead-letters/products/{id}": 404,
    "POST /api/admin/dead-letters/products/{id}/replay": 404,
    "POST /api/admin/dead-letters/products/{id}/discard": 422,
    "GET /api/admin/audit/products": 200,
    "GET /api/products_health": 200,
    "GET /api/orders": 200,
    "POST /api/orders": 422,
    "GET /api/orders/stream": 200,
    "GET /api/orders/{id}": 404,
    "GET /api/orders/{id}/payment-qr": 404,
    "POST /api/orders/{id}/cancel": 404,
    "POST /api/orders/{id}/pay": 404,
    "POST /api/payments/stripe/events": 400,
    "GET /api/admin/payments/stripe/events": 200,
    "GET /api/delivery-methods": 200,
    "GET /api/admin/orders": 200,
    "GET /api/admin/orders/{id}": 404,
    "POST /api/admin/orders/{id}/notes": 422,
    "POST /api/admin/orders/{id}/payments": 422,
    "POST /api/admin/orders/{id}/refunds": 422,
    "POST /api/admin/orders/{id}/refunds/{refund}/paid": 404,
    "POST /api/admin/orders/{id}/shipments": 404,
    "POST /api/admin/orders/{id}/delivered": 404,
    "POST /api/admin/orders/{id}/collected": 404,
    "POST /api/admin/orders/{id}/close-lines": 422,
    "GET /api/admin/delivery-methods": 200,
    "GET /api/admin/delivery-methods/{id}": 404,
    "PUT /api/admin/delivery-methods/{id}": 422,
    "DELETE /api/admin/delivery-methods/{id}": 404,
    "GET /api/admin/orders/totals": 422,
    "GET /api/admin/stats": 200,
    "GET /api/admin/dead-letters/orders": 200,
    "GET /api/admin/dead-letters/orders/{id}": 404,
    "POST /api/admin/dead-letters/orders/{id}/replay": 404,
    "POST /api/admin/dead-letters/orders/{id}/discard": 422,
    "GET /api/admin/mails/orders": 200,
    "GET /api/admin/mails/orders/{id}": 404,
    "POST /api/admin/mails/orders/{id}/send": 404,
    "POST /api/admin/mails/orders/{id}/discard": 422,
    "GET /api/admin/audit/orders": 200,
    "GET /api/orders_health": 200,
    "DELETE /api/me/sessions": 204,
}
FORGERIES = [
    "malformed",
    "expired",
    "not yet valid",
    "wrong issuer",
    "wrong audience",
    "other key",
    "none",
    "HS256 with the public key",
    "tampered role",
]

READ_THE_CALLER = {
    "GET /api/categories",
    "GET /api/products",
    "GET /api/products/{id}",
    "POST /api/login",
    "POST /api/password-resets/confirm",
    "POST /api/refresh",
    "POST /api/register",
}
"""The operations for anyone that read who calls, and so refuse a forged proof."""

OWNED = {
    "GET /api/orders/{id}",
    "GET /api/orders/{id}/payment-qr",
    "POST /api/orders/{id}/cancel",
    "POST /api/orders/{id}/pay",
    "DELETE /api/me/sessions/{id}",
    "PATCH /api/me/addresses/{id}",
    "DELETE /api/me/addresses/{id}",
}
"""The operations on what belongs to a user. Others get the same answer as if it did not exist."""

OWNED_BY_NOBODY = {"GET /api/address-forms/{country}"}
"""The operations with a parameter that names no object of a user."""

CLAIMED = {
    "X-User-Id": "0" * 24,
    "X-User-Email": "admin@admin.com",
    "X-User-Role": "admin",
    "X-User-Session": "any",
    "X-Client-Address": "192.0.2.1",
}
VOLATILE = {"provider_position", "reconcile_progress", "statistics", "throttles", "ticks"}
"""The collections that change without a request, or count refused ones."""
LOOP_SECONDS = 2.0
"""Enough for the loops that send mails and count orders, which run every second."""
USER, ADMIN, OTHER = "aaa@aaa.com", "ccc@ccc.com", "bbb@bbb.com"


@dataclass(frozen=True)
class Operation:
    """An operation, its route in the gateway, and a path to call it that finds nothing."""

    route: Route
    path: str

    @property
    def name(self) -> str:
        return f"{self.route.method} {self.route.path}"

    def expected(self, role: Role) -> int:
        """Return the status for a caller with a role."""
        if self.route.access is Access.ANYONE or role is Role.ADMIN:
            return ALLOWED[self.name]
        if role is Role.VISITOR:
            return 401
        return ALLOWED[self.name] if self.route.access is Access.USER else 403


def _fill(path: str) -> str:
    """Return a path whose parameters name nothing that exists."""
    if "sessions/{id}" in path:
        return path.replace("{id}", "0" * 32)
    if "dead-letters" in path or "mails" in path:
        return path.replace("{id}", "0" * (64 if "dead-letters" in path else 32))
    return path.replace("{country}", "ZZ").replace("{id}", "0" * 24).replace("{refund}", "0" * 24)


@pytest.fixture(scope="module")
def operations(stack: Stack) -> list[Operation]:
    """All operations of the services, those that end sessions last."""
    document = httpx2.get(f"{stack.settings.shop_url}/api/openapi.json").json()
    documented = {
        _anonymous(f"{method.upper()} {path}")
        for path, methods in document["paths"].items()
        for method in methods
    }
    routes = [route for route in ROUTES if route.service is not RoutedService.GATEWAY]
    named = {f"{route.method} {route.path}": route for route in routes}
    known = {_anonymous(f"{route.method} {route.path}") for route in all_routes(chaos=True)}
    assert documented <= known
    assert named.keys() == ALLOWED.keys(), "each operation needs a line in ALLOWED"
    found = [Operation(route, _fill(route.path)) for route in routes]
    return sorted(found, key=lambda operation: operation.name == "DELETE /api/me/sessions")


def _anonymous(name: str) -> str:
    """Return an operation without the names of its parameters, which differ in the two lists."""
    return "/".join("{}" if part.startswith("{") else part for part in name.split("/"))


class Caller:
    """Sends requests from another address than the others, because nginx limits each address."""

    _addresses = iter(range(1, 250))

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        transport = httpx2.HTTPTransport(local_address=f"127.2.0.{next(self._addresses)}")
        self._client = httpx2.Client(base_url=url, transport=transport, headers=headers, timeout=10)

    def status_of(self, method: str, path: str) -> int:
        """Send a request that has an empty object as its body, and return the status."""
        body: dict[str, str] | None = None if method in {"GET", "DELETE"} else {}
        with self._client.stream(method, path, json=body) as response:
            return response.status_code

    def close(self) -> None:
        self._client.close()


def statuses(url: str, headers: Mapping[str, str], operations: list[Operation]) -> dict[str, int]:
    """Call each operation, and return the status by its name."""
    caller = Caller(url, headers)
    try:
        return {
            operation.name: caller.status_of(operation.route.method, operation.path)
            for operation in operations
        }
    finally:
        caller.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def access_token(stack: Stack, email: str) -> str:
    response = httpx2.post(
        f"{stack.settings.shop_url}/api/login", json={"email": email, "password": email}
    )
    assert response.status_code == 200, response.text
    token: str = response.json()["access_token"]
    return token


def new_rsa_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> dict[str, str]:
    """Return access tokens: of a user, of an admin, and forged ones by what is wrong with them."""
    pem = State(stack.settings.state).signing_key_file().read_text(encoding="utf-8")
    public = (
        load_pem_private_key(pem.encode(), None)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    token = access_token(stack, ADMIN)
    claims, header = jwt.get_unverified_claims(token), jwt.get_unverified_header(token)
    kid = {"kid": header["kid"]}
    now = int(time.time())

    def signed(key: str = pem, **changes: Any) -> str:
        return str(jwt.encode(claims | changes, key, "RS256", kid))

    user = access_token(stack, USER)
    *_, signature = user.split(".")
    raised = jwt.get_unverified_claims(user) | {"role": "admin"}
    # HMAC with the public key as its secret: a verifier that believes the header's algorithm
    # would accept it. The library refuses to sign with such a key.
    content = f"{encoded({'alg': 'HS256', 'typ': 'JWT'} | kid)}.{encoded(claims)}"
    return {
        "user": user,
        "admin": token,
        "malformed": "x.y.z",
        "expired": signed(iat=now - 1_000, exp=now - 100),
        "not yet valid": signed(nbf=now + 3_600),
        "wrong issuer": signed(iss="someone-else"),
        "wrong audience": signed(aud="another-shop"),
        "other key": signed(new_rsa_key()),
        "none": f"{encoded({'alg': 'none', 'typ': 'JWT'} | kid)}.{encoded(claims)}.",
        "HS256 with the public key": f"{content}.{_hmac(content, public)}",
        "tampered role": f"{encoded(header)}.{encoded(raised)}.{signature}",
    }


def _hmac(content: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), content.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_hashes(stack: Stack) -> dict[str, str]:
    """Return the hash of each collection by its service and name."""
    hashes: dict[str, str] = {}
    for service in ("authentication", "products", "orders"):
        with MongoClient[Any](stack.database_url(service, root=True)) as client:
            found = client["shop"].command("dbHash")["collections"]
        hashes |= {f"{service} {name}": found[name] for name in found if name not in VOLATILE}
    return hashes


def wait_until_quiet(stack: Stack, seconds: float) -> None:
    """Wait until no database has changed for some seconds."""

    def is_quiet() -> bool:
        before = read_hashes(stack)
        time.sleep(seconds)
        return before == read_hashes(stack)

    wait_for(is_quiet)


@pytest.fixture
def unchanged(stack: Stack) -> Iterator[None]:
    """Check that a test changes nothing in the databases."""
    wait_until_quiet(stack, 0.3)
    before = read_hashes(stack)
    yield
    after = read_hashes(stack)
    assert [name for name in before if after[name] != before[name]] == []


@pytest.mark.usefixtures("unchanged")
class TestDeniedByTheGateway:
    def test_nobody(self, stack: Stack, operations: list[Operation]) -> None:
        assert statuses(stack.settings.shop_url, {}, operations) == {
            operation.name: operation.expected(Role.VISITOR) for operation in operations
        }

    def test_a_visitor_who_claims_to_be_an_admin(
        self, stack: Stack, operations: list[Operation]
    ) -> None:
        assert statuses(stack.settings.shop_url, CLAIMED, operations) == {
            operation.name: operation.expected(Role.VISITOR) for operation in operations
        }

    @pytest.mark.parametrize("kind", FORGERIES)
    def test_a_forged_token(
        self, stack: Stack, operations: list[Operation], tokens: dict[str, str], kind: str
    ) -> None:
        """It is refused, or ignored if anyone may use the operation."""
        found = statuses(stack.settings.shop_url, bearer(tokens[kind]), operations)
        assert found == {
            operation.name: operation.expected(Role.VISITOR) for operation in operations
        }

    def test_a_user_where_only_admins_may(
        self, stack: Stack, operations: list[Operation], tokens: dict[str, str]
    ) -> None:
        admins = [o for o in operations if o.route.access is Access.ADMIN]
        found = statuses(stack.settings.shop_url, bearer(tokens["user"]), admins)
        assert found == {operation.name: 403 for operation in admins}


class TestAllowedByTheGateway:
    # Other accounts than those of `tokens`, because one of the operations ends all sessions.
    @pytest.mark.parametrize(
        ("email", "role"), [(OTHER, Role.USER), ("admin@admin.com", Role.ADMIN)]
    )
    def test_whoever_may(
        self, stack: Stack, operations: list[Operation], email: str, role: Role
    ) -> None:
        found = statuses(stack.settings.shop_url, bearer(access_token(stack, email)), operations)
        assert found == {operation.name: operation.expected(role) for operation in operations}


@pytest.fixture(scope="module")
def others(stack: Stack) -> dict[str, str]:
    """Return the paths of what belongs to another user, by the operation."""
    headers = bearer(access_token(stack, OTHER))
    with httpx2.Client(base_url=stack.settings.shop_url, headers=headers, timeout=10) as other:
        order = place_order(other).json()["id"]
        wait_for(lambda: other.get(f"/api/orders/{order}").json()["status"] != "PENDING")
        body = {
            "name": "Bea",
            "lines": ["Somewhere 1"],
            "postcode": "10115",
            "city": "Berlin",
            "country": "DE",
        }
        address = other.post("/api/me/addresses", json=body)
        assert address.status_code == 201, address.text
        session = other.get("/api/me/sessions").json()["sessions"][0]["id"]
    wait_until_quiet(stack, LOOP_SECONDS)
    ids = {"orders": order, "sessions": session, "addresses": address.json()["id"]}
    return {
        name: name.split()[1].replace("{id}", ids[next(kind for kind in ids if kind in name)])
        for name in OWNED
    }


class TestOwners:
    def test_every_operation_on_one_object_of_a_user_is_listed(self) -> None:
        assert {
            f"{route.method} {route.path}"
            for route in ROUTES
            if route.access is Access.USER and "{" in route.path
        } == OWNED | OWNED_BY_NOBODY

    @pytest.mark.usefixtures("unchanged")
    def test_an_object_of_another_user_does_not_exist(
        self, others: dict[str, str], tokens: dict[str, str], stack: Stack
    ) -> None:
        found = {}
        for name, path in others.items():
            method = name.split()[0]
            body = None if method in {"GET", "DELETE"} else {"city": "Hamburg"}
            response = httpx2.request(
                method,
                stack.settings.shop_url + path,
                json=body,
                headers=bearer(tokens["user"]),
            )
            found[name] = response.status_code
        assert found == dict.fromkeys(OWNED, 404)


def gateway_claims(service: str, email: str, tokens: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims by which the gateway proves a caller to a service."""
    account = jwt.get_unverified_claims(tokens["admin" if email == ADMIN else "user"])
    now = int(time.time())
    return {
        "iss": GATEWAY,
        "aud": f"{service}-ms",
        "exp": now + 300,
        "sub": account["sub"],
        "email": email,
        "role": account["role"],
        "sid": account["sid"],
        "address": "192.0.2.1",
        "token_exp": now + 900,
    }


def forged_proofs(stack: Stack, service: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """Return the proofs of an admin that a service may not accept, by what is wrong with them."""
    pem = State(stack.settings.state).proof_key_file("gateway").read_text(encoding="utf-8")
    public = (
        load_pem_private_key(pem.encode(), None)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    claims = gateway_claims(service, ADMIN, tokens)
    others = {"authentication": "products", "products": "orders", "orders": "authentication"}

    def signed(key: str = pem, **changes: Any) -> str:
        return str(jwt.encode(claims | changes, key, "ES256"))

    header, _, signature = signed(role="user").split(".")
    content = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    return {
        "malformed": "x.y.z",
        "expired": signed(exp=int(time.time()) - 10),
        "for another service": signed(aud=f"{others[service]}-ms"),
        "for internal endpoints": signed(aud=internal_audience(f"{service}-ms")),
        "of another issuer": signed(iss="orders-ms"),
        "other key": signed(ProofKey.generate().private),
        "none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}.",
        "HS256 with the public key": f"{content}.{_hmac(content, public)}",
        "tampered role": f"{header}.{encoded(claims)}.{signature}",
        "access token": tokens["admin"],
    }


@pytest.mark.parametrize("service", ["authentication", "products", "orders"])
class TestPastTheGateway:
    @pytest.fixture
    def own(self, service: str, operations: list[Operation]) -> list[Operation]:
        return [o for o in operations if o.route.service.value == service]

    @pytest.fixture
    def url(self, stack: Stack, service: str) -> str:
        return f"http://127.0.0.1:{stack.environment(service)['PORT']}"

    @pytest.mark.usefixtures("unchanged")
    @pytest.mark.parametrize("headers", [{}, CLAIMED], ids=["nothing", "claims"])
    def test_without_a_proof(self, url: str, own: list[Operation], headers: dict[str, str]) -> None:
        assert statuses(url, headers, own) == {o.name: o.expected(Role.VISITOR) for o in own}

    @pytest.mark.usefixtures("unchanged")
    def test_with_a_forged_proof(
        self, stack: Stack, url: str, service: str, own: list[Operation], tokens: dict[str, str]
    ) -> None:
        expected = {
            o.name: ALLOWED[o.name]
            if o.route.access is Access.ANYONE and o.name not in READ_THE_CALLER
            else 401
            for o in own
        }
        proofs = forged_proofs(stack, service, tokens)
        for kind, proof in proofs.items():
            found = statuses(url, CLAIMED | bearer(proof), own)
            assert found == expected, kind

    @pytest.mark.usefixtures("unchanged")
    def test_with_the_proof_of_a_user_where_only_admins_may(
        self, stack: Stack, url: str, service: str, own: list[Operation], tokens: dict[str, str]
    ) -> None:
        pem = State(stack.settings.state).proof_key_file("gateway").read_text(encoding="utf-8")
        proof = jwt.encode(gateway_claims(service, USER, tokens), pem, "ES256")
        admins = [o for o in own if o.route.access is Access.ADMIN]
        found = statuses(url, CLAIMED | bearer(proof), admins)
        assert found == {operation.name: 403 for operation in admins}

    @pytest.mark.parametrize(("email", "role"), [(USER, Role.USER), (ADMIN, Role.ADMIN)])
    def test_with_the_proof_of_the_gateway(
        self,
        stack: Stack,
        url: str,
        service: str,
        own: list[Operation],
        tokens: dict[str, str],
        email: str,
        role: Role,
    ) -> None:
        pem = State(stack.settings.state).proof_key_file("gateway").read_text(encoding="utf-8")
        proof = jwt.encode(gateway_claims(service, email, tokens), pem, "ES256")
        assert statuses(url, bearer(proof), own) == {o.name: o.expected(role) for o in own}


INTERNAL = [
    (service, method, route.path)
    for service, routers in {
        "authentication": (authentication_internal.router, authentication_gateway.router),
        "products": (products_internal.router,),
    }.items()
    for router in routers
    for route in router.routes
    if isinstance(route, APIRoute) and route.path.startswith("/internal/")
    for method in sorted(route.methods or ())
]


@pytest.fixture(scope="class")
def settled(stack: Stack) -> None:
    """Wait for what earlier tests left to the loops of the services, such as mails."""
    wait_until_quiet(stack, LOOP_SECONDS)


@pytest.mark.usefixtures("settled", "unchanged")
class TestInternalEndpoints:
    @pytest.mark.parametrize(("service", "method", "path"), INTERNAL)
    def test_refuse_everyone_but_their_caller(
        self, stack: Stack, tokens: dict[str, str], service: str, method: str, path: str
    ) -> None:
        # Given
        state = State(stack.settings.state)
        keys = {
            name: state.proof_key_file(name).read_text(encoding="utf-8")
            for name in ("gateway", "orders")
        }
        target = f"{service}-ms"
        caller = "gateway-ms" if path == "/internal/revocations" else "orders-ms"
        admin = Identity("0" * 24, "admin@admin.com", Role.ADMIN)
        proofs = {
            "the proof of an admin": ProofSigner(GATEWAY, keys["gateway"]).prove_caller(
                admin, target
            ),
            **forged_proofs(stack, service, tokens),
        }
        if caller == "gateway-ms":
            del proofs["for internal endpoints"]
        for issuer, key in (("gateway-ms", keys["gateway"]), ("orders-ms", keys["orders"])):
            if issuer != caller:
                proofs[f"the proof of {issuer}"] = ProofSigner(issuer, key).prove_service(target)
        url = f"http://127.0.0.1:{stack.environment(service)['PORT']}{path}"
        # Then
        for headers in ({}, CLAIMED):
            assert httpx2.request(method, url, headers=headers).status_code == 401
        for kind, proof in proofs.items():
            response = httpx2.request(method, url, headers=CLAIMED | dict([proof_header(proof)]))
            assert response.status_code == 401, kind

    @pytest.mark.parametrize(("_service", "method", "path"), INTERNAL)
    def test_do_not_exist_for_the_gateway(
        self, stack: Stack, tokens: dict[str, str], _service: str, method: str, path: str
    ) -> None:
        response = httpx2.request(
            method, f"{stack.settings.shop_url}/api{path}", headers=bearer(tokens["admin"])
        )
        assert response.status_code == 404
