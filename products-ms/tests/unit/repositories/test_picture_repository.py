import asyncio
import io

import pytest
from PIL import Image

from products.models.picture import Picture, Size, read_picture
from products.repositories.pictures import PictureRepository
from shopkit.storage.mongo import Database
from shopkit.testing.deliveries import an_id


@pytest.fixture
def pictures(real_database: Database) -> PictureRepository:
    return PictureRepository(real_database)


@pytest.fixture(scope="module")
def picture() -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return read_picture(out.getvalue())


@pytest.mark.mongod
class TestFiles:
    async def test_are_stored_for_each_size(
        self, pictures: PictureRepository, picture: Picture
    ) -> None:
        # When
        await pictures.put(an_id(1), "a", picture)
        # Then
        for size in Size:
            assert await pictures.get(an_id(1), "a", size) == picture.encoded[size]
            assert await pictures.get(an_id(1), "b", size) is None
        assert await pictures.exists(an_id(1), "a")
        assert not await pictures.exists(an_id(1), "b")

    async def test_are_deleted_with_their_content(
        self, pictures: PictureRepository, picture: Picture, real_database: Database
    ) -> None:
        # Given
        for picture_id in ("a", "b"):
            await pictures.put(an_id(1), picture_id, picture)
        files = await pictures.find_files("", 10)
        # When
        await pictures.delete([file.id for file in files if file.picture_id == "a"])
        # Then
        assert not await pictures.exists(an_id(1), "a")
        assert await pictures.get(an_id(1), "b", Size.FULL) == picture.encoded[Size.FULL]
        assert await real_database["images.chunks"].count_documents({}) == len(Size)

    async def test_of_concurrent_uploads_are_independent(
        self, pictures: PictureRepository, picture: Picture
    ) -> None:
        ids = [str(number) for number in range(8)]
        await asyncio.gather(*(pictures.put(an_id(1), name, picture) for name in ids))
        assert all([await pictures.exists(an_id(1), name) for name in ids])
