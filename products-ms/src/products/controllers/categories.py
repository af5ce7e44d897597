"""Endpoints for categories."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from products import problems
from products.controllers.pages import CACHE_DOCUMENT, PageRoute, address_of, page_of, page_response
from products.dependencies import Catalogue, Categories, Pages
from products.schemas import CategoriesBody, CategoryBody, CategoryRequest
from products.services.ready_pages import Page
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin, Anyone
from shopkit.web.problems import UNREADABLE, responses

router = APIRouter(prefix="/api/categories", tags=["categories"], route_class=PageRoute)

CategoryId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits.")]


@router.get(
    "",
    response_model=CategoriesBody,
    responses={**responses(DATABASE_UNAVAILABLE), 200: {"headers": CACHE_DOCUMENT}},
)
async def list_categories(
    request: Request, caller: Anyone, catalogue: Catalogue, pages: Pages
) -> Response:
    """List all categories."""

    async def read() -> Page:
        return page_of(CategoriesBody.of(await catalogue.categories()))

    return page_response(await pages.get(caller, address_of(request), read), request, caller)


@router.post(
    "",
    status_code=201,
    responses=responses(
        *ADMIN_PROBLEMS, UNREADABLE, problems.CATEGORY_TAKEN, problems.CATEGORY_LIMIT
    ),
)
async def add_category(
    body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Add a category."""
    return CategoryBody.of(await categories.add(body.name, actor=caller))


@router.patch(
    "/{category_id}",
    responses=responses(
        *ADMIN_PROBLEMS, UNREADABLE, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_TAKEN
    ),
)
async def rename_category(
    category_id: CategoryId, body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Rename a category. The search finds its products by the new name a few seconds later."""
    return CategoryBody.of(await categories.rename(category_id, body.name, actor=caller))


@router.delete(
    "/{category_id}",
    status_code=204,
    responses=responses(*ADMIN_PROBLEMS, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_IN_USE),
)
async def delete_category(category_id: CategoryId, caller: Admin, categories: Categories) -> None:
    """Delete a category that no product has."""
    await categories.delete(category_id, actor=caller)
