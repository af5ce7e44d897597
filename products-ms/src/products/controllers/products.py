"""The endpoints of the catalogue."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from products import problems
from products.dependencies import Catalogue
from products.models.product import Product
from products.schemas import (
    CategoriesBody,
    CreateProductRequest,
    ListProducts,
    ProductBody,
    ProductsBody,
)
from shopkit.identity import Admin
from shopkit.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, document

routes = APIRouter(prefix="/api", tags=["products"])

ProductId = Annotated[str, Path(pattern="^[0-9a-f]{24}$", description="24 hex digits")]


def etag(product: Product) -> str:
    """Return the strong tag: one counter for the details, one for the stock."""
    return f'"{product.details_version}.{product.stock_version}"'


@routes.get("/categories")
async def list_categories(catalogue: Catalogue) -> CategoriesBody:
    """List all categories."""
    return CategoriesBody.of(await catalogue.categories())


@routes.get("/products", responses=document(NOT_FOUND, problems.CATEGORY_NOT_FOUND))
async def list_products(
    asked: Annotated[ListProducts, Query()], catalogue: Catalogue
) -> ProductsBody:
    """List products; all filters combine."""
    page = await catalogue.page(
        asked.to_query(), asked.category_name, limit=asked.page_size, cursor=asked.cursor
    )
    return ProductsBody.of(page)


@routes.get("/products/{product_id}", responses=document(NOT_FOUND))
async def get_product(
    product_id: ProductId, catalogue: Catalogue, response: Response
) -> ProductBody:
    """Show a product, archived ones too."""
    product = await catalogue.product(product_id)
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)


@routes.post(
    "/products",
    status_code=201,
    responses=document(
        UNAUTHENTICATED, FORBIDDEN, problems.CATEGORY_NOT_FOUND, problems.NAME_TAKEN
    ),
)
async def create_product(
    body: CreateProductRequest, _caller: Admin, catalogue: Catalogue, response: Response
) -> ProductBody:
    """Add a product."""
    product = await catalogue.create(body.to_new_product())
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)
