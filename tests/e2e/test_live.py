"""The live stream through nginx and the gateway, as the web shop reads it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from stack import Stack

SignIn = Callable[..., httpx2.Client]


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream: name, id and data."""
    event: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line == "":
            if event:
                yield event
            event = {}
        elif name in {"event", "id"}:
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value)


class TestStream:
    def test_an_order_is_seen_to_be_accepted_within_a_second(
        self, signed_in: SignIn, stack: Stack
    ) -> None:
        # Given
        shopper = signed_in("bbb@bbb.com")
        with shopper.stream("GET", "/api/orders/stream", timeout=20) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            coming = events(answer.iter_lines())
            assert next(coming)["event"] == "snapshot"
            # When
            body = {"products": [{"name": "cutlery", "quantity": 1}]}
            order_id = signed_in("bbb@bbb.com").post("/api/orders", json=body).json()["id"]
            placed = next(coming)
            decided = next(coming)
            arrived = time.time()
        # Then
        assert [placed["event"], decided["event"]] == ["order", "order"]
        assert [one["data"]["id"] for one in (placed, decided)] == [order_id] * 2
        assert decided["data"]["status"] == "ACCEPTED"
        assert arrived - time.time() < 1
        # And: it is resumed after the one that was seen.
        headers = {"Last-Event-ID": placed["id"]}
        with shopper.stream("GET", "/api/orders/stream", headers=headers, timeout=20) as answer:
            again = next(events(answer.iter_lines()))
        assert (again["event"], again["id"]) == ("order", decided["id"])

    def test_is_for_those_who_are_signed_in(self, shop: httpx2.Client) -> None:
        assert shop.get("/api/orders/stream").status_code == 401
