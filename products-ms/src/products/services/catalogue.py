"""The catalogue: what shoppers see and admins keep."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bson import ObjectId

from products.errors import CategoryNotFoundError, NameTakenError, ProductNotFoundError
from products.models.decision import SOURCE
from products.models.product import Category, Product
from products.models.query import ProductQuery
from products.repositories.categories import CategoryRepository
from products.repositories.listing import TOTAL_CAP, ProductListing
from products.repositories.products import ProductRepository
from shopkit.clock import Clock
from shopkit.context import current_origin
from shopkit.events import Event, Message, ProductCreate, ProductsQuantityUpdate
from shopkit.mongo import HTTP_SECONDS, Session, Transactions
from shopkit.outbox import HandOver, Outbox, Row


@dataclass(frozen=True, slots=True)
class NewProduct:
    """What an admin says of a product to be added; names are trimmed and in lower case."""

    name: str
    description: str
    price_cents: int
    quantity: int
    categories: tuple[str, ...]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A part of a list of products; `total` is counted to 1,000."""

    products: list[Product]
    next_cursor: str | None
    total: int
    total_capped: bool


class CatalogueService:
    """Lists, adds and changes products."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        products: ProductRepository,
        listing: ProductListing,
        categories: CategoryRepository,
        outbox: Outbox,
        hand_over: HandOver,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._products = products
        self._listing = listing
        self._categories = categories
        self._outbox = outbox
        self._hand_over = hand_over
        self._clock = clock

    async def categories(self) -> list[Category]:
        """Return all categories by name."""
        return await self._categories.all()

    async def product(self, product_id: str) -> Product:
        """Return a product, archived or not.

        Raises:
            ProductNotFoundError: There is none of this id.
        """
        product = await self._products.by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        return product

    async def page(
        self, query: ProductQuery, category: str | None, *, limit: int, cursor: str | None
    ) -> ProductPage:
        """Return a part of the list of products.

        Args:
            query: The filters and the order.
            category: A category's name, to be resolved.
            limit: The most products, 1 to 100.
            cursor: Where to begin, None for the beginning.

        Raises:
            CategoryNotFoundError: There is no such category.
            ProductNotFoundError: A name was asked for that no product has.
            InvalidCursorError: The cursor belongs to another list.
        """
        if category is not None:
            query = replace(query, category=await self._category(category))
        products, next_cursor = await self._listing.page(query, limit=limit, cursor=cursor)
        if query.name is not None and not products:
            raise ProductNotFoundError(query.name)
        whole = cursor is None and next_cursor is None
        total = len(products) if whole else await self._listing.count(query)
        return ProductPage(products, next_cursor, min(total, TOTAL_CAP), total > TOTAL_CAP)

    async def _category(self, name: str) -> Category:
        category = await self._categories.by_name(name)
        if category is None:
            raise CategoryNotFoundError([name])
        return category

    async def create(self, new: NewProduct) -> Product:
        """Add a product and tell orders-ms of it.

        Raises:
            NameTakenError: Another product, archived ones included, has the name.
            CategoryNotFoundError: A category does not exist.
        """
        product, rows = await self._transactions.run(
            lambda session: self._create(new, session), seconds=HTTP_SECONDS
        )
        self._hand_over(rows)
        return product

    async def _create(self, new: NewProduct, session: Session) -> tuple[Product, list[Row]]:
        if await self._products.by_name(new.name, session=session):
            raise NameTakenError(new.name)
        categories = await self._resolve(new.categories, session)
        now = self._clock()
        product = Product(
            id=new.id or str(ObjectId()),
            name=new.name,
            description=new.description,
            price_cents=new.price_cents,
            quantity=new.quantity,
            categories=tuple(categories),
            archived=False,
            details_version=1,
            stock_version=1,
            created_at=now,
            updated_at=now,
        )
        await self._categories.guard(categories, session=session)
        await self._products.insert(product, session=session)
        return product, await self._tell(ProductCreate(product=product.state), product, session)

    async def _resolve(self, names: Sequence[str], session: Session) -> list[Category]:
        wanted = list(dict.fromkeys(names))
        found = await self._categories.by_names(wanted, session=session)
        missing = [name for name in wanted if name not in {category.name for category in found}]
        if missing:
            raise CategoryNotFoundError(missing)
        return found

    async def change_stock(self, product_id: str, delta: int) -> Product:
        """Put so many more on the shelf, or take so many away, and tell orders-ms.

        Raises:
            ProductNotFoundError: There is no such product.
            InsufficientStockError: There are not so many.
            StockLimitError: There would be more than a product may have.
        """
        product, rows = await self._transactions.run(
            lambda session: self._change_stock(product_id, delta, session), seconds=HTTP_SECONDS
        )
        self._hand_over(rows)
        return product

    async def _change_stock(
        self, product_id: str, delta: int, session: Session
    ) -> tuple[Product, list[Row]]:
        before = await self._products.by_id(product_id, session=session)
        if before is None:
            raise ProductNotFoundError(product_id)
        product = before.with_stock_change(delta, self._clock())
        await self._products.change_stock({product_id: delta}, product.updated_at, session=session)
        event = ProductsQuantityUpdate(products=(product.state,))
        return product, await self._tell(event, product, session)

    async def _tell(self, event: Event, product: Product, session: Session) -> list[Row]:
        message = Message.of(event, source=SOURCE, time=product.updated_at, origin=current_origin())
        await self._outbox.add([Row(message)], session=session)
        return [Row(message)]
