"""The demo data of products-db. Existing data is kept.

Products are created by the service, so that orders-ms receives their events. Only the categories
and the decisions about past orders are inserted directly.
"""

from datetime import UTC, datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne

from products.dependencies import build
from products.errors import NameTakenError
from products.models.change import NewProduct
from products.models.decision import REJECTED_REASON
from products.repositories.name_keys import keys_of
from products.settings import SERVICE, ProductsSettings
from shopkit.commands import refuse_demo_data_in_production
from shopkit.messaging.outbox import Outbox
from shopkit.storage.mongo import DATABASE, Database, Document, connect
from shopkit.storage.unit_of_work import MongoTransactions, Publication

_PAST = datetime(2024, 5, 1, 12, tzinfo=UTC)
_ELECTRONICS, _KITCHEN, _FURNITURE = "electronics", "kitchen", "furniture"

CATEGORIES = {
    "21fefe4a1cad4140785928a4": _ELECTRONICS,
    "22fefe4a1cad4140785928a4": _KITCHEN,
    "23fefe4a1cad4140785928a4": _FURNITURE,
}
PRODUCTS = (
    NewProduct(
        id="10fefe4a1cad4140785928a4",
        name="cutlery",
        description="An interesting set of cutlery",
        price_cents=599,
        quantity=200,
        categories=(_KITCHEN,),
    ),
    NewProduct(
        id="11fefe4a1cad4140785928a4",
        name="chair",
        description="A comfortable armchair",
        price_cents=2_999,
        quantity=30,
        categories=(_FURNITURE, _KITCHEN),
    ),
    NewProduct(
        id="12fefe4a1cad4140785928a4",
        name="laptop",
        description="A powerful computing device",
        price_cents=129_999,
        quantity=1,
        categories=(_ELECTRONICS,),
    ),
    NewProduct(
        id="13fefe4a1cad4140785928a4",
        name="headphones",
        description="Wireless noise-cancelling headphones",
        price_cents=9_999,
        quantity=1,
        categories=(_ELECTRONICS,),
    ),
)
_CUTLERY, _CHAIR, _LAPTOP, _HEADPHONES = (ObjectId(product.id) for product in PRODUCTS)


def _decision(
    order_id: str, status: str, lines: dict[ObjectId, int], reason: str | None
) -> Document:
    return {
        "_id": ObjectId(order_id),
        "status": status,
        "lines": [{"product_id": id_, "quantity": count} for id_, count in lines.items()],
        "reason": reason,
        "line_reasons": [],
        "decided_at": _PAST,
        "settled_at": _PAST,
        "request_id": "",
        "traceparent": "",
    }


DECISIONS = (
    _decision("71fefe4a1cad4140785928a4", "ACCEPTED", {_CUTLERY: 4, _CHAIR: 2}, None),
    _decision("72fefe4a1cad4140785928a4", "ACCEPTED", {_LAPTOP: 1}, None),
    _decision(
        "73fefe4a1cad4140785928a4",
        "REJECTED",
        {_HEADPHONES: 7},
        REJECTED_REASON,
    ),
)


async def seed(settings: ProductsSettings) -> None:
    """Load demo data that is missing.

    Raises:
        shopkit.commands.CommandError: Demo data may not be loaded.
    """
    refuse_demo_data_in_production(settings, settings.seed)
    async with connect(settings, SERVICE) as client:
        database = client[DATABASE]
        await _insert_missing(database)
        outbox = Outbox(database)
        published: list[Publication] = []
        transactions = MongoTransactions(client, outbox, published.extend)
        editing = build(database, transactions).editing
        for product in PRODUCTS:
            try:
                await editing.create(product, actor=SERVICE)
            except NameTakenError:
                continue
        if published:
            # This process has no relay. End the leases, so that the running service's sweeper
            # sends the messages at once.
            await outbox.postpone(published, timedelta(0))


async def _insert_missing(database: Database) -> None:
    categories = [
        {"_id": ObjectId(id_), "name": name, **keys_of(name)} for id_, name in CATEGORIES.items()
    ]
    for collection, documents in (("categories", categories), ("orders", DECISIONS)):
        await database[collection].bulk_write(
            [
                UpdateOne({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)
                for document in documents
            ]
        )
