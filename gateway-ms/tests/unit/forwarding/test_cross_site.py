import pytest

from gateway.testing import Client, ServiceDouble


class TestChange:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example"},
            {"Sec-Fetch-Site": ""},
            {"Origin": "https://evil.example"},
            {"Origin": "https://shop.example:8443"},
            {"Origin": "null"},
            {"Origin": "https://["},
            {"Origin": ""},
        ],
    )
    @pytest.mark.parametrize("path", ["/api/login", "/api/refresh", "/api/logout", "/api/orders"])
    async def test_is_refused_if_another_site_requested_it(
        self,
        client: Client,
        service: ServiceDouble,
        user: dict[str, str],
        path: str,
        headers: dict[str, str],
    ) -> None:
        # When
        response = await client.request("POST", path, user | {"Host": "shop.example"} | headers)
        # Then
        assert response.status == 403
        assert response.json()["type"] == "/problems/cross-site"
        assert service.received == []

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://shop.example"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://shop.example"},
        ],
    )
    async def test_is_forwarded_if_the_shop_requested_it(
        self, client: Client, service: ServiceDouble, headers: dict[str, str]
    ) -> None:
        # When
        response = await client.request("POST", "/api/refresh", {"Host": "shop.example"} | headers)
        # Then
        assert response.status == 200
        [request] = service.received
        assert {"Origin", "Sec-Fetch-Site"}.isdisjoint(request.headers)


async def test_reading_is_allowed_from_other_sites(client: Client) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"}
    assert (await client.request("GET", "/api/products", headers)).status == 200
