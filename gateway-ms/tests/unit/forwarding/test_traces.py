"""What the gateway records of a request, and what it takes over from a client: nothing."""

from typing import Any

import pytest
from aiohttp import web
from opentelemetry.trace import SpanKind, StatusCode

from shopkit.testing.collector import recorded

FORCED = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


class TestForwarded:
    async def test_a_trace_begins_here_and_goes_on_in_the_service(
        self, client: Any, service: Any
    ) -> None:
        # When
        with recorded() as exported:
            answer = await client("GET", "/api/products/5?secret=words", FORCED)
        # Then
        assert answer.status == 200
        call, request = exported.get_finished_spans()
        assert (request.name, request.kind) == ("GET /api/products/{id}", SpanKind.SERVER)
        assert (call.name, call.kind) == ("GET /api/products/{id}", SpanKind.CLIENT)
        assert request.parent is None
        assert call.parent == request.context
        assert call.context
        trace = f"{call.context.trace_id:032x}"
        assert trace != FORCED["traceparent"].split("-")[1]
        (seen,) = service.seen
        own = seen.headers["traceparent"].split("-")
        assert own[1:3] == [trace, f"{call.context.span_id:016x}"]
        assert answer.header("traceparent").split("-")[1] == trace
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

    async def test_has_failed_where_the_service_has(self, client: Any, service: Any) -> None:
        # Given
        async def fail(_request: web.Request, _body: bytes) -> web.Response:
            return web.Response(status=503)

        service.answer = fail
        # When
        with recorded() as exported:
            await client("GET", "/api/products")
        # Then
        codes = [span.status.status_code for span in exported.get_finished_spans()]
        assert codes == [StatusCode.ERROR] * 2


class TestRefused:
    async def test_is_one_span(self, client: Any) -> None:
        with recorded() as exported:
            await client("GET", "/api/orders")
            await client("GET", "/api/nobody@shop.example")
        refused, unknown = exported.get_finished_spans()
        assert (refused.name, refused.status.status_code) == ("GET /api/orders", StatusCode.UNSET)
        assert unknown.name == "GET"
        assert unknown.attributes == {
            "http.request.method": "GET",
            "http.response.status_code": 404,
        }


class TestOwnPages:
    @pytest.mark.parametrize("path", ["/ready", "/api/gateway_health", "/api/docs"])
    async def test_are_in_no_trace(self, client: Any, path: str) -> None:
        with recorded() as exported:
            answer = await client("GET", path, FORCED)
        assert answer.status == 200
        assert answer.header("traceparent") != FORCED["traceparent"]
        assert exported.get_finished_spans() == ()
