"""Products as they were returned to requests with an idempotency key."""

from products.models.product import Product
from products.repositories.products import document_of, product_of, repeated_categories
from shopkit.clock import Clock
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_id
from shopkit.storage.mongo import Session


class SnapshotRepository:
    """Stores the first response of each key."""

    def __init__(self, keys: IdempotencyKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def find(
        self, actor: str, key: str, fingerprint: str, *, session: Session
    ) -> Product | None:
        """Return the product that was returned for a key, or None if the key is new.

        Raises:
            KeyReusedError: The key was used for a different request.
        """
        stored_id = key_id(actor, key)
        record = (await self._keys.find_by_ids([stored_id], session=session)).get(stored_id)
        if record is None:
            return None
        record.check(fingerprint, key)
        return product_of(record.result, repeated_categories(record.result))

    async def insert(
        self, actor: str, key: str, fingerprint: str, product: Product, *, session: Session
    ) -> None:
        """Store the product that is returned for a key."""
        result = document_of(product)
        record = KeyRecord(key_id(actor, key), fingerprint, result, self._clock())
        await self._keys.insert([record], session=session)
