"""The merged OpenAPI document, the page that shows it, and the gateway's own answers."""

import json
from typing import Any

import pytest

from gateway.openapi import Documents, merge
from gateway.problems import ServiceAwayError
from gateway.routes import TABLE, Service

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
                    "404": {"description": "theirs"},
                    "503": {"description": "theirs too"},
                },
            },
            "delete": {"operationId": "not_in_the_table", "responses": {}},
        },
        "/internal/things": {"get": {"responses": {}}},
        "/api/products": {"get": {"operationId": "another_services_path", "responses": {}}},
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
            # The same text as in orders-ms, but it refers to something else by the same name.
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


UNAUTHENTICATED = problem("Please sign in (`/problems/unauthenticated`)", "WWW-Authenticate")
FORBIDDEN = problem("Your role does not allow this (`/problems/forbidden`)")
SLOW_BODY = problem("The request took too long to arrive (`/problems/request-timeout`)")
TOO_LARGE = problem("The request is too large (`/problems/content-too-large`)")
BAD_GATEWAY = problem("A part of the shop answered nonsense (`/problems/bad-gateway`)")
UNAVAILABLE = problem("A part of the shop is away (`/problems/unavailable`)", "Retry-After")
SLOW = problem("A part of the shop did not answer in time (`/problems/gateway-timeout`)")


class TestMerge:
    def test_two_services_become_one_document(self) -> None:
        # When two services' documents are merged
        merged = merge({Service.PRODUCTS: PRODUCTS, Service.ORDERS: ORDERS}, TABLE)
        # Then it has what the table lets through, with the gateway's own access and answers
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
                        "404": {"description": "theirs"},
                        "502": BAD_GATEWAY,
                        "503": {"description": "theirs too"},
                        "504": SLOW,
                    },
                }
            },
            "/api/products": {
                "get": {
                    "responses": {
                        "200": {"schema": {"$ref": "#/components/schemas/Page"}},
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
                        "403": FORBIDDEN,
                        "408": SLOW_BODY,
                        "413": TOO_LARGE,
                        "422": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}},
                        "502": BAD_GATEWAY,
                        "503": UNAVAILABLE,
                        "504": SLOW,
                    },
                },
            },
        }

    def test_schemas_of_one_name_are_told_apart(self) -> None:
        schemas = merge({Service.ORDERS: ORDERS, Service.PRODUCTS: PRODUCTS}, TABLE)["components"][
            "schemas"
        ]
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

    def test_the_rest_of_the_document(self) -> None:
        merged = merge({}, TABLE)
        assert merged | {"components": {}} == {
            "openapi": "3.1.0",
            "info": {"title": "The shop's API", "version": "1.0.0"},
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

    def test_a_throttled_operation_may_answer_429(self) -> None:
        login: dict[str, Any] = {"paths": {"/api/login": {"post": {"responses": {}}}}}
        merged = merge({Service.AUTHENTICATION: login}, TABLE)
        responses = merged["paths"]["/api/login"]["post"]["responses"]
        assert sorted(responses) == ["408", "413", "429", "502", "503", "504"]
        assert list(responses["429"]["headers"]) == ["Retry-After"]


class TestDocuments:
    async def test_a_service_is_asked_once_a_minute_and_remembered_while_away(
        self, clock: Any
    ) -> None:
        # Given a service
        asked = []
        answers: list[Any] = [ORDERS]

        async def fetch() -> Any:
            asked.append(clock.now)
            if not answers:
                raise ConnectionError
            return answers[0]

        documents = Documents({Service.ORDERS: fetch}, TABLE, clock=clock)
        first = await documents.merged()
        clock.now += 59
        # When the document is asked for again within a minute
        assert await documents.merged() is first
        # Then the service was asked once
        assert asked == [1000]
        # When it is away later, then what it told is kept, and it is asked again soon
        answers.clear()
        clock.now += 1
        assert await documents.merged() is first
        clock.now += 2
        answers.append({"paths": {}})
        assert json.loads(await documents.merged())["paths"] == {}
        assert asked == [1000, 1060, 1062]

    async def test_where_no_service_ever_told_of_itself_there_is_nothing_to_show(self) -> None:
        async def fetch() -> Any:
            raise ConnectionError

        with pytest.raises(ServiceAwayError):
            await Documents({Service.ORDERS: fetch}, TABLE).merged()


class TestPages:
    async def test_the_document_comes_from_the_services(self, client: Any, service: Any) -> None:
        service.openapi = ORDERS
        got = await client("GET", "/api/openapi.json")
        assert got.header("Content-Type") == "application/json"
        # All three services give this document here, so products-ms's path is in it too.
        assert list(got.json()["paths"]) == ["/api/orders/{order_id}", "/api/products"]

    async def test_the_page_has_no_inline_script_and_loads_nothing_from_elsewhere(
        self, client: Any
    ) -> None:
        got = await client("GET", "/api/docs")
        text = got.body.decode()
        assert got.header("Content-Type") == "text/html; charset=utf-8"
        assert "http" not in text
        assert "style=" not in text
        assert text.count("<script") == text.count("<script src=") == 2
        policy = got.header("Content-Security-Policy")
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize(
        ("file", "kind"),
        [
            ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
            ("swagger-ui.css", "text/css; charset=utf-8"),
            ("initialize.js", "text/javascript; charset=utf-8"),
            ("favicon.png", "image/png"),
        ],
    )
    async def test_its_files_are_here(self, client: Any, file: str, kind: str) -> None:
        got = await client("GET", f"/api/docs/{file}")
        assert (got.status, got.header("Content-Type")) == (200, kind)
        assert len(got.body) > 100

    async def test_metrics_are_told(self, client: Any) -> None:
        got = await client("GET", "/metrics")
        assert b"gateway_revocations_last_poll_timestamp_seconds" in got.body

    async def test_a_websocket_is_refused(self, client: Any) -> None:
        sent = []

        async def send(message: Any) -> None:
            sent.append(message)

        await client.gateway({"type": "websocket"}, None, send)
        assert sent == [{"type": "websocket.close", "code": 1000}]
