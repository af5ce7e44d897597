"""The bodies and queries of requests and responses."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema

from products.models.change import Change, NewProduct
from products.models.product import STOCK_LIMIT, Category, Product
from products.models.query import ProductPage, ProductQuery, Sort
from shopkit.contract.events import Id
from shopkit.names import MAX_LENGTH, known_name, new_name
from shopkit.text import Text
from shopkit.web.request_types import Cursor, Limit, Price, WholeNumber, to_cents

_NameSchema = WithJsonSchema(
    {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[^/]+$"}
)
KnownName = Annotated[Text, AfterValidator(known_name), _NameSchema]
"""The name of an existing product or category. Older names may lack a letter or a digit."""
NewName = Annotated[Text, AfterValidator(new_name), _NameSchema]
"""The name of a new product or category."""
Quantity = Annotated[int, Field(ge=0, le=STOCK_LIMIT), WholeNumber]
Description = Annotated[Text, StringConstraints(max_length=2_000)]


class CategoryBody(BaseModel):
    """A category."""

    id: str
    name: str

    @classmethod
    def of(cls, category: Category) -> Self:
        """Return the body for a category."""
        return cls(id=category.id, name=category.name)


class CategoriesBody(BaseModel):
    """All categories."""

    categories: list[CategoryBody]

    @classmethod
    def of(cls, categories: list[Category]) -> Self:
        """Return the body for categories."""
        return cls(categories=[CategoryBody.of(category) for category in categories])


class ProductBody(BaseModel):
    """A product. The price has at most two decimals."""

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
        """Return the body for a product."""
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
    # The id gives each picture its own URL, so that clients can cache it for a long time.
    if product.picture is None:
        return None
    return f"/api/products/{product.id}/image?v={product.picture}"


class ProductsBody(BaseModel):
    """A page of products. `total` stops at 1,000, and `total_capped` is then true."""

    products: list[ProductBody]
    next_cursor: str | None
    total: int
    total_capped: bool

    @classmethod
    def of(cls, page: ProductPage) -> Self:
        """Return the body for a page."""
        return cls(
            products=[ProductBody.of(product) for product in page.products],
            next_cursor=page.next_cursor,
            total=page.total,
            total_capped=page.total_capped,
        )


class AdminProductBody(ProductBody):
    """A product as admins see it."""

    etag: Annotated[
        str, Field(description="The product's ETag, to send with a change of the product.")
    ]

    @classmethod
    def of(cls, product: Product, etag: str) -> Self:  # type: ignore[override]
        """Return the body for a product."""
        return cls(**ProductBody.of(product).model_dump(), etag=etag)


class AdminProductsBody(BaseModel):
    """A page of products. `total` stops at 1,000, and `total_capped` is then true."""

    products: list[AdminProductBody]
    next_cursor: str | None
    total: int
    total_capped: bool


class NewProductBody(BaseModel):
    """A new product."""

    name: NewName
    description: Description
    price: Price
    quantity: Quantity
    categories: Annotated[list[KnownName], Field(max_length=20)]


class CreateProductRequest(BaseModel):
    """The body of `POST /api/products`."""

    product: NewProductBody

    def to_new_product(self) -> NewProduct:
        """Return the new product."""
        body = self.product
        return NewProduct(
            name=body.name,
            description=body.description,
            price_cents=to_cents(body.price),
            quantity=body.quantity,
            categories=tuple(body.categories),
        )


class ProductListQuery(BaseModel):
    """The query of `GET /api/products`."""

    name: Annotated[KnownName | None, Field(description="The exact name.")] = None
    category_name: Annotated[KnownName | None, Field(alias="categoryName")] = None
    q: Annotated[Text, Field(max_length=100, description="The words to search for.")] = ""
    ids: Annotated[
        str | None,
        Field(
            pattern=r"^[0-9a-f]{24}(,[0-9a-f]{24}){0,99}$",
            description="Up to 100 ids, separated by commas. Archived products are included.",
        ),
    ] = None
    min_price: Price | None = None
    max_price: Price | None = None
    max_stock: Quantity | None = None
    in_stock: bool = False
    sort: Sort | None = None
    limit: Limit | None = None
    cursor: Cursor | None = None

    @property
    def page_size(self) -> int:
        """The maximum number of products: by default 100 on the first page, then 20."""
        return self.limit or (20 if self.cursor else 100)

    def to_query(self) -> ProductQuery:
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
        )


class AdminProductListQuery(ProductListQuery):
    """The query of `GET /api/admin/products`."""

    archived: Annotated[
        bool | None,
        Field(description="`true` for archived products only, `false` for the others only."),
    ] = None

    def to_admin_query(self) -> ProductQuery:
        """Return the filters and the order."""
        shown = (False, True) if self.archived is None else (self.archived,)
        return replace(self.to_query(), archived=shown)


Delta = Annotated[int, Field(ge=-STOCK_LIMIT, le=STOCK_LIMIT), WholeNumber]


class ChangeProductRequest(BaseModel):
    """The body of `PATCH /api/products/{id}`. Fields that are missing or null do not change."""

    name: NewName | None = None
    description: Description | None = None
    price: Price | None = None
    categories: Annotated[list[KnownName], Field(max_length=20)] | None = None
    archived: Annotated[
        Literal[False] | None, Field(description="`false` restores an archived product.")
    ] = None
    quantity_delta: Annotated[
        Delta, Field(description="The number to add to the stock. A negative number reduces it.")
    ] = 0

    def to_change(self) -> Change:
        """Return the change."""
        return Change(
            name=self.name,
            description=self.description,
            price_cents=None if self.price is None else to_cents(self.price),
            categories=None if self.categories is None else tuple(self.categories),
            archived=self.archived,
            quantity_delta=self.quantity_delta,
        )

    def fingerprint(self, product_id: str) -> str:
        """Return a hash of the request, to detect a key that is reused for a different one."""
        body = self.model_dump_json(exclude_none=True)
        return hashlib.sha256(f"{product_id}\n{body}".encode()).hexdigest()


class ProductChangeBody(BaseModel):
    """A change of a product. Fields that are missing or null do not change."""

    id: Id
    etag: Annotated[
        Text | None,
        Field(
            max_length=100,
            description="The ETag of the product as you read it. A change of details requires it.",
        ),
    ] = None
    price: Price | None = None
    categories: Annotated[list[KnownName], Field(max_length=20)] | None = None
    archived: bool | None = None
    quantity_delta: Annotated[
        Delta, Field(description="The number to add to the stock. A negative number reduces it.")
    ] = 0
    expected_quantity: Annotated[
        int | None,
        Field(
            ge=0,
            le=1_000_000_000,
            description="Refuse the change if the stock is no longer this number.",
        ),
        WholeNumber,
    ] = None

    def to_change(self) -> Change:
        """Return the change."""
        return Change(
            price_cents=None if self.price is None else to_cents(self.price),
            categories=None if self.categories is None else tuple(self.categories),
            archived=self.archived,
            quantity_delta=self.quantity_delta,
            expected_quantity=self.expected_quantity,
        )

    def fingerprint(self) -> str:
        """Return a hash of the change, to detect a key that is reused for a different one."""
        body = self.model_dump_json(exclude_none=True)
        return hashlib.sha256(body.encode()).hexdigest()


def _require_unique_ids(changes: list[ProductChangeBody]) -> list[ProductChangeBody]:
    if len({change.id for change in changes}) < len(changes):
        raise ValueError("must not contain a product twice")
    return changes


class ChangeProductsRequest(BaseModel):
    """The body of `POST /api/admin/products/changes`."""

    changes: Annotated[
        list[ProductChangeBody],
        Field(min_length=1, max_length=100),
        AfterValidator(_require_unique_ids),
    ]


class ItemProblem(BaseModel):
    """Why a change was refused. The members are those of a problem document."""

    type: str = Field(examples=["/problems/stale"])
    title: str
    status: int
    detail: str


class ChangeResultBody(BaseModel):
    """The outcome of a change: the product, or the problem if the change was refused."""

    id: str
    outcome: Literal["applied", "unchanged", "refused"]
    product: AdminProductBody | None = None
    problem: ItemProblem | None = None


class ChangeResultsBody(BaseModel):
    """The result of each change, in the order of the changes."""

    results: list[ChangeResultBody]


class CategoryRequest(BaseModel):
    """The name of a category."""

    name: NewName
