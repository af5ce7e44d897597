from typing import Any

import httpx2
import pytest

from shopkit.testing.proofs import caller_headers

PATH = "/api/address-forms"
HEADERS = caller_headers("ann@shop.com")


async def fields_of(client: httpx2.AsyncClient, country: str) -> list[dict[str, Any]]:
    response = await client.get(f"{PATH}/{country}", headers=HEADERS)
    assert response.status_code == 200
    fields: list[dict[str, Any]] = response.json()["fields"]
    return fields


class TestListCountries:
    async def test_lists_countries_once_and_no_placeholder(
        self, client: httpx2.AsyncClient
    ) -> None:
        response = await client.get(PATH, headers=HEADERS)

        countries = response.json()["countries"]
        assert response.status_code == 200
        assert len(countries) == len(set(countries)) == 252
        assert {"DE", "IE", "JP", "US"} < set(countries)
        assert "ZZ" not in countries

    async def test_needs_a_user(self, client: httpx2.AsyncClient) -> None:
        response = await client.get(PATH, headers=caller_headers("", "visitor"))

        assert response.status_code == 401


class TestGetAddressForm:
    @pytest.mark.parametrize(
        ("country", "labels"),
        [
            (
                "DE",
                ["Full name", "Company", "Street address", "Postcode", "City", "Phone"],
            ),
            (
                "GB",
                ["Full name", "Company", "Street address", "Town or city", "Postcode", "Phone"],
            ),
            (
                "US",
                ["Full name", "Company", "Street address", "City", "State", "ZIP code", "Phone"],
            ),
            (
                "JP",
                ["Postcode", "Prefecture", "Street address", "Company", "Full name", "Phone"],
            ),
        ],
    )
    async def test_has_the_order_and_the_words_of_the_country(
        self, client: httpx2.AsyncClient, country: str, labels: list[str]
    ) -> None:
        fields = await fields_of(client, country)

        assert [field["label"] for field in fields] == labels

    async def test_says_what_is_required_and_what_is_possible(
        self, client: httpx2.AsyncClient
    ) -> None:
        # When
        american = {field["name"]: field for field in await fields_of(client, "US")}
        irish = {field["name"]: field for field in await fields_of(client, "IE")}
        japanese = {field["name"]: field for field in await fields_of(client, "JP")}
        # Then
        required = [name for name, field in american.items() if field["required"]]
        assert required == ["name", "lines", "city", "region", "postcode"]
        assert american["postcode"]["example"] == "95014"
        assert {"value": "CA", "label": "California"} in american["region"]["choices"]
        assert american["city"]["choices"] == []
        assert (irish["region"]["label"], irish["region"]["required"]) == ("County", False)
        assert irish["postcode"]["required"] is False
        regions = japanese["region"]["choices"]
        assert regions[0] == {"value": "北海道", "label": "Hokkaido"}
        assert len({choice["value"] for choice in regions}) == len(regions) == 47

    @pytest.mark.parametrize("country", ["XX", "ZZ"])
    async def test_an_unknown_country_is_not_found(
        self, client: httpx2.AsyncClient, country: str
    ) -> None:
        response = await client.get(f"{PATH}/{country}", headers=HEADERS)

        assert response.status_code == 404
        assert response.json()["type"] == "/problems/not-found"

    async def test_a_malformed_country_is_refused(self, client: httpx2.AsyncClient) -> None:
        response = await client.get(f"{PATH}/germany", headers=HEADERS)

        assert response.status_code == 422


async def test_every_address_form_has_the_fields_that_every_address_needs(
    client: httpx2.AsyncClient,
) -> None:
    countries = (await client.get(PATH, headers=HEADERS)).json()["countries"]

    for country in countries:
        names = [field["name"] for field in await fields_of(client, country)]
        assert {"name", "company", "lines"} < set(names), country
        assert len(names) == len(set(names)), country
        assert names[-1] == "phone"
