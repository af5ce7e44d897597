"""Pictures, decoded and encoded again in two sizes and without EXIF data."""

import hashlib
import io
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps, UnidentifiedImageError

from products.errors import PictureError, PictureTooLargeError

LIMIT_BYTES = 2 * 1024 * 1024
LIMIT_PIXELS = 12_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
QUALITY = 82


class Size(StrEnum):
    """The stored sizes."""

    FULL = "full"
    THUMB = "thumb"

    @property
    def longest_side(self) -> int:
        """The maximum width and height in pixels."""
        return 1_200 if self is Size.FULL else 400


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture.

    Attributes:
        digest: A hash of the content.
        encoded: The picture as WebP, by size.
    """

    digest: str
    encoded: dict[Size, bytes]


def read_picture(data: bytes) -> Picture:
    """Decode an upload and return the picture.

    The number of pixels is read from the header before anything is decoded. EXIF data is used to
    rotate the picture upright, and then removed.

    Raises:
        PictureTooLargeError: The upload is larger than 2 MiB.
        PictureError: The upload is not a complete PNG, JPEG or WebP picture, or has more than 12
            megapixels.
    """
    if len(data) > LIMIT_BYTES:
        raise PictureTooLargeError(LIMIT_BYTES)
    upright = _decode(data)
    encoded = {size: _encode(upright, size) for size in Size}
    return Picture(hashlib.sha256(encoded[Size.FULL]).hexdigest()[:32], encoded)


def _decode(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > LIMIT_PIXELS:
                raise PictureError("A picture can have at most 12 megapixels.")
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureError("The file is not a PNG, JPEG or WebP picture.") from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise PictureError("The picture is damaged.") from error


def _encode(image: Image.Image, size: Size) -> bytes:
    smaller = image.copy()
    smaller.thumbnail((size.longest_side, size.longest_side))
    out = io.BytesIO()
    smaller.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
