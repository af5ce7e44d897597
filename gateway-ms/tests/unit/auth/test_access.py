"""Every endpoint x every verb x every role, written out from the contract and not from the code."""

from typing import Any

import pytest

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")
PRODUCT = "/api/products/0123456789abcdef01234567"
ORDER = "/api/orders/0123456789abcdef01234567"

# Verb, path, and the answers to a visitor, a user and an admin.
MATRIX = f"""
POST   /api/register                                200 200 200
POST   /api/login                                   200 200 200
POST   /api/refresh                                 200 200 200
POST   /api/logout                                  200 200 200
GET    /api/me                                      401 200 200
POST   /api/me/password                             401 200 200
GET    /api/users                                   401 403 200
PATCH  /api/users/ann@shop.example                  401 403 200
GET    /api/.well-known/jwks.json                   200 200 200
GET    /api/admin/audit/authentication              401 403 200
GET    /api/authentication_health                   200 200 200
GET    /api/categories                              200 200 200
POST   /api/categories                              401 403 200
PATCH  /api/categories/fruit%20&%20nuts             401 403 200
DELETE /api/categories/fruit%20&%20nuts             401 403 200
GET    /api/products                                200 200 200
POST   /api/products                                401 403 200
GET    {PRODUCT}                                    200 200 200
PATCH  {PRODUCT}                                    401 403 200
DELETE {PRODUCT}                                    401 403 200
GET    {PRODUCT}/image                              200 200 200
PUT    {PRODUCT}/image                              401 403 200
GET    /api/admin/products                          401 403 200
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
GET    /api/admin/stats                             401 403 200
GET    /api/admin/dead-letters/orders               401 403 200
GET    /api/admin/dead-letters/orders/1             401 403 200
POST   /api/admin/dead-letters/orders/1/replay      401 403 200
POST   /api/admin/dead-letters/orders/1/discard     401 403 200
GET    /api/admin/audit/orders                      401 403 200
GET    /api/orders_health                           200 200 200
GET    /api/docs                                    200 200 200
GET    /api/docs/swagger-ui.css                     200 200 200
GET    /api/docs/swagger-ui-bundle.js               200 200 200
GET    /api/docs/initialize.js                      200 200 200
GET    /api/docs/favicon.png                        200 200 200
GET    /api/openapi.json                            200 200 200
GET    /api/gateway_health                          200 200 200
GET    /ready                                       200 200 200
GET    /metrics                                     200 200 200
"""
CHAOS = """
GET    /api/authentication_error                    401 403 200
GET    /api/products_error                          401 403 200
GET    /api/orders_error                            401 403 200
"""

ALLOW = {
    ("GET",): "GET, HEAD",
    ("POST",): "POST",
    ("PATCH",): "PATCH",
    ("GET", "POST"): "GET, HEAD, POST",
    ("PATCH", "DELETE"): "DELETE, PATCH",
    ("GET", "PATCH", "DELETE"): "DELETE, GET, HEAD, PATCH",
    ("GET", "PUT"): "GET, HEAD, PUT",
}


def rows(matrix: str) -> dict[str, dict[str, list[int]]]:
    found: dict[str, dict[str, list[int]]] = {}
    for line in matrix.strip().splitlines():
        verb, path, *answers = line.split()
        found.setdefault(path, {})[verb] = [int(answer) for answer in answers]
    return found


def expected(verbs: dict[str, list[int]], verb: str, role: int) -> int:
    known = "GET" if verb == "HEAD" else verb
    return verbs[known][role] if known in verbs else 405


@pytest.fixture(params=["visitor", "user", "admin"])
def role(request: Any, user: dict[str, str], admin: dict[str, str]) -> tuple[int, dict[str, str]]:
    return {"visitor": (0, {}), "user": (1, user), "admin": (2, admin)}[request.param]


class TestTable:
    async def test_every_endpoint_answers_every_verb_as_the_contract_says(
        self, client: Any, role: tuple[int, dict[str, str]]
    ) -> None:
        # Given a caller of some role
        number, headers = role
        for path, verbs in rows(MATRIX).items():
            for verb in VERBS:
                # When they send any verb to any known path
                answer = await client(verb, path, headers)
                # Then the answer is the contract's
                assert answer.status == expected(verbs, verb, number), (verb, path)
                if answer.status == 405:
                    assert answer.header("Allow") == ALLOW[tuple(verbs)], path

    async def test_a_refused_request_never_reaches_a_service(
        self, client: Any, service: Any, user: dict[str, str]
    ) -> None:
        # Given the rows that a user may not use
        refused = [
            (verb, path)
            for path, verbs in rows(MATRIX).items()
            for verb, answers in verbs.items()
            if answers[1] == 403
        ]
        # When a user tries them all
        for verb, path in refused:
            await client(verb, path, user)
        # Then no service saw one
        assert len(refused) == 23
        assert service.seen == []

    async def test_errors_are_problem_documents_with_the_request_id(self, client: Any) -> None:
        for verb, path, status, name in [
            ("GET", "/api/orders", 401, "unauthenticated"),
            ("GET", "/api/nowhere", 404, "not-found"),
            ("PUT", "/api/orders", 405, "method-not-allowed"),
        ]:
            # When something is refused
            answer = await client(verb, path, {"X-Request-ID": "abc"})
            # Then it is told as RFC 9457 has it
            assert answer.header("Content-Type") == "application/problem+json"
            document = answer.json()
            assert document | {"title": "", "detail": ""} == {
                "type": f"/problems/{name}",
                "title": "",
                "status": status,
                "detail": "",
                "instance": path,
                "request_id": "abc",
            }
            assert answer.header("X-Request-ID") == "abc"


class TestChaos:
    async def test_where_on_only_an_admin_may_end_a_service(
        self, service: Any, run: Any, role: tuple[int, dict[str, str]]
    ) -> None:
        # Given a gateway with the endpoints on
        number, headers = role
        async with run(service.url, chaos_endpoints=True) as client:
            for path, verbs in rows(CHAOS).items():
                for verb in VERBS:
                    # When one is asked for, then the answer is the contract's
                    answer = await client(verb, path, headers)
                    assert answer.status == expected(verbs, verb, number), (verb, path)

    async def test_where_off_there_is_nothing_for_anyone(
        self, client: Any, service: Any, role: tuple[int, dict[str, str]]
    ) -> None:
        for path in rows(CHAOS):
            for verb in VERBS:
                assert (await client(verb, path, role[1])).status == 404, (verb, path)
        assert service.seen == []


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
    async def test_what_is_not_in_the_table_is_not_found(
        self, client: Any, service: Any, admin: dict[str, str], path: str
    ) -> None:
        # When an admin asks for a path that the table does not have
        answer = await client("GET", path, admin)
        # Then there is nothing, and no service was asked
        assert answer.status == 404
        assert answer.header("Content-Type") == "application/problem+json"
        assert service.seen == []

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
    async def test_path_and_query_are_forwarded_as_they_came(
        self, client: Any, service: Any, target: str
    ) -> None:
        # When a path is written in an unusual way
        answer = await client("GET", target)
        # Then the service sees it so
        assert answer.status == 200
        assert [seen.target for seen in service.seen] == [target]
