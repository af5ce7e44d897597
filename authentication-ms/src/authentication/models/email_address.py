"""The forms of email addresses: how they are shown, and how they are compared."""

import unicodedata

from email_validator import EmailNotValidError, validate_email


def as_typed(text: str) -> str:
    """Return an email address as its owner typed it, in NFC and without surrounding spaces."""
    return unicodedata.normalize("NFC", text.strip())


def normalize(text: str) -> str:
    """Return the form of an email address that all its spellings share.

    It is in NFC and lower case, and its domain is in the form of Unicode that IDNA defines.

    Text that is not an email address is trimmed and lower-cased as well. Only accounts of an older
    database can have such an address.
    """
    trimmed = text.strip()
    try:
        address = validate_email(trimmed, check_deliverability=False).normalized
    except EmailNotValidError:
        address = trimmed
    return unicodedata.normalize("NFC", address.lower())
