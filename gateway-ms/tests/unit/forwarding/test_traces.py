"""The spans of the gateway, which never continue a client's trace."""

import pytest
from aiohttp import web
from opentelemetry.trace import SpanKind, StatusCode

from gateway.testing import Client, ServiceDouble
from shopkit.testing.collector import recorded

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADERS = {"traceparent": TRACEPARENT}


class TestForwardedRequest:
    async def test_starts_a_trace_that_the_service_continues(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # When
        with recorded() as exporter:
            response = await client.request("GET", "/api/products/5?secret=words", HEADERS)
        # Then
        assert response.status == 200
        call, request = exporter.get_finished_spans()
        assert (request.name, request.kind) == ("GET /api/products/{id}", SpanKind.SERVER)
        assert (call.name, call.kind) == ("GET /api/products/{id}", SpanKind.CLIENT)
        assert request.parent is None
        assert call.parent == request.context
        assert call.context
        trace_id = f"{call.context.trace_id:032x}"
        assert trace_id != TRACEPARENT.split("-")[1]
        [received] = service.received
        forwarded = received.headers["traceparent"].split("-")
        assert forwarded[1:3] == [trace_id, f"{call.context.span_id:016x}"]
        assert (response.header("traceparent") or "").split("-")[1] == trace_id
        assert request.attributes == {
            "http.request.method": "GET",
            "http.route": "/api/products/{id}",
            "url.path": "/api/products/5",
            "http.response.status_code": 200,
        }
        assert call.attributes == {
            "http.request.method": "GET",
            "url.template": "/api/products/{id}",
            "peer.service": "products-ms",
            "http.response.status_code": 200,
        }

    async def test_has_failed_if_the_service_has_failed(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # Given
        async def respond(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=503)

        service.respond = respond
        # When
        with recorded() as exporter:
            await client.request("GET", "/api/products")
        # Then
        codes = [span.status.status_code for span in exporter.get_finished_spans()]
        assert codes == [StatusCode.ERROR] * 2


class TestRefusedRequest:
    async def test_is_a_single_span(self, client: Client) -> None:
        # When
        with recorded() as exporter:
            await client.request("GET", "/api/orders")
            await client.request("GET", "/api/nobody@shop.example")
        # Then
        refused, unknown = exporter.get_finished_spans()
        assert (refused.name, refused.status.status_code) == ("GET /api/orders", StatusCode.UNSET)
        assert unknown.name == "GET"
        assert unknown.attributes == {
            "http.request.method": "GET",
            "http.response.status_code": 404,
        }


class TestOwnPages:
    @pytest.mark.parametrize("path", ["/api/gateway_health", "/api/docs"])
    async def test_are_not_traced(self, client: Client, path: str) -> None:
        # When
        with recorded() as exporter:
            response = await client.request("GET", path, HEADERS)
        # Then
        assert response.status == 200
        assert response.header("traceparent") != TRACEPARENT
        assert exporter.get_finished_spans() == ()
