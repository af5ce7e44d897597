"""How one e-mail is written, however it was typed."""

import unicodedata

from email_validator import EmailNotValidError, validate_email


def normalise(text: str) -> str:
    """Return the one spelling under which an account is kept.

    What is no e-mail is trimmed and lower-cased all the same: it then names no account, except
    one of an older database that was less strict.
    """
    trimmed = text.strip()
    try:
        spelling = validate_email(trimmed, check_deliverability=False).normalized
    except EmailNotValidError:
        spelling = trimmed
    return unicodedata.normalize("NFC", spelling.lower())
