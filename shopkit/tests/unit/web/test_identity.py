from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI, Request

from shopkit.clock import Clock, utc_now
from shopkit.identity import Identity, Role
from shopkit.proofs import InvalidProofError
from shopkit.testing.proofs import (
    account_id_of,
    caller_headers,
    service_headers,
    verifier_of,
)
from shopkit.web import identity
from shopkit.web.identity import AdminRequiredError, AuthenticationRequiredError

ANN = Identity(account_id="5" * 24, email="ann@shop.com", role=Role.USER)


@dataclass
class Services:
    clock: Clock = utc_now


def request(*headers: dict[str, str]) -> Request:
    app = FastAPI()
    app.state.proofs = verifier_of("orders-ms")
    app.state.services = Services()
    pairs = [
        (name.lower().encode(), value.encode())
        for group in headers
        for name, value in group.items()
    ]
    return Request({"type": "http", "headers": pairs, "app": app})


class TestGetCaller:
    async def test_returns_the_caller_that_the_gateway_proves(self) -> None:
        headers = caller_headers(
            "müller@exämple.com", "admin", session="session-1", address="192.0.2.1"
        )
        caller = await identity.get_caller(request(headers))
        assert replace(caller, expires_at=0) == Identity(
            account_id=account_id_of("müller@exämple.com"),
            email="müller@exämple.com",
            role=Role.ADMIN,
            session="session-1",
            client_address="192.0.2.1",
        )

    async def test_returns_a_visitor_without_a_proof(self) -> None:
        assert await identity.get_caller(request()) == Identity()

    async def test_ignores_what_is_not_proven(self) -> None:
        claimed = {
            "X-User-Id": "5" * 24,
            "X-User-Email": "root@shop.com",
            "X-User-Role": "admin",
            "X-User-Session": "session-1",
            "X-Client-Address": "192.0.2.1",
        }
        ann = await identity.get_caller(request(caller_headers("ann@shop.com"), claimed))
        assert await identity.get_caller(request(claimed)) == Identity()
        assert (ann.email, ann.role, ann.client_address) == ("ann@shop.com", Role.USER, "")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic YTpi"},
            {"Authorization": "bearer x.y.z"},
            service_headers("gateway-ms", "orders-ms"),
            service_headers("orders-ms", "orders-ms"),
        ],
    )
    async def test_refuses_other_proofs(self, headers: dict[str, str]) -> None:
        with pytest.raises(InvalidProofError):
            await identity.get_caller(request(headers))


class TestRequireUser:
    @pytest.mark.parametrize("role", [Role.USER, Role.ADMIN])
    async def test_accepts_users_and_admins(self, role: Role) -> None:
        caller = replace(ANN, role=role)
        assert await identity.require_user(caller) is caller

    @pytest.mark.parametrize(
        "changes",
        [
            {"account_id": "", "role": Role.VISITOR},
            {"role": Role.VISITOR},
            {"account_id": "", "role": Role.ADMIN},
        ],
    )
    async def test_refuses_others(self, changes: dict[str, Any]) -> None:
        with pytest.raises(AuthenticationRequiredError, match=r"^Sign in first\.$"):
            await identity.require_user(replace(ANN, **changes))


class TestRequireAdmin:
    async def test_accepts_an_admin(self) -> None:
        caller = replace(ANN, role=Role.ADMIN)
        assert await identity.require_admin(caller) is caller

    async def test_refuses_a_user(self) -> None:
        with pytest.raises(AdminRequiredError, match=r"^Only admins can do this\.$"):
            await identity.require_admin(ANN)


class TestRequireService:
    async def test_accepts_the_service(self) -> None:
        check = identity.require_service("gateway-ms")
        await check(request(service_headers("gateway-ms", "orders-ms")))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"X-User-Role": "admin"},
            caller_headers("root@shop.com", "admin"),
            service_headers("orders-ms", "orders-ms"),
            service_headers("gateway-ms", "products-ms"),
        ],
    )
    async def test_refuses_everyone_else(self, headers: dict[str, str]) -> None:
        check = identity.require_service("gateway-ms")
        with pytest.raises(InvalidProofError):
            await check(request(headers))
