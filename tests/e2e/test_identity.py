"""Who may call: attacks on the services' own ports, past the gateway."""

from collections.abc import Iterator

import httpx2
import pytest

from stack import Stack

PATHS = {
    "authentication": "/api/users",
    "products": "/api/admin/products",
    "orders": "/api/admin/orders",
}
CLAIMED = {
    "X-User-Id": "0" * 24,
    "X-User-Email": "admin@admin.com",
    "X-User-Role": "admin",
    "X-User-Session": "any",
    "X-Client-Address": "192.0.2.1",
}


def address_of(stack: Stack, service: str) -> str:
    return f"http://127.0.0.1:{stack.environment(service)['PORT']}"


@pytest.fixture(params=PATHS)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def direct(stack: Stack, service: str) -> Iterator[httpx2.Client]:
    """A client of a service, past the gateway."""
    with httpx2.Client(base_url=address_of(stack, service)) as client:
        yield client


def log_in(shop: httpx2.Client, email: str) -> str:
    response = shop.post("/api/login", json={"email": email, "password": email})
    assert response.status_code == 200, response.text
    token: str = response.json()["access_token"]
    return token


class TestServices:
    def test_ignore_claims_in_headers(self, direct: httpx2.Client, service: str) -> None:
        assert direct.get(PATHS[service], headers=CLAIMED).status_code == 401

    def test_refuse_the_access_token_of_an_admin(
        self, direct: httpx2.Client, shop: httpx2.Client, service: str
    ) -> None:
        # Given
        headers = CLAIMED | {"Authorization": f"Bearer {log_in(shop, 'admin@admin.com')}"}
        assert shop.get(PATHS[service], headers=headers).status_code == 200
        # When
        response = direct.get(PATHS[service], headers=headers)
        # Then
        assert response.status_code == 401
        assert response.json()["detail"] == "The request does not prove who sent it."

    def test_serve_public_pages_without_a_proof(self, direct: httpx2.Client, service: str) -> None:
        assert direct.get(f"/api/{service}_health").status_code == 200


class TestInternalEndpoints:
    @pytest.mark.parametrize(
        ("service", "method", "path", "body"),
        [
            ("products", "POST", "orders/cancel", {"ids": ["0" * 24]}),
            ("products", "PUT", "database", {"identity": "0" * 32}),
            ("products", "GET", "products", None),
            ("authentication", "GET", "revocations", None),
        ],
    )
    def test_refuse_everyone_else(
        self,
        stack: Stack,
        shop: httpx2.Client,
        service: str,
        method: str,
        path: str,
        body: dict[str, object] | None,
    ) -> None:
        token = log_in(shop, "admin@admin.com")
        for headers in ({}, CLAIMED, CLAIMED | {"Authorization": f"Bearer {token}"}):
            response = httpx2.request(
                method,
                f"{address_of(stack, service)}/internal/{path}",
                json=body,
                headers={"Orders-Database": "0" * 32} | headers,
            )
            assert response.status_code == 401, response.text
