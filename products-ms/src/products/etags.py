"""The strong ETag of a product: a counter for its details and one for its stock.

An edit depends only on the details, so that sales do not disturb it. See RFC 9110, section 8.8.3.
"""

import re
from collections.abc import Sequence

from products.models.product import Product

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_COUNTER = re.compile(r"[0-9]{1,18}")


def etag(product: Product) -> str:
    """Return the ETag of a product."""
    return format_etag(product.details_version, product.stock_version)


def format_etag(details_version: int, stock_version: int) -> str:
    """Return the ETag of a product with these versions."""
    return f'"{details_version}.{stock_version}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Return whether the header `If-None-Match` contains a tag."""
    header = (if_none_match or "").strip()
    return header == "*" or tag.strip('"') in _tags(header)


def details_versions(if_match: str | None) -> Sequence[int] | None:
    """Return the versions of the details that a client saw, or None if it does not say.

    Args:
        if_match: The header `If-Match`. The value `*` does not say what the client saw.
    """
    header = (if_match or "").strip()
    if header in {"", "*"}:
        return None
    counters = [tag.split(".")[0] for tag in _tags(header)]
    return [int(counter) for counter in counters if _COUNTER.fullmatch(counter)]


def _tags(header: str) -> list[str]:
    # nginx makes a tag weak when it compresses the response, so weak tags count as well.
    return _TAG.findall(header)
