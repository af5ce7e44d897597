import pytest

from gateway.testing import Client, ServiceDouble


class TestDocument:
    async def test_contains_the_operations_of_the_services(
        self, client: Client, service: ServiceDouble
    ) -> None:
        # Given
        service.openapi = {"paths": {"/api/orders": {"get": {"responses": {}}}}}
        # When
        response = await client.request("GET", "/api/openapi.json")
        # Then
        assert response.header("Content-Type") == "application/json"
        assert list(response.json()["paths"]) == ["/api/orders"]


class TestPage:
    async def test_has_no_inline_script_and_loads_nothing_from_other_hosts(
        self, client: Client
    ) -> None:
        # When
        response = await client.request("GET", "/api/docs")
        # Then
        text = response.body.decode()
        assert response.header("Content-Type") == "text/html; charset=utf-8"
        assert "http" not in text
        assert "style=" not in text
        assert text.count("<script") == text.count("<script src=") == 2
        policy = response.header("Content-Security-Policy") or ""
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy

    @pytest.mark.parametrize(
        ("file", "content_type"),
        [
            ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
            ("swagger-ui.css", "text/css; charset=utf-8"),
            ("initialize.js", "text/javascript; charset=utf-8"),
            ("favicon.png", "image/png"),
        ],
    )
    async def test_loads_files_that_the_gateway_serves(
        self, client: Client, file: str, content_type: str
    ) -> None:
        response = await client.request("GET", f"/api/docs/{file}")
        assert (response.status, response.header("Content-Type")) == (200, content_type)
        assert len(response.body) > 100
