"""Backup and restore on a real node, by the commands of docs/operations.md."""

import re
from pathlib import Path

import pytest
from tests.deploy.documented import documented, run
from tests.deploy.kubernetes import wait_for_rollouts
from tests.deploy.shopper import PRODUCT, Shop, eventually, tell

LATER = "later@shop.example"
STARTS_SECONDS = 120

pytestmark = pytest.mark.timeout(1200)


def test_what_was_backed_up_is_there_again(shop: Shop, customer: str, tmp_path: Path) -> None:
    # Given: orders, a backup, and more orders.
    ids = [shop.order(customer) for _ in range(20)]
    assert {shop.outcome(customer, one) for one in ids} == {"ACCEPTED"}
    before = shop.quantity()
    run(documented("mongodump"), tmp_path)
    for file in sorted(tmp_path.iterdir()):
        tell(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")
    lost = [shop.order(customer) for _ in range(5)]
    assert {shop.outcome(customer, one) for one in lost} == {"ACCEPTED"}
    shop.register(LATER, LATER)
    # When
    told = run(documented("mongorestore"), tmp_path)
    tell(told.strip().replace("\n", "\n    "))
    # Then: all is as it was.
    wait_for_rollouts()
    eventually(lambda: shop.get("/api/orders_health").status_code == 200, "", STARTS_SECONDS)
    assert shop.quantity() == before
    assert not shop.knows(LATER)
    assert {shop.outcome(customer, one) for one in ids} == {"ACCEPTED"}
    assert {shop.get(f"/api/orders/{one}", customer).status_code for one in lost} == {404}
    # And: the databases agree, and go on.
    comparisons = re.findall(r"differ: (\d+), .*record: (\d+), .*order: (\d+)", told)
    assert comparisons[-1] == ("0", "0", "0")
    assert shop.outcome(customer, shop.order(customer, name=PRODUCT)) == "ACCEPTED"
    assert shop.quantity() == before - 1
