"""Bounds how long an HTTP request may use the database."""

import pymongo
from starlette.types import ASGIApp, Receive, Scope, Send

from shopkit.storage.unit_of_work import HTTP_SECONDS


class DatabaseDeadline:
    """Lets the driver retry a request's reads and writes until 12 s have passed.

    Without a deadline the driver retries once, so a request that arrives while the database elects
    a primary would fail. See the driver specification "Client Side Operations Timeout".

    Tasks that outlive the request must not inherit its deadline: start them in an empty context.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application."""
        if scope["type"] != "http":
            # The background loops start in the lifespan and must not have a deadline.
            await self._app(scope, receive, send)
            return
        with pymongo.timeout(HTTP_SECONDS):
            await self._app(scope, receive, send)
