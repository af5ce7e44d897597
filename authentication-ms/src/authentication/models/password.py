"""The normal form of passwords."""

import re
import unicodedata

MIN_LENGTH, MAX_LENGTH = 8, 128

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
"""The characters of Unicode's category Zs that are not ASCII."""


def normalize(password: str) -> str:
    """Return a password in the form that is hashed, which does not depend on the keyboard.

    Spaces become ASCII spaces, and characters are composed (NFC), as in the profile OpaqueString of
    RFC 8265. Nothing is refused, so that owners of old accounts can log in.
    """
    return unicodedata.normalize("NFC", _SPACES.sub(" ", password))


def require_length(password: str) -> str:
    """Return the password.

    Raises:
        ValueError: It has fewer than 8 or more than 128 characters.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise ValueError(f"must have {MIN_LENGTH} to {MAX_LENGTH} characters")
    return password
