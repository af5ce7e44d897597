"""Backup and restore on a real node, with the commands of the operations guide."""

import re
from pathlib import Path

import pytest
from tests.deploy.bucket import fetch, upload
from tests.deploy.documented import BACKUP_PAGE, RESTORE_PAGE, find_block, run
from tests.deploy.kubernetes import wait_for_rollouts
from tests.deploy.shopper import Shop, report, wait_for

LATE_CUSTOMER = "later@shop.example"
ALL_DATABASES = "authentication products orders"
START_SECONDS = 120

pytestmark = pytest.mark.timeout(1200)


def statuses(shop: Shop, customer: str, order_ids: list[str]) -> set[str]:
    return {shop.wait_until_decided(customer, order_id) for order_id in order_ids}


def place_orders(shop: Shop, customer: str, count: int) -> list[str]:
    """Place orders, wait until they are ACCEPTED, and return their ids."""
    order_ids = [shop.order(customer) for _ in range(count)]
    assert statuses(shop, customer, order_ids) == {"ACCEPTED"}
    return order_ids


def back_up(folder: Path) -> None:
    """Dump the databases, store the dumps as the nightly backups do, and fetch them from there."""
    run(find_block(BACKUP_PAGE, "mongodump"), folder)
    for dump in sorted(folder.glob("*.gz")):
        report(upload(dump, f"{dump.stem}-db", folder).strip())
        dump.unlink()
    fetch(folder)


def restore(shop: Shop, folder: Path, databases: str) -> list[tuple[str, str, str]]:
    """Restore databases, and return the differences that each reconciliation found."""
    commands = find_block(RESTORE_PAGE, "mongorestore")
    assert f"for D in {ALL_DATABASES};" in commands
    output = run(commands.replace(f"for D in {ALL_DATABASES};", f"for D in {databases};"), folder)
    report(output.strip().replace("\n", "\n    "))
    wait_for_rollouts()
    wait_for(
        lambda: shop.get("/api/orders_health").status_code == 200, "orders-ms starts", START_SECONDS
    )
    return re.findall(r"differ: (\d+), .*decision: (\d+), .*order: (\d+)", output)


def test_restores_the_state_of_the_backup(shop: Shop, customer: str, tmp_path: Path) -> None:
    # Given
    kept = place_orders(shop, customer, 20)
    stock = shop.stock()
    back_up(tmp_path)
    lost = place_orders(shop, customer, 5)
    shop.register(LATE_CUSTOMER, LATE_CUSTOMER)
    # When
    differences = restore(shop, tmp_path, ALL_DATABASES)
    # Then
    assert differences == [("0", "0", "0")]
    assert shop.stock() == stock
    assert not shop.has_account(LATE_CUSTOMER)
    assert statuses(shop, customer, kept) == {"ACCEPTED"}
    assert {shop.get(f"/api/orders/{order_id}", customer).status_code for order_id in lost} == {404}
    # And: the shop accepts new orders.
    place_orders(shop, customer, 1)
    assert shop.stock() == stock - 1


def test_reconciles_one_database_of_an_earlier_state(
    shop: Shop, customer: str, tmp_path: Path
) -> None:
    # Given
    stock = shop.stock()
    back_up(tmp_path)
    order_ids = place_orders(shop, customer, 5)
    # When: products-db loses the decisions, and has the former stock.
    differences = restore(shop, tmp_path, "products")
    # Then: the orders were decided again.
    assert differences[-1] == ("0", "0", "0")
    assert shop.stock() == stock - 5
    assert statuses(shop, customer, order_ids) == {"ACCEPTED"}
