"""Checks every path, method and role against the documented access rules."""

from dataclasses import dataclass

import pytest

from gateway.testing import Client, ServiceDouble, running_gateway

METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "BREW",
)
PRODUCT = "/api/products/0123456789abcdef01234567"
ORDER = "/api/orders/0123456789abcdef01234567"
ACCOUNT = "/api/users/0123456789abcdef01234567"
CATEGORY = "/api/categories/0123456789abcdef01234567"

# Method, path, and the status for a visitor, a user and an admin.
STATUSES = f"""
POST   /api/register                                200 200 200
POST   /api/login                                   200 200 200
POST   /api/refresh                                 200 200 200
POST   /api/logout                                  200 200 200
GET    /api/me                                      401 200 200
PATCH  /api/me                                      401 200 200
POST   /api/me/password                             401 200 200
POST   /api/me/email                                401 200 200
GET    /api/me/sessions                             401 200 200
DELETE /api/me/sessions                             401 200 200
DELETE /api/me/sessions/1                           401 200 200
GET    /api/me/addresses                            401 200 200
POST   /api/me/addresses                            401 200 200
PATCH  /api/me/addresses/1                          401 200 200
DELETE /api/me/addresses/1                          401 200 200
GET    /api/address-forms                           401 200 200
GET    /api/address-forms/DE                        401 200 200
POST   /api/email-verifications                     401 200 200
POST   /api/email-verifications/confirm             401 200 200
POST   /api/password-resets                         200 200 200
POST   /api/password-resets/confirm                 200 200 200
POST   /api/email-changes/confirm                   200 200 200
POST   /api/email-changes/undo                      200 200 200
GET    /api/users                                   401 403 200
GET    {ACCOUNT}                                    401 403 200
PATCH  {ACCOUNT}                                    401 403 200
GET    /api/.well-known/jwks.json                   200 200 200
GET    /api/admin/mails/authentication              401 403 200
GET    /api/admin/mails/authentication/1            401 403 200
POST   /api/admin/mails/authentication/1/send       401 403 200
POST   /api/admin/mails/authentication/1/discard    401 403 200
GET    /api/admin/audit/authentication              401 403 200
GET    /api/authentication_health                   200 200 200
GET    /api/categories                              200 200 200
POST   /api/categories                              401 403 200
PATCH  {CATEGORY}                                   401 403 200
DELETE {CATEGORY}                                   401 403 200
GET    /api/products                                200 200 200
POST   /api/products                                401 403 200
GET    {PRODUCT}                                    200 200 200
PATCH  {PRODUCT}                                    401 403 200
DELETE {PRODUCT}                                    401 403 200
GET    {PRODUCT}/image                              200 200 200
PUT    {PRODUCT}/image                              401 403 200
GET    /api/admin/products                          401 403 200
POST   /api/admin/products/changes                  401 403 200
GET    /api/admin/dead-letters/products             401 403 200
GET    /api/admin/dead-letters/products/1           401 403 200
POST   /api/admin/dead-letters/products/1/replay    401 403 200
POST   /api/admin/dead-letters/products/1/discard   401 403 200
GET    /api/admin/audit/products                    401 403 200
GET    /api/products_health                         200 200 200
GET    /api/orders                                  401 200 200
POST   /api/orders                                  401 200 200
GET    {ORDER}                                      401 200 200
POST   {ORDER}/cancel                               401 200 200
GET    /api/orders/stream                           401 200 200
GET    /api/admin/orders                            401 403 200
GET    /api/admin/orders/totals                     401 403 200
GET    /api/admin/stats                             401 403 200
GET    /api/admin/dead-letters/orders               401 403 200
GET    /api/admin/dead-letters/orders/1             401 403 200
POST   /api/admin/dead-letters/orders/1/replay      401 403 200
POST   /api/admin/dead-letters/orders/1/discard     401 403 200
GET    /api/admin/mails/orders                      401 403 200
GET    /api/admin/mails/orders/1                    401 403 200
POST   /api/admin/mails/orders/1/send               401 403 200
POST   /api/admin/mails/orders/1/discard            401 403 200
GET    /api/admin/audit/orders                      401 403 200
GET    /api/orders_health                           200 200 200
GET    /api/docs                                    200 200 200
GET    /api/docs/swagger-ui.css                     200 200 200
GET    /api/docs/swagger-ui-bundle.js               200 200 200
GET    /api/docs/initialize.js                      200 200 200
GET    /api/docs/favicon.png                        200 200 200
GET    /api/openapi.json                            200 200 200
GET    /api/gateway_health                          200 200 200
"""
CHAOS_STATUSES = """
GET    /api/authentication_error                    401 403 200
GET    /api/products_error                          401 403 200
GET    /api/orders_error                            401 403 200
"""

ALLOW = {
    ("GET",): "GET, HEAD",
    ("POST",): "POST",
    ("GET", "PATCH"): "GET, HEAD, PATCH",
    ("GET", "POST"): "GET, HEAD, POST",
    ("PATCH", "DELETE"): "DELETE, PATCH",
    ("GET", "DELETE"): "DELETE, GET, HEAD",
    ("DELETE",): "DELETE",
    ("GET", "PATCH", "DELETE"): "DELETE, GET, HEAD, PATCH",
    ("GET", "PUT"): "GET, HEAD, PUT",
}


@dataclass
class Rule:
    """The statuses of a path, by method, for a visitor, a user and an admin."""

    path: str
    statuses: dict[str, list[int]]

    def status(self, method: str, role: int) -> int:
        known_method = "GET" if method == "HEAD" else method
        return self.statuses[known_method][role] if known_method in self.statuses else 405


def parse(table: str) -> list[Rule]:
    rules: dict[str, Rule] = {}
    for line in table.strip().splitlines():
        method, path, *statuses = line.split()
        rule = rules.setdefault(path, Rule(path, {}))
        rule.statuses[method] = [int(status) for status in statuses]
    return list(rules.values())


RULES = parse(STATUSES)
CHAOS_RULES = parse(CHAOS_STATUSES)
VISITOR, USER, ADMIN = range(3)


@pytest.fixture(params=[VISITOR, USER, ADMIN], ids=["visitor", "user", "admin"])
def role(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def headers(role: int, user: dict[str, str], admin: dict[str, str]) -> dict[str, str]:
    """The headers of a caller with the role."""
    return [{}, user, admin][role]


class TestRoutes:
    async def test_respond_to_every_method_and_role_as_documented(
        self, client: Client, role: int, headers: dict[str, str]
    ) -> None:
        for rule in RULES:
            for method in METHODS:
                response = await client.request(method, rule.path, headers)
                assert response.status == rule.status(method, role), (method, rule.path)
                if response.status == 405:
                    assert response.header("Allow") == ALLOW[tuple(rule.statuses)], rule.path

    async def test_do_not_forward_a_request_that_is_refused(
        self, client: Client, service: ServiceDouble, user: dict[str, str]
    ) -> None:
        # Given
        refused = [
            (method, rule.path)
            for rule in RULES
            for method, statuses in rule.statuses.items()
            if statuses[USER] == 403
        ]
        # When
        for method, path in refused:
            await client.request(method, path, user)
        # Then
        assert len(refused) == 34
        assert service.received == []

    @pytest.mark.parametrize(
        ("method", "path", "status", "name"),
        [
            ("GET", "/api/orders", 401, "unauthenticated"),
            ("GET", "/api/nowhere", 404, "not-found"),
            ("PUT", "/api/orders", 405, "method-not-allowed"),
        ],
    )
    async def test_refuse_a_request_with_a_problem_document(
        self, client: Client, method: str, path: str, status: int, name: str
    ) -> None:
        # When
        response = await client.request(method, path, {"X-Request-ID": "abc"})
        # Then
        assert response.header("Content-Type") == "application/problem+json"
        assert response.header("X-Request-ID") == "abc"
        assert response.json() | {"title": "", "detail": ""} == {
            "type": f"/problems/{name}",
            "title": "",
            "status": status,
            "detail": "",
            "instance": path,
            "request_id": "abc",
        }


class TestChaosRoutes:
    async def test_are_for_admins_if_they_are_enabled(
        self, service: ServiceDouble, role: int, headers: dict[str, str]
    ) -> None:
        async with running_gateway(service.url, chaos_endpoints=True) as client:
            for rule in CHAOS_RULES:
                for method in METHODS:
                    response = await client.request(method, rule.path, headers)
                    assert response.status == rule.status(method, role), (method, rule.path)

    async def test_do_not_exist_if_they_are_disabled(
        self, client: Client, service: ServiceDouble, headers: dict[str, str]
    ) -> None:
        for rule in CHAOS_RULES:
            for method in METHODS:
                response = await client.request(method, rule.path, headers)
                assert response.status == 404, (method, rule.path)
        assert service.received == []


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/api",
            "/api/",
            "//api/products",
            "/api//products",
            "/api/products/",
            "/api/./products",
            "/api/products/..",
            "/api/products/../users",
            "/api/products/%2e%2e",
            "/api/products/.%2E",
            "/api/products/%2e",
            "/api/products%2F1",
            "/api/products/1%2fimage",
            "/api/products/1%00",
            "/api/products/%0a",
            "/api/products/%7f",
            "/api/products/%zz",
            "/api/products/%4",
            "/api/products/%ff",
            "/api/products/1/image/2",
            "/api/Products",
            "/API/products",
            "/api/users/ann/x",
            "/api/admin",
            "/api/admin/dead-letters/authentication",
            "/api/admin/audit/gateway",
            "/api/orders/stream/cancel",
            "/api/docs/other.js",
            "/api/docs/..%2fmain.py",
            "/internal/revocations",
            "/openapi.json",
            "/docs",
        ],
    )
    async def test_without_a_route_are_not_found(
        self, client: Client, service: ServiceDouble, admin: dict[str, str], path: str
    ) -> None:
        # When
        response = await client.request("GET", path, admin)
        # Then
        assert response.status == 404
        assert response.header("Content-Type") == "application/problem+json"
        assert service.received == []

    @pytest.mark.parametrize(
        "target",
        [
            "/api/products?name=a%20b&x=%2F..%2f&q=%C3%A9&empty=&",
            "/api/products/%30123?size=thumb",
            "/api/%70roducts",
            "/api/products/a%3Ab;c=d,e'(f)!$&*+=@~",
            "/api/products/caf%C3%A9%5C",
            "/api/products/%252e%252e",
        ],
    )
    async def test_are_forwarded_unchanged_with_their_query(
        self, client: Client, service: ServiceDouble, target: str
    ) -> None:
        # When
        response = await client.request("GET", target)
        # Then
        assert response.status == 200
        assert [request.target for request in service.received] == [target]
