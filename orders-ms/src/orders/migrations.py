"""The migrations of orders-db."""

from typing import Any

from orders.repositories.card_attempts import CardAttemptRepository
from orders.repositories.delivery_methods import DeliveryMethodRepository
from orders.repositories.order_documents import CUSTOMERS
from orders.repositories.order_numbers import OrderNumbers
from orders.repositories.projection import ProjectionRepository
from orders.repositories.provider_events import ProviderEventRepository
from orders.repositories.reconcile_progress import ReconcileProgress
from orders.repositories.statistics import StatisticsRepository
from shopkit.mail.mails import Mails
from shopkit.messaging.dead_letters import DeadLetterRepository
from shopkit.messaging.outbox import Outbox
from shopkit.messaging.pauses import PauseRepository
from shopkit.storage.audit import AuditTrail
from shopkit.storage.database_identity import DatabaseIdentity
from shopkit.storage.idempotency import IdempotencyKeys
from shopkit.storage.job_leases import JobLeases
from shopkit.storage.migrations import Migration, ensure_collection
from shopkit.storage.mongo import Database

_CHUNK = 200
_DATE = {"bsonType": "date"}
_COUNT = {"bsonType": ["int", "long"], "minimum": 0}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"bsonType": "object", "required": list(properties), "properties": properties}


_ORDER = _object(
    {
        "client_email": {"bsonType": "string"},
        "status": {"enum": ["PENDING", "ACCEPTED", "REJECTED", "CANCELLED"]},
        "cost_cents": _COUNT,
        "products": {"bsonType": "array", "minItems": 1, "maxItems": 50},
        "history": {"bsonType": "array", "minItems": 1},
        "created_at": _DATE,
        "changed_at": _DATE,
        "cancel_confirmed": {"bsonType": "bool"},
    }
)


async def _create_collections(database: Database) -> None:
    await ensure_collection(database, "orders", _ORDER)
    await ProjectionRepository(database).migrate()
    await IdempotencyKeys.migrate(database)
    await JobLeases.migrate(database)
    await Outbox.migrate(database)
    await DeadLetterRepository.migrate(database)


async def _create_indexes(database: Database) -> None:
    orders = database["orders"]
    await orders.create_index([("client_email", 1), ("created_at", -1), ("_id", -1)])
    await orders.create_index("resend_at", partialFilterExpression={"resend_at": {"$exists": True}})


async def _add_administration(database: Database) -> None:
    await AuditTrail.migrate(database)
    orders = database["orders"]
    await orders.create_index([("created_at", -1), ("_id", -1)])
    await orders.create_index([("status", 1), ("created_at", -1), ("_id", -1)])


async def _add_reconciliation(database: Database) -> None:
    await DatabaseIdentity.migrate(database)
    await ReconcileProgress.migrate(database)
    # A rebuild by an earlier release has dropped an index.
    await ProjectionRepository(database).migrate()


async def _add_update_times(database: Database) -> None:
    orders = database["orders"]
    await orders.update_many(
        {"updated_at": {"$exists": False}}, [{"$set": {"updated_at": "$changed_at"}}]
    )
    await orders.create_index([("client_email", 1), ("updated_at", -1)])


async def _add_name_keys(database: Database) -> None:
    projection = ProjectionRepository(database)
    await projection.migrate()
    while await projection.add_missing_keys(_CHUNK):
        pass


async def _add_account_ids(database: Database) -> None:
    """Add the indexes. A loop adds the ids, because replicas of the last release store none."""
    await AuditTrail.migrate(database)
    orders = database["orders"]
    await orders.create_index([("account_id", 1), ("created_at", -1), ("_id", -1)])
    await orders.create_index([("account_id", 1), ("updated_at", -1)])
    without_account = {"account_id": None}
    await orders.create_index(
        [("client_email", 1), ("created_at", -1), ("_id", -1)],
        name="without_account_by_email",
        partialFilterExpression=without_account,
    )
    await orders.create_index(
        "account_sought", name="without_account", partialFilterExpression=without_account
    )


async def _add_email_keys(database: Database) -> None:
    await AuditTrail.migrate_actors(database)
    await CUSTOMERS.migrate(database["orders"], _CHUNK)


async def _drop_update_times_by_email(database: Database) -> None:
    """Keep the index only for the orders without an account, because each order changes often."""
    orders = database["orders"]
    await orders.create_index(
        [("client_email", 1), ("updated_at", -1)],
        name="changed_without_account_by_email",
        partialFilterExpression={"account_id": None},
    )
    by_email = "client_email_1_updated_at_-1"
    if by_email in await orders.index_information():
        await orders.drop_index(by_email)


async def _add_trade(database: Database) -> None:
    """Add numbers, and the indexes for deadlines and for what waits for an admin.

    Orders change often, so these indexes contain only the orders that they are needed for.
    """
    orders = database["orders"]
    await orders.create_index(
        "number",
        name="by_number",
        unique=True,
        partialFilterExpression={"number": {"$exists": True}},
    )
    await orders.create_index(
        "number", name="without_number", partialFilterExpression={"number": None}
    )
    await orders.create_index(
        [("desk", 1), ("created_at", -1), ("_id", -1)],
        name="desk",
        partialFilterExpression={"desk": {"$exists": True}},
    )
    await orders.create_index(
        "payment.act_at",
        name="deadlines",
        partialFilterExpression={"payment.act_at": {"$exists": True}},
    )
    await DeliveryMethodRepository.migrate(database)
    numbers = OrderNumbers(database)
    while await numbers.add_missing(_CHUNK):
        pass


async def _add_cards(database: Database) -> None:
    await CardAttemptRepository.migrate(database)
    await ProviderEventRepository.migrate(database)


MIGRATIONS = (
    Migration("0001-collections", _create_collections),
    Migration("0002-indexes", _create_indexes),
    Migration("0003-administration", _add_administration),
    Migration("0004-update-times", _add_update_times),
    Migration("0005-reconciliation", _add_reconciliation),
    Migration("0006-statistics", StatisticsRepository.migrate),
    Migration("0007-consumers", PauseRepository.migrate),
    Migration("0008-name-keys", _add_name_keys),
    Migration("0009-account-ids", _add_account_ids),
    Migration("0010-email-keys", _add_email_keys),
    Migration("0011-update-times", _drop_update_times_by_email),
    Migration("0012-mails", Mails.migrate),
    Migration("0013-outbox", Outbox.migrate_expiry),
    Migration("0014-trade", _add_trade),
    Migration("0015-cards", _add_cards),
)
