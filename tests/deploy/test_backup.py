"""Backup and restore on a real node, by the commands of docs/operations.md."""

import re
from pathlib import Path

import pytest
from tests.deploy.documented import documented, run
from tests.deploy.kubernetes import wait_for_rollouts
from tests.deploy.shopper import Shop, eventually, tell

LATER = "later@shop.example"
ALL = "authentication products orders"
STARTS_SECONDS = 120

pytestmark = pytest.mark.timeout(1200)


def accepted(shop: Shop, customer: str, count: int) -> list[str]:
    """Return orders that were placed and ACCEPTED."""
    ids = [shop.order(customer) for _ in range(count)]
    assert {shop.outcome(customer, one) for one in ids} == {"ACCEPTED"}
    return ids


def backed_up(folder: Path) -> None:
    run(documented("mongodump"), folder)
    for file in sorted(folder.iterdir()):
        tell(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


def restored(shop: Shop, folder: Path, databases: str) -> list[tuple[str, ...]]:
    """Restore databases and return what each comparison found to differ."""
    commands = documented("mongorestore")
    assert f"for D in {ALL};" in commands
    told = run(commands.replace(f"for D in {ALL};", f"for D in {databases};"), folder)
    tell(told.strip().replace("\n", "\n    "))
    wait_for_rollouts()
    eventually(
        lambda: shop.get("/api/orders_health").status_code == 200, "it answers", STARTS_SECONDS
    )
    return re.findall(r"differ: (\d+), .*record: (\d+), .*order: (\d+)", told)


def test_what_was_backed_up_is_there_again(shop: Shop, customer: str, tmp_path: Path) -> None:
    # Given: orders, a backup, and more orders.
    ids = accepted(shop, customer, 20)
    before = shop.quantity()
    backed_up(tmp_path)
    lost = accepted(shop, customer, 5)
    shop.register(LATER, LATER)
    # When
    comparisons = restored(shop, tmp_path, ALL)
    # Then: all is as it was, and the databases agree.
    assert comparisons == [("0", "0", "0")]
    assert shop.quantity() == before
    assert not shop.knows(LATER)
    assert {shop.outcome(customer, one) for one in ids} == {"ACCEPTED"}
    assert {shop.get(f"/api/orders/{one}", customer).status_code for one in lost} == {404}
    # And: it goes on.
    accepted(shop, customer, 1)
    assert shop.quantity() == before - 1


def test_one_database_of_an_earlier_moment_is_made_to_agree(
    shop: Shop, customer: str, tmp_path: Path
) -> None:
    before = shop.quantity()
    backed_up(tmp_path)
    ids = accepted(shop, customer, 5)
    # When: products-db knows nothing of these orders, and has their stock again.
    comparisons = restored(shop, tmp_path, "products")
    # Then: they were found, by these comparisons or by those of orders-ms itself, and decided anew.
    assert comparisons[-1] == ("0", "0", "0")
    assert shop.quantity() == before - 5
    assert {shop.outcome(customer, one) for one in ids} == {"ACCEPTED"}
