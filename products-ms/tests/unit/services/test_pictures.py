import asyncio
import io
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image

from products.dependencies import Services
from products.errors import PictureNotFoundError, ProductNotFoundError
from products.models.picture import Picture, Size, read_picture
from products.models.product import Product
from products.repositories.pictures import PictureRepository
from products.repositories.products import ProductRepository
from products.services.picture_collector import PictureCollector
from products.services.picture_reader import PictureReader
from products.services.pictures import PictureService
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock, FakeTransactions
from shopkit.testing.deliveries import an_id

AddProduct = Callable[..., Awaitable[Product]]


def upload(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


class PicturesInMemory(PictureRepository):
    """Stores the files as documents, because mongomock has no GridFS."""

    async def put(self, product_id: str, picture_id: str, picture: Picture) -> None:
        await self._files.insert_many(
            [
                {"_id": f"{product_id}/{picture_id}/{size}", "data": data}
                for size, data in picture.encoded.items()
            ]
        )
        await asyncio.sleep(0)

    async def get(self, product_id: str, picture_id: str, size: Size) -> bytes | None:
        file = await self._files.find_one({"_id": f"{product_id}/{picture_id}/{size}"})
        return file["data"] if file else None


class QuickReader(PictureReader):
    """Reads uploads without another process."""

    async def read(self, data: bytes) -> Picture:
        return read_picture(data)


@pytest.fixture
def stored(database: Database) -> PicturesInMemory:
    return PicturesInMemory(database)


@pytest.fixture
def pictures(database: Database, services: Services, stored: PicturesInMemory) -> PictureService:
    return PictureService(
        products=ProductRepository(database),
        pictures=stored,
        reader=QuickReader(),
        editing=services.editing,
    )


@pytest.fixture
async def product(add: AddProduct) -> Product:
    return await add(1)


async def shown(pictures: PictureService) -> tuple[int, ...]:
    _, data = await pictures.get(an_id(1), Size.FULL)
    value = Image.open(io.BytesIO(data)).getpixel((4, 4))
    assert isinstance(value, tuple)
    return value


class TestPut:
    async def test_shows_the_picture_and_publishes_an_event(
        self, product: Product, pictures: PictureService, transactions: FakeTransactions
    ) -> None:
        # When
        changed = await pictures.put(product.id, upload("red"), actor="admin")
        # Then
        assert changed.details_version == product.details_version + 1
        assert await shown(pictures) == pytest.approx((255, 0, 0), abs=4)
        assert transactions.published_ids == [f"ProductUpdate/{an_id(1)}/3"]

    async def test_changes_nothing_if_the_product_shows_the_same_picture(
        self,
        product: Product,
        pictures: PictureService,
        database: Database,
        transactions: FakeTransactions,
    ) -> None:
        # Given
        first = await pictures.put(product.id, upload("red"), actor="admin")
        transactions.published.clear()
        # When
        second = await pictures.put(product.id, upload("red"), actor="admin")
        # Then
        assert second == first
        assert transactions.published == []
        assert await database["images.files"].count_documents({}) == 3

    async def test_restores_a_picture_whose_files_are_missing(
        self, product: Product, pictures: PictureService, database: Database
    ) -> None:
        # Given
        await pictures.put(product.id, upload("red"), actor="admin")
        await database["images.files"].delete_many({})
        with pytest.raises(PictureNotFoundError):
            await shown(pictures)
        # When
        await pictures.put(product.id, upload("red"), actor="admin")
        # Then
        assert await shown(pictures) == pytest.approx((255, 0, 0), abs=4)

    async def test_gives_each_upload_its_own_id(
        self, product: Product, pictures: PictureService
    ) -> None:
        # When
        ids = [
            (await pictures.put(product.id, upload(colour), actor="admin")).picture
            for colour in ("red", "blue", "red")
        ]
        # Then
        assert len(set(ids)) == 3
        assert all(picture_id and len(picture_id) <= 64 for picture_id in ids)

    @pytest.mark.parametrize("colours", [["blue", "red"] * 2, ["red", "blue", "red"] * 3])
    async def test_of_several_pictures_at_once_shows_one_of_them(
        self,
        product: Product,
        pictures: PictureService,
        stored: PicturesInMemory,
        colours: list[str],
    ) -> None:
        # Given
        await pictures.put(product.id, upload("red"), actor="admin")
        # When
        results = await asyncio.gather(
            *(pictures.put(product.id, upload(colour), actor="admin") for colour in colours)
        )
        # Then every response refers to a picture that exists
        assert await shown(pictures)
        for result in results:
            assert result.picture
            assert await stored.exists(product.id, result.picture)

    async def test_keeps_the_replaced_files_for_requests_in_progress(
        self, product: Product, pictures: PictureService, stored: PicturesInMemory
    ) -> None:
        # Given
        first = await pictures.put(product.id, upload("red"), actor="admin")
        # When
        await pictures.put(product.id, upload("blue"), actor="admin")
        # Then
        assert first.picture
        assert await stored.get(product.id, first.picture, Size.FULL)

    async def test_stores_nothing_for_an_unknown_product(
        self, pictures: PictureService, database: Database
    ) -> None:
        with pytest.raises(ProductNotFoundError):
            await pictures.put(an_id(7), upload("red"), actor="admin")
        assert await database["images.files"].count_documents({}) == 0


class TestOlderPicture:
    """A picture that an earlier release stored under the digest of its content."""

    @pytest.fixture(autouse=True)
    async def _show(self, product: Product, pictures: PictureService, database: Database) -> None:
        changed = await pictures.put(product.id, upload("red"), actor="admin")
        assert changed.picture
        digest = changed.picture[:32]
        async for file in database["images.files"].find({}):
            older = {"_id": file["_id"].replace(changed.picture, digest), "data": file["data"]}
            await database["images.files"].insert_one(older)
            await database["images.files"].delete_one({"_id": file["_id"]})
        await database["products"].update_one({}, {"$set": {"picture": digest}})

    async def test_is_shown_and_kept(
        self, pictures: PictureService, collector: PictureCollector, clock: FakeClock
    ) -> None:
        # When
        await collector.collect()
        clock.advance(hours=2)
        await collector.collect()
        # Then
        assert await shown(pictures) == pytest.approx((255, 0, 0), abs=4)

    async def test_is_shown_in_full_size_if_it_has_no_medium_size(
        self, pictures: PictureService, database: Database
    ) -> None:
        # Given
        await database["images.files"].delete_many({"_id": {"$regex": "/medium$"}})
        # When
        picture_id, data = await pictures.get(an_id(1), Size.MEDIUM)
        # Then
        assert (picture_id, data) == await pictures.get(an_id(1), Size.FULL)

    async def test_is_not_replaced_by_the_same_picture(
        self, product: Product, pictures: PictureService
    ) -> None:
        again = await pictures.put(product.id, upload("red"), actor="admin")
        assert again.picture
        assert len(again.picture) == 32

    @pytest.fixture
    def collector(
        self, database: Database, stored: PicturesInMemory, clock: FakeClock
    ) -> PictureCollector:
        return PictureCollector(products=ProductRepository(database), pictures=stored, clock=clock)
