import io
import random
import struct
from typing import Any

import pytest
from PIL import Image

from products.errors import PictureError
from products.models.colours import to_eight_bits
from products.models.picture import Size, read_picture
from products.testing import ADOBE_RGB, black_ink_profile, grey_profile, rgb_profile

# Pillow warns of damaged metadata, and continues.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

ORIENTATION = 0x0112
TAGS = [0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x8769, 0x8825, 0x9286]
CORNERS = {
    # Where the red left and the blue right half of a picture of 80 x 40 are after each rotation.
    1: ((80, 40), (20, 20), (60, 20)),
    2: ((80, 40), (60, 20), (20, 20)),
    3: ((80, 40), (60, 20), (20, 20)),
    4: ((80, 40), (20, 20), (60, 20)),
    5: ((40, 80), (20, 20), (20, 60)),
    6: ((40, 80), (20, 20), (20, 60)),
    7: ((40, 80), (20, 60), (20, 20)),
    8: ((40, 80), (20, 60), (20, 20)),
}


def exif(*entries: tuple[int, int, int, bytes]) -> bytes:
    """Return EXIF data whose entries have any type: tag, type, count, and 4 bytes of value."""
    fields = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + fields + b"\0\0\0\0"


def upload(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves() -> Image.Image:
    image = Image.new("RGB", (80, 40), "red")
    image.paste("blue", (40, 0, 80, 40))
    return image


def stored(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(read_picture(data).encoded[Size.FULL]))


def colour(data: bytes, at: tuple[int, int] = (20, 20)) -> tuple[int, ...]:
    value = stored(data).convert("RGBA").getpixel(at)
    assert isinstance(value, tuple)
    return value


def near(*expected: int) -> tuple[Any, ...]:
    return tuple(pytest.approx(value, abs=2) for value in (*expected, 255)[:4])


class TestSizes:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [
            ((3_000, 1_500), [(1_200, 600), (640, 320), (400, 200)]),
            ((1_500, 3_000), [(600, 1_200), (320, 640), (200, 400)]),
            ((500, 250), [(500, 250), (500, 250), (400, 200)]),
        ],
    )
    def test_never_enlarge_a_picture(
        self, size: tuple[int, int], expected: list[tuple[int, int]]
    ) -> None:
        encoded = read_picture(upload(Image.new("RGB", size, "red"))).encoded
        assert [Image.open(io.BytesIO(encoded[each])).size for each in Size] == expected


class TestOrientation:
    @pytest.mark.parametrize("orientation", CORNERS)
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_is_applied(self, kind: str, orientation: int) -> None:
        # Given
        metadata = Image.Exif()
        metadata[ORIENTATION] = orientation
        data = upload(halves(), kind, exif=metadata, quality=95)
        # When
        image = stored(data)
        # Then
        size, red, blue = CORNERS[orientation]
        assert image.size == size
        assert colour(data, red)[0] > 200
        assert colour(data, blue)[2] > 200
        assert not image.getexif()

    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param((0x011A, 2, 4, b"72/1"), id="XResolution as text"),
            pytest.param((0x0131, 11, 1, b"\0\0\x80?"), id="Software as a float"),
            pytest.param((0x010F, 5, 1, b"\x08\0\0\0"), id="Make as a rational"),
            pytest.param((0x0128, 4, 1, b"\xa0\x86\x01\0"), id="ResolutionUnit 100000"),
            pytest.param((0x8769, 4, 1, b"\xff\xff\xff\xff"), id="a folder outside of the data"),
            pytest.param((0x010E, 99, 1, b"\0\0\0\0"), id="an unknown type"),
        ],
    )
    def test_is_applied_if_another_field_is_invalid(
        self, entry: tuple[int, int, int, bytes]
    ) -> None:
        data = upload(halves(), "JPEG", exif=exif((ORIENTATION, 3, 1, b"\x06\0\0\0"), entry))
        assert stored(data).size == (40, 80)

    def test_is_ignored_if_the_metadata_cannot_be_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        data = upload(halves(), "JPEG", exif=exif((ORIENTATION, 3, 1, b"\x06\0\0\0")))

        def fail(_metadata: Image.Exif, *_arguments: int) -> int:
            raise OverflowError("damaged")

        monkeypatch.setattr(Image.Exif, "get", fail)
        # When / Then
        assert stored(data).size == (80, 40)

    def test_is_applied_whatever_the_other_fields_are(self) -> None:
        chance = random.Random(1)
        for _ in range(200):
            entries = [
                (
                    chance.choice(TAGS),
                    chance.randrange(14),
                    chance.randrange(5),
                    chance.randbytes(4),
                )
                for _ in range(3)
            ]
            data = upload(halves(), "JPEG", exif=exif((ORIENTATION, 3, 1, b"\x06\0\0\0"), *entries))
            assert stored(data).size == (40, 80), entries

    @pytest.mark.parametrize(
        "entry",
        [
            (ORIENTATION, 3, 1, b"\x09\0\0\0"),
            (ORIENTATION, 2, 2, b"6\0\0\0"),
            (ORIENTATION, 5, 1, b"\xff\xff\0\0"),
            (ORIENTATION, 12, 1, b"\xff\xff\xff\xff"),
        ],
    )
    def test_is_ignored_if_it_is_invalid(self, entry: tuple[int, int, int, bytes]) -> None:
        assert stored(upload(halves(), "JPEG", exif=exif(entry))).size == (80, 40)

    def test_is_ignored_if_the_exif_data_is_damaged(self) -> None:
        data = upload(halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
        assert stored(data).size == (80, 40)


class TestColours:
    def test_with_an_rgb_profile_are_converted(self) -> None:
        image = Image.new("RGB", (40, 40), (200, 80, 60))
        data = upload(image, icc_profile=rgb_profile(ADOBE_RGB, 2.19921875))
        assert colour(data) == near(230, 79, 56)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_with_a_profile_and_transparency_are_converted(self, kind: str) -> None:
        image = Image.new("RGBA", (40, 40), (200, 80, 60, 100))
        profile = rgb_profile(ADOBE_RGB, 2.19921875)
        data = upload(image, kind, icc_profile=profile, lossless=True)
        assert colour(data) == near(230, 79, 56, 100)

    @pytest.mark.parametrize(("mode", "value"), [("L", 128), ("LA", (128, 100))])
    def test_with_a_grey_profile_are_converted(
        self, mode: str, value: int | tuple[int, int]
    ) -> None:
        image = Image.new(mode, (40, 40), value)
        alpha = value[1] if isinstance(value, tuple) else 255
        data = upload(image, icc_profile=grey_profile(1.0))
        assert colour(data) == near(188, 188, 188, alpha)

    def test_of_grey_with_an_rgb_profile_are_converted(self) -> None:
        data = upload(
            Image.new("L", (40, 40), 128), "JPEG", icc_profile=rgb_profile(ADOBE_RGB, 1.0)
        )
        assert colour(data) == near(188, 188, 188)

    @pytest.mark.parametrize(
        "profile",
        [
            b"",
            b"nonsense",
            b"\0" * 200,
            grey_profile(1.0),
            black_ink_profile(),
            rgb_profile(ADOBE_RGB, 1.0)[:200],
            rgb_profile(ADOBE_RGB, 1.0).replace(b"RGB ", b"R\xffB "),
            rgb_profile(ADOBE_RGB, 1.0).replace(b"rXYZ", b"\xff\xff\xff\xff"),
            rgb_profile(ADOBE_RGB, 1.0).replace(b"curv", b"none"),
        ],
    )
    def test_with_an_unusable_profile_are_kept(self, profile: bytes) -> None:
        data = upload(Image.new("RGB", (40, 40), (200, 80, 60)), "JPEG", icc_profile=profile)
        assert colour(data) == near(200, 80, 60)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ((0, 0, 0, 0), (255, 255, 255)),
            ((255, 0, 0, 0), (0, 153, 227)),
            ((0, 255, 255, 0), (232, 0, 0)),
            ((0, 0, 0, 128), (134, 133, 132)),
            ((255, 255, 255, 255), (0, 0, 0)),
        ],
    )
    @pytest.mark.parametrize("profile", [None, b"nonsense"])
    def test_of_cmyk_without_a_profile_are_those_of_the_default(
        self, value: tuple[int, ...], expected: tuple[int, ...], profile: bytes | None
    ) -> None:
        image = Image.new("CMYK", (40, 40), value)
        data = upload(image, "JPEG", quality=100, icc_profile=profile)
        assert colour(data) == near(*expected)

    def test_of_cmyk_with_a_profile_are_converted(self) -> None:
        image = Image.new("CMYK", (40, 40), (255, 200, 100, 0))
        data = upload(image, "JPEG", quality=100, icc_profile=black_ink_profile())
        assert colour(data) == near(255, 255, 255)

    @pytest.mark.parametrize("level", [0, 1, 100, 128, 200, 255])
    def test_of_16_bit_grey_are_scaled(self, level: int) -> None:
        data = upload(Image.new("I;16", (40, 40), level * 257))
        assert colour(data) == near(level, level, level)

    @pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I"])
    def test_of_16_bit_grey_are_scaled_in_every_mode(self, mode: str) -> None:
        image = Image.new("I", (1, 1), 200 * 257).convert(mode)
        assert to_eight_bits(image).getpixel((0, 0)) == 200

    def test_of_16_bit_grey_may_be_transparent(self) -> None:
        image = Image.new("I;16", (40, 40), 30_000)
        image.paste(Image.new("I;16", (20, 40), 60_000), (20, 0))
        data = upload(image, transparency=30_000)
        assert colour(data, (10, 20))[3] == 0
        assert colour(data, (30, 20)) == near(233, 233, 233)

    def test_of_16_bit_grey_with_a_profile_are_converted(self) -> None:
        data = upload(Image.new("I;16", (40, 40), 128 * 257), icc_profile=grey_profile(1.0))
        assert colour(data) == near(188, 188, 188)

    def test_of_a_palette_may_be_transparent(self) -> None:
        # Given
        image = Image.new("P", (40, 40), 1)
        image.putpalette([0, 0, 0, 200, 80, 60])
        image.paste(0, (0, 0, 20, 40))
        # When
        profile = rgb_profile(ADOBE_RGB, 2.19921875)
        data = upload(image, transparency=0, icc_profile=profile)
        # Then
        assert colour(data, (10, 20))[3] == 0
        assert colour(data, (30, 20)) == near(230, 79, 56)

    def test_profile_is_not_stored(self) -> None:
        data = upload(halves(), icc_profile=rgb_profile(ADOBE_RGB, 2.2))
        assert "icc_profile" not in stored(data).info


class TestDamagedUpload:
    def samples(self) -> list[bytes]:
        metadata = exif(
            (ORIENTATION, 3, 1, b"\x06\0\0\0"),
            (0x011A, 5, 1, b"\x08\0\0\0"),
            (0x0131, 2, 4, b"abc\0"),
            (0x0128, 3, 1, b"\x02\0\0\0"),
        )
        rgb = rgb_profile(ADOBE_RGB, 2.2)
        noise = Image.effect_noise((24, 16), 90)
        return [
            upload(noise.convert("RGB"), "JPEG", exif=metadata, icc_profile=rgb),
            upload(noise.convert("CMYK"), "JPEG", icc_profile=black_ink_profile()),
            upload(noise.convert("RGBA"), "PNG", exif=metadata, icc_profile=rgb),
            upload(
                noise.convert("I").convert("I;16"),
                "PNG",
                transparency=300,
                icc_profile=grey_profile(1.8),
            ),
            upload(noise.convert("P"), "PNG", transparency=3),
            upload(noise.convert("RGB"), "WEBP", exif=metadata, icc_profile=rgb),
        ]

    def test_is_read_or_refused(self) -> None:
        # Given
        chance = random.Random(1)
        refused = 0
        samples = self.samples()
        # When
        for number in range(600):
            data = bytearray(samples[number % len(samples)])
            for _ in range(chance.randint(1, 6)):
                # The metadata is at the beginning.
                limit = chance.choice((110, 400, len(data)))
                data[chance.randrange(min(limit, len(data)))] = chance.randrange(256)
            try:
                read_picture(bytes(data))
            except PictureError:
                refused += 1
        # Then
        assert 0 < refused < 600

    @pytest.mark.parametrize("error", [struct.error, AttributeError, OverflowError, KeyError])
    def test_is_refused_whatever_the_decoder_raises(
        self, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
    ) -> None:
        def fail(*_arguments: object) -> None:
            raise error("unexpected")

        monkeypatch.setattr(Image.Image, "convert", fail)
        with pytest.raises(PictureError, match=r"^The picture is damaged\.$"):
            read_picture(upload(halves()))

    def test_does_not_hide_that_memory_is_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_arguments: object) -> None:
            raise MemoryError

        monkeypatch.setattr(Image.Image, "convert", fail)
        with pytest.raises(MemoryError):
            read_picture(upload(halves()))


class TestEffort:
    def test_of_a_progressive_picture_is_small(self) -> None:
        data = upload(halves(), "JPEG", progressive=True)
        assert stored(data).size == (80, 40)

    def test_is_limited_by_the_number_of_scans(self) -> None:
        # Given
        data = upload(halves(), "JPEG", progressive=True)
        last = data.rindex(b"\xff\xda")
        scan, end = data[last:-2], data[-2:]
        existing = data.count(b"\xff\xda")
        # Then
        assert stored(data[:-2] + scan * (100 - existing) + end).size == (80, 40)
        with pytest.raises(PictureError, match=r"^A picture can have at most 100 scans\.$"):
            read_picture(data[:-2] + scan * (101 - existing) + end)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_is_limited_by_the_number_of_frames(self, kind: str) -> None:
        # Given
        frames = [Image.new("RGB", (2, 2), (2 * number, 0, 0)) for number in range(101)]
        options: dict[str, Any] = {"save_all": True, "lossless": True}
        # Then
        accepted = upload(frames[0], kind, append_images=frames[1:100], **options)
        assert stored(accepted).size == (2, 2)
        with pytest.raises(PictureError, match=r"^A picture can have at most 100 frames\.$"):
            read_picture(upload(frames[0], kind, append_images=frames[1:], **options))
