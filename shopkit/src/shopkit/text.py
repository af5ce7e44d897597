"""Text that UTF-8 can encode, and text to filter by.

JSON can contain an unpaired surrogate, which UTF-8 cannot encode and MongoDB refuses.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator


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

    Email addresses, actions and subjects are stored in this form.
    """
    return unicodedata.normalize("NFC", text.strip().lower()) or None


Text = Annotated[str, AfterValidator(require_encodable)]
