"""The pictures in GridFS. Each size of a picture is a file that never changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gridfs import NoFile
from gridfs.asynchronous import AsyncGridFSBucket

from products.models.picture import Picture, Size
from shopkit.storage.mongo import Database

BUCKET = "images"


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A file with a size of a picture.

    Attributes:
        picture_id: The picture.
        unused_since: When the file was first found unused, None if it is used or was not checked.
    """

    id: str
    product_id: str
    picture_id: str
    unused_since: datetime | None


class PictureRepository:
    """Reads and writes pictures."""

    def __init__(self, database: Database) -> None:
        self._bucket = AsyncGridFSBucket(database, BUCKET)
        self._files = database[f"{BUCKET}.files"]
        self._chunks = database[f"{BUCKET}.chunks"]

    async def put(self, product_id: str, picture_id: str, picture: Picture) -> None:
        """Store all sizes of a product's picture.

        Args:
            product_id: The product.
            picture_id: An id that was never used before.
            picture: The picture.
        """
        for size, data in picture.encoded.items():
            file_id = _file_id(product_id, picture_id, size)
            await self._bucket.upload_from_stream_with_id(file_id, file_id, data)

    async def get(self, product_id: str, picture_id: str, size: Size) -> bytes | None:
        """Return a size of a product's picture as WebP."""
        try:
            file = await self._bucket.open_download_stream(_file_id(product_id, picture_id, size))
            return await file.read()
        except NoFile:
            return None

    async def exists(self, product_id: str, picture_id: str) -> bool:
        """Return whether all sizes of a product's picture are stored."""
        ids = [_file_id(product_id, picture_id, size) for size in Size]
        return await self._files.count_documents({"_id": {"$in": ids}}) == len(ids)

    async def find_files(self, after: str, limit: int) -> list[PictureFile]:
        """Return the first files after an id, ordered by id."""
        query = {"_id": {"$gt": after}}
        documents = self._files.find(query, {"metadata": 1}).sort("_id", 1).limit(limit)
        return [
            _file_of(document["_id"], document.get("metadata") or {})
            async for document in documents
        ]

    async def mark_unused(self, file_ids: Sequence[str], now: datetime) -> None:
        """Store that files are unused since now."""
        update = {"$set": {"metadata.unused_since": now}}
        await self._files.update_many({"_id": {"$in": file_ids}}, update)

    async def mark_used(self, file_ids: Sequence[str]) -> None:
        """Store that files are used."""
        query = {"_id": {"$in": file_ids}, "metadata.unused_since": {"$exists": True}}
        await self._files.update_many(query, {"$unset": {"metadata.unused_since": True}})

    async def delete(self, file_ids: Sequence[str]) -> None:
        """Delete files."""
        # The file is deleted last, so that it is found again if this is interrupted.
        await self._chunks.delete_many({"files_id": {"$in": file_ids}})
        await self._files.delete_many({"_id": {"$in": file_ids}})


def _file_id(product_id: str, picture_id: str, size: Size) -> str:
    return f"{product_id}/{picture_id}/{size}"


def _file_of(file_id: str, metadata: dict[str, datetime]) -> PictureFile:
    product_id, picture_id, _ = file_id.split("/")
    return PictureFile(file_id, product_id, picture_id, metadata.get("unused_since"))
