import asyncio
import io

import pytest
from PIL import Image

from products.errors import PictureError, PictureTooLargeError, TooManyPicturesError
from products.models.picture import LIMIT_BYTES, read_picture
from products.services.picture_reader import Limits, PictureReader


def upload(side: int = 8) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return out.getvalue()


async def test_reads_a_picture() -> None:
    assert await PictureReader().read(upload()) == read_picture(upload())


async def test_says_why_a_picture_cannot_be_used() -> None:
    with pytest.raises(PictureError, match=r"^The file is not a PNG, JPEG or WebP picture\.$"):
        await PictureReader().read(b"text")
    with pytest.raises(PictureTooLargeError):
        await PictureReader().read(bytes(LIMIT_BYTES + 1))


@pytest.mark.parametrize("limits", [Limits(read_seconds=0.05), Limits(memory_bytes=60_000_000)])
async def test_gives_up_if_it_takes_too_much_time_or_memory(limits: Limits) -> None:
    # Given
    reader = PictureReader(limits)
    # When
    for _ in range(3):
        with pytest.raises(PictureError, match="takes too much time or memory"):
            await reader.read(upload(3_400))
    # Then
    assert await PictureReader().read(upload()) == read_picture(upload())


async def test_refuses_an_upload_that_would_wait_for_long() -> None:
    # Given
    reader = PictureReader(Limits(wait_seconds=0.05))
    # When
    results = await asyncio.gather(
        *(reader.read(upload(3_400)) for _ in range(3)), return_exceptions=True
    )
    # Then
    assert [type(result) for result in results[:2]] == [type(read_picture(upload()))] * 2
    assert isinstance(results[2], TooManyPicturesError)
