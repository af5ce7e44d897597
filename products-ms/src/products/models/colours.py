"""Converts pictures to sRGB, the colour space that browsers assume."""

import io
from functools import cache
from importlib import resources

from PIL import Image, ImageCms

_GREY_MODES = frozenset({"1", "L", "LA"})
_WITHOUT_ALPHA = {"LA": "L", "RGBA": "RGB"}
_SIXTEEN_TO_EIGHT_BITS = 257
"""The largest value of 16 bits divided by the largest one of 8 bits."""

_PROFILE_SPACE = slice(16, 20)
_PROFILE_MODES = {
    (b"GRAY", "L"): "L",
    (b"RGB ", "L"): "RGB",
    (b"RGB ", "RGB"): "RGB",
    (b"CMYK", "CMYK"): "CMYK",
}
"""The mode in which a profile converts a picture, by the profile's space and the picture's mode."""


def to_eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture as grey, RGB or CMYK with 8 bits per channel, and alpha if it has any."""
    if picture.mode.startswith("I"):
        picture = _to_eight_bit_grey(picture)
    if picture.mode == "CMYK":
        return picture
    mode = "L" if picture.mode in _GREY_MODES else "RGB"
    if picture.has_transparency_data:
        mode += "A"
    return picture if picture.mode == mode else picture.convert(mode)


def _to_eight_bit_grey(picture: Image.Image) -> Image.Image:
    # Pillow's own conversion keeps values up to 255 and makes all others white.
    wide = picture.convert("I")
    grey = wide.point(lambda value: value / _SIXTEEN_TO_EIGHT_BITS + 0.5).convert("L")
    transparent = picture.info.get("transparency")
    if transparent is not None:
        grey.info["transparency"] = round(transparent / _SIXTEEN_TO_EIGHT_BITS)
    return grey


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB, with its alpha channel.

    Args:
        picture: The picture, as `to_eight_bits` returns it.
        profile: The embedded ICC profile. It is ignored if it is damaged or does not fit.
    """
    opaque = picture.convert(_WITHOUT_ALPHA.get(picture.mode, picture.mode))
    converted = _apply(profile, opaque) if profile else None
    if converted is None and opaque.mode == "CMYK":
        converted = _apply(_default_cmyk(), opaque)
    converted = converted or opaque.convert("RGB")
    if "A" in picture.getbands():
        converted.putalpha(picture.getchannel("A"))
    return converted


def _apply(profile: bytes, opaque: Image.Image) -> Image.Image | None:
    """Return the picture in sRGB, or None if the profile cannot convert it."""
    mode = _PROFILE_MODES.get((profile[_PROFILE_SPACE], opaque.mode))
    if mode is None:
        return None
    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(opaque.convert(mode), opened, srgb, outputMode="RGB")
    except ImageCms.PyCMSError:
        return None


@cache
def _default_cmyk() -> bytes:
    return (resources.files("products.models") / "profiles" / "cmyk.icc").read_bytes()
