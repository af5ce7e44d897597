"""Cuts the schemas that the tests use out of Stripe's published OpenAPI document.

    python extract.py path/to/spec3.json

The document is in the Go module github.com/stripe/stripe-mock v0.203.0, in embedded/openapi.
"""

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = (
    ("POST", "/v1/checkout/sessions"),
    ("GET", "/v1/checkout/sessions"),
    ("GET", "/v1/checkout/sessions/{session}"),
    ("POST", "/v1/checkout/sessions/{session}/expire"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/refunds"),
    ("GET", "/v1/disputes"),
    ("GET", "/v1/events"),
)
ANSWERS = ("checkout.session", "payment_intent", "refund", "dispute", "charge", "event", "error")
PARTS = (
    "api_errors",
    "billing_details",
    "dispute_enhanced_eligibility",
    "dispute_enhanced_evidence",
    "dispute_evidence",
    "dispute_evidence_details",
    "notification_event_data",
    "notification_event_request",
    "payment_pages_checkout_session_adaptive_pricing",
    "payment_pages_checkout_session_automatic_tax",
    "payment_pages_checkout_session_custom_text",
)
"""What the objects consist of. The sandbox does not answer with any other part."""
KEYWORDS = {"type", "enum", "required", "maxLength", "minimum", "maximum", "pattern"}
PREFIX = "#/components/schemas/"


def convert(node: dict[str, Any]) -> Any:
    """Return a schema of OpenAPI 3.0 as JSON Schema, which refuses unknown properties."""
    if "$ref" in node:
        name = node["$ref"].removeprefix(PREFIX)
        return {"$ref": f"#/$defs/{name}"} if name in ANSWERS + PARTS else False
    result: dict[str, Any] = {key: node[key] for key in KEYWORDS & node.keys()}
    if "" in result.get("enum", ()):
        result.pop("enum")
    if "properties" in node:
        parts = {name: convert(schema) for name, schema in node["properties"].items()}
        result |= {"properties": parts, "additionalProperties": False}
    for key in {"items", "additionalProperties"} & node.keys():
        result[key] = convert(node[key]) if isinstance(node[key], dict) else node[key]
    for key in {"anyOf", "oneOf", "allOf"} & node.keys():
        result[key.replace("one", "any")] = [convert(part) for part in node[key]]
    return {"anyOf": [result, {"type": "null"}]} if node.get("nullable") else result


def main(path: str) -> None:
    """Write the schemas beside this file."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    requests = {}
    for method, url in OPERATIONS:
        operation = document["paths"][url][method.lower()]
        if method == "POST":
            content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
            requests[f"{method} {url}"] = convert(content["schema"])
        else:
            query = [item for item in operation["parameters"] if item["in"] == "query"]
            properties = {item["name"]: convert(item["schema"]) for item in query}
            requests[f"{method} {url}"] = {
                "type": "object",
                "properties": properties,
                "additionalProperties": False,
            }
    result = {
        "version": document["info"]["version"],
        "requests": requests,
        "$defs": {name: convert(schemas[name]) for name in (*ANSWERS, *PARTS)},
    }
    # Events contain any object, which the tests validate as what it is.
    result["$defs"]["notification_event_data"]["properties"]["object"] = {"type": "object"}
    target = Path(__file__).with_name("schemas.json")
    target.write_text(json.dumps(result, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
