"""The order of names in the shop's language."""

from pymongo.collation import Collation

DEFAULT_LANGUAGE = "en"


def order_of_names(language: str) -> Collation:
    """Return the order of names in a language. Numbers are ordered by their values."""
    return Collation(locale=language, numericOrdering=True)
