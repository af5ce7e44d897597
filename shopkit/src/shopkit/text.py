"""Text that UTF-8 can encode, and text to filter by.

JSON can contain an unpaired surrogate, which UTF-8 cannot encode and MongoDB refuses.
"""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

_ENCODED_LABEL = re.compile(r"(?<![^@.])xn--([a-z0-9-]+)(?![^.])")
"""A complete label of a domain that IDNA encodes as ASCII."""


def require_encodable(text: str) -> str:
    """Return the text.

    Raises:
        ValueError: The text contains an unpaired surrogate.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("contains an invalid Unicode character")
    return text


def normalize_filter(text: str) -> str | None:
    """Return a text to filter by: trimmed, in lower case and in NFC. None if it is blank.

    Email addresses, actions and subjects are stored in this form. The labels of domains are stored
    in Unicode, so those that IDNA encodes as ASCII, such as `xn--exmple-cua`, are decoded.
    """
    lower = _ENCODED_LABEL.sub(_decode_label, text.strip().lower())
    return unicodedata.normalize("NFC", lower) or None


def _decode_label(label: re.Match[str]) -> str:
    try:
        return require_encodable(label[1].encode("ascii").decode("punycode"))
    except ValueError:
        return label[0]


Text = Annotated[str, AfterValidator(require_encodable)]


def _clean(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not contain line breaks or other control characters")
    return unicodedata.normalize("NFC", text.strip())


def _require_text(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


Line = Annotated[Text, Field(max_length=100), AfterValidator(_clean)]
"""A line of text, in NFC and without surrounding spaces."""

RequiredLine = Annotated[Line, AfterValidator(_require_text)]
"""A line of text that is not empty."""
