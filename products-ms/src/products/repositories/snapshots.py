"""Products as they were answered to requests that carried an Idempotency-Key."""

from products.models.product import Product
from products.repositories.products import document_of, product_of
from shopkit.clock import Clock
from shopkit.storage.idempotency import IdempotencyKeys, KeyRecord, key_id
from shopkit.storage.mongo import Session


class Snapshots:
    """Keeps the first answer of each key."""

    def __init__(self, keys: IdempotencyKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def find(
        self, actor: str, key: str | None, fingerprint: str, session: Session
    ) -> Product | None:
        """Return what a key was answered before, None where it is new or there is none.

        Raises:
            KeyReusedError: The key was used for another body.
        """
        if key is None:
            return None
        id_ = key_id(actor, key)
        record = (await self._keys.by_ids([id_], session=session)).get(id_)
        if record is None:
            return None
        record.check(fingerprint, key)
        return product_of(record.result)

    async def keep(
        self, actor: str, key: str | None, fingerprint: str, product: Product, session: Session
    ) -> None:
        """Keep what a key is answered, where there is one."""
        if key is not None:
            result = document_of(product)
            record = KeyRecord(key_id(actor, key), fingerprint, result, self._clock())
            await self._keys.insert([record], session=session)
