"""The API's document is current, and its schemas use only keywords that client generators know."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from authentication.main import create_app as create_authentication
from authentication.settings import AuthenticationSettings
from gateway.openapi import merge
from gateway.routes import Service, all_routes
from orders.main import create_app as create_orders
from orders.settings import OrdersSettings
from products.main import create_app as create_products
from products.settings import ProductsSettings
from shopkit.testing.proofs import GATEWAY_KEY, ORDERS_KEY

COMMITTED = Path(__file__).resolve().parents[2] / "frontend" / "openapi.json"
SUBSCHEMAS = {"properties", "patternProperties", "$defs", "dependentSchemas"}
VALUES = {"default", "enum", "const", "example", "examples", "discriminator"}
KEYWORDS = (
    # https://json-schema.org/draft/2020-12: core, applicators, validation, metadata.
    {"$ref", "$anchor", "$id", "$schema", "$comment", "$defs", "$dynamicRef", "$dynamicAnchor"}
    | {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"}
    | {"properties", "patternProperties", "additionalProperties", "propertyNames"}
    | {"items", "prefixItems", "contains", "unevaluatedItems", "unevaluatedProperties"}
    | {"type", "enum", "const", "format", "contentEncoding", "contentMediaType", "contentSchema"}
    | {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"}
    | {"maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems"}
    | {"maxContains", "minContains", "maxProperties", "minProperties", "required"}
    | {"dependentRequired", "title", "description", "default", "deprecated", "readOnly"}
    | {"writeOnly", "examples"}
    # OpenAPI 3.1 adds these.
    | {"discriminator", "xml", "externalDocs", "example"}
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    # As in a development stack. No other setting changes the document.
    keys = {"gateway_keys": GATEWAY_KEY.public, "orders_keys": ORDERS_KEY.public}
    chaos: dict[str, Any] = {"chaos_endpoints": True, **keys}
    apps: dict[Service, FastAPI] = {
        Service.AUTHENTICATION: create_authentication(
            AuthenticationSettings.model_construct(**chaos)
        ),
        Service.PRODUCTS: create_products(ProductsSettings.model_construct(**chaos)),
        Service.ORDERS: create_orders(OrdersSettings.model_construct(**chaos)),
    }
    documents = {service: app.openapi() for service, app in apps.items()}
    return merge(documents, all_routes(chaos=True))


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the schemas of a document and what they consist of."""
    if isinstance(node, list):
        for item in node:
            yield from schemas(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "schema":
                yield from parts(value)
            elif name == "schemas":
                for schema in value.values():
                    yield from parts(schema)
            else:
                yield from schemas(value)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for item in schema:
            yield from parts(item)
    elif isinstance(schema, dict):
        yield schema
        for keyword, value in schema.items():
            if keyword in SUBSCHEMAS:
                yield from parts(list(value.values()))
            elif keyword not in VALUES:
                yield from parts(value)


def test_the_committed_document_is_current(document: dict[str, Any]) -> None:
    # If it is not, run `npm run api` with BASE_URL of a development stack (see CONTRIBUTING.md).
    assert json.loads(COMMITTED.read_text(encoding="utf-8")) == document


def test_every_keyword_is_of_the_vocabulary(document: dict[str, Any]) -> None:
    found = list(schemas(document))
    assert len(found) > 100
    assert {keyword for schema in found for keyword in schema} - KEYWORDS == set()


def test_limits_are_in_the_document(document: dict[str, Any]) -> None:
    line = document["components"]["schemas"]["LineRequest"]["properties"]
    assert line["quantity"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 1000,
        "title": "Quantity",
    }
    price = {"type": "number", "minimum": 0, "maximum": 1_000_000, "multipleOf": 0.01}
    assert price in line["price"]["anyOf"]


def test_an_unknown_keyword_is_found() -> None:
    schema = {"properties": {"ge": {"anyOf": [{"type": "integer", "ge": 0}]}}, "default": {"x": 1}}
    keywords = {keyword for part in parts(schema) for keyword in part}
    assert keywords - KEYWORDS == {"ge"}
