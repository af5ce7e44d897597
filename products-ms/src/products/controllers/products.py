"""The endpoints of products."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from products import problems
from products.dependencies import Catalogue, Editing, Pages
from products.models.etag import etag, is_current
from products.schemas import (
    ChangeProductRequest,
    CreateProductRequest,
    ListProducts,
    ProductBody,
    ProductsBody,
)
from products.services.editing import Asked
from shopkit.storage.idempotency import REPLAYED, IdempotencyKey
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import Admin
from shopkit.web.problems import (
    FORBIDDEN,
    KEY_REUSED,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNREADABLE,
    document,
)

routes = APIRouter(prefix="/api", tags=["products"])

ProductId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]
IfMatch = Annotated[str | None, Header(description="the ETag that was seen; `*` counts as none")]
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "details and stock, counted apart"}}
ADMIN = (UNAUTHENTICATED, FORBIDDEN, AWAY)


@routes.get(
    "/products",
    response_model=ProductsBody,
    responses=document(AWAY, NOT_FOUND, problems.CATEGORY_NOT_FOUND),
)
async def list_products(
    asked: Annotated[ListProducts, Query()], catalogue: Catalogue, pages: Pages
) -> Response:
    """List products; all filters combine."""

    async def read() -> bytes:
        page = await catalogue.page(
            asked.to_query(), asked.category_name, limit=asked.page_size, cursor=asked.cursor
        )
        return ProductsBody.of(page).model_dump_json().encode()

    # Most visitors look at the same few pages, and at the same time.
    body = await pages.get(asked.model_dump_json(), read)
    return Response(body, media_type="application/json")


@routes.get("/admin/products", responses=document(*ADMIN, NOT_FOUND, problems.CATEGORY_NOT_FOUND))
async def list_all_products(
    asked: Annotated[ListProducts, Query()], _caller: Admin, catalogue: Catalogue
) -> ProductsBody:
    """List products, archived ones too; all filters combine."""
    page = await catalogue.page(
        asked.to_query(archived_too=True),
        asked.category_name,
        limit=asked.page_size,
        cursor=asked.cursor,
    )
    return ProductsBody.of(page)


@routes.get(
    "/products/{product_id}",
    response_model=ProductBody,
    responses={
        **document(AWAY, NOT_FOUND),
        200: {"headers": ETAG},
        304: {"description": "The client's copy is current", "headers": ETAG},
    },
)
async def get_product(
    product_id: ProductId,
    catalogue: Catalogue,
    response: Response,
    if_none_match: Annotated[str | None, Header()] = None,
) -> ProductBody | Response:
    """Show a product, archived ones too."""
    product = await catalogue.product(product_id)
    tag = etag(product)
    if is_current(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return ProductBody.of(product)


@routes.post(
    "/products",
    status_code=201,
    responses={
        **document(*ADMIN, UNREADABLE, problems.CATEGORY_NOT_FOUND, problems.NAME_TAKEN),
        201: {"headers": ETAG},
    },
)
async def create_product(
    body: CreateProductRequest, caller: Admin, editing: Editing, response: Response
) -> ProductBody:
    """Add a product."""
    product = await editing.create(body.to_new_product(), actor=caller.email)
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)


@routes.patch(
    "/products/{product_id}",
    responses={
        **document(
            *ADMIN,
            UNREADABLE,
            NOT_FOUND,
            problems.CATEGORY_NOT_FOUND,
            problems.NAME_TAKEN,
            problems.INSUFFICIENT_STOCK,
            problems.STOCK_LIMIT,
            problems.STALE_TAG,
            problems.TAG_MISSING,
            KEY_REUSED,
        ),
        200: {"headers": {**ETAG, REPLAYED: {"schema": {"type": "string"}}}},
    },
)
async def change_product(
    product_id: ProductId,
    body: ChangeProductRequest,
    caller: Admin,
    editing: Editing,
    response: Response,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> ProductBody:
    """Change details as they were seen (If-Match), or the stock by a difference, or both."""
    asked = Asked(caller.email, if_match, idempotency_key, body.fingerprint(product_id))
    edited = await editing.change(product_id, body.to_change(), asked)
    response.headers["ETag"] = etag(edited.product)
    if edited.replayed:
        response.headers[REPLAYED] = "true"
    return ProductBody.of(edited.product)


@routes.delete(
    "/products/{product_id}",
    status_code=204,
    responses=document(*ADMIN, NOT_FOUND, problems.STALE_TAG, problems.TAG_MISSING),
)
async def archive_product(
    product_id: ProductId, caller: Admin, editing: Editing, if_match: IfMatch = None
) -> None:
    """Take a product out of the shop; it can be put back."""
    await editing.archive(product_id, Asked(caller.email, if_match))
