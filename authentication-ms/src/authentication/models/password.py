"""The normal form of passwords, and which ones are refused."""

import re
import unicodedata
from functools import cache
from importlib import resources

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


def require_uncommon(password: str) -> str:
    """Return the password.

    Raises:
        ValueError: It is one of the 10,000 most used passwords, in any case.
    """
    if password.casefold() in _common_passwords():
        raise ValueError("must not be a password that many people use")
    return password


@cache
def _common_passwords() -> frozenset[str]:
    file = resources.files("authentication.models") / "common_passwords.txt"
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if not line.startswith("# "))
