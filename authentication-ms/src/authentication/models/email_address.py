"""The normal form of email addresses."""

import unicodedata

from email_validator import EmailNotValidError, validate_email


def normalize(text: str) -> str:
    """Return an email address in the form in which it is stored.

    Text that is not an email address is trimmed and lower-cased as well. Only accounts of an older
    database can have such an address.
    """
    trimmed = text.strip()
    try:
        address = validate_email(trimmed, check_deliverability=False).normalized
    except EmailNotValidError:
        address = trimmed
    return unicodedata.normalize("NFC", address.lower())
