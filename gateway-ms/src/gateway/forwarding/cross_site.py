"""Refuses changes that a page of another site requests in the browser of a shopper.

Browsers send cookies with such requests if an attribute of the cookie is wrong or ignored, so this
is a second protection of the endpoints that use cookies. It is the same for all endpoints.
"""

from urllib.parse import urlsplit

from gateway.errors import CrossSiteError
from gateway.forwarding.headers import RequestHeaders
from gateway.routes import SAFE_METHODS

_OWN_SITES = frozenset({"same-origin", "none"})
"""`none` means that the user entered the address or opened a bookmark."""


def refuse_cross_site_changes(method: str, headers: RequestHeaders) -> None:
    """Check that a change was not requested by a page of another origin.

    Browsers that do not send `Sec-Fetch-Site` send `Origin`. Other clients send neither.

    Raises:
        CrossSiteError: It was.
    """
    if method in SAFE_METHODS:
        return
    site = headers.text(b"sec-fetch-site")
    if site is None:
        origin = headers.text(b"origin")
        if origin is None or _host_of(origin) == headers.text(b"host"):
            return
    elif site in _OWN_SITES:
        return
    raise CrossSiteError


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
