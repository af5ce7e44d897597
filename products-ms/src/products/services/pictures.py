"""Products' pictures: read, encoded again and kept, two at a time."""

import asyncio

from products.errors import PictureNotFoundError, ProductNotFoundError
from products.models.picture import Size, read_picture
from products.models.product import Product
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from products.services.editing import EditingService

AT_ONCE = 2
"""Decoding takes up to 100 MB and a core each, so no more are decoded at the same time."""


class PictureService:
    """Takes and shows pictures."""

    def __init__(
        self,
        *,
        products: ProductRepository,
        pictures: PictureRepository,
        editing: EditingService,
    ) -> None:
        self._products = products
        self._pictures = pictures
        self._editing = editing
        self._decoders = asyncio.Semaphore(AT_ONCE)

    async def put(self, product_id: str, data: bytes, *, actor: str) -> Product:
        """Give a product a picture in the place of the one that it has.

        Raises:
            ProductNotFoundError: There is no such product.
            PictureTooLargeError: It has too many bytes.
            PictureError: It is no picture that can be used.
        """
        if await self._products.by_id(product_id) is None:
            raise ProductNotFoundError(product_id)
        async with self._decoders:
            picture = await asyncio.to_thread(read_picture, data)
        # The files come first: a product never names a picture that is not there.
        await self._pictures.put(product_id, picture)
        product, previous = await self._editing.set_picture(product_id, picture.digest, actor=actor)
        if previous and previous != picture.digest:
            await self._pictures.delete(product_id, previous)
        return product

    async def get(self, product_id: str, size: Size) -> tuple[str, bytes]:
        """Return the digest of a product's picture, and a size of it as WebP.

        Raises:
            ProductNotFoundError: There is no such product.
            PictureNotFoundError: It has no picture.
        """
        product = await self._products.by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        data = await self._pictures.get(product_id, product.picture or "", size)
        if product.picture is None or data is None:
            raise PictureNotFoundError(product_id)
        return product.picture, data
