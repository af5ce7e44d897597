"""Products as they were returned to requests with an idempotency key."""

from products.models.product import Product
from products.repositories.products import document_of, product_of, repeated_categories
from shopkit.clock import Clock
from shopkit.identity import Actor
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_ids
from shopkit.storage.mongo import Session


class SnapshotRepository:
    """Stores the first response of each key."""

    def __init__(self, keys: IdempotencyKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def find(
        self, actor: Actor, key: str, fingerprint: str, *, session: Session
    ) -> Product | None:
        """Return the product that was returned for a key, or None if the key is new.

        Raises:
            KeyReusedError: The key was used for a different request.
        """
        ids = key_ids(actor, key)
        records = await self._keys.find_by_ids(ids, session=session)
        record = next((records[stored_id] for stored_id in ids if stored_id in records), None)
        if record is None:
            return None
        record.check(fingerprint, key)
        return product_of(record.result, repeated_categories(record.result))

    async def insert(
        self, actor: Actor, key: str, fingerprint: str, product: Product, *, session: Session
    ) -> None:
        """Store the product that is returned for a key."""
        result = document_of(product)
        now = self._clock()
        records = [KeyRecord(id_, fingerprint, result, now) for id_ in key_ids(actor, key)]
        await self._keys.insert(records, session=session)
