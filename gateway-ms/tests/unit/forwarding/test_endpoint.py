import logging

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from gateway.forwarding.forward import Forwarder
from gateway.testing import Client, ServiceDouble, running_gateway


async def test_an_unexpected_error_is_reported_without_its_message(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    async def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Forwarder, "open", fail)
    # When
    response = await client.request("GET", "/api/products")
    # Then
    assert (response.status, response.json()["type"]) == (500, "/problems/internal")
    assert b"secret" not in response.body


class TestLogs:
    @pytest.mark.parametrize(("level", "lines"), [(logging.DEBUG, 1), (logging.INFO, 0)])
    async def test_contain_each_request_only_at_the_debug_level(
        self,
        service: ServiceDouble,
        caplog: pytest.LogCaptureFixture,
        level: int,
        lines: int,
    ) -> None:
        # When
        with caplog.at_level(level), capture_logs() as entries:
            async with running_gateway(service.url) as client:
                await client.request("GET", "/api/products/1")
        # Then
        levels = [
            entry["log_level"] for entry in entries if entry.get("path") == "/api/products/{id}"
        ]
        assert levels == ["debug"] * lines


class TestMetrics:
    async def test_count_requests_by_route(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Given
        def count(method: str, route: str, status: str) -> float:
            labels = {"method": method, "route": route, "status": status}
            return REGISTRY.get_sample_value("http_requests_total", labels) or 0.0

        def counts() -> tuple[float, float]:
            known = count("GET", "/api/products/{id}", "200")
            return known, count("any", "unknown", "404")

        before = counts()
        # When
        with caplog.at_level(logging.INFO):
            await client.request("GET", "/api/products/1")
            await client.request("GET", "/api/products/2")
            await client.request("BREW", "/api/nowhere")
        # Then
        after = counts()
        assert (after[0] - before[0], after[1] - before[1]) == (2, 1)
        assert not [record for record in caplog.records if record.levelno >= logging.INFO]
