"""The strong tag of a product: one counter for its details, one for its stock.

RFC 9110, section 8.8.3. Sales go on while an admin edits, so only the details have to be as they
were seen.
"""

import re

from products.models.product import Product

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_COUNTER = re.compile(r"[0-9]{1,18}")


def etag(product: Product) -> str:
    """Return the tag of a product as it is."""
    return f'"{product.details_version}.{product.stock_version}"'


def _tags(header: str) -> list[str]:
    # nginx weakens a tag when it compresses, so a weak one is as good.
    return _TAG.findall(header)


def is_current(if_none_match: str | None, tag: str) -> bool:
    """Whether a client's copy is what it would be sent."""
    header = (if_none_match or "").strip()
    return header == "*" or tag.strip('"') in _tags(header)


def saw_details(if_match: str | None) -> list[int] | None:
    """Return the versions of the details that a client saw, None where it does not say.

    Args:
        if_match: The header; `*` says nothing of what was seen.
    """
    header = (if_match or "").strip()
    if header in {"", "*"}:
        return None
    first_parts = [tag.split(".")[0] for tag in _tags(header)]
    return [int(part) for part in first_parts if _COUNTER.fullmatch(part)]
