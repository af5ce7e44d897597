"""One order is one trace, up to its last event, and nothing in it tells of a person."""

import time
from collections.abc import Callable

import httpx2

from shopkit.testing.collector import Collected, Collector

SignIn = Callable[..., httpx2.Client]

FORCED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

OF_AN_ORDER = [
    "gateway-ms SERVER POST /api/orders",
    "  gateway-ms CLIENT POST /api/orders",
    "    orders-ms SERVER POST /api/orders",
    "      orders-ms PRODUCER send shop.orders",
    "        products-ms CONSUMER process shop.orders",
    "          products-ms PRODUCER send shop.order-status",
    "            orders-ms CONSUMER process shop.order-status",
    "          products-ms PRODUCER send shop.products",
    "            orders-ms CONSUMER process shop.products",
]


def trace_of(answer: httpx2.Response) -> str:
    return answer.headers["traceparent"].split("-")[1]


def tree(collector: Collector, trace: str, count: int, seconds: float = 20) -> list[str]:
    """Return the spans of a trace once so many have arrived, and a moment for more to come."""
    deadline = time.monotonic() + seconds
    while len(collector.tree(trace)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    return collector.tree(trace)


def of_trace(collector: Collector, trace: str) -> dict[str, Collected]:
    return {str(span): span for span in collector.spans if span.trace == trace}


class TestOrder:
    def test_is_one_trace_through_all_services_and_events(
        self, collector: Collector, signed_in: SignIn
    ) -> None:
        # When
        placed = signed_in("aaa@aaa.com").post(
            "/api/orders", json={"products": [{"name": "Cutlery", "quantity": 1}]}
        )
        # Then
        assert placed.status_code == 201
        assert tree(collector, trace_of(placed), len(OF_AN_ORDER)) == OF_AN_ORDER
        spans = of_trace(collector, trace_of(placed))
        assert not any(span.failed for span in spans.values())
        assert spans["gateway-ms SERVER POST /api/orders"].attributes == {
            "http.request.method": "POST",
            "http.route": "/api/orders",
            "url.path": "/api/orders",
            "http.response.status_code": 201,
        }
        assert spans["products-ms CONSUMER process shop.orders"].attributes == {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": "shop.orders",
            "messaging.message.id": f"OrderCreate/{placed.json()['id']}",
            "messaging.batch.message_count": 1,
            "cloudevents.event_type": "OrderCreate",
        }


class TestRequest:
    def test_a_clients_trace_is_not_taken_over(
        self, collector: Collector, shop: httpx2.Client
    ) -> None:
        # When
        answer = shop.get("/api/products", headers={"traceparent": FORCED})
        # Then
        assert trace_of(answer) != FORCED.split("-")[1]
        assert tree(collector, trace_of(answer), 3) == [
            "gateway-ms SERVER GET /api/products",
            "  gateway-ms CLIENT GET /api/products",
            "    products-ms SERVER GET /api/products",
        ]
        assert collector.tree(FORCED.split("-")[1]) == []

    def test_no_span_tells_of_a_person_or_of_a_query(
        self, collector: Collector, signed_in: SignIn
    ) -> None:
        # Given
        admin = signed_in("admin@admin.com")
        # When
        sought = admin.get("/api/products", params={"name": "secret-words"})
        changed = admin.patch("/api/users/bbb@bbb.com", json={"role": "user"})
        # Then
        assert (sought.status_code, changed.status_code) == (404, 200)
        assert len(tree(collector, trace_of(changed), 3)) == 3
        spans = of_trace(collector, trace_of(changed))
        paths = [span.attributes.get("url.path") for span in spans.values()]
        assert sorted(filter(None, paths)) == ["/api/users/{email:path}", "/api/users/{email}"]
        told = " ".join(f"{span} {span.attributes}" for span in collector.spans)
        token = admin.headers["Authorization"].removeprefix("Bearer ")
        assert [word for word in ("@", "secret-words", token) if word in told] == []

    def test_probes_and_polls_are_in_no_trace(
        self, collector: Collector, shop: httpx2.Client
    ) -> None:
        # Given a stack whose start was a long row of probes
        answer = shop.get("/api/products")
        assert len(tree(collector, trace_of(answer), 3)) == 3
        # Then
        names = {span.name for span in collector.spans}
        assert names.isdisjoint({"GET /ready", "GET /metrics", "GET /internal/revocations"})
