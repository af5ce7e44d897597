"""Pictures, decoded and encoded again in three sizes and without EXIF data."""

import hashlib
import io
from dataclasses import dataclass
from enum import StrEnum

from PIL import ExifTags, Image, UnidentifiedImageError

from products.errors import PictureError
from products.models.colours import to_eight_bits, to_srgb

LIMIT_BYTES = 2 * 1024 * 1024
LIMIT_PIXELS = 12_000_000
LIMIT_FRAMES = 100
LIMIT_SCANS = 100
"""Encoders write about ten scans. Each of thousands takes as long as a whole picture to decode."""
FORMATS = ("PNG", "JPEG", "WEBP")
QUALITY = 82

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its EXIF orientation."""


_DIGEST_LENGTH = 32
_JPEG = ("JPEG", "MPO")
_START_OF_SCAN = b"\xff\xda"
"""The marker of a JPEG scan. It cannot occur within the data of a scan."""


class Size(StrEnum):
    """The stored sizes."""

    FULL = "full"
    MEDIUM = "medium"
    THUMB = "thumb"

    @property
    def longest_side(self) -> int:
        """The maximum width and height in pixels."""
        return {Size.FULL: 1_200, Size.MEDIUM: 640, Size.THUMB: 400}[self]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture.

    Attributes:
        digest: A hash of the content.
        encoded: The picture as WebP, by size.
    """

    digest: str
    encoded: dict[Size, bytes]

    def id_of(self, upload: str) -> str:
        """Return the id of the picture in an upload, which differs for every upload."""
        return f"{self.digest}-{upload}"

    def has_content_of(self, picture_id: str) -> bool:
        """Return whether the content is the same as that of another picture."""
        return picture_id[:_DIGEST_LENGTH] == self.digest


def read_picture(data: bytes) -> Picture:
    """Decode an upload and return the picture.

    The numbers of pixels, frames and scans are checked before anything is decoded. The EXIF
    orientation is used to rotate the picture upright, and the embedded colour profile to convert it
    to sRGB. Neither is stored.

    Raises:
        PictureError: The upload is not a complete PNG, JPEG or WebP picture, or has more than 12
            megapixels, 100 frames or 100 scans.
    """
    full = _decode(data)
    encoded = {size: _encode(full.copy(), size) for size in Size}
    return Picture(hashlib.sha256(encoded[Size.FULL]).hexdigest()[:_DIGEST_LENGTH], encoded)


def _decode(data: bytes) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > LIMIT_PIXELS:
                raise PictureError("A picture can have at most 12 megapixels.")
            if getattr(opened, "n_frames", 1) > LIMIT_FRAMES:
                raise PictureError(f"A picture can have at most {LIMIT_FRAMES} frames.")
            if opened.format in _JPEG and data.count(_START_OF_SCAN) > LIMIT_SCANS:
                raise PictureError(f"A picture can have at most {LIMIT_SCANS} scans.")
            opened.load()
            picture = to_eight_bits(opened)
            _shrink(picture, Size.FULL)
            return _turn_upright(to_srgb(picture, opened.info.get("icc_profile")), opened)
    except (PictureError, MemoryError):
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureError("The file is not a PNG, JPEG or WebP picture.") from error
    # Decoders do not say which errors they raise for damaged files. Fuzzing finds new ones.
    except Exception as error:
        raise PictureError("The picture is damaged.") from error


def _turn_upright(picture: Image.Image, opened: Image.Image) -> Image.Image:
    try:
        method = _UPRIGHT.get(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - as for decoders. The picture itself is intact.
        return picture
    return picture if method is None else picture.transpose(method)


def _shrink(image: Image.Image, size: Size) -> None:
    image.thumbnail((size.longest_side, size.longest_side))


def _encode(image: Image.Image, size: Size) -> bytes:
    _shrink(image, size)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
