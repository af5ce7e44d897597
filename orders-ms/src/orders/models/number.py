"""The number of an order, which people read and type: 8 characters of Crockford's base32."""

import re
import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS_PER_CHARACTER = 5
_LENGTH = 8
_MISREAD = str.maketrans("ILO", "110")
_SEPARATORS = re.compile(r"[\s-]")


def new_number() -> str:
    """Return a random number. It may be taken, which the database detects."""
    bits = secrets.randbits(_LENGTH * _BITS_PER_CHARACTER)
    return "".join(
        _ALPHABET[bits >> shift & 31]
        for shift in range(0, _LENGTH * _BITS_PER_CHARACTER, _BITS_PER_CHARACTER)
    )


def normalize_number(text: str) -> str:
    """Return a number as it is stored, in whatever way a person typed it."""
    return _SEPARATORS.sub("", text).upper().translate(_MISREAD)
