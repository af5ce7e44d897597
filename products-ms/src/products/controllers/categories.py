"""Endpoints for categories."""

from typing import Annotated

from fastapi import APIRouter, Path

from products import problems
from products.dependencies import Catalogue, Categories
from products.schemas import CategoriesBody, CategoryBody, CategoryRequest, Name
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin
from shopkit.web.problems import UNREADABLE, responses

router = APIRouter(prefix="/api/categories", tags=["categories"])

NameInPath = Annotated[Name, Path()]


@router.get("", responses=responses(DATABASE_UNAVAILABLE))
async def list_categories(catalogue: Catalogue) -> CategoriesBody:
    """List all categories."""
    return CategoriesBody.of(await catalogue.categories())


@router.post(
    "",
    status_code=201,
    responses=responses(*ADMIN_PROBLEMS, UNREADABLE, problems.CATEGORY_TAKEN),
)
async def add_category(
    body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Add a category."""
    category = await categories.add(body.name, actor=caller.email)
    return CategoryBody(name=category.name)


@router.patch(
    "/{name}",
    responses=responses(
        *ADMIN_PROBLEMS, UNREADABLE, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_TAKEN
    ),
)
async def rename_category(
    name: NameInPath, body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Rename a category in all its products."""
    category = await categories.rename(name, body.name, actor=caller.email)
    return CategoryBody(name=category.name)


@router.delete(
    "/{name}",
    status_code=204,
    responses=responses(*ADMIN_PROBLEMS, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_IN_USE),
)
async def delete_category(name: NameInPath, caller: Admin, categories: Categories) -> None:
    """Delete a category that no product has."""
    await categories.delete(name, actor=caller.email)
