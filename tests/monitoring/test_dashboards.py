"""Each panel shows data of a running shop."""

import re
from functools import partial

import pytest
from infrastructure.observability.dashboards import DASHBOARDS, Panel
from tests.monitoring.shop import SHOPPER, Shop, wait_until

pytestmark = pytest.mark.timeout(180)

WINDOW = "1m"
NOT_RUN = {"mongodb"}
"""The exporters that do not run natively. tests/contract checks the names of their metrics."""


@pytest.fixture(scope="module", autouse=True)
def _traffic(shop: Shop) -> None:
    """Order, be refused, guess a password, and look at pages, through nginx."""
    product_id = shop.add_product()
    shop.place_orders(product_id, 20)
    nginx = shop.through_nginx()
    for _ in range(5):
        assert nginx.get("/api/products").status_code == 200
    wrong = {"email": SHOPPER, "password": "a guess"}
    assert nginx.post("/api/login", json=wrong).status_code == 401
    nginx.close()
    shop.wait_until_settled()


def panels() -> list[tuple[str, Panel]]:
    return [(board.title, panel) for board in DASHBOARDS for panel in board.panels]


@pytest.mark.parametrize(
    ("board", "panel"),
    [item for item in panels() if item[1].exporter not in NOT_RUN],
    ids=lambda value: getattr(value, "title", value),
)
def test_a_panel_shows_data(shop: Shop, board: str, panel: Panel) -> None:
    for query in panel.queries:
        expression = query.replace("$__rate_interval", WINDOW)
        assert not re.search(r"\$", expression)
        wait_until(partial(shop.has_numbers, expression), f"{board}: {expression}")
