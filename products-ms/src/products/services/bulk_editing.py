"""Lets admins change several products in one step."""

from collections.abc import Sequence
from dataclasses import dataclass

from products import errors
from products.models.change import Change
from products.services.editing import EditedProduct, EditingService, EditRequest
from shopkit.identity import Actor
from shopkit.storage.idempotency import KeyReusedError

REFUSALS = (
    errors.ProductNotFoundError,
    errors.CategoriesNotFoundError,
    errors.VersionRequiredError,
    errors.StaleVersionError,
    errors.StockMovedError,
    errors.InsufficientStockError,
    errors.StockLimitError,
    KeyReusedError,
)
"""The errors that refuse one change and leave the others applied."""


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A change of a product, as an admin requests it.

    Attributes:
        product_id: The product.
        change: The change.
        seen_versions: The versions of the details, and of the names of the categories, that the
            admin saw. None if unknown.
        fingerprint: A hash of the change, to detect a key that is reused.
    """

    product_id: str
    change: Change
    seen_versions: Sequence[tuple[int, int]] | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """The outcome of a change: the product, or why the change was refused."""

    product_id: str
    edited: EditedProduct | None = None
    error: Exception | None = None


class BulkEditingService:
    """Changes several products, each in its own transaction."""

    def __init__(self, editing: EditingService) -> None:
        self._editing = editing

    async def change_all(
        self, changes: Sequence[ProductChange], *, actor: Actor, key: str
    ) -> list[ChangeResult]:
        """Apply the changes in order. A change that is refused does not affect the others.

        If the database fails meanwhile, a repeated request with the same key continues.

        Args:
            changes: The changes, at most one for each product.
            actor: Who makes the changes.
            key: The idempotency key of the request.
        """
        return [await self._change(change, actor, key) for change in changes]

    async def _change(self, item: ProductChange, actor: Actor, key: str) -> ChangeResult:
        request = EditRequest(
            actor, item.seen_versions, f"{key}/{item.product_id}", item.fingerprint
        )
        try:
            edited = await self._editing.change(item.product_id, item.change, request)
        except REFUSALS as error:
            return ChangeResult(item.product_id, error=error)
        return ChangeResult(item.product_id, edited)
