"""Minimal ICC profiles (version 2) for tests."""

import struct

MatrixXYZ = tuple[tuple[float, float, float], ...]

ADOBE_RGB: MatrixXYZ = (
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
)
D50 = (0.9642, 1.0, 0.8249)


def rgb_profile(primaries: MatrixXYZ, gamma: float) -> bytes:
    """Return a profile for RGB with these primaries (XYZ) and this gamma."""
    tags = {f"{name}TRC": _curve(gamma) for name in "rgb"}
    tags |= {f"{name}XYZ": _xyz(*xyz) for name, xyz in zip("rgb", primaries, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    """Return a profile for grey with this gamma."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)})


def black_ink_profile() -> bytes:
    """Return a profile for CMYK in which only black ink is visible."""
    white_and_black = bytes([255, 128, 128, 0, 128, 128])
    linear = bytes(range(256))
    table = struct.pack(">4s4xBBBx9i", b"mft1", 4, 3, 2, *[0x10000, 0, 0, 0] * 2, 0x10000)
    table += linear * 4 + white_and_black * 8 + linear * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {"A2B0": table})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    tags = {"desc": _description(), "cprt": b"text\0\0\0\0CC0\0", "wtpt": _xyz(*D50)} | tags
    start = 132 + 12 * len(tags)
    index, body = b"", b""
    for name, data in tags.items():
        index += struct.pack(">4sII", name.encode(), start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        start + len(body),
        0x02400000,
        kind,
        space,
        connection,
        b"acsp",
        *(_fixed(value) for value in D50),
    )
    return header + struct.pack(">I", len(tags)) + index + body


def _description() -> bytes:
    return struct.pack(">4s4xI5s78x", b"desc", 5, b"test\0")


def _xyz(*xyz: float) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(_fixed(value) for value in xyz))


def _curve(gamma: float) -> bytes:
    return struct.pack(">4s4xIH", b"curv", 1, round(gamma * 256))


def _fixed(value: float) -> int:
    return round(value * 65536)
