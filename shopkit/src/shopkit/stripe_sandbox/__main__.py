"""Runs the sandbox.

python -m shopkit.stripe_sandbox FILE --webhook-url URL
"""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from shopkit.stripe_sandbox.account import Account
from shopkit.stripe_sandbox.app import create_app
from shopkit.stripe_sandbox.store import Store
from shopkit.stripe_sandbox.webhooks import Webhooks, sender


def main(
    file: Path,
    *,
    webhook_url: Annotated[str, typer.Option(help="Where the shop receives events.")],
    key: Annotated[str, typer.Option(envvar="STRIPE_SECRET_KEY")],
    secret: Annotated[str, typer.Option(envvar="STRIPE_WEBHOOK_SECRETS")],
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option()] = 8026,
    page_url: Annotated[str, typer.Option(help="The address of this program.")] = "",
) -> None:
    """Stand in for Stripe until SIGTERM."""
    store = Store(file)
    account = Account(store, page_url or f"http://{host}:{port}")
    webhooks = Webhooks(store, account, secret, sender(webhook_url))
    config = uvicorn.Config(
        create_app(store, account, key),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
    )
    asyncio.run(_serve(uvicorn.Server(config), webhooks))


async def _serve(server: uvicorn.Server, webhooks: Webhooks) -> None:
    deliveries = asyncio.create_task(webhooks.run())
    try:
        await server.serve()
    finally:
        deliveries.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await deliveries


if __name__ == "__main__":
    typer.run(main)
