"""The live stream through nginx and the gateway, as the web shop reads it."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx2

from stack import Stack

SignIn = Callable[..., httpx2.Client]


def events(lines: Iterator[str], seconds: float = 30) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream, name, id and data, for at most so long."""
    event: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    for line in lines:
        assert time.monotonic() < deadline, "nothing but comments came"
        name, _, value = line.partition(": ")
        if line == "":
            if event:
                yield event
            event = {}
        elif name in {"event", "id"}:
            event[name] = value
        elif name == "data":
            event["data"] = json.loads(value)


def decided_at(event: dict[str, Any]) -> float:
    """Return when the last status of an order was stored."""
    return datetime.fromisoformat(event["data"]["history"][-1]["at"]).timestamp()


def _until_cut(shopper: httpx2.Client, last: str) -> Iterator[dict[str, Any]]:
    headers = {"Last-Event-ID": last}
    try:
        with shopper.stream("GET", "/api/orders/stream", headers=headers, timeout=20) as answer:
            if answer.status_code == 200:
                yield from events(answer.iter_lines())
            else:
                time.sleep(0.1)
    except httpx2.TransportError:
        return


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
        assert arrived - decided_at(decided) < 1
        # And: it is resumed after the one that was seen.
        headers = {"Last-Event-ID": placed["id"]}
        with shopper.stream("GET", "/api/orders/stream", headers=headers, timeout=20) as answer:
            again = next(events(answer.iter_lines()))
        assert (again["event"], again["id"]) == ("order", decided["id"])

    def test_no_transition_is_lost_when_the_replica_is_killed(
        self, signed_in: SignIn, stack: Stack
    ) -> None:
        # Given
        shopper = signed_in("bbb@bbb.com")
        body = {"products": [{"name": "cutlery", "quantity": 1}]}
        with shopper.stream("GET", "/api/orders/stream", timeout=20) as answer:
            last = next(events(answer.iter_lines()))["id"]
            # When
            order_id = signed_in("bbb@bbb.com").post("/api/orders", json=body).json()["id"]
            stack.kill("orders")
        # Then
        seen: list[str] = []
        deadline = time.monotonic() + 20
        while seen[-1:] != ["ACCEPTED"]:
            assert time.monotonic() < deadline, seen
            for event in _until_cut(shopper, last):
                assert event["event"] == "order", "resumed, so no snapshot"
                last = event["id"]
                seen += [event["data"]["status"]] if event["data"]["id"] == order_id else []
                if seen[-1:] == ["ACCEPTED"]:
                    break
        assert [step["status"] for step in event["data"]["history"]] == ["PENDING", "ACCEPTED"]

    def test_is_for_those_who_are_signed_in(self, shop: httpx2.Client) -> None:
        assert shop.get("/api/orders/stream").status_code == 401
