"""Names of products and categories: how they are stored, compared and checked.

A name is stored in the form in which it is shown. Two names are the same if their keys are equal.
All Unicode tables come from unicodedata2, because those of Python differ from version to version,
and a stored key must never change.
"""

import re

from unicodedata2 import category, normalize

MAX_LENGTH = 120
_MAX_TYPED_LENGTH = 4 * MAX_LENGTH
"""The maximum length of a name before its characters are composed."""
_LENGTH_MESSAGE = f"must have 1 to {MAX_LENGTH} characters"

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""The characters that Unicode calls default ignorable, which show nothing."""
_BLANK = frozenset("\U00013441\U00013442")
"""Letters whose glyph is blank."""
_UNPRINTABLE = ("C", "Zl", "Zp")
_LETTERS_AND_DIGITS = ("L", "N")
_NEWER_FOLDINGS = {
    0x1C89: 0x1C8A,
    0xA7CB: 0x264,
    0xA7CC: 0xA7CD,
    0xA7DA: 0xA7DB,
    0xA7DC: 0x19B,
    **{letter: letter + 0x20 for letter in range(0x10D50, 0x10D66)},
}
"""The case foldings of Unicode 16, which Python knows since 3.14."""


def name_key(name: str) -> str:
    """Return the key of a name, which is the same for all spellings that count as the same name.

    Case, the form of composed characters, compatibility variants such as full-width letters,
    characters that show nothing, and the kind and number of spaces make no difference.
    """
    folded = _fold(normalize("NFD", _IGNORABLE.sub("", name)))
    # Normalization can produce capital letters and ignorable characters (U+210C and U+FFA0).
    folded = _fold(_IGNORABLE.sub("", normalize("NFKD", folded)))
    return " ".join(normalize("NFKC", folded).split())


def shown_name(name: str) -> str:
    """Return a name as it is stored and shown: trimmed, in lower case and composed (NFC)."""
    # Some letters have a composed form only in lower case, such as ẗ.
    lowered = normalize("NFC", normalize("NFC", name).lower())
    return " ".join(lowered.split())


def known_name(name: str) -> str:
    """Return a name that may exist, as it is shown.

    Raises:
        ValueError: The name contains a slash or an unprintable character, or its length is wrong.
    """
    name = name.strip()
    if len(name) > _MAX_TYPED_LENGTH:
        raise ValueError(_LENGTH_MESSAGE)
    if "/" in name or any(category(char).startswith(_UNPRINTABLE) for char in name):
        raise ValueError("must contain only printable characters and no slash")
    shown = shown_name(name)
    if not 1 <= len(shown) <= MAX_LENGTH:
        raise ValueError(_LENGTH_MESSAGE)
    return shown


def new_name(name: str) -> str:
    """Return the name of a new object, as it is shown.

    Raises:
        ValueError: As in `known_name`, or the name has no letter and no digit that is visible.
    """
    shown = known_name(name)
    if not any(category(char).startswith(_LETTERS_AND_DIGITS) for char in _visible(shown)):
        raise ValueError("must contain a letter or a digit")
    return shown


def _visible(name: str) -> str:
    return "".join(char for char in _IGNORABLE.sub("", name) if char not in _BLANK)


def _fold(text: str) -> str:
    return text.translate(_NEWER_FOLDINGS).casefold()
