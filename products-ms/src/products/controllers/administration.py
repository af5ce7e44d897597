"""Endpoints for admins: all products, and changes of several products."""

from typing import Annotated

from fastapi import APIRouter, Header, Query

from products import problems
from products.dependencies import BulkEditing, Catalogue
from products.etags import etag, seen_versions
from products.schemas import (
    AdminProductBody,
    AdminProductListQuery,
    AdminProductsBody,
    ChangeProductsRequest,
    ChangeResultBody,
    ChangeResultsBody,
    ItemProblem,
)
from products.services.bulk_editing import ChangeResult, ProductChange
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, UNREADABLE, find_problem_type, responses

router = APIRouter(prefix="/api/admin/products", tags=["products"])

BulkKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x20-\x7e]{1,200}$",
        description=(
            "A repeated request with the same key applies each change at most once, and returns "
            "the first result of each change that was applied."
        ),
    ),
]


@router.get(
    "",
    responses=responses(*ADMIN_PROBLEMS, NOT_FOUND, problems.CATEGORY_NOT_FOUND),
)
async def list_all_products(
    query: Annotated[AdminProductListQuery, Query()], _caller: Admin, catalogue: Catalogue
) -> AdminProductsBody:
    """List the products that match all filters, including archived ones."""
    page = await catalogue.page(
        query.to_admin_query(), query.category_name, limit=query.page_size, cursor=query.cursor
    )
    return AdminProductsBody(
        products=[AdminProductBody.of(product, etag(product)) for product in page.products],
        next_cursor=page.next_cursor,
        total=page.total,
        total_capped=page.total_capped,
    )


@router.post("/changes", responses=responses(*ADMIN_PROBLEMS, UNREADABLE))
async def change_products(
    body: ChangeProductsRequest, caller: Admin, editing: BulkEditing, idempotency_key: BulkKey
) -> ChangeResultsBody:
    """Change up to 100 products. Each change is applied or refused for itself.

    The results have the order of the changes.
    """
    changes = [
        ProductChange(item.id, item.to_change(), seen_versions(item.etag), item.fingerprint())
        for item in body.changes
    ]
    results = await editing.change_all(changes, actor=caller, key=idempotency_key)
    return ChangeResultsBody(results=[_result_body(result) for result in results])


def _result_body(result: ChangeResult) -> ChangeResultBody:
    if result.error is not None:
        kind = find_problem_type(problems.TABLE, result.error)
        return ChangeResultBody(
            id=result.product_id,
            outcome="refused",
            problem=ItemProblem(
                type=kind.uri, title=kind.title, status=kind.status, detail=str(result.error)
            ),
        )
    assert result.edited is not None  # noqa: S101
    product = result.edited.product
    return ChangeResultBody(
        id=result.product_id,
        outcome="applied" if result.edited.changed else "unchanged",
        product=AdminProductBody.of(product, etag(product)),
    )
