"""Runs the sandbox of Stripe inside a test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from shopkit.clock import Clock
from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.app import create_app
from shopkit.stripe_sandbox.store import Store

KEY = "sk_test_unit"


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that serves requests.

    Attributes:
        account: What its customers and banks do.
        store: Its objects.
        url: Its address.
    """

    account: Account
    store: Store
    url: str


@asynccontextmanager
async def run_sandbox(clock: Clock) -> AsyncIterator[RunningSandbox]:
    """Yield a running sandbox with this clock."""
    store = Store(":memory:", lambda: clock().timestamp())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        account = Account(store, url)
        app = create_app(store, account, KEY)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(5):
            while not server.started:
                await asyncio.sleep(0.01)
        try:
            yield RunningSandbox(account, store, url)
        finally:
            server.should_exit = True
            await serving
            store.close()
