import json
from typing import Any

import pytest

from gateway.errors import ServiceUnavailableError
from gateway.openapi import ApiDocument, merge
from gateway.routes import ROUTES, Service
from gateway.testing import FakeClock

ORDERS: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "orders-ms", "version": "1.0.0"},
    "paths": {
        "/api/orders/{order_id}": {
            "parameters": [{"name": "order_id", "in": "path", "required": True}],
            "get": {
                "operationId": "get_order",
                "security": [{"internal": []}],
                "responses": {
                    "200": {
                        "content": {"json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                    },
                    "404": {"description": "of the service"},
                    "503": {"description": "of the service as well"},
                },
            },
            "delete": {"operationId": "without_a_route", "responses": {}},
        },
        "/internal/products": {"get": {"responses": {}}},
        "/api/products": {"get": {"operationId": "path_of_another_service", "responses": {}}},
    },
    "components": {
        "schemas": {
            "Order": {"properties": {"line": {"$ref": "#/components/schemas/Line"}}},
            "Line": {"type": "object", "title": "a line of an order"},
            "Unused": {"type": "string"},
        },
        "securitySchemes": {"internal": {"type": "http"}},
    },
}
PRODUCTS: dict[str, Any] = {
    "paths": {
        "/api/products": {
            "get": {"responses": {"200": {"schema": {"$ref": "#/components/schemas/Page"}}}},
            "post": {
                "requestBody": {"schema": {"$ref": "#/components/schemas/Line"}},
                "responses": {"422": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
            },
        }
    },
    "components": {
        "schemas": {
            # The same schema as in orders-ms, but its reference points to a different schema.
            "Order": {"properties": {"line": {"$ref": "#/components/schemas/Line"}}},
            "Line": {"type": "object", "title": "a line of a delivery"},
            "Page": {
                "properties": {
                    "order": {"$ref": "#/components/schemas/Order"},
                    "next": {"$ref": "#/components/schemas/Page"},
                }
            },
        }
    },
}


def problem(description: str, *headers: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
        "headers": {name: {"schema": {"type": "string"}} for name in headers},
    }


UNAUTHENTICATED = problem("Sign in first (`/problems/unauthenticated`)", "WWW-Authenticate")
FORBIDDEN_OR_CROSS_SITE = problem(
    "Your role does not allow this (`/problems/forbidden`) or "
    "Another site sent the request (`/problems/cross-site`)"
)
TOO_MANY = problem("Too many requests (`/problems/too-many-requests`)", "Retry-After")
SLOW_BODY = problem("The request took too long to arrive (`/problems/request-timeout`)")
TOO_LARGE = problem("The request is too large (`/problems/content-too-large`)")
BAD_GATEWAY = problem("A service sent an invalid response (`/problems/bad-gateway`)")
UNAVAILABLE = problem("The service is unavailable (`/problems/unavailable`)", "Retry-After")
SLOW = problem("A service did not respond in time (`/problems/gateway-timeout`)")


class TestMerge:
    def test_contains_the_operations_with_routes_and_the_problems_of_the_gateway(self) -> None:
        # When
        merged = merge({Service.PRODUCTS: PRODUCTS, Service.ORDERS: ORDERS}, ROUTES)
        # Then
        assert merged["paths"] == {
            "/api/orders/{order_id}": {
                "get": {
                    "operationId": "get_order",
                    "parameters": [{"name": "order_id", "in": "path", "required": True}],
                    "security": [{"bearer": []}],
                    "responses": {
                        "200": {
                            "content": {"json": {"schema": {"$ref": "#/components/schemas/Order"}}}
                        },
                        "401": UNAUTHENTICATED,
                        "404": {"description": "of the service"},
                        "429": TOO_MANY,
                        "502": BAD_GATEWAY,
                        "503": {"description": "of the service as well"},
                        "504": SLOW,
                    },
                }
            },
            "/api/products": {
                "get": {
                    "responses": {
                        "200": {"schema": {"$ref": "#/components/schemas/Page"}},
                        "429": TOO_MANY,
                        "502": BAD_GATEWAY,
                        "503": UNAVAILABLE,
                        "504": SLOW,
                    }
                },
                "post": {
                    "requestBody": {"schema": {"$ref": "#/components/schemas/ProductsLine"}},
                    "security": [{"bearer": []}],
                    "responses": {
                        "401": UNAUTHENTICATED,
                        "403": FORBIDDEN_OR_CROSS_SITE,
                        "408": SLOW_BODY,
                        "413": TOO_LARGE,
                        "422": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}},
                        "429": TOO_MANY,
                        "502": BAD_GATEWAY,
                        "503": UNAVAILABLE,
                        "504": SLOW,
                    },
                },
            },
        }

    def test_renames_a_different_schema_with_the_same_name(self) -> None:
        # When
        merged = merge({Service.ORDERS: ORDERS, Service.PRODUCTS: PRODUCTS}, ROUTES)
        # Then
        schemas = merged["components"]["schemas"]
        assert set(schemas) == {
            "FieldError",
            "Line",
            "Order",
            "Page",
            "ProblemDocument",
            "ProductsLine",
            "ProductsOrder",
        }
        assert schemas["Line"]["title"] == "a line of an order"
        assert schemas["ProductsLine"]["title"] == "a line of a delivery"
        assert schemas["ProductsOrder"]["properties"]["line"] == {
            "$ref": "#/components/schemas/ProductsLine"
        }
        assert schemas["Page"]["properties"] == {
            "order": {"$ref": "#/components/schemas/ProductsOrder"},
            "next": {"$ref": "#/components/schemas/Page"},
        }

    def test_describes_problem_documents_and_access_tokens(self) -> None:
        # When
        merged = merge({}, ROUTES)
        # Then
        assert merged | {"components": {}} == {
            "openapi": "3.1.0",
            "info": {"title": "Kiosk API", "version": "1.0.0"},
            "servers": [{"url": "/"}],
            "paths": {},
            "components": {},
        }
        assert merged["components"]["securitySchemes"] == {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        }
        problem_schema = merged["components"]["schemas"]["ProblemDocument"]
        assert set(problem_schema["required"]) == {
            "type",
            "title",
            "status",
            "detail",
            "instance",
            "request_id",
        }

    def test_documents_the_problems_of_nginx_and_of_the_gateway(self) -> None:
        # Given
        login: dict[str, Any] = {"paths": {"/api/login": {"post": {"responses": {}}}}}
        # When
        merged = merge({Service.AUTHENTICATION: login}, ROUTES)
        # Then
        responses = merged["paths"]["/api/login"]["post"]["responses"]
        assert sorted(responses) == ["403", "408", "413", "429", "502", "503", "504"]
        assert list(responses["429"]["headers"]) == ["Retry-After"]


class FakeOrders:
    """Publishes a document, and records when it is fetched."""

    def __init__(self, clock: FakeClock) -> None:
        self.document: Any = ORDERS
        self.fetched_at: list[float] = []
        self.down = False
        self._clock = clock

    async def fetch(self) -> Any:
        self.fetched_at.append(self._clock.now)
        if self.down:
            raise ConnectionError
        return self.document


@pytest.fixture
def orders(clock: FakeClock) -> FakeOrders:
    return FakeOrders(clock)


@pytest.fixture
def api_document(orders: FakeOrders, clock: FakeClock) -> ApiDocument:
    return ApiDocument({Service.ORDERS: orders.fetch}, ROUTES, clock=clock)


class TestApiDocument:
    async def test_is_fetched_once_a_minute(
        self, api_document: ApiDocument, orders: FakeOrders, clock: FakeClock
    ) -> None:
        # When
        first = await api_document.get()
        clock.advance(59)
        second = await api_document.get()
        orders.document = {"paths": {}}
        clock.advance(1)
        third = await api_document.get()
        # Then
        assert second is first
        assert json.loads(third)["paths"] == {}
        assert orders.fetched_at == [1000, 1060]

    async def test_is_kept_while_the_service_is_down(
        self, api_document: ApiDocument, orders: FakeOrders, clock: FakeClock
    ) -> None:
        # Given
        first = await api_document.get()
        orders.down = True
        # When
        clock.advance(60)
        second = await api_document.get()
        orders.down = False
        clock.advance(2)
        await api_document.get()
        # Then
        assert second is first
        assert orders.fetched_at == [1000, 1060, 1062]

    async def test_is_unavailable_if_no_service_was_ever_up(
        self, api_document: ApiDocument, orders: FakeOrders
    ) -> None:
        orders.down = True
        with pytest.raises(
            ServiceUnavailableError, match="The documentation service is unavailable"
        ):
            await api_document.get()
