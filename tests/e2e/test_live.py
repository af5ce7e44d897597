"""The live stream of orders through nginx and the gateway, as the web shop reads it."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from tests.e2e.shop import SignIn, place_order

from stack import Stack

LIMIT_SECONDS = 20
STREAM = "/api/orders/stream"


@dataclass(frozen=True)
class StreamEvent:
    """An event of the stream."""

    name: str
    id: str
    data: dict[str, Any]

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The orders of a snapshot, or the order of another event."""
        orders: list[dict[str, Any]] = self.data.get("orders", [self.data])
        return orders

    @property
    def stored_at(self) -> float:
        """When the last status of the order was stored, in seconds since the epoch."""
        return datetime.fromisoformat(self.data["history"][-1]["at"]).timestamp()


def read_events(response: httpx2.Response, seconds: float = 30) -> Iterator[StreamEvent]:
    """Yield the events of a stream.

    Raises:
        AssertionError: No event came within this time.
    """
    fields: dict[str, str] = {}
    deadline = time.monotonic() + seconds
    for line in response.iter_lines():
        assert time.monotonic() < deadline, "no event"
        name, _, value = line.partition(": ")
        if name in {"event", "id", "data"}:
            fields[name] = value
        elif not line and fields:
            yield StreamEvent(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
            fields = {}


def read_until_closed(shopper: httpx2.Client, last_id: str) -> Iterator[StreamEvent]:
    """Resume the stream after an event, and yield events until the connection ends."""
    headers = {"Last-Event-ID": last_id}
    try:
        with shopper.stream("GET", STREAM, headers=headers, timeout=LIMIT_SECONDS) as response:
            if response.status_code == 200:
                yield from read_events(response)
            else:
                time.sleep(0.1)
    except httpx2.TransportError:
        return


class TestStream:
    def test_sends_an_acceptance_within_a_second_and_resumes(self, sign_in: SignIn) -> None:
        # Given
        shopper = sign_in("bbb@bbb.com")
        with shopper.stream("GET", STREAM, timeout=LIMIT_SECONDS) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            events = read_events(response)
            assert next(events).name == "snapshot"
            # When
            order_id = place_order(sign_in("bbb@bbb.com")).json()["id"]
            placed, decided = next(events), next(events)
            arrived = time.time()
        # Then
        assert [placed.name, decided.name] == ["order", "order"]
        assert [placed.data["id"], decided.data["id"]] == [order_id, order_id]
        assert decided.data["status"] == "ACCEPTED"
        assert arrived - decided.stored_at < 1
        # When
        headers = {"Last-Event-ID": placed.id}
        with shopper.stream("GET", STREAM, headers=headers, timeout=LIMIT_SECONDS) as response:
            resumed = next(read_events(response))
        # Then
        assert resumed.name == "snapshot"
        assert order_id in {order["id"] for order in resumed.orders}

    def test_loses_no_status_when_the_replica_is_killed(
        self, sign_in: SignIn, stack: Stack
    ) -> None:
        # Given
        shopper = sign_in("bbb@bbb.com")
        with shopper.stream("GET", STREAM, timeout=LIMIT_SECONDS) as response:
            last_id = next(read_events(response)).id
            # When
            order_id = place_order(sign_in("bbb@bbb.com")).json()["id"]
            stack.kill("orders")
        # Then
        order: dict[str, Any] = {"status": "PENDING"}
        deadline = time.monotonic() + LIMIT_SECONDS
        while order["status"] != "ACCEPTED":
            assert time.monotonic() < deadline, order
            for event in read_until_closed(shopper, last_id):
                last_id = event.id
                order = next((order for order in event.orders if order["id"] == order_id), order)
                if order["status"] == "ACCEPTED":
                    break
        assert [step["status"] for step in order["history"]] == ["PENDING", "ACCEPTED"]

    def test_refuses_visitors(self, shop: httpx2.Client) -> None:
        assert shop.get(STREAM).status_code == 401
