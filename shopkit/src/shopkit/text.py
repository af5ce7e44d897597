"""Text that UTF-8 can encode.

JSON can contain an unpaired surrogate, which UTF-8 cannot encode and MongoDB refuses.
"""

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


Text = Annotated[str, AfterValidator(require_encodable)]
