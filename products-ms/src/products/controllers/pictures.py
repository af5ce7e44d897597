"""Endpoints for pictures of products."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from products import problems
from products.controllers.products import ETAG_DOCUMENT, ProductId
from products.dependencies import Pictures
from products.etags import etag, matches
from products.models.picture import LIMIT_BYTES, Size
from products.schemas import ProductBody
from shopkit.web.admin_routes import ADMIN_PROBLEMS
from shopkit.web.database_problems import DATABASE_UNAVAILABLE
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, responses

router = APIRouter(prefix="/api/products/{product_id}/image", tags=["products"])

CACHE_FOREVER = "public, max-age=31536000, immutable"
# Without the version, another picture may follow, so only browsers store it.
CACHE_BRIEFLY = "public, max-age=60, s-maxage=0"

_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.put(
    "",
    responses={
        **responses(
            *ADMIN_PROBLEMS, NOT_FOUND, problems.PICTURE_TOO_LARGE, problems.PICTURE_UNUSABLE
        ),
        200: {"headers": ETAG_DOCUMENT},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {f"image/{kind}": _BINARY for kind in ("png", "jpeg", "webp")},
        }
    },
)
async def put_picture(
    product_id: ProductId, request: Request, caller: Admin, pictures: Pictures, response: Response
) -> ProductBody:
    """Set a product's picture: PNG, JPEG or WebP, at most 2 MiB and 12 megapixels."""
    data = await _read_body(request)
    product = await pictures.put(product_id, data, actor=caller)
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)


async def _read_body(request: Request) -> bytes:
    # One byte above the limit is enough to detect a body that is too large. The rest is dropped.
    data = bytearray()
    async for chunk in request.stream():
        data += chunk[: LIMIT_BYTES + 1 - len(data)]
    return bytes(data)


@router.get(
    "",
    response_class=Response,
    responses={
        **responses(DATABASE_UNAVAILABLE, NOT_FOUND),
        200: {
            "content": {"image/webp": _BINARY},
            "headers": {**ETAG_DOCUMENT, "Cache-Control": {"schema": {"type": "string"}}},
        },
        304: {"description": "The client's copy is up to date", "headers": ETAG_DOCUMENT},
    },
)
async def get_picture(
    product_id: ProductId,
    pictures: Pictures,
    size: Annotated[Size, Query()] = Size.FULL,
    v: Annotated[
        str, Query(max_length=64, description="The version, as in the product's `image_url`.")
    ] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return a product's picture. If the URL contains its version, it can be cached for a year."""
    picture_id, data = await pictures.get(product_id, size)
    tag = f'"{picture_id}-{size}"'
    headers = {"ETag": tag, "Cache-Control": CACHE_FOREVER if v == picture_id else CACHE_BRIEFLY}
    if matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)
