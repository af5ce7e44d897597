"""The traces of the whole stack: one trace for an order and its events, without personal data."""

import time

import httpx2
from tests.e2e.shop import SignIn, place_order

from shopkit.testing.collector import Collector, ReceivedSpan

CLIENT_TRACE_ID = "0af7651916cd43dd8448eb211c80319c"

SPANS_OF_AN_ORDER = [
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


def trace_id(response: httpx2.Response) -> str:
    return response.headers["traceparent"].split("-")[1]


def span_tree(collector: Collector, trace: str, count: int, seconds: float = 20) -> list[str]:
    """Return the spans of a trace, after this number of spans has arrived.

    It waits another second, because more spans than expected may arrive.
    """
    deadline = time.monotonic() + seconds
    while len(collector.tree(trace)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    return collector.tree(trace)


def spans_by_name(collector: Collector, trace: str) -> dict[str, ReceivedSpan]:
    return {str(span): span for span in collector.spans if span.trace == trace}


class TestOrder:
    def test_an_order_has_one_trace_through_all_services_and_events(
        self, collector: Collector, sign_in: SignIn
    ) -> None:
        # When
        placed = place_order(sign_in("aaa@aaa.com"))
        # Then
        tree = span_tree(collector, trace_id(placed), len(SPANS_OF_AN_ORDER))
        assert tree == SPANS_OF_AN_ORDER
        spans = spans_by_name(collector, trace_id(placed))
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
    def test_the_trace_of_a_client_is_ignored(
        self, collector: Collector, shop: httpx2.Client
    ) -> None:
        # Given
        headers = {"traceparent": f"00-{CLIENT_TRACE_ID}-b7ad6b7169203331-01"}
        # When
        # An address that no other test uses, because nginx answers known ones itself.
        response = shop.get("/api/products?limit=11", headers=headers)
        # Then
        assert trace_id(response) != CLIENT_TRACE_ID
        assert span_tree(collector, trace_id(response), 3) == [
            "gateway-ms SERVER GET /api/products",
            "  gateway-ms CLIENT GET /api/products",
            "    products-ms SERVER GET /api/products",
        ]
        assert collector.tree(CLIENT_TRACE_ID) == []

    def test_spans_contain_no_personal_data_and_no_query(
        self, collector: Collector, sign_in: SignIn
    ) -> None:
        # Given
        admin = sign_in("admin@admin.com")
        # When
        search = admin.get("/api/products", params={"name": "secret-words"})
        users = admin.get("/api/users", params={"limit": 100}).json()["users"]
        account_id = next(user["id"] for user in users if user["email"] == "bbb@bbb.com")
        change = admin.patch(f"/api/users/{account_id}", json={"role": "user"})
        # Then
        assert (search.status_code, change.status_code) == (404, 200)
        assert len(span_tree(collector, trace_id(change), 3)) == 3
        spans = spans_by_name(collector, trace_id(change))
        paths = [span.attributes.get("url.path") for span in spans.values()]
        assert sorted(filter(None, paths)) == [f"/api/users/{account_id}"] * 2
        content = " ".join(f"{span} {span.attributes}" for span in collector.spans)
        token = admin.headers["Authorization"].removeprefix("Bearer ")
        assert [secret for secret in ("@", "secret-words", token) if secret in content] == []

    def test_probes_and_polls_are_not_traced(
        self, collector: Collector, shop: httpx2.Client
    ) -> None:
        # Given: the start of the stack has sent many probes.
        response = shop.get("/api/products?limit=12")
        # When
        tree = span_tree(collector, trace_id(response), 3)
        # Then
        assert len(tree) == 3
        names = {span.name for span in collector.spans}
        assert names.isdisjoint({"GET /ready", "GET /metrics", "GET /internal/revocations"})
