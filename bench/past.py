"""Writes the past of a shop directly into its databases: products, orders and their decisions."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import harness
from bench.consistency import Databases
from bson import ObjectId

from orders.models.number import new_number
from products.models.product import Product
from products.repositories.products import document_of
from shopkit.names import name_key
from shopkit.storage.email_search import email_keys

CHUNK = 10_000
DAYS = 30
SHOPPERS = 1_000
MATERIALS = ("oak", "steel", "linen", "glass", "clay", "cork", "wool", "brass", "ash", "slate")
THINGS = ("bowl", "lamp", "chair", "plate", "spoon", "board", "vase", "shelf", "mug", "tray")


def add_products(databases: Databases, numbers: range) -> list[str]:
    """Write products with these numbers into products-db and the projection, return their ids."""
    ids: list[str] = []
    for start in range(0, len(numbers), CHUNK):
        products = make_products(numbers[start : start + CHUNK])
        ids += [product.id for product in products]
        databases.products["products"].insert_many([document_of(product) for product in products])
        databases.orders["products"].insert_many([state_of(product) for product in products])
    return ids


def make_products(numbers: range) -> list[Product]:
    """Return products with these numbers."""
    now = datetime.now(UTC)
    return [_product(str(ObjectId()), number, now) for number in numbers]


def _product(product_id: str, number: int, now: datetime) -> Product:
    material, thing = MATERIALS[number % 10], THINGS[number // 10 % 10]
    return Product(
        id=product_id,
        name=f"{material} {thing} {number}",
        description=f"A {thing} of {material}, described in a sentence of the usual length.",
        price_cents=100 + number % 9_900,
        quantity=harness.STOCK,
        categories=(),
        archived=False,
        picture=None,
        details_version=1,
        stock_version=1,
        created_at=now,
        updated_at=now,
    )


def state_of(product: Product) -> dict[str, Any]:
    """Return the document of a product in the projection."""
    return {
        "_id": ObjectId(product.id),
        "name": product.name,
        "name_key": name_key(product.name),
        "price_cents": product.price_cents,
        "quantity": product.quantity,
        "archived": False,
        "version": product.details_version + product.stock_version,
    }


def add_orders(databases: Databases, products: Sequence[str], count: int) -> None:
    """Write accepted orders of the last 30 days, with two lines each, and their decisions."""
    began = datetime.now(UTC) - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / count
    # Among a million random numbers, two are often the same.
    taken: set[str] = set()
    for start in range(0, count, CHUNK):
        orders = [
            order_of(began + number * step, number % SHOPPERS, random.sample(products, 2))
            for number in range(start, min(start + CHUNK, count))
        ]
        for order in orders:
            while order["number"] in taken:
                order["number"] = new_number()
            taken.add(order["number"])
        databases.orders["orders"].insert_many(orders)
        databases.products["orders"].insert_many([decision_of(order) for order in orders])


def order_of(created_at: datetime, shopper: int, products: Sequence[str]) -> dict[str, Any]:
    """Return the document of an accepted order."""
    statuses = ("PENDING", "ACCEPTED")
    email = f"past{shopper}@bench.example"
    return {
        # The id has the time of the order, as ids of new orders do.
        "_id": ObjectId(int(created_at.timestamp()).to_bytes(4, "big") + random.randbytes(8)),
        "number": new_number(),
        "client_email": email,
        "client_email_keys": email_keys(email),
        "account_id": f"{shopper:024x}",
        "status": "ACCEPTED",
        "cost_cents": 1_797,
        "products": [
            {
                "product_id": ObjectId(product_id),
                "name": f"a product of the benchmark {product_id}",
                "price_cents": 599,
                "quantity": quantity,
                "reason": None,
            }
            for quantity, product_id in enumerate(products, start=1)
        ],
        "reason": None,
        "history": [{"status": status, "at": created_at} for status in statuses],
        "created_at": created_at,
        "changed_at": created_at,
        "updated_at": created_at,
        "cancel_confirmed": False,
        "request_id": "",
        "traceparent": "",
    }


def decision_of(order: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the decision about an order."""
    lines = [
        {"product_id": line["product_id"], "quantity": line["quantity"]}
        for line in order["products"]
    ]
    return {
        "_id": order["_id"],
        "status": "ACCEPTED",
        "lines": lines,
        "reason": None,
        "line_reasons": [],
        "decided_at": order["created_at"],
        "settled_at": order["created_at"],
        "request_id": "",
        "traceparent": "",
    }
