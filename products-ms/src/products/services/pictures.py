"""Stores and returns the pictures of products."""

from bson import ObjectId

from products.errors import PictureNotFoundError, ProductNotFoundError
from products.models.picture import Picture, Size
from products.models.product import Product
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from products.services.editing import EditingService
from products.services.picture_reader import PictureReader
from shopkit.identity import Actor


class PictureService:
    """Stores and returns pictures."""

    def __init__(
        self,
        *,
        products: ProductRepository,
        pictures: PictureRepository,
        reader: PictureReader,
        editing: EditingService,
    ) -> None:
        self._products = products
        self._pictures = pictures
        self._reader = reader
        self._editing = editing

    async def put(self, product_id: str, data: bytes, *, actor: Actor) -> Product:
        """Set a product's picture.

        Raises:
            ProductNotFoundError: The product does not exist.
            PictureTooLargeError: The upload is too large.
            PictureError: The upload is not a usable picture.
            TooManyPicturesError: Other uploads took too long.
        """
        product = await self._products.find_by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        picture = await self._reader.read(data)
        if await self._shows(product, picture):
            return product
        # Each upload has its own files, and only the collector deletes files. So a product always
        # refers to files that exist, however many pictures are set at the same time.
        picture_id = picture.id_of(str(ObjectId()))
        await self._pictures.put(product_id, picture_id, picture)
        return await self._editing.set_picture(product_id, picture_id, actor=actor)

    async def _shows(self, product: Product, picture: Picture) -> bool:
        if product.picture is None or not picture.has_content_of(product.picture):
            return False
        return await self._pictures.exists(product.id, product.picture)

    async def get(self, product_id: str, size: Size) -> tuple[str, bytes]:
        """Return the id of a product's picture, and the picture in a size as WebP.

        Pictures that an earlier release stored have no medium size. The full size replaces it.

        Raises:
            ProductNotFoundError: The product does not exist.
            PictureNotFoundError: The product has no picture.
        """
        product = await self._products.find_by_id(product_id)
        if product is None:
            raise ProductNotFoundError(product_id)
        if product.picture is None:
            raise PictureNotFoundError(product_id)
        for stored in (size, Size.FULL):
            if data := await self._pictures.get(product_id, product.picture, stored):
                return product.picture, data
        raise PictureNotFoundError(product_id)
