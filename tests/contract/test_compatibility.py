import copy
from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.compatibility import breaks

Document = dict[str, Any]
DECIDED = ["ACCEPTED", "REJECTED"]


def contract() -> Document:
    return {
        "channels": {
            "shop.orders": {
                "messages": {"OrderCreate": {}},
                "bindings": {"kafka": {"partitions": 12}},
            }
        },
        "components": {
            "messages": {
                "OrderCreate": {
                    "headers": {
                        "type": "object",
                        "required": ["ce_id"],
                        "properties": {"ce_id": {"type": "string"}},
                    },
                    "payload": {"$ref": "#/components/schemas/OrderCreate"},
                    "bindings": {"kafka": {"key": {"type": "string"}}},
                }
            },
            "schemas": {
                "OrderCreate": {
                    "type": "object",
                    "required": ["id", "status", "lines"],
                    "properties": {
                        "id": {"type": "string", "pattern": "^[0-9a-f]{24}$"},
                        "status": {"type": "string", "enum": ["ACCEPTED", "REJECTED"]},
                        "reason": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                        "lines": {
                            "type": "array",
                            "maxItems": 50,
                            "items": {"$ref": "#/components/schemas/Line"},
                        },
                    },
                },
                "Line": {
                    "type": "object",
                    "required": ["quantity"],
                    "properties": {"quantity": {"type": "integer"}},
                },
            },
        },
    }


def after(change: Callable[[Document], object]) -> list[str]:
    current = copy.deepcopy(contract())
    change(current)
    return breaks(contract(), current)


def order(document: Document) -> Document:
    schema: Document = document["components"]["schemas"]["OrderCreate"]
    return schema


def line(document: Document) -> Document:
    schema: Document = document["components"]["schemas"]["Line"]
    return schema


def message(document: Document) -> Document:
    found: Document = document["components"]["messages"]["OrderCreate"]
    return found


class TestBreaks:
    @pytest.mark.parametrize(
        "change",
        [
            lambda now: None,
            lambda now: order(now)["properties"].update(note={"type": "string"}),
            lambda now: order(now).update(description="An order."),
            lambda now: order(now)["properties"]["id"].update(title="Id"),
            lambda contract: contract["channels"].update({"shop.new": {}}),
            lambda contract: contract["components"]["messages"].update(OrderPaid={}),
        ],
        ids=["nothing", "optional field", "description", "title", "topic", "event"],
    )
    def test_reports_nothing_if_a_change_only_adds(
        self, change: Callable[[Document], object]
    ) -> None:
        assert after(change) == []

    @pytest.mark.parametrize(
        ("change", "broken"),
        [
            (
                lambda now: order(now)["properties"].pop("reason"),
                ["OrderCreate.reason: the field was removed"],
            ),
            (
                lambda now: line(now)["properties"]["quantity"].update(type="string"),
                ["OrderCreate.lines[].quantity: type was integer, is string"],
            ),
            (
                lambda now: order(now)["required"].append("reason"),
                ["OrderCreate.reason: is now required, but old events may lack it"],
            ),
            (
                lambda now: line(now)["required"].clear(),
                ["OrderCreate.lines[].quantity: is now optional, but old readers require it"],
            ),
            (
                lambda now: order(now)["properties"]["status"]["enum"].remove("REJECTED"),
                ["OrderCreate.status: enum was ['ACCEPTED', 'REJECTED'], is ['ACCEPTED']"],
            ),
            (
                lambda now: order(now)["properties"]["status"]["enum"].append("LOST"),
                [f"OrderCreate.status: enum was {DECIDED}, is {[*DECIDED, 'LOST']}"],
            ),
            (
                lambda now: order(now)["properties"]["id"].pop("pattern"),
                ["OrderCreate.id: pattern was ^[0-9a-f]{24}$, is None"],
            ),
            (
                lambda now: order(now)["properties"]["lines"].update(maxItems=10),
                ["OrderCreate.lines: maxItems was 50, is 10"],
            ),
            (
                lambda now: order(now)["properties"]["lines"].pop("items"),
                ["OrderCreate.lines: items was added or removed"],
            ),
            (
                lambda now: order(now)["properties"]["reason"]["anyOf"].pop(),
                ["OrderCreate.reason: has 1 alternatives, had 2"],
            ),
            (
                lambda now: order(now)["properties"]["reason"]["anyOf"][0].update(type="number"),
                ["OrderCreate.reason: type was string, is number"],
            ),
            (
                lambda now: message(now)["headers"]["properties"].pop("ce_id"),
                ["OrderCreate headers.ce_id: the field was removed"],
            ),
            (
                lambda now: message(now)["bindings"]["kafka"]["key"].update(type="integer"),
                ["OrderCreate key: type was string, is integer"],
            ),
            (
                lambda contract: contract["channels"]["shop.orders"]["bindings"]["kafka"].update(
                    partitions=6
                ),
                ["shop.orders: the number of partitions changed"],
            ),
            (
                lambda contract: contract["channels"]["shop.orders"]["messages"].clear(),
                ["shop.orders: OrderCreate was removed from the topic"],
            ),
            (
                lambda contract: contract["channels"].clear(),
                ["shop.orders: the topic was removed"],
            ),
            (
                lambda contract: contract["components"]["messages"].clear(),
                ["OrderCreate: the event was removed"],
            ),
        ],
    )
    def test_reports_what_affects_a_reader(
        self, change: Callable[[Document], object], broken: list[str]
    ) -> None:
        assert after(change) == broken
