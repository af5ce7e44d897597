"""The endpoints of pictures."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from products import problems
from products.controllers.products import ADMIN, ETAG, ProductId
from products.dependencies import Pictures
from products.models.etag import etag, is_current
from products.models.picture import LIMIT_BYTES, Size
from products.schemas import ProductBody
from shopkit.web.database_problems import AWAY
from shopkit.web.identity import Admin
from shopkit.web.problems import NOT_FOUND, document

routes = APIRouter(prefix="/api/products/{product_id}/image", tags=["products"])

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"

_BINARY = {"schema": {"type": "string", "format": "binary"}}


@routes.put(
    "",
    responses={
        **document(*ADMIN, NOT_FOUND, problems.PICTURE_TOO_LARGE, problems.PICTURE_UNUSABLE),
        200: {"headers": ETAG},
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
    """Give a product a picture: PNG, JPEG or WebP, at most 2 MiB and 12 megapixels."""
    data = await _read(request)
    product = await pictures.put(product_id, data, actor=caller.email)
    response.headers["ETag"] = etag(product)
    return ProductBody.of(product)


async def _read(request: Request) -> bytes:
    # One byte more than is taken shows that there is too much; the rest is not kept.
    data = bytearray()
    async for part in request.stream():
        data += part[: LIMIT_BYTES + 1 - len(data)]
    return bytes(data)


@routes.get(
    "",
    response_class=Response,
    responses={
        **document(AWAY, NOT_FOUND),
        200: {
            "content": {"image/webp": _BINARY},
            "headers": {**ETAG, "Cache-Control": {"schema": {"type": "string"}}},
        },
        304: {"description": "The client's copy is current", "headers": ETAG},
    },
)
async def get_picture(
    product_id: ProductId,
    pictures: Pictures,
    size: Annotated[Size, Query()] = Size.FULL,
    v: Annotated[str, Query(max_length=64, description="as in the product's image_url")] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show a product's picture; with its version in the address it may be kept for a year."""
    digest, data = await pictures.get(product_id, size)
    tag = f'"{digest}-{size}"'
    headers = {"ETag": tag, "Cache-Control": FOREVER if v == digest else BRIEFLY}
    if is_current(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)
