"""The endpoints of categories."""

from typing import Annotated

from fastapi import APIRouter, Path

from products import problems
from products.controllers.products import ADMIN
from products.dependencies import Catalogue, Categories
from products.schemas import CategoriesBody, CategoryBody, CategoryRequest, Name
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import Admin
from shopkit.web.problems import UNREADABLE, document

routes = APIRouter(prefix="/api/categories", tags=["categories"])

NameInPath = Annotated[Name, Path()]


@routes.get("", responses=document(AWAY))
async def list_categories(catalogue: Catalogue) -> CategoriesBody:
    """List all categories."""
    return CategoriesBody.of(await catalogue.categories())


@routes.post("", status_code=201, responses=document(*ADMIN, UNREADABLE, problems.CATEGORY_TAKEN))
async def add_category(
    body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Add a category."""
    category = await categories.add(body.name, actor=caller.email)
    return CategoryBody(name=category.name)


@routes.patch(
    "/{name}",
    responses=document(*ADMIN, UNREADABLE, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_TAKEN),
)
async def rename_category(
    name: NameInPath, body: CategoryRequest, caller: Admin, categories: Categories
) -> CategoryBody:
    """Rename a category, for all products that have it."""
    category = await categories.rename(name, body.name, actor=caller.email)
    return CategoryBody(name=category.name)


@routes.delete(
    "/{name}",
    status_code=204,
    responses=document(*ADMIN, problems.CATEGORY_NOT_FOUND, problems.CATEGORY_IN_USE),
)
async def delete_category(name: NameInPath, caller: Admin, categories: Categories) -> None:
    """Delete a category that no product has."""
    await categories.delete(name, actor=caller.email)
