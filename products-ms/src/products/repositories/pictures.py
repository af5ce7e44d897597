"""The pictures in GridFS. Each size of a picture is a file that is named by its content."""

from contextlib import suppress

from gridfs import NoFile
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import FileExists

from products.models.picture import Picture, Size
from shopkit.storage.mongo import Database


class PictureRepository:
    """Reads and writes pictures."""

    def __init__(self, database: Database) -> None:
        self._bucket = AsyncGridFSBucket(database, "images")

    async def put(self, product_id: str, picture: Picture) -> None:
        """Store all sizes of a product's picture. Files that exist are kept."""
        for size, data in picture.encoded.items():
            file_id = _file_id(product_id, picture.digest, size)
            with suppress(FileExists):
                await self._bucket.upload_from_stream_with_id(file_id, file_id, data)

    async def get(self, product_id: str, digest: str, size: Size) -> bytes | None:
        """Return a size of a product's picture as WebP."""
        try:
            file = await self._bucket.open_download_stream(_file_id(product_id, digest, size))
            return await file.read()
        except NoFile:
            return None

    async def delete(self, product_id: str, digest: str) -> None:
        """Delete all sizes of a picture."""
        for size in Size:
            with suppress(NoFile):
                await self._bucket.delete(_file_id(product_id, digest, size))


def _file_id(product_id: str, digest: str, size: Size) -> str:
    return f"{product_id}/{digest}/{size}"
