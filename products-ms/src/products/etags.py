"""The strong ETag of a product: a counter for its details and one for its stock.

A third counter follows if a category of the product was renamed. An edit depends on the details and
on the names of the categories, but not on the stock, so that sales do not disturb it. See RFC 9110,
section 8.8.3.
"""

import re
from collections.abc import Sequence

from products.models.product import Product

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_TAG_COUNTERS = re.compile(
    r"(?P<details>[0-9]{1,18})(?:\.[^.]*)?(?:\.(?P<names>[0-9]{1,18}))?", re.ASCII
)


def etag(product: Product) -> str:
    """Return the ETag of a product."""
    return format_etag(product.details_version, product.stock_version, product.names_version)


def format_etag(details_version: int, stock_version: int, names_version: int) -> str:
    """Return the ETag of a product with these versions."""
    names = f".{names_version}" if names_version else ""
    return f'"{details_version}.{stock_version}{names}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Return whether the header `If-None-Match` contains a tag."""
    header = (if_none_match or "").strip()
    return header == "*" or tag.strip('"') in _tags(header)


def seen_versions(if_match: str | None) -> Sequence[tuple[int, int]] | None:
    """Return the versions of details and names that a client saw, or None if it does not say.

    Args:
        if_match: The header `If-Match`. The value `*` does not say what the client saw.
    """
    header = (if_match or "").strip()
    if header in {"", "*"}:
        return None
    tags = [_TAG_COUNTERS.fullmatch(tag) for tag in _tags(header)]
    return [(int(tag["details"]), int(tag["names"] or 0)) for tag in tags if tag]


def _tags(header: str) -> list[str]:
    # nginx makes a tag weak when it compresses the response, so weak tags count as well.
    return _TAG.findall(header)
