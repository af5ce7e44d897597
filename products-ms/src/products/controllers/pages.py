"""Responses with pages of the catalogue, and how long they may be stored.

The reverse proxy keeps the pages of visitors. What it does not keep is decided here, too: nothing
that signed-in callers get, and no cart. See docs/decisions/0045.
"""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from products.dependencies import Services
from products.etags import matches
from products.services.ready_pages import Page
from shopkit.identity import Identity, Role
from shopkit.web.identity import get_caller

SHARED = "public, s-maxage=1, stale-while-revalidate=1"
PERSONAL = "private, no-cache"
NOT_STORED = "no-store"

_SECOND = re.compile(r"[0-9]{1,12}", re.ASCII)

CACHE_DOCUMENT: dict[str, Any] = {
    "Cache-Control": {
        "schema": {"type": "string"},
        "description": f"`{SHARED}` for visitors, and `{PERSONAL}` for signed-in callers.",
    }
}


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route that answers known pages before FastAPI parses the query and solves dependencies.

    That takes longer than everything else about a known page.
    """

    def get_route_handler(self) -> Handler:
        """Return the function that handles a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return await _answer_known(request) or await handle(request)

        return answer if self.methods == {"GET"} else handle


async def _answer_known(request: Request) -> Response | None:
    services: Services = request.app.state.services
    caller = await get_caller(request)
    page = await services.pages.find(caller, address_of(request))
    return page_response(page, request, caller) if page else None


def address_of(request: Request) -> str:
    """Return the whole address of a page within the shop, which identifies it."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + b"?" + query).decode("latin-1")


def page_of(body: BaseModel, tag: str = "") -> Page:
    """Return a page.

    Args:
        body: What it shows.
        tag: Its tag, empty to use a hash of its bytes.
    """
    content = body.model_dump_json().encode()
    return Page(content, tag or f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def page_response(page: Page, request: Request, caller: Identity) -> Response:
    """Return the response with a page, or 304 if the client has it."""
    headers = {"ETag": page.tag, **_policy(request, caller)}
    if matches(request.headers.get("if-none-match"), page.tag):
        return Response(status_code=304, headers=headers)
    return Response(page.body, media_type="application/json", headers=headers)


def cart_response(page: Page) -> Response:
    """Return the response with the products of a cart."""
    headers = {"Cache-Control": NOT_STORED}
    return Response(page.body, media_type="application/json", headers=headers)


def _policy(request: Request, caller: Identity) -> dict[str, str]:
    if caller.role is not Role.VISITOR:
        return {"Cache-Control": PERSONAL, "Vary": "Authorization"}
    headers = {"Cache-Control": SHARED, "Vary": "Authorization"}
    second = request.headers.get("x-edge-second", "")
    if _SECOND.fullmatch(second):
        # nginx counts whole seconds. It keeps the page to the end of the second in which it was
        # requested, and uses it for another second while it fetches the page again.
        headers["X-Accel-Expires"] = f"@{second}"
    return headers
