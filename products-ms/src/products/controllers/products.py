"""Endpoints for products."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from products import problems
from products.controllers.pages import (
    CACHE_DOCUMENT,
    PageRoute,
    address_of,
    cart_response,
    page_of,
    page_response,
)
from products.dependencies import Catalogue, Editing, Pages
from products.etags import etag, seen_versions
from products.schemas import (
    ChangeProductRequest,
    CreateProductRequest,
    ProductBody,
    ProductListQuery,
    ProductsBody,
)
from products.services.editing import EditRequest
from products.services.ready_pages import Page
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.idempotency import REPLAYED_DOCUMENT, IdempotencyKey, mark_replayed
from shopkit.web.identity import Admin, Anyone
from shopkit.web.problems import KEY_REUSED, NOT_FOUND, UNREADABLE, responses

router = APIRouter(prefix="/api", tags=["products"], route_class=PageRoute)

ProductId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits.")]
IfMatch = Annotated[
    str | None,
    Header(
        description="The ETag of the product as you read it. `*` is treated as a missing header."
    ),
]
ETAG_DOCUMENT = {
    "ETag": {
        "schema": {"type": "string"},
        "description": (
            "The version of the details, a dot, and the version of the stock. Another dot and the "
            "version of the categories' names follow if one of them was renamed."
        ),
    }
}


LIST_ETAG_DOCUMENT = {
    "ETag": {"schema": {"type": "string"}, "description": "A hash of the page. Missing with `ids`."}
}


@router.get(
    "/products",
    response_model=ProductsBody,
    responses={
        **responses(DATABASE_UNAVAILABLE, NOT_FOUND, problems.CATEGORY_NOT_FOUND),
        200: {"headers": {**LIST_ETAG_DOCUMENT, **CACHE_DOCUMENT}},
    },
)
async def list_products(
    query: Annotated[ProductListQuery, Query()],
    request: Request,
    caller: Anyone,
    catalogue: Catalogue,
    pages: Pages,
) -> Response:
    """List the products that match all filters."""

    async def read() -> Page:
        page = await catalogue.page(
            query.to_query(), query.category_name, limit=query.page_size, cursor=query.cursor
        )
        return page_of(ProductsBody.of(page))

    address = address_of(request)
    if query.ids is not None:
        return cart_response(await pages.read(address, read))
    return page_response(await pages.get(caller, address, read), request, caller)


@router.get(
    "/products/{product_id}",
    response_model=ProductBody,
    responses={
        **responses(DATABASE_UNAVAILABLE, NOT_FOUND),
        200: {"headers": {**ETAG_DOCUMENT, **CACHE_DOCUMENT}},
        304: {"description": "The client's copy is up to date", "headers": ETAG_DOCUMENT},
    },
)
async def get_product(
    product_id: ProductId,
    request: Request,
    caller: Anyone,
    catalogue: Catalogue,
    pages: Pages,
    if_none_match: Annotated[str | None, Header()] = None,  # noqa: ARG001 - for the document.
) -> Response:
    """Return a product, archived or not."""

    async def read() -> Page:
        product = await catalogue.get(product_id)
        return page_of(ProductBody.of(product), etag(product))

    return page_response(await pages.get(caller, address_of(request), read), request, caller)


@router.post(
    "/products",
    status_code=201,
    responses={
        **responses(*ADMIN_PROBLEMS, UNREADABLE, problems.CATEGORY_NOT_FOUND, problems.NAME_TAKEN),
        201: {"headers": ETAG_DOCUMENT},
    },
)
async def create_product(
    body: CreateProductRequest, caller: Admin, editing: Editing, response: Response
) -> ProductBody:
    """Create a product."""
    product = await editing.create(body.to_new_product(), actor=caller)
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)


@router.patch(
    "/products/{product_id}",
    responses={
        **responses(
            *ADMIN_PROBLEMS,
            UNREADABLE,
            NOT_FOUND,
            problems.CATEGORY_NOT_FOUND,
            problems.NAME_TAKEN,
            problems.INSUFFICIENT_STOCK,
            problems.STOCK_LIMIT,
            problems.STALE,
            problems.VERSION_REQUIRED,
            KEY_REUSED,
        ),
        200: {"headers": {**ETAG_DOCUMENT, **REPLAYED_DOCUMENT}},
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
    """Change a product's details, its stock, or both. A change of details requires `If-Match`."""
    request = EditRequest(
        caller, seen_versions(if_match), idempotency_key, body.fingerprint(product_id)
    )
    edited = await editing.change(product_id, body.to_change(), request)
    response.headers["ETag"] = etag(edited.product)
    mark_replayed(response, replayed=edited.replayed)
    return ProductBody.of(edited.product)


@router.delete(
    "/products/{product_id}",
    status_code=204,
    responses=responses(*ADMIN_PROBLEMS, NOT_FOUND, problems.STALE, problems.VERSION_REQUIRED),
)
async def archive_product(
    product_id: ProductId, caller: Admin, editing: Editing, if_match: IfMatch = None
) -> None:
    """Archive a product. To restore it, set `archived` to false with PATCH."""
    await editing.archive(product_id, EditRequest(caller, seen_versions(if_match)))
