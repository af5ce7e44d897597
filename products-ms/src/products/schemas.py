"""What goes over HTTP."""

import hashlib
import unicodedata
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema

from products.models.change import Change, NewProduct
from products.models.product import STOCK_LIMIT, Category, Product
from products.models.query import ProductQuery, Sort
from products.services.catalogue import ProductPage
from shopkit.text import Text
from shopkit.web.request_types import Number, Price, to_cents


def printable_name(name: str) -> str:
    """Return a name in lower case.

    Raises:
        ValueError: It has a slash or a character that can't be seen.
    """
    lowered = unicodedata.normalize("NFC", name).lower()
    if "/" in lowered or not lowered.isprintable():
        raise ValueError("must have printable characters only, and no slash")
    if not 1 <= len(lowered) <= 120:
        raise ValueError("must have 1 to 120 characters")
    return lowered


Name = Annotated[
    Text,
    StringConstraints(strip_whitespace=True),
    AfterValidator(printable_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 120}),
]
Quantity = Annotated[Number, Field(ge=0, le=STOCK_LIMIT)]
Description = Annotated[Text, StringConstraints(max_length=2_000)]


class CategoryBody(BaseModel):
    """A category."""

    name: str


class CategoriesBody(BaseModel):
    """All categories."""

    categories: list[CategoryBody]

    @classmethod
    def of(cls, categories: list[Category]) -> Self:
        """Return the body that lists categories."""
        return cls(categories=[CategoryBody(name=category.name) for category in categories])


class ProductBody(BaseModel):
    """A product; its price has at most two decimals."""

    id: str
    name: str
    description: str
    price: float
    quantity: int
    categories: list[str]
    image_url: str | None
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, product: Product) -> Self:
        """Return the body that shows a product."""
        return cls(
            id=product.id,
            name=product.name,
            description=product.description,
            price=product.price_cents / 100,
            quantity=product.quantity,
            categories=[category.name for category in product.categories],
            image_url=_image_url(product),
            archived=product.archived,
            version=product.version,
            created_at=product.created_at,
            updated_at=product.updated_at,
        )


def _image_url(product: Product) -> str | None:
    # The digest makes the address a new one with each picture, so that it may be kept for long.
    if product.picture is None:
        return None
    return f"/api/products/{product.id}/image?v={product.picture}"


class ProductsBody(BaseModel):
    """A part of a list of products; `total` is counted to 1,000."""

    products: list[ProductBody]
    next_cursor: str | None
    total: int
    total_capped: bool

    @classmethod
    def of(cls, page: ProductPage) -> Self:
        """Return the body that shows a page."""
        return cls(
            products=[ProductBody.of(product) for product in page.products],
            next_cursor=page.next_cursor,
            total=page.total,
            total_capped=page.total_capped,
        )


class NewProductBody(BaseModel):
    """A product to be added."""

    name: Name
    description: Description
    price: Price
    quantity: Quantity
    categories: Annotated[list[Name], Field(max_length=20)]


class CreateProductRequest(BaseModel):
    """The body of `POST /api/products`."""

    product: NewProductBody

    def to_new_product(self) -> NewProduct:
        """Return what the service is told."""
        body = self.product
        return NewProduct(
            name=body.name,
            description=body.description,
            price_cents=to_cents(body.price),
            quantity=body.quantity,
            categories=tuple(body.categories),
        )


class ListProducts(BaseModel):
    """The query of `GET /api/products`."""

    name: Annotated[Name | None, Field(description="exact name")] = None
    category_name: Annotated[Name | None, Field(alias="categoryName")] = None
    q: Annotated[Text, Field(max_length=100, description="words to look for")] = ""
    ids: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9a-f]{24}(,[0-9a-f]{24}){0,99}$",
            description="up to 100 ids with commas between; archived products come too",
        ),
    ] = None
    min_price: Price | None = None
    max_price: Price | None = None
    max_stock: Quantity | None = None
    in_stock: bool = False
    sort: Sort | None = None
    limit: Annotated[int | None, Field(ge=1, le=100)] = None
    cursor: Annotated[str | None, Field(max_length=1_000)] = None

    @property
    def page_size(self) -> int:
        """The most products to return: the first 100 where nothing is said."""
        return self.limit or (20 if self.cursor else 100)

    def to_query(self, *, archived_too: bool = False) -> ProductQuery:
        """Return the filters and the order."""
        return ProductQuery(
            name=self.name,
            text=self.q,
            ids=tuple(self.ids.split(",")) if self.ids is not None else None,
            min_price_cents=None if self.min_price is None else to_cents(self.min_price),
            max_price_cents=None if self.max_price is None else to_cents(self.max_price),
            max_stock=self.max_stock,
            in_stock=self.in_stock,
            sort=self.sort,
            archived_too=archived_too,
        )


Delta = Annotated[Number, Field(ge=-STOCK_LIMIT, le=STOCK_LIMIT)]


class ChangeProductRequest(BaseModel):
    """The body of `PATCH /api/products/{id}`; what is not there, or null, stays as it is."""

    name: Name | None = None
    description: Description | None = None
    price: Price | None = None
    categories: Annotated[list[Name], Field(max_length=20)] | None = None
    archived: Annotated[
        Literal[False] | None, Field(description="false puts an archived product back")
    ] = None
    quantity_delta: Annotated[
        Delta, Field(description="how many more there are, or fewer where negative")
    ] = 0

    def to_change(self) -> Change:
        """Return what the service is told."""
        return Change(
            name=self.name,
            description=self.description,
            price_cents=None if self.price is None else to_cents(self.price),
            categories=None if self.categories is None else tuple(self.categories),
            restore=self.archived is False,
            quantity_delta=self.quantity_delta,
        )

    def fingerprint(self, product_id: str) -> str:
        """Return what tells this request from another that carries the same key."""
        body = self.model_dump_json(exclude_none=True)
        return hashlib.sha256(f"{product_id}\n{body}".encode()).hexdigest()


class CategoryRequest(BaseModel):
    """The name of a category."""

    name: Name
