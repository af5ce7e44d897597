"""Deletes the files of pictures that no product shows any more."""

from datetime import timedelta

from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from shopkit.clock import Clock

BATCH = 500
"""How many files a run checks."""
RETENTION = timedelta(hours=1)
"""How long an unused file is kept. No request takes as long: neither the upload of a picture that
no product shows yet, nor the download of one that was just replaced."""


class PictureCollector:
    """Checks all files in turn. Several replicas may do this at the same time.

    A file that stays unused for an hour is deleted. Each upload has its own files, so a file that a
    product has stopped showing never comes into use again.
    """

    def __init__(
        self, *, products: ProductRepository, pictures: PictureRepository, clock: Clock
    ) -> None:
        self._products = products
        self._pictures = pictures
        self._clock = clock
        self._after = ""

    async def collect(self) -> None:
        """Check the next files. After the last file, begin again."""
        files = await self._pictures.find_files(self._after, BATCH)
        self._after = files[-1].id if len(files) == BATCH else ""
        shown = await self._products.find_pictures({file.product_id for file in files})
        now = self._clock()
        used, found, expired = [], [], []
        for file in files:
            if shown.get(file.product_id) == file.picture_id:
                used.append(file.id)
            elif file.unused_since is None:
                found.append(file.id)
            elif file.unused_since <= now - RETENTION:
                expired.append(file.id)
        await self._pictures.mark_used(used)
        await self._pictures.mark_unused(found, now)
        await self._pictures.delete(expired)
