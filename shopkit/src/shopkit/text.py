"""Text that can be encoded: JSON can spell half a surrogate pair, which no database takes."""

from typing import Annotated

from pydantic import AfterValidator


def encodable(text: str) -> str:
    """Return the text.

    Raises:
        ValueError: It holds half a surrogate pair.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("half a surrogate pair is no character")
    return text


Text = Annotated[str, AfterValidator(encodable)]
